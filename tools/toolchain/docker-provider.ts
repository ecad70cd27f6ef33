import * as path from "node:path";
import { contentHash, fillCache } from "./cache";
import { run } from "./command";
import { goBuild } from "./go-build";
import type { Need } from "./need";
import { DOCKER_PROVIDER_VERSION, FROM_PACKAGES } from "./versions";

const MODULE = path.join(FROM_PACKAGES, "docker-provider");
const BINARY = "pulumi-resource-docker";
const ENGINE_ENV = { PULUMI_SKIP_UPDATE_CHECK: "true" };

/** The Docker provider, as a plugin of the Pulumi CLI at `pulumi`. */
export function dockerProvider(pulumi: string): Need<void> {
  const install = (...args: string[]) =>
    run(pulumi, ["plugin", "install", "resource", "docker", `v${DOCKER_PROVIDER_VERSION}`, ...args], {
      env: ENGINE_ENV,
      timeoutSeconds: 300,
    });
  return {
    name: `Docker provider ${DOCKER_PROVIDER_VERSION}`,
    ways: [
      {
        name: "installed already",
        async take() {
          const listed: unknown = JSON.parse(await run(pulumi, ["plugin", "ls", "--json"], { env: ENGINE_ENV }));
          if (!Array.isArray(listed) || !listed.some(isWanted)) throw new Error("not among the installed plugins");
        },
      },
      {
        name: "pulumi plugin install",
        async take(progress) {
          progress.say("downloading");
          await install();
        },
      },
      {
        name: "built from Go modules",
        async take(progress) {
          const entry = await fillCache(`docker-provider-${contentHash(MODULE)}`, (folder) =>
            goBuild(
              {
                module: MODULE,
                package: ".",
                output: path.join(folder, BINARY),
                tags: "no_compose",
                ldflags: "-s -w",
              },
              folder,
              progress,
            ),
          );
          await install("--file", path.join(entry, BINARY));
        },
      },
    ],
    remedy: `Run: pulumi plugin install resource docker v${DOCKER_PROVIDER_VERSION}`,
  };
}

function isWanted(plugin: unknown): boolean {
  const { name, version } = { name: undefined, version: undefined, ...(plugin ?? {}) } as Record<string, unknown>;
  return name === "docker" && version === DOCKER_PROVIDER_VERSION;
}
