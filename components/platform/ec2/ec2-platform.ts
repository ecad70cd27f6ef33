import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { MIGRATION_TASK_MIB } from "../../sizing";
import type { Command, Container } from "../container";
import { known } from "../known";
import type { Entrance, EntranceArgs, Platform, RunningService, RunOptions } from "../platform";
import { alarms } from "./alarms";
import { type CpuScale, ONE_OFF_UNITS } from "./cpu-units";
import { applicationLoadBalancer, DYNAMIC_PORTS, type Ec2Entrance, type EntranceSettings } from "./entrance";
import type { InstanceType } from "./hardware";
import {
  type AppHostsArgs,
  appHosts,
  type DataHost,
  type DataPlace,
  type DataVolumeArgs,
  dataHost,
  type HostGroup,
  hostSecurityGroup,
  instanceProfile,
  snapshots,
} from "./hosts";
import { MachineImages } from "./machine-images";
import { type Network, type NetworkArgs, network } from "./network";
import type { Placement } from "./placement";
import { type RunTask, runEcsTask } from "./run-task";
import { autoscale, type ScalingArgs } from "./scaling";
import { copiesOf, refuseRollback, serviceArgs } from "./services";
import { Tasks } from "./tasks";
import { DATA_ATTRIBUTE, ROLE_ATTRIBUTE } from "./user-data";

export interface Ec2PlatformArgs {
  /** Prefix of every name: `<project>-<stack>`. */
  readonly prefix: string;
  readonly region: string;
  /** Tags of what is launched by AWS itself. Those of everything else are the provider's `defaultTags`. */
  readonly tags: Readonly<Record<string, string>>;
  readonly network: NetworkArgs;
  /** The data host's type; on a single host that of the one instance. */
  readonly dataHost: InstanceType;
  readonly dataPlace: DataPlace;
  /** Services with a volume, whose folders the data host makes. None: there is no data host, and `appHosts` must be. */
  readonly dataServices: readonly string[];
  readonly dataVolume: DataVolumeArgs;
  /** Hosts of the application. Default: it runs on the data host. */
  readonly appHosts?: AppHostsArgs | undefined;
  readonly amiId?: string | undefined;
  /** 2 where the plan has room for old and new side by side. */
  readonly rolloutFactor: 1 | 2;
  /** What the plan's weights are multiplied with on each kind of host, so that ECS finds room for them. */
  readonly cpuScale: CpuScale;
  readonly entrance: EntranceSettings;
  readonly logDays: number;
  readonly scaling: ScalingArgs;
  readonly alarmTopicArn?: string | undefined;
  /** Runs the migration. Default: through the AWS SDK. */
  readonly runTask?: RunTask;
}

/** Numeric user of the data services' processes, which their folders on the volume belong to. */
const DATA_UID = 999;

/**
 * Runs containers as ECS services on EC2 instances: on one that carries the data volume, or the application on hosts
 * of its own beside it. ECS restarts, places, drains and rolls; images, command lines and environment are those of
 * Docker but for what `containerDefinition` lists.
 */
