import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { Backend, type BackendArgs } from "../../components/backend";
import { LoadBalancer } from "../../components/load-balancer";
import { DockerPlatform, type DockerPlatformArgs } from "../../components/platform";
import { STACK_LABEL } from "../../components/platform/docker/container-args";
import { Postgres } from "../../components/postgres";
import { Redis } from "../../components/redis";
import type { SizingInputs } from "../../components/sizing";
import { stackContainers } from "../../tools/stack/containers";
import { run } from "../../tools/toolchain/command";
import { isSecret, register } from "../components/mocks";
import { eventually } from "./eventually";
import { localImage } from "./images";

const IMAGES = {
  postgres: "postgres:17",
  redis: "redis:8",
  backend: "sized-stack/example-app",
  "load-balancer": "haproxy:3.0",
} as const;
type Service = keyof typeof IMAGES;

interface ByHandArgs {
  readonly services: readonly Service[];
  readonly sizing?: Partial<SizingInputs>;
  readonly platform?: Partial<DockerPlatformArgs>;
  readonly backend?: Partial<BackendArgs>;
  /** Files of the backend, by path, beside those it is given anyway. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What the components ask of the engine, as it reaches the provider. */
interface Asked {
  readonly command: readonly string[];
  readonly entrypoints?: readonly string[];
  readonly envs?: readonly string[];
  readonly user: string;
  readonly memory: number;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly uploads: readonly { readonly file: string; readonly content: unknown }[];
}

/**
 * Containers as the components describe them, started without a stack around them: seconds instead of minutes. The
 * network, its range, images, files and limits are real; only Pulumi is left out.
 */
export class ByHand {
  readonly prefix = `sized-stack-test-${randomBytes(4).toString("hex")}`;
  private readonly folder = mkdtempSync(path.join(tmpdir(), "sized-stack-by-hand-"));
  readonly ids: Partial<Record<Service, string>> = {};
  private port = "";

  static async start(args: ByHandArgs): Promise<ByHand> {
    const system = new ByHand();
    await run("docker", ["network", "create", system.prefix]);
    const asked = await system.ask(args);
    await Promise.all(args.services.map((service) => system.create(service, asked(service), args.files)));
    system.port = await run("docker", ["port", system.id("load-balancer"), "8000/tcp"]);
    await eventually(async () => {
      const response = await fetch(system.url("/api/health"), { signal: AbortSignal.timeout(3000) });
      if (!response.ok) throw new Error(String(response.status));
    });
    return system;
  }

  readonly id = (service: Service): string => this.ids[service] ?? "";
  readonly url = (pathAndQuery: string): string => `http://${this.port.trim()}${pathAndQuery}`;
  readonly inside = (service: Service, ...command: string[]): Promise<string> =>
    run("docker", ["exec", this.id(service), ...command]);

  /** Takes a container's address away, as a host that dies does: nobody is told. */
  readonly cut = (service: Service) =>
    run("docker", ["network", "disconnect", "--force", this.prefix, this.id(service)]);
  readonly reconnect = (service: Service) =>
    run("docker", ["network", "connect", `--alias=${service}`, this.prefix, this.id(service)]);

  async remove(): Promise<void> {
    for (const { id } of await stackContainers(this.prefix)) await run("docker", ["rm", "--force", "--volumes", id]);
    await run("docker", ["network", "rm", this.prefix]);
    rmSync(this.folder, { recursive: true });
  }

  private async ask({ sizing, platform, backend }: ByHandArgs): Promise<(service: Service) => Asked> {
    const subnet = await run("docker", [
      "network",
      "inspect",
      "--format",
      "{{(index .IPAM.Config 0).Subnet}}",
      this.prefix,
    ]);
    const sized = { hardware: { threads: 2, memory: "4GiB" }, tier: "low", ...sizing } as const;
    const program = (options: pulumi.ComponentResourceOptions) => {
      const docker = new DockerPlatform("docker", { prefix: this.prefix, ...platform }, options);
      const on = { ...sized, platform: docker };
      const postgres = new Postgres("postgres", { ...on, password: "of-a-test" }, options).endpoint;
      const redis = new Redis("redis", { ...on, password: "of-a-test" }, options).endpoint;
      const { entrance: behind } = new LoadBalancer(
        "load-balancer",
        { ...on, backendHost: "backend", backendPort: 8000 },
        options,
      );
      new Backend("backend", { ...on, image: "app", postgres, redis, behind, ...backend }, options);
    };
    const made = await register(program, {
      computed: ({ type }) => (type.endsWith(":Network") ? { ipamConfigs: [{ subnet: subnet.trim() }] } : {}),
    });
    return (service) => {
      const container = made.find("docker:index/container:Container", service === "backend" ? "backend-1" : service);
      return container.inputs as unknown as Asked;
    };
  }

  private async create(service: Service, asked: Asked, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const [entrypoint, ...before] = asked.entrypoints ?? [];
    const created = await run("docker", [
      ...["create", `--label=${STACK_LABEL}=${this.prefix}`, `--network=${this.prefix}`, `--network-alias=${service}`],
      ...[`--user=${asked.user}`, `--memory=${asked.memory}m`, `--memory-swap=${asked.memory}m`, "--cap-drop=ALL"],
      ...Object.entries(asked.sysctls ?? {}).map(([name, value]) => `--sysctl=${name}=${value}`),
      ...(asked.envs ?? []).map((line) => `--env=${line}`),
      ...(service === "load-balancer" ? ["--publish=127.0.0.1::8000"] : []),
      ...(entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`]),
      ...[localImage(IMAGES[service]), ...before, ...asked.command],
    ]);
    const id = created.trim();
    this.ids[service] = id;
    const uploads = (isSecret(asked.uploads) ? asked.uploads.value : asked.uploads) as Asked["uploads"];
    const own = service === "backend" ? Object.entries(files).map(([file, content]) => ({ file, content })) : [];
    for (const { file, content } of [...uploads, ...own]) {
      const copy = path.join(this.folder, service, file);
      mkdirSync(path.dirname(copy), { recursive: true });
      writeFileSync(copy, String(isSecret(content) ? content.value : content), { mode: 0o444 });
    }
    if (uploads.length + own.length > 0) await run("docker", ["cp", `${path.join(this.folder, service)}/.`, `${id}:/`]);
    await run("docker", ["start", id]);
  }
}
