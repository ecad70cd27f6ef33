import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Ec2Entrance } from "./entrance";
import { HOST_METRICS_NAMESPACE, MOUNT_POINT } from "./user-data";

/** Metric the application publishes for its workers: seconds a task that is queued now would wait. */
export const ESTIMATED_WAIT = { namespace: "sized-stack", metricName: "EstimatedWaitSeconds" } as const;

interface Alarm {
  readonly about: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly statistic?: string;
  readonly extendedStatistic?: string;
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
  readonly above: number;
  readonly minutes: number;
  /** What no measurement means. Default: nothing is wrong, as without requests or without a queue. */
  readonly missing?: "breaching";
}

export interface AlarmContext {
  readonly prefix: string;
  readonly clusterName: pulumi.Input<string>;
  /** The instance that carries the data volume, where there is one. */
  readonly dataHostId: pulumi.Input<string> | undefined;
  /** Roles of the hosts there are. */
  readonly roles: readonly ("app" | "data")[];
  /** SNS topic that is told; without one alarms show in the console alone. */
  readonly topicArn: string | undefined;
  readonly options: pulumi.CustomResourceOptions;
}

/** Alarms on what reaches users, and on hosts that run full. */
export function alarms(entrance: Ec2Entrance, longestWaitSeconds: number, context: AlarmContext): void {
  const { clusterName, roles, dataHostId } = context;
  const balancer = { LoadBalancer: entrance.loadBalancer.arnSuffix };
  const target = { ...balancer, TargetGroup: entrance.targetGroup.arnSuffix };
  const elb = { namespace: "AWS/ApplicationELB" };
  const host = (Role: string) => ({ Cluster: clusterName, Role });
  const every: Readonly<Record<string, Alarm>> = {
    "server-errors": {
      ...elb,
      about: "The application answered more than 10 requests with 5xx in a minute",
      metricName: "HTTPCode_Target_5XX_Count",
      statistic: "Sum",
      dimensions: target,
      above: 10,
      minutes: 3,
    },
    "load-balancer-errors": {
      ...elb,
      about: "The load balancer itself answered more than 10 requests with 5xx in a minute",
      metricName: "HTTPCode_ELB_5XX_Count",
      statistic: "Sum",
      dimensions: balancer,
      above: 10,
      minutes: 3,
    },
    latency: {
      ...elb,
      about: "One request in a hundred takes more than two seconds",
      metricName: "TargetResponseTime",
      extendedStatistic: "p99",
      dimensions: target,
      above: 2,
      minutes: 5,
    },
    unhealthy: {
      ...elb,
      about: "A backend container does not answer its health check",
      metricName: "UnHealthyHostCount",
      statistic: "Maximum",
      dimensions: target,
      above: 0,
      minutes: 5,
    },
    "queue-wait": {
      ...ESTIMATED_WAIT,
      about: "A task that is queued now would wait longer than the setting allows, by four times",
      statistic: "Maximum",
      dimensions: { Cluster: clusterName },
      above: 4 * longestWaitSeconds,
      minutes: 10,
    },
    ...(dataHostId !== undefined && {
      "data-host": {
        about: "The data host fails its status checks, or is gone",
        namespace: "AWS/EC2",
        metricName: "StatusCheckFailed",
        statistic: "Maximum",
        dimensions: { InstanceId: dataHostId },
        above: 0,
        minutes: 3,
        missing: "breaching",
      },
      "data-disk": {
        about: "The data volume is four fifths full",
        namespace: HOST_METRICS_NAMESPACE,
        metricName: "disk_used_percent",
        statistic: "Maximum",
        dimensions: { ...host("data"), path: MOUNT_POINT },
        above: 80,
        minutes: 5,
      },
    }),
    ...Object.fromEntries(
      roles.flatMap((role) => [
        [
          `${role}-root-disk`,
          {
            about: `The root disk of a host (${role}) is nine tenths full`,
            namespace: HOST_METRICS_NAMESPACE,
            metricName: "disk_used_percent",
            statistic: "Maximum",
            dimensions: { ...host(role), path: "/" },
            above: 90,
            minutes: 5,
          },
        ],
        [
          `${role}-memory`,
          {
            about: `A host (${role}) has less than a tenth of its memory free`,
            namespace: HOST_METRICS_NAMESPACE,
            metricName: "mem_used_percent",
            statistic: "Maximum",
            dimensions: host(role),
            above: 90,
            minutes: 10,
          },
        ],
      ]),
    ),
  };
  for (const [name, alarm] of Object.entries(every)) metricAlarm(name, alarm, context);
}

function metricAlarm(name: string, alarm: Alarm, { prefix, topicArn, options }: AlarmContext): void {
  const { about, above, minutes, missing = "notBreaching", ...metric } = alarm;
  const actions = topicArn === undefined ? [] : [topicArn];
  new aws.cloudwatch.MetricAlarm(
    name,
    {
      ...metric,
      name: `${prefix}-${name}`,
      alarmDescription: `${about}.`,
      comparisonOperator: "GreaterThanThreshold",
      threshold: above,
      period: 60,
      evaluationPeriods: minutes,
      treatMissingData: missing,
      alarmActions: actions,
      okActions: actions,
    },
    options,
  );
}
