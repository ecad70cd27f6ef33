import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Container } from "../contract/container";
import type { Ec2Entrance } from "./entrance";
import type { Placement } from "./placement";
import { deploymentPercent } from "./task-definition";

/** Copies of a service, as few as always run and as many as it may grow to. */
export interface Copies {
  readonly least: number;
  readonly most: number;
}

/** One where a second would do harm; else so many on each host there is. */
export function copiesOf({ replacement, replicas = 1 }: Container, { leastHosts, mostHosts }: Placement): Copies {
  if (replacement === "only-one") return { least: 1, most: 1 };
  return { least: replicas * leastHosts, most: replicas * mostHosts };
}

export interface ServiceContext {
  readonly cluster: aws.ecs.Cluster;
  readonly definition: aws.ecs.TaskDefinition;
  readonly entrance: Ec2Entrance | undefined;
}

/** An ECS service that keeps so many copies of a container on its hosts, and replaces them without losing requests. */
export function serviceArgs(
  container: Container,
  placement: Placement,
  { cluster, definition, entrance }: ServiceContext,
): aws.ecs.ServiceArgs {
  const { name, replacement, healthCheck } = container;
  const { constraint, capacityProvider, leastHosts } = placement;
  const { minimumHealthy, maximum } = deploymentPercent(replacement, leastHosts);
  return {
    name,
    cluster: cluster.arn,
    taskDefinition: definition.arn,
    desiredCount: copiesOf(container, placement).least,
    ...(capacityProvider
      ? {
          capacityProviderStrategies: [{ capacityProvider, weight: 1 }],
          orderedPlacementStrategies: [
            { type: "spread", field: "attribute:ecs.availability-zone" },
            { type: "spread", field: "instanceId" },
          ],
        }
      : { launchType: "EC2" }),
    placementConstraints: [{ type: "memberOf", expression: constraint }],
    deploymentMinimumHealthyPercent: minimumHealthy,
    deploymentMaximumPercent: maximum,
    deploymentCircuitBreaker: { enable: true, rollback: true },
    ...(entrance && {
      loadBalancers: [{ targetGroupArn: entrance.targetGroupArn, containerName: name, containerPort: entrance.port }],
      healthCheckGracePeriodSeconds: healthCheck.startPeriodSeconds,
    }),
    // To zero first, so that a destroyed stack needs no second run.
    forceDelete: true,
    waitForSteadyState: true,
    propagateTags: "SERVICE",
    enableEcsManagedTags: true,
  };
}

/** Whether the number of copies follows the load: where hosts can be added, and a second copy does no harm. */
export const scales = ({ replacement }: Container, { capacityProvider }: Placement): boolean =>
  capacityProvider !== undefined && replacement !== "only-one";

/** How a service is made and replaced, beside what it is. */
export const serviceOptions = (
  container: Container,
  placement: Placement,
  dependsOn: readonly pulumi.Resource[],
): pulumi.CustomResourceOptions => ({
  dependsOn: [...dependsOn],
  // Two cannot have one name.
  deleteBeforeReplace: true,
  // The load moves it.
  ignoreChanges: scales(container, placement) ? ["desiredCount"] : [],
  customTimeouts: { create: "30m", update: "30m", delete: "30m" },
});

/**
 * A rollout that the circuit breaker took back leaves the service steady, on the old task definition: without this
 * the update would count as done.
 */
export function refuseRollback(
  name: string,
  service: aws.ecs.Service,
  { cluster, definition }: { readonly cluster: aws.ecs.Cluster; readonly definition: aws.ecs.TaskDefinition },
  logGroup: string,
  options: pulumi.InvokeOptions,
): void {
  pulumi.all([service.id, cluster.arn, definition.arn]).apply(async ([_, clusterArn, wanted]) => {
    if (pulumi.runtime.isDryRun()) return;
    const { taskDefinition } = await aws.ecs.getService({ clusterArn, serviceName: name }, options);
    if (taskDefinition === wanted) return;
    throw new pulumi.RunError(
      `${name}: ECS took the rollout back, because the new containers did not become healthy. It runs the old task definition again ` +
        `(${taskDefinition}). What the new ones said: aws logs tail ${logGroup}. Correct it and deploy again; where ` +
        "nothing is to correct, pulumi up --refresh tries the same once more.",
    );
  });
}
