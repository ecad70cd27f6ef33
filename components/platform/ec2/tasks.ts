import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Container, isBuild } from "../contract/container";
import { cpuUnits } from "./cpu-units";
import type { Placement } from "./placement";
import { executionStatements, role } from "./roles";
import { Secrets } from "./secrets";
import { containerDefinition, dataFolder, ecrRepositoryArn, type KnownContainer } from "./task-definition";
import { MOUNT_POINT } from "./user-data";

export interface TasksArgs {
  readonly prefix: string;
  readonly region: string;
  /** Days that logs are kept. */
  readonly logDays: number;
}

/** A service's container, or a command. */
export type TaskContainer = Omit<KnownContainer, "image" | "env" | "secretsFrom"> &
  Pick<Container, "image" | "env" | "secrets">;

/** Task definitions of one system, with everything a task needs beside its hosts. */
export class Tasks {
  private readonly secrets: Secrets;
  private readonly role: aws.iam.Role;

  constructor(
    private readonly args: TasksArgs,
    options: pulumi.CustomResourceOptions,
  ) {
    this.secrets = new Secrets(args.prefix, options);
    // No permission of its own: what the application may do in AWS is added to it.
    this.role = role(args.prefix, "task", "ecs-tasks.amazonaws.com", [], options).role;
  }

  readonly logGroupName = (service: string): string => `/sized-stack/${this.args.prefix}/${service}`;

  /**
   * The task definition of a container, its log group, its secrets, and a role that may read exactly these.
   * @param runsAlone No service says where it runs, so that the definition must.
   */
  define(
    container: TaskContainer,
    placement: Placement,
    options: pulumi.CustomResourceOptions,
    { runsAlone = false } = {},
  ): aws.ecs.TaskDefinition {
    const { name, image, env = {}, secrets = {}, volumes = [] } = container;
    if (isBuild(image)) throw new Error(`${name}: ECS builds no images; push one to a registry and name its digest.`);
    const { prefix, region, logDays } = this.args;
    const { hostPorts, architecture, cpuScale, constraint } = placement;
    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      { name: this.logGroupName(name), retentionInDays: logDays },
      options,
    );
    const secretsFrom = Object.fromEntries(
      Object.entries(secrets).map(([key, value]) => [key, this.secrets.valueFrom(key, value)]),
    );
    const execution = role(
      prefix,
      `${name}-execution`,
      "ecs-tasks.amazonaws.com",
      executionStatements({
        secretArns: Object.keys(secretsFrom).map((key) => this.secrets.arn(key)),
        repositoryArns: typeof image === "string" ? [ecrRepositoryArn(image) ?? []].flat() : [],
        logGroupArn: logGroup.arn,
      }),
      options,
    );
    const cpu = { shares: cpuUnits(container.cpu.shares, cpuScale) };
    const context = { region, logGroup: this.logGroupName(name), hostPorts };
    const containerDefinitions = pulumi
      .output({ image, env, secretsFrom })
      .apply((known) => JSON.stringify([containerDefinition({ ...container, ...known, cpu }, context)]));
    return new aws.ecs.TaskDefinition(
      name,
      {
        family: `${prefix}-${name}`,
        networkMode: "bridge",
        requiresCompatibilities: ["EC2"],
        runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: architecture.toUpperCase() },
        executionRoleArn: execution.role.arn,
        taskRoleArn: this.role.arn,
        volumes: volumes.map(({ name: volume }) => ({ name: volume, hostPath: dataFolder(MOUNT_POINT, volume) })),
        ...(runsAlone && { placementConstraints: [{ type: "memberOf", expression: constraint }] }),
        containerDefinitions,
      },
      // A task that starts before its role may read a new secret does not start.
      { ...options, dependsOn: [...execution.policies] },
    );
  }
}
