import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import * as path from "node:path";
import dockerignore from "@balena/dockerignore";
import * as pulumi from "@pulumi/pulumi";
import type { ImageBuild } from "../contract/container";
import { docker, lastLines } from "./command-line";

const BUILD_SECONDS = 3600;

/** A build that cannot be begun; the message says what is missing. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/**
 * A build whose arguments name the images of this machine where those stand in for others.
 * @throws BuildError where the folder or its Dockerfile is missing.
 */
export function localBuild(build: ImageBuild, image: (name: string) => string): ImageBuild {
  for (const needed of [build.context, dockerfileOf(build)]) {
    if (!existsSync(needed)) {
      throw new BuildError(
        `images.app: ${needed} is missing, there is nothing to build the image from. Nothing was created or changed.`,
      );
    }
  }
  const args = Object.entries(build.args ?? {}).map(([name, value]) => [name, image(value)] as const);
  return { ...build, args: Object.fromEntries(args) };
}

/**
 * The tag of what a build makes: it follows the content that Docker would be sent, so that an edit is a new image and
 * an untouched folder is none.
 * @param repository Name in front of the tag.
 */
export function buildTag(repository: string, build: ImageBuild): string {
  const { context, args = {} } = build;
  const dockerfile = dockerfileOf(build);
  const hash = createHash("sha256");
  const add = (...parts: readonly (string | Buffer)[]) => {
    for (const part of parts) hash.update(`${part.length}:`).update(part);
  };
  for (const file of filesSent(context, dockerfile)) {
    const full = path.join(context, file);
    const stat = lstatSync(full);
    add(file, stat.isSymbolicLink() ? readlinkSync(full) : readFileSync(full), stat.mode & 0o100 ? "executable" : "");
  }
  add(readFileSync(dockerfile), JSON.stringify(Object.entries(args).sort()));
  return `${repository}:${hash.digest("hex").slice(0, 12)}`;
}

/** Files of the folder that its `.dockerignore`, or the Dockerfile's own, does not leave out; sorted. */
function filesSent(context: string, dockerfile: string): string[] {
  const ignored = dockerignore();
  const rules = [`${dockerfile}.dockerignore`, path.join(context, ".dockerignore")].find((file) => existsSync(file));
  if (rules) ignored.add(readFileSync(rules, "utf8").split("\n"));
  const files = readdirSync(context, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(context, path.join(entry.parentPath, entry.name)));
  return ignored.filter(files).sort();
}

const dockerfileOf = ({ context, dockerfile = "Dockerfile" }: ImageBuild): string => path.join(context, dockerfile);

/**
 * Builds an image with Docker's own client, unless it is there.
 * @throws Error with the last lines of `docker build` where it fails.
 */
export async function buildImage(tag: string, build: ImageBuild): Promise<void> {
  if ((await docker(["image", "inspect", tag])).code === 0) return;
  const args = Object.entries(build.args ?? {}).map(([name, value]) => `--build-arg=${name}=${value}`);
  const { code, lines } = await docker(
    ["build", "--force-rm", `--tag=${tag}`, `--file=${dockerfileOf(build)}`, ...args, build.context],
    {
      env: await builderEnvironment(),
      timeoutSeconds: BUILD_SECONDS,
      onLine: (line) => void pulumi.log.info(line, undefined, undefined, true),
    },
  );
  if (code === 0) return;
  throw new Error(
    [
      `docker build of ${build.context} ended with exit code ${code}. Nothing that runs was touched. Its last lines:`,
      lastLines(lines),
      `Correct ${dockerfileOf(build)} or what it copies, and deploy again.`,
    ].join("\n"),
  );
}

/** What `docker build` needs in its environment: Debian's client comes without BuildKit, and asks for it all the same. */
export const builderEnvironment = async (): Promise<Record<string, string>> =>
  (await docker(["buildx", "version"])).code === 0 ? {} : { DOCKER_BUILDKIT: "0" };
