import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { MIGRATION_TASK_MIB } from "../../sizing";
import { type Command, type Container, isBuild } from "../container";
import type { Entrance, EntranceArgs, Platform, RunningService, RunOptions } from "../platform";
import { alarms } from "./alarms";
import { applicationLoadBalancer, DYNAMIC_PORTS, type Ec2Entrance, type EntranceSettings } from "./entrance";
import type { InstanceType } from "./hardware";
import {
  type AppHostsArgs,
  appHosts,
  type DataHost,
  type DataVolumeArgs,
  dataHost,
  hostSecurityGroup,
  instanceProfile,
  snapshots,
} from "./hosts";
import { type Network, type NetworkArgs, network } from "./network";
import { executionStatements, role } from "./roles";
import { type RunTask, runEcsTask } from "./run-task";
import { autoscale, type ScalingArgs } from "./scaling";
import { Secrets } from "./secrets";
import {
  containerDefinition,
  dataFolder,
  deploymentPercent,
  ecrRepositoryArn,
  type KnownContainer,
} from "./task-definition";
import { DATA_ATTRIBUTE, MOUNT_POINT, ROLE_ATTRIBUTE } from "./user-data";

export interface Ec2PlatformArgs {
  /** Prefix of every name: `<project>-<stack>`. */
  readonly prefix: string;
  readonly region: string;
  readonly network: NetworkArgs;
  /** The data host's type; on a single host that of the one instance. */
  readonly dataHost: InstanceType;
  /** Which of the private subnets it is in, the first being 0. */
  readonly dataSubnet: number;
  /** Services with a volume, whose folders the data host makes. None: there is no data host, and `appHosts` must be. */
  readonly dataServices: readonly string[];
  readonly dataVolume: DataVolumeArgs;
  /** Hosts of the application. Default: it runs on the data host. */
  readonly appHosts?: AppHostsArgs | undefined;
  readonly amiId?: string | undefined;
  /** 2 where the plan has room for old and new side by side. */
  readonly rolloutFactor: 1 | 2;
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
  private readonly dataGroup: aws.ec2.SecurityGroup;
  private readonly appGroup: aws.ec2.SecurityGroup;
  private readonly secrets: Secrets;
  private readonly taskRole: aws.iam.Role;