export class Ec2Platform extends pulumi.ComponentResource implements Platform {
  private readonly options: pulumi.CustomResourceOptions;
  private readonly network: Network;
  private readonly cluster: aws.ecs.Cluster;
  private readonly zone: aws.route53.Zone;
  private readonly zoneName: string;
  private readonly dataHost: DataHost | undefined;
  private readonly appCapacity: aws.ecs.CapacityProvider | undefined;
  private readonly associated: pulumi.Resource[] = [];
  private readonly dataGroup: HostGroup;
  private readonly appGroup: HostGroup;
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
    this.zoneName = `${prefix}.internal`;
    this.zone = new aws.route53.Zone(
      "internal",
      { name: this.zoneName, vpcs: [{ vpcId: this.network.vpcId }], forceDestroy: false },
      this.options,
    );
    const context = {
      prefix,
      tags,
      network: this.network,
      cluster: this.cluster,
      profile: instanceProfile(prefix, this.options),
      images: new MachineImages(args.amiId, this.options),
      options: this.options,
    };
    this.dataGroup = hostSecurityGroup("data-host", context);
    if (args.dataServices.length > 0) {
      const folders = args.dataServices.map((service) => ({ name: service, owner: DATA_UID }));
      this.dataHost = dataHost(args.dataHost, args.dataPlace, args.dataVolume, folders, this.dataGroup, context);
      snapshots(args.dataVolume.snapshotDays, context);
    }
    this.appGroup = args.appHosts ? hostSecurityGroup("app-host", context) : this.dataGroup;
    this.appCapacity = args.appHosts && appHosts(args.appHosts, this.appGroup, context);
    if (this.appCapacity) {
      this.associated.push(
        new aws.ecs.ClusterCapacityProviders(
          "cluster",
          { clusterName: this.cluster.name, capacityProviders: [this.appCapacity.name] },
          this.options,
        ),
      );
    }
    this.tasks = new Tasks(args, this.options);
    this.registerOutputs();
  }

  publish(entrance: EntranceArgs, { parent }: RunOptions): Entrance {
    const { prefix, appHosts: apps, scaling, alarmTopicArn } = this.args;
    const options = { ...this.options, parent };
    const made = applicationLoadBalancer(entrance, this.args.entrance, prefix, this.network, options);
    new aws.vpc.SecurityGroupIngressRule(
      "from-load-balancer",
      {
        securityGroupId: this.appGroup.id,
        referencedSecurityGroupId: made.securityGroupId,
        ipProtocol: "tcp",
        ...DYNAMIC_PORTS,
      },
      options,
    );
    alarms(made, scaling.longestWaitSeconds, {
      prefix,
      clusterName: this.cluster.name,
      dataHostId: this.dataHost?.instanceId,
      roles: [...(this.dataHost ? (["data"] as const) : []), ...(apps ? (["app"] as const) : [])],
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
    const options = { ...this.options, parent };
    const isData = volumes.length > 0;
    const placement = isData ? this.besideData() : this.forApplication();
    const definition = this.tasks.define(container, placement, options);
    const entrance = container.behind as Ec2Entrance | undefined;
    const { cluster } = this;
    const { rolloutFactor, scaling } = this.args;
    const args = serviceArgs(container, placement, { cluster, definition, rolloutFactor, entrance });
    const copies = copiesOf(container, placement);
    const scales = placement.capacityProvider !== undefined && container.replacement !== "stop-first";
    const service = new aws.ecs.Service(name, transform ? transform(args) : args, {
      ...options,
      dependsOn: [
        ...dependsOn,
        ...this.associated,
        ...(this.dataHost ? [this.dataHost.attached] : []),
        ...(entrance ? [entrance.listener] : []),
      ],
      // Two cannot have one name.
      deleteBeforeReplace: true,
      ignoreChanges: scales ? ["desiredCount"] : [],
      customTimeouts: { create: "30m", update: "30m", delete: "30m" },
    });
    refuseRollback(name, service, { cluster, definition }, this.tasks.logGroupName(name), this.options);
    if (scales) autoscale(name, copies, scaling, { cluster, service, options });
    return isData ? this.reachable(container, service, options) : { host: name, containers: [service] };
  }

  runOnce(command: Command, { parent, dependsOn = [] }: RunOptions): pulumi.Resource {
    const { name, argv, image } = command;
    const options = { ...this.options, parent };
    const memory = { limitMiB: command.memoryLimitMiB, reservationMiB: MIGRATION_TASK_MIB };
    const placement = this.forApplication();
    const container = { ...command, cpu: { shares: ONE_OFF_UNITS }, memory };
    const definition = this.tasks.define(container, placement, options, { runsAlone: true });
    const runTask = this.args.runTask ?? runEcsTask;
    const hook = new pulumi.ResourceHook(`run-${name}`, async () => {
      const [cluster, taskDefinition, capacityProvider] = await Promise.all([
        known(this.cluster.arn),
        known(definition.arn),
        known(placement.capacityProvider),
      ]);
      const { region } = this.args;
      const logGroup = this.tasks.logGroupName(name);
      const end = await runTask({ region, cluster, taskDefinition, container: name, logGroup, capacityProvider });
      if (end.exitCode === 0) return;
      throw new Error(
        [
          `The ${name} (${argv.join(" ")}) ended with exit code ${end.exitCode ?? "none"}${end.reason && `: ${end.reason}`}. ` +
            "The application that runs was left as it is. Its last lines:",
          ...end.lastLines.map((line) => `  ${line}`),
          "Correct it and deploy again: it runs again until it succeeds.",
        ].join("\n"),
      );
    });
    return new pulumi.Stash(
      name,
      { input: { image, argv: [...argv] } },
      {
        parent,
        dependsOn: [...dependsOn, definition, ...(this.dataHost ? [this.dataHost.attached] : []), ...this.associated],
        hooks: { beforeCreate: [hook], beforeUpdate: [hook] },
      },
    );
  }

  /** A data service starts only where its volume is mounted, under its own port. */
  private besideData(): Placement {
    return {
      constraint: pulumi.interpolate`attribute:${DATA_ATTRIBUTE} == ${this.dataHost?.volumeId}`,
      architecture: this.args.dataHost.architecture,
      hostPorts: "fixed",
      cpuScale: this.args.cpuScale.data,
      leastHosts: 1,
      mostHosts: 1,
      capacityProvider: undefined,
    };
  }

  private forApplication(): Placement {
    const { appHosts: apps, dataHost: only, cpuScale } = this.args;
    return {
      constraint: `attribute:${ROLE_ATTRIBUTE} == ${apps ? "app" : "data"}`,
      architecture: (apps?.type ?? only).architecture,
      hostPorts: "dynamic",
      cpuScale: cpuScale.app,
      leastHosts: apps?.min ?? 1,
      mostHosts: apps?.max ?? 1,
      capacityProvider: this.appCapacity?.name,
    };
  }

  /** Gives a data service a name, which stays when its host is replaced; open to the application's hosts alone. */
  private reachable(
    { name, ports = [] }: Container,
    service: aws.ecs.Service,
    options: pulumi.CustomResourceOptions,
  ): RunningService {
    const host = `${name}.${this.zoneName}`;
    const record = new aws.route53.Record(
      name,
      {
        zoneId: this.zone.zoneId,
        name: host,
        type: "A",
        ttl: 60,
        records: this.dataHost ? [this.dataHost.privateIp] : [],
      },
      { ...options, deleteBeforeReplace: true },
    );
    const rules = ports.map(
      ({ container: port }) =>
        new aws.vpc.SecurityGroupIngressRule(
          `${name}-${port}`,
          {
            securityGroupId: this.dataGroup.id,
            referencedSecurityGroupId: this.appGroup.id,
            ipProtocol: "tcp",
            fromPort: port,
            toPort: port,
          },
          options,
        ),
    );
    return { host, containers: [service, record, ...rules] };
  }
}
