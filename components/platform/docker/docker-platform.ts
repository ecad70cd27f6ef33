import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { LOAD_BALANCER } from "../../services";
import { type Command, type Container, type Image, type ImageBuild, isBuild } from "../contract/container";
import type { Entrance, EntranceArgs } from "../contract/entrance";
import type { Platform, RunningService, RunOptions } from "../contract/platform";
import { known } from "../hooks/known";
import { buildImage, buildTag } from "./build";
import { containerArgs, environment } from "./container-args";
import { failureHooks } from "./failure";
import { haproxyContainer } from "./haproxy";
import { pullImage } from "./image";
import { removeLeftover } from "./leftover";
import { runOnce } from "./run-once";
import { stopEarlier } from "./stop-first";

export interface DockerPlatformArgs {
  /** Prefix of every name on the Docker engine: `<project>-<stack>`. */
  readonly prefix: string;
  /** Port on 127.0.0.1 that the entrance is published at. Default 8000. */
  readonly port?: number;
  /** Image of the load balancer. Default `haproxy:3.0`. */
  readonly haproxyImage?: string;
  /** Whether a proxy on the engine's host ends TLS in front, and is believed what it says of the client. Default false. */
  readonly behindTlsProxy?: boolean;
}

/** Runs containers on the Docker engine that the environment names, in one network of their own. */
export class DockerPlatform extends pulumi.ComponentResource implements Platform {
  private readonly prefix: string;
  private readonly port: number;
  private readonly haproxyImage: string;
  private readonly behindTlsProxy: boolean;
  private readonly network: docker.Network;
  /** By what else of the service runs while a new container of it fails. */
  private readonly failing = {
    "start-first": failureHooks("beside", "an old one may run"),
    "stop-first": failureHooks("alone", "none runs"),
  };
  /** What is to be built here, by its tag. */
  private readonly builds = new Map<string, ImageBuild>();
  private readonly fetchImage = new pulumi.ResourceHook("fetch-image", async ({ newInputs }) => {
    const name: unknown = newInputs?.name;
    if (typeof name === "string") await this.fetch(name);
  });
  private readonly fetched = new Map<string, Promise<void>>();
  private readonly clearName: pulumi.ResourceHook;
  private readonly stopEarlier: pulumi.ResourceHook;

  constructor(name: string, args: DockerPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sized-stack:platform:Docker", name, {}, opts);
    this.prefix = args.prefix;
    this.port = args.port ?? 8000;
    this.haproxyImage = args.haproxyImage ?? LOAD_BALANCER.image;
    this.behindTlsProxy = args.behindTlsProxy ?? false;
    this.clearName = new pulumi.ResourceHook("remove-leftover", removeLeftover(args.prefix));
    this.stopEarlier = new pulumi.ResourceHook("stop-earlier", stopEarlier(args.prefix));
    // Nothing here may ever change: a network that containers hang on cannot be replaced.
    this.network = new docker.Network("network", { name: args.prefix }, { parent: this, ignoreChanges: ["*"] });
    this.registerOutputs();
  }

  run(container: Container, { parent, dependsOn = [], transform }: RunOptions): RunningService {
    const image = this.image(container, parent);
    const volumes = (container.volumes ?? []).map(
      ({ name }) =>
        new docker.Volume(`${name}-volume`, { name: `${this.prefix}-${name}` }, { parent, retainOnDelete: true }),
    );
    const { replacement, replicas = 1 } = container;
    const failing = this.failing[replacement === "start-first" ? replacement : "stop-first"];
    const containers: docker.Container[] = [];
    for (let number = 1; number <= replicas; number++) {
      const args = containerArgs(container, {
        prefix: this.prefix,
        imageId: image.imageId,
        network: this.network.name,
      });
      // All that go before the first new one starts go with the first, and come after it.
      const first = replacement === "stop-first" ? containers.slice(0, 1) : [];
      const beforeCreate = replacement === "stop-first" && number === 1 ? this.stopEarlier : this.clearName;
      containers.push(
        new docker.Container(
          replacement === "only-one" ? container.name : `${container.name}-${number}`,
          transform ? transform(args) : args,
          {
            parent,
            dependsOn: [...dependsOn, ...volumes, ...first],
            replaceWith: first,
            // The provider's own default is true; a gapless deploy needs it spelled out either way.
            deleteBeforeReplace: replacement !== "start-first",
            // Docker cannot change these on a container that exists, and the provider may not notice.
            replaceOnChanges: ["healthcheck", "tmpfs"],
            hooks: {
              beforeCreate: [beforeCreate],
              beforeUpdate: [failing.recheck],
              onError: [failing.explain],
            },
          },
        ),
      );
    }
    return { host: container.name, containers };
  }

  publish(entrance: EntranceArgs, options: RunOptions): Entrance {
    const { haproxyImage: image, port, behindTlsProxy } = this;
    this.run(haproxyContainer(entrance, { image, port, behindTlsProxy }), options);
    // HAProxy's own address changes with each of its containers.
    const addresses = this.network.ipamConfigs.apply((ranges) => ranges?.map(({ subnet }) => subnet).join() ?? "");
    return { url: `http://127.0.0.1:${port}`, addresses };
  }

  runOnce(command: Command, { parent, dependsOn = [] }: RunOptions): pulumi.Resource {
    const { name, argv, user, memoryLimitMiB: memoryMiB } = command;
    const image = this.image(command, parent);
    const hook = new pulumi.ResourceHook(`run-${name}`, async () => {
      const [imageId, network, env, secrets] = await Promise.all([
        known(image.imageId),
        known(this.network.name),
        known(environment(command)),
        known(command.secrets ?? {}),
      ]);
      await runOnce(
        { name, prefix: this.prefix, network, image: imageId, argv, env, secrets, user, memoryMiB },
        (line) => void pulumi.log.info(line, parent, undefined, true),
      );
    });
    // What it was last run with. An after-hook's failure, or that of a container, would be forgotten.
    return new pulumi.Stash(
      name,
      { input: { image: this.reference(command.image), argv: [...argv] } },
      {
        parent,
        dependsOn: [...dependsOn, image, this.network],
        hooks: { beforeCreate: [hook], beforeUpdate: [hook] },
      },
    );
  }

  private image({ name, image }: Pick<Container, "name" | "image">, parent: pulumi.Resource): docker.RemoteImage {
    return new docker.RemoteImage(
      `${name}-image`,
      { name: this.reference(image), keepLocally: true },
      // The provider's own default, true, would delete every container of the image before the new one is there.
      { parent, deleteBeforeReplace: false, hooks: { beforeCreate: [this.fetchImage] } },
    );
  }

  /** Services that share an image wait for the same pull or build, and only one says why it failed. */
  private fetch(image: string): Promise<void> {
    const earlier = this.fetched.get(image);
    if (earlier) {
      return earlier.catch(() => {
        throw new Error(`Image ${image} is not there: the message of another resource says why.`);
      });
    }
    const build = this.builds.get(image);
    const fetched = build ? buildImage(image, build) : pullImage(image);
    this.fetched.set(image, fetched);
    return fetched;
  }

  /** The folder is read once for all services that run what is built from it. */
  private reference(image: Image): pulumi.Input<string> {
    if (!isBuild(image)) return image;
    const [seen] = [...this.builds].find(([, build]) => build === image) ?? [];
    if (seen !== undefined) return seen;
    const tag = buildTag(`${this.prefix}/app`, image);
    this.builds.set(tag, image);
    return tag;
  }
}
