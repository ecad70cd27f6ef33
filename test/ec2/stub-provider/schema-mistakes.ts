import { outside, type Rule } from "./account";
import { number, type Properties, parsed, record, text, UNKNOWN } from "./values";

const NETWORK_MODES = ["awsvpc", "bridge", "host", "none"];
const RETENTION_DAYS = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557];
export const USER_DATA_LIMIT = 16384;

const range = (property: string, value: unknown, least: number, most: number) =>
  outside(value, least, most) && `expected ${property} to be in the range (${least} - ${most}), got ${value}`;
const json = (property: string, value: unknown) =>
  text(value) !== "" && value !== UNKNOWN && !isParsed(value) && `"${property}" contains an invalid JSON`;
const isParsed = (value: unknown) => typeof parsed(value) === "object";

const albName = ({ name }: Properties) =>
  text(name) !== "" &&
  name !== UNKNOWN &&
  !/^(?!internal-)[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/.test(text(name)) &&
  `only alphanumeric characters and hyphens allowed in "name": ${name}`;

/** Rules on the inputs alone, by type and property. */
const SCHEMA: Readonly<Record<string, Readonly<Record<string, Rule<Properties>>>>> = {
  "aws:ecs/taskDefinition:TaskDefinition": {
    networkMode: ({ networkMode }) =>
      networkMode !== undefined &&
      networkMode !== UNKNOWN &&
      !NETWORK_MODES.includes(text(networkMode)) &&
      `expected network_mode to be one of ["bridge" "host" "awsvpc" "none"], got ${networkMode}`,
    containerDefinitions: ({ containerDefinitions: value }) =>
      value !== UNKNOWN &&
      !Array.isArray(parsed(value)) &&
      "ECS Task Definition container_definitions is invalid: not a JSON list",
    family: ({ family }) =>
      !/^[a-zA-Z0-9_-]{1,255}$/.test(text(family)) && "family: letters, numbers, _ and - are allowed, up to 255",
  },
  "aws:lb/loadBalancer:LoadBalancer": { name: albName },
  "aws:lb/targetGroup:TargetGroup": {
    name: albName,
    deregistrationDelay: ({ deregistrationDelay }) => range("deregistration_delay", deregistrationDelay, 0, 3600),
    healthCheck: ({ healthCheck }) => {
      const { interval, timeout, healthyThreshold, unhealthyThreshold } = record(healthCheck);
      return (
        range("health_check.0.interval", interval, 5, 300) ||
        range("health_check.0.timeout", timeout, 2, 120) ||
        range("health_check.0.healthy_threshold", healthyThreshold, 2, 10) ||
        range("health_check.0.unhealthy_threshold", unhealthyThreshold, 2, 10)
      );
    },
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    retentionInDays: ({ retentionInDays: days }) =>
      number(days) !== undefined &&
      !RETENTION_DAYS.includes(Number(days)) &&
      `expected retention_in_days to be one of [${RETENTION_DAYS.join(" ")}], got ${days}`,
  },
  "aws:ec2/instance:Instance": {
    userData: ({ userData }) =>
      text(userData).length > USER_DATA_LIMIT &&
      `expected length of user_data to be in the range (0 - ${USER_DATA_LIMIT}), got ${text(userData).length}`,
    networkInterfaces: ({ networkInterfaces, primaryNetworkInterface, subnetId, vpcSecurityGroupIds }) =>
      (networkInterfaces !== undefined || primaryNetworkInterface !== undefined) &&
      (subnetId !== undefined || vpcSecurityGroupIds !== undefined) &&
      '"network_interface": conflicts with subnet_id and vpc_security_group_ids',
  },
  "aws:iam/role:Role": { assumeRolePolicy: ({ assumeRolePolicy }) => json("assume_role_policy", assumeRolePolicy) },
  "aws:iam/rolePolicy:RolePolicy": { policy: ({ policy }) => json("policy", policy) },
  "aws:iam/policy:Policy": { policy: ({ policy }) => json("policy", policy) },
};

export interface Mistake {
  readonly property: string;
  readonly reason: string;
}

/** What the provider finds wrong with inputs before anything is asked of AWS. */
export const schemaMistakes = (type: string, inputs: Properties): Mistake[] =>
  Object.entries(SCHEMA[type] ?? {}).flatMap(([property, rule]) => {
    const reason = rule(inputs);
    return reason ? [{ property, reason }] : [];
  });
