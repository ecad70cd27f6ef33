import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { ESTIMATED_WAIT } from "./alarms";

/** What moves the number of tasks, where the application has hosts of its own. */
export interface ScalingArgs {
  /** Service whose tasks follow the queue; every other one follows its CPU. */
  readonly queueService: string;
  /** Seconds a queued task may wait. */
  readonly longestWaitSeconds: number;
}

/** Of what the containers reserve, which by rule is 0.6 of what the plan lets the backend use. */
const CPU_PERCENT = 100;

/**
 * Lets a service follow its load, between what the smallest and the largest number of hosts carry. Workers follow the
 * estimated wait: it falls as capacity grows, which the length of a queue does not.
 */
export function autoscale(
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
  { queueService, longestWaitSeconds }: ScalingArgs,
  context: {
    readonly cluster: aws.ecs.Cluster;
    readonly service: aws.ecs.Service;
    readonly options: pulumi.CustomResourceOptions;
  },
): void {
  const { cluster, service, options } = context;
  const target = new aws.appautoscaling.Target(
    name,
    {
      serviceNamespace: "ecs",
      scalableDimension: "ecs:service:DesiredCount",
      resourceId: cluster.name.apply((clusterName) => `service/${clusterName}/${name}`),
      minCapacity: least,
      maxCapacity: most,
    },
    { ...options, dependsOn: [service] },
  );
  const metric =
    name === queueService
      ? {
          targetValue: longestWaitSeconds,
          customizedMetricSpecification: {
            ...ESTIMATED_WAIT,
            statistic: "Average",
            dimensions: [{ name: "Cluster", value: cluster.name }],
          },
        }
      : {
          targetValue: CPU_PERCENT,
          predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
        };
  new aws.appautoscaling.Policy(
    name,
    {
      policyType: "TargetTrackingScaling",
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      targetTrackingScalingPolicyConfiguration: { ...metric, scaleInCooldown: 300, scaleOutCooldown: 60 },
    },
    options,
  );
}
