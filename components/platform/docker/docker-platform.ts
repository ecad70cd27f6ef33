import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Container } from "../container";
import type { Platform, RunningService, RunOptions } from "../platform";
import { containerArgs } from "./container-args";
import { explainFailure } from "./failure";

export interface DockerPlatformArgs {
  /** Prefix of every name on the Docker engine: `<project>-<stack>`. */
  readonly prefix: string;
}

/** Runs containers on the Docker engine that the environment names, in one network of their own. */
export class DockerPlatform extends pulumi.ComponentResource implements Platform {
  private readonly prefix: string;
  private readonly network: docker.Network;
  private readonly onFailure = new pulumi.ErrorHook("explain-container", explainFailure);

  constructor(name: string, args: DockerPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sized-stack:platform:Docker", name, {}, opts);
    this.prefix = args.prefix;
    // Nothing here may ever change: a network that containers hang on cannot be replaced.
    this.network = new docker.Network("network", { name: args.prefix }, { parent: this, ignoreChanges: ["*"] });
    this.registerOutputs();
  }

  run(container: Container, { parent, dependsOn = [], transform }: RunOptions): RunningService {
    const image = new docker.RemoteImage(
      `${container.name}-image`,
      { name: container.image, keepLocally: true },
      { parent },
    );
    const volumes = (container.volumes ?? []).map(
      ({ name }) =>
        new docker.Volume(`${name}-volume`, { name: `${this.prefix}-${name}` }, { parent, retainOnDelete: true }),
    );
    const startFirst = container.replacement === "start-first";
    const containers = Array.from({ length: container.replicas ?? 1 }, (_, index) => {
      const args = containerArgs(container, {
        prefix: this.prefix,
        imageId: image.imageId,
        network: this.network.name,
      });
      return new docker.Container(
        startFirst ? `${container.name}-${index + 1}` : container.name,
        transform ? transform(args) : args,
        {
          parent,
          dependsOn: [...dependsOn, ...volumes],
          // The provider's own default is true; a gapless deploy needs it spelled out either way.
          deleteBeforeReplace: !startFirst,
          // Docker cannot change these on a container that exists, and the provider may not notice.
          replaceOnChanges: ["healthcheck", "tmpfs"],
          hooks: { onError: [this.onFailure] },
        },
      );
    });
    return { host: container.name, containers };
  }
}