  constructor(
    name: string,
    private readonly args: Ec2PlatformArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("sized-stack:platform:Ec2", name, {}, opts);
    const { prefix } = args;
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
      network: this.network,
      cluster: this.cluster,
      profile: instanceProfile(this.options),
      amiId: args.amiId,
      options: this.options,
    };
    this.dataGroup = hostSecurityGroup("data-host", context);
    if (args.dataServices.length > 0) {
      const folders = args.dataServices.map((service) => ({ name: service, owner: DATA_UID }));
      this.dataHost = dataHost(args.dataHost, args.dataSubnet, args.dataVolume, folders, this.dataGroup, context);
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
    this.secrets = new Secrets(prefix, this.options);
    // No permission of its own: what the application may do in AWS is added to it.
    this.taskRole = role("task", "ecs-tasks.amazonaws.com", [], this.options);
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
      roles: [...(this.dataHost ? (["data"] as const) : []), ...(apps ? (["app"] as const) : [])],
      topicArn: alarmTopicArn,
      options,
    });
    return made;
  }

  run(container: Container, { parent, dependsOn = [], transform }: RunOptions): RunningService {
    const { name, volumes = [] } = container;
    const options = { ...this.options, parent };
    const isData = volumes.length > 0;
    const onAppHosts = this.appCapacity !== undefined && !isData;
    const definition = this.taskDefinition(container, isData ? "fixed" : "dynamic", options);
    const hosts = onAppHosts ? (this.args.appHosts?.min ?? 1) : 1;
    const single = container.replacement === "stop-first";
    const { minimumHealthy, maximum } = deploymentPercent(container.replacement, {
      rolloutFactor: this.args.rolloutFactor,
      hosts,
    });
    const perHost = container.replicas ?? 1;
    const entrance = container.behind as Ec2Entrance | undefined;
    const scales = onAppHosts && !single;
    const args: aws.ecs.ServiceArgs = {
      name,
      cluster: this.cluster.arn,
      taskDefinition: definition.arn,
      desiredCount: single ? 1 : perHost * hosts,
      ...(onAppHosts && this.appCapacity
        ? { capacityProviderStrategies: [{ capacityProvider: this.appCapacity.name, weight: 1 }] }
        : { launchType: "EC2" }),
      placementConstraints: [{ type: "memberOf", expression: this.placement(isData, onAppHosts) }],
      ...(onAppHosts && {
        orderedPlacementStrategies: [
          { type: "spread", field: "attribute:ecs.availability-zone" },
          { type: "spread", field: "instanceId" },
        ],
      }),
      deploymentMinimumHealthyPercent: minimumHealthy,
      deploymentMaximumPercent: maximum,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      ...(entrance && {
        loadBalancers: [{ targetGroupArn: entrance.targetGroupArn, containerName: name, containerPort: entrance.port }],
        healthCheckGracePeriodSeconds: container.healthCheck.startPeriodSeconds,
      }),
      // To zero first, so that a destroyed stack needs no second run.
      forceDelete: true,
      waitForSteadyState: true,
      propagateTags: "SERVICE",
      enableEcsManagedTags: true,
    };
    const service = new aws.ecs.Service(name, transform ? transform(args) : args, {
      ...options,
      dependsOn: [
        ...dependsOn,
        ...this.associated,
        ...(this.dataHost ? [this.dataHost.attached] : []),
        ...(entrance ? [entrance.listener] : []),
      ],
      ignoreChanges: scales ? ["desiredCount"] : [],
      customTimeouts: { create: "30m", update: "30m", delete: "30m" },
    });
    this.refuseRollback(name, service, definition);
    if (scales) {
      const most = perHost * (this.args.appHosts?.max ?? 1);
      autoscale(name, { least: perHost * hosts, most }, this.args.scaling, { cluster: this.cluster, service, options });
    }
    return { host: isData ? this.dataRecord(container, options) : name, containers: [service] };
  }

  runOnce(command: Command, { parent, dependsOn = [] }: RunOptions): pulumi.Resource {
    const { name, argv, image } = command;
    const options = { ...this.options, parent };
    const memory = { limitMiB: command.memoryLimitMiB, reservationMiB: MIGRATION_TASK_MIB };
    const definition = this.taskDefinition({ ...command, cpu: { shares: 128 }, memory }, "dynamic", options);
    const runTask = this.args.runTask ?? runEcsTask;
    const hook = new pulumi.ResourceHook(`run-${name}`, async () => {
      const [cluster, taskDefinition] = await Promise.all([known(this.cluster.arn), known(definition.arn)]);
      const { region } = this.args;
      const end = await runTask({
        region,
        cluster,
        taskDefinition,
        container: name,
        logGroup: this.logGroupName(name),
      });
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

  /** Everything one service's tasks need: log group, secrets, and a role that may read exactly these. */
  private taskDefinition(
    container: Omit<KnownContainer, "image" | "env" | "secretsFrom"> & Pick<Container, "image" | "env" | "secrets">,
    hostPorts: "fixed" | "dynamic",
    options: pulumi.CustomResourceOptions,
  ): aws.ecs.TaskDefinition {
    const { name, image, env = {}, secrets = {}, volumes = [] } = container;
    if (isBuild(image)) throw new Error(`${name}: ECS builds no images; push one to a registry and name its digest.`);
    const { region, dataHost: dataType, appHosts: apps } = this.args;
    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      { name: this.logGroupName(name), retentionInDays: this.args.logDays },
      options,
    );
    const secretsFrom = Object.fromEntries(
      Object.entries(secrets).map(([key, value]) => [key, this.secrets.valueFrom(key, value)]),
    );
    const execution = role(
      `${name}-execution`,
      "ecs-tasks.amazonaws.com",
      executionStatements({
        secretArns: Object.keys(secretsFrom).map((key) => this.secrets.arn(key)),
        repositoryArns: typeof image === "string" ? [ecrRepositoryArn(image) ?? []].flat() : [],
        logGroupArn: logGroup.arn,
      }),
      options,
    );
    const containerDefinitions = pulumi
      .output({ image, env, secretsFrom })
      .apply((known) =>
        JSON.stringify([
          containerDefinition({ ...container, ...known }, { region, logGroup: this.logGroupName(name), hostPorts }),
        ]),
      );
    const { architecture } = volumes.length === 0 && apps ? apps.type : dataType;
    return new aws.ecs.TaskDefinition(
      name,
      {
        family: `${this.args.prefix}-${name}`,
        networkMode: "bridge",
        requiresCompatibilities: ["EC2"],
        runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: architecture.toUpperCase() },
        executionRoleArn: execution.arn,
        taskRoleArn: this.taskRole.arn,
        volumes: volumes.map(({ name: volume }) => ({ name: volume, hostPath: dataFolder(MOUNT_POINT, volume) })),
        containerDefinitions,
      },
      options,
    );
  }

  private readonly logGroupName = (service: string): string => `/sized-stack/${this.args.prefix}/${service}`;

  /** Hosts a service may run on. A data service starts only where its volume is mounted. */
  private placement(isData: boolean, onAppHosts: boolean): pulumi.Output<string> {
    if (isData) return pulumi.interpolate`attribute:${DATA_ATTRIBUTE} == ${this.dataHost?.volumeId}`;
    return pulumi.output(`attribute:${ROLE_ATTRIBUTE} == ${onAppHosts ? "app" : "data"}`);
  }

  /** The name of a data service, which stays when its host is replaced; open to the application's hosts alone. */
  private dataRecord({ name, ports = [] }: Container, options: pulumi.CustomResourceOptions): string {
    const host = `${name}.${this.zoneName}`;
    new aws.route53.Record(
      name,
      {
        zoneId: this.zone.zoneId,
        name: host,
        type: "A",
        ttl: 60,
        records: this.dataHost ? [this.dataHost.privateIp] : [],
      },
      options,
    );
    for (const { container: port } of ports) {
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
      );
    }
    return host;
  }

  /**
   * A rollout that the circuit breaker took back leaves the service steady, on the old task definition: without this
   * the update would count as done.
   */
  private refuseRollback(name: string, service: aws.ecs.Service, definition: aws.ecs.TaskDefinition): void {
    pulumi.all([service.id, this.cluster.arn, definition.arn]).apply(async ([_, clusterArn, wanted]) => {
      if (pulumi.runtime.isDryRun()) return;
      const { taskDefinition } = await aws.ecs.getService({ clusterArn, serviceName: name }, this.options);
      if (taskDefinition === wanted) return;
      throw new pulumi.RunError(
        `${name}: ECS took the rollout back, because the new containers did not become healthy. The old ones serve on ` +
          `(${taskDefinition}). What the new ones said: aws logs tail ${this.logGroupName(name)}. Correct it and deploy again.`,
      );
    });
  }
}

/** The plain value of an input, in an update. */
const known = <T>(input: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> =>
  new Promise((resolve) => pulumi.output(input).apply((value) => resolve(value)));
