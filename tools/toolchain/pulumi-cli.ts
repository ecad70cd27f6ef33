import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import * as path from "node:path";
import { gte } from "semver";
import { cached, contentHash, fillCache } from "./cache";
import { findProgram, run } from "./command";
import { goBuild } from "./go-build";
import type { Need, Progress } from "./need";
import { FROM_PACKAGES, PULUMI_CLI_VERSION, PULUMI_SDK_VERSION } from "./versions";

const CLI_MODULE = path.join(FROM_PACKAGES, "pulumi-cli");
const LANGUAGE_HOST = path.join(FROM_PACKAGES, "language-host", "pulumi-language-nodejs.js");
/** The official installer brings the CLI of the same version as the Node package. */
const OFFICIAL_ENTRY = `pulumi-${PULUMI_SDK_VERSION}`;
const BUILT_ENTRY = `pulumi-${PULUMI_CLI_VERSION}-${contentHash(CLI_MODULE, LANGUAGE_HOST)}`;

/** The Pulumi CLI where it is on this machine already. The result is the folder with `pulumi` in it. */
export const installedPulumi: Need<string> = {
  name: `Pulumi CLI ${PULUMI_CLI_VERSION} or newer`,
  ways: [
    { name: "found on PATH", take: onPath },
    { name: "installed before", take: inCache },
  ],
  remedy: "Let the project install it (make up), or install it yourself: https://www.pulumi.com/docs/install/",
};

/** The Pulumi CLI, installed where it is missing. The result is the folder with `pulumi` in it. */
export const pulumiCli: Need<string> = {
  ...installedPulumi,
  ways: [
    ...installedPulumi.ways,
    { name: "official installer", take: official },
    { name: "built from the Go module and npm packages", take: fromPackages },
  ],
};

async function onPath(): Promise<string> {
  const program = findProgram("pulumi");
  if (!program) throw new Error("pulumi is not on PATH");
  const version = (await run(program, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } })).trim();
  if (!gte(version, PULUMI_CLI_VERSION)) throw new Error(`${program} is version ${version}`);
  if (!findProgram("pulumi-language-nodejs")) throw new Error(`${program} has no pulumi-language-nodejs beside it`);
  return path.dirname(program);
}

async function inCache(): Promise<string> {
  const entry = cached(OFFICIAL_ENTRY) ?? cached(BUILT_ENTRY);
  if (!entry) throw new Error("not in the cache");
  return path.join(entry, "bin");
}

async function official(progress: Progress): Promise<string> {
  progress.say(`downloading Pulumi ${PULUMI_SDK_VERSION}`);
  // Loaded here because it takes a second, which a machine that has the CLI need not spend.
  const { PulumiCommand } = await import("@pulumi/pulumi/automation");
  const entry = await fillCache(OFFICIAL_ENTRY, async (folder) => {
    await PulumiCommand.install({ root: folder });
  });
  return path.join(entry, "bin");
}

async function fromPackages(progress: Progress): Promise<string> {
  const entry = await fillCache(BUILT_ENTRY, async (folder) => {
    const bin = path.join(folder, "bin");
    mkdirSync(bin);
    const stamp = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PULUMI_CLI_VERSION}`;
    const build = {
      module: CLI_MODULE,
      package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      output: path.join(bin, "pulumi"),
      tags: "osusergo,grpcnotrace",
      ldflags: `-s -w ${stamp}`,
    };
    await goBuild(build, folder, progress);
    const host = path.join(bin, "pulumi-language-nodejs");
    copyFileSync(LANGUAGE_HOST, host);
    chmodSync(host, 0o755);
  });
  return path.join(entry, "bin");
}
