import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { run } from "../../tools/toolchain/command";
import { eventually } from "./eventually";
import { localImage, newRelease, testImage } from "./images";
import { TestStack } from "./stack";

const MINUTE = 60_000;
const REGISTRY = `sized-stack-test-registry-${randomBytes(4).toString("hex")}`;
const USER = "shop";
const PASSWORD = randomBytes(12).toString("hex");
/** As Docker's client stores it. */
const STORED = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");

/** One component of the library is enough: the platform fetches images for all of them. */
const REDIS_ALONE = `
import * as pulumi from "@pulumi/pulumi";
import { DockerPlatform } from "./components/platform";
import { Redis } from "./components/redis";

new Redis("redis", {
  hardware: { threads: 1, memory: "2GiB" },
  tier: "low",
  platform: new DockerPlatform("docker", { prefix: \`\${pulumi.getProject()}-\${pulumi.getStack()}\` }),
  image: new pulumi.Config().requireObject<{ redis: string }>("images").redis,
  password: "of-a-test",
});
`;

describe("an image in a private registry", { timeout: 5 * MINUTE }, () => {
  const clientFolder = mkdtempSync(path.join(tmpdir(), "sized-stack-docker-"));
  let address: string;
  let image: string;
  let stack: TestStack;
  let pulumi: (...args: string[]) => Promise<string>;

  beforeAll(async () => {
    await startRegistry();
    address = (await run("docker", ["port", REGISTRY, "5000/tcp"])).trim();
    image = `${address}/shop/redis:8`;
    vi.stubEnv("DOCKER_CONFIG", clientFolder);
    // With an entry in it, the client keeps passwords in this file, whatever keychain the machine offers.
    writeFileSync(path.join(clientFolder, "config.json"), '{"auths": {"registry.invalid": {}}}');

    await newRelease(localImage("redis:8"), image);
    await eventually(logIn);
    await run("docker", ["push", "--quiet", image]);
    await run("docker", ["image", "rm", image]);
    await run("docker", ["logout", address]);

    stack = await TestStack.create();
    pulumi = stack.withProgram(REDIS_ALONE);
    await stack.set({ "images.redis": localImage("redis:8") });
    await up();
  }, 4 * MINUTE);

  afterAll(async () => {
    await run("docker", ["rm", "--force", "--volumes", REGISTRY]).catch(() => undefined);
    await stack?.remove();
    await run("docker", ["image", "rm", image]).catch(() => undefined);
    vi.unstubAllEnvs();
    rmSync(clientFolder, { recursive: true });
  }, MINUTE);

  const startRegistry = async () => {
    const settings = [`--name=${REGISTRY}`, `--env=USER_NAME=${USER}`, `--env=PASSWORD=${PASSWORD}`];
    await run("docker", ["run", "--detach", "--publish=127.0.0.1::5000", ...settings, await testImage("registry")]);
  };
  const logIn = () => run("docker", ["login", `--username=${USER}`, `--password=${PASSWORD}`, address]);
  const up = () => pulumi("up", "--yes", "--skip-preview");
  /** The containers of Redis, each with the image it was made from. */
  const redis = async () => {
    const ids = (await stackContainers(stack.prefix, "redis")).map(({ id }) => id);
    return (await run("docker", ["inspect", "--format", "{{.Id}} {{.Config.Image}}", ...ids])).trim();
  };
  const imageId = async () => (await run("docker", ["image", "inspect", "--format", "{{.Id}}", image])).trim();

  it("is refused without a login, and what runs is left alone", async () => {
    const before = await redis();
    await stack.set({ "images.redis": image });
    const said = await up().then(() => "no failure", String);
    expect(said).toContain(`Image ${image} is not on this Docker engine and could not be pulled:`);
    expect(said).toContain("no basic auth credentials");
    expect(said).toContain("docker login");
    expect(await redis()).toBe(before);
  });

  it("is pulled and deployed by the same command after docker login", async () => {
    await logIn();
    expect(readFileSync(path.join(clientFolder, "config.json"), "utf8")).toContain(STORED);
    const said = await up();
    expect(await redis()).toMatch(new RegExp(` ${await imageId()}$`));
    await pulumi("preview", "--expect-no-changes");
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(STORED);
    expect(stack.stateFile()).not.toContain(PASSWORD);
    expect(stack.stateFile()).not.toContain(STORED);
  });
});
