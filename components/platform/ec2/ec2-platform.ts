import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { MIGRATION_TASK_MIB } from "../../sizing";
import type { Command, Container } from "../contract/container";
import type { Entrance, EntranceArgs } from "../contract/entrance";
import type { Platform, RunningService, RunOptions } from "../contract/platform";
import { alarms } from "./alarms";
import { commandGate } from "./command-gate";
import { ONE_OFF_UNITS } from "./cpu-units";
import { admitLoadBalancer, applicationLoadBalancer, type Ec2Entrance, type EntranceSettings } from "./entrance";
import { type Hosts, type HostsArgs, hosts } from "./hosts";
import { instanceProfile } from "./instance-profile";
import { MachineImages } from "./machine-images";
import { type Network, type NetworkArgs, network } from "./network";
import { besideData, forApplication, type PlacementArgs } from "./placement";
import { type PrivateZone, privateName, privateZone } from "./private-zone";
import type { RunTask } from "./run-task";
import { autoscale, type ScalingArgs } from "./scaling";
import { copiesOf, refuseRollback, scales, serviceArgs, serviceOptions } from "./services";
import { Tasks } from "./tasks";

export interface Ec2PlatformArgs extends HostsArgs, PlacementArgs {
  /** Prefix of every name: `<project>-<stack>`. */
  readonly prefix: string;
  readonly region: string;
  /** Tags of what is launched by AWS itself. Those of everything else are the provider's `defaultTags`. */
  readonly tags: Readonly<Record<string, string>>;
  readonly network: NetworkArgs;
  readonly amiId?: string | undefined;
  readonly entrance: EntranceSettings;
  readonly logDays: number;
  readonly scaling: ScalingArgs;
  readonly alarmTopicArn?: string | undefined;
  /** Runs the migration. Default: through the AWS SDK. */
  readonly runTask?: RunTask;
}

/**
 * Runs containers as ECS services on EC2 instances: on one that carries the data volume, or the application on hosts
 * of its own beside it. ECS restarts, places, drains and rolls; images, command lines and environment are those of
 * Docker but for what `containerDefinition` lists.
 */
export class Ec2Platform extends pulumi.ComponentResource implements Platform {
  private readonly options: pulumi.CustomResourceOptions;
  private readonly network: Network;
  private readonly cluster: aws.ecs.Cluster;
  private readonly zone: PrivateZone;
  private readonly hosts: Hosts;
  private readonly tasks: Tasks;

  constructor(
    name: string,
    private readonly args: Ec2PlatformArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("sized-stack:platform:Ec2", name, {}, opts);
    const { prefix, tags } = args;
    this.options = { parent: this, ...(opts?.provider && { provider: opts.provider }) };

    this.network = network(prefix, args.network, this.options);
    this.cluster = new aws.ecs.Cluster(
      "cluster",
      { name: prefix, settings: [{ name: "containerInsights", value: "enabled" }] },
      this.options,
    );
    this.zone = privateZone(prefix, this.network.vpcId, this.options);
    this.hosts = hosts(args, {
      prefix,
      tags,
      network: this.network,
      cluster: this.cluster,
      profile: instanceProfile(prefix, this.options),
      images: new MachineImages(args.amiId, this.options),
      options: this.options,
    });
    this.tasks = new Tasks(args, this.options);
    this.registerOutputs();
  }

  publish(entrance: EntranceArgs, { parent }: RunOptions): Entrance {
    const { prefix, appHosts, scaling, alarmTopicArn } = this.args;
    const { dataHost, appGroup } = this.hosts;
    const options = { ...this.options, parent };
    const made = applicationLoadBalancer(entrance, this.args.entrance, prefix, this.network, options);
    admitLoadBalancer(made, appGroup, options);
    alarms(made, scaling.longestWaitSeconds, {
      prefix,
      clusterName: this.cluster.name,
      dataHostId: dataHost?.instanceId,
      roles: [...(dataHost ? (["data"] as const) : []), ...(appHosts ? (["app"] as const) : [])],
      topicArn: alarmTopicArn,
      options,
    });
    return made;
  }

  run(asked: Container, { parent, dependsOn = [], transform }: RunOptions): RunningService {
    const { name } = asked;
    // The one volume there is belongs to the data services; what is beside it goes with its container.
    const volumes = (asked.volumes ?? []).filter(({ dispensable }) => !dispensable);
    const container = { ...asked, volumes };
    const { cluster, hosts } = this;
    const { scaling } = this.args;
    const options = { ...this.options, parent };
    const isData = volumes.length > 0;
    const placement = isData ? besideData(this.args, hosts) : forApplication(this.args, hosts);
    const definition = this.tasks.define(container, placement, options);
    const entrance = container.behind as Ec2Entrance | undefined;

    const args = serviceArgs(container, placement, { cluster, definition, entrance });
    const after = [...dependsOn, ...hosts.ready, ...(entrance ? [entrance.listener] : [])];
    const service = new aws.ecs.Service(name, transform ? transform(args) : args, {
      ...options,
      ...serviceOptions(container, placement, after),
    });
    refuseRollback(name, service, { cluster, definition }, this.tasks.logGroupName(name), this.options);
    if (scales(container, placement)) {
      autoscale(name, copiesOf(container, placement), scaling, { cluster, service, options });
    }
    if (!isData) return { host: name, containers: [service] };
    const { host, resources } = privateName(container, this.zone, hosts, options);
    return { host, containers: [service, ...resources] };
  }

  runOnce(command: Command, { parent, dependsOn = [] }: RunOptions): pulumi.Resource {
    const { name, memoryLimitMiB: limitMiB } = command;
    // Its weight is what was kept for it, whatever those beside it had to become.
    const placement = { ...forApplication(this.args, this.hosts), cpuScale: 1 };
    const container = {
      ...command,
      cpu: { shares: ONE_OFF_UNITS },
      memory: { limitMiB, reservationMiB: MIGRATION_TASK_MIB },
    };
    const definition = this.tasks.define(container, placement, { ...this.options, parent }, { runsAlone: true });
    const task = {
      region: this.args.region,
      cluster: this.cluster,
      definition,
      logGroup: this.tasks.logGroupName(name),
      capacityProvider: placement.capacityProvider,
      runTask: this.args.runTask,
    };
    return commandGate(command, task, { parent, dependsOn: [...dependsOn, definition, ...this.hosts.ready] });
  }
}
