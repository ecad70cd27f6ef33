import type { Account, Existing } from "./account";
import { imageId, machine } from "./machines";
import { ACCOUNT_ID, arn } from "./resource-types";
import { isRecord, type Properties, record, records, text, texts } from "./values";

interface Question {
  readonly args: Properties;
  readonly account: Account;
  /** Which release of the ECS image is the newest. */
  readonly imageRelease: number;
}

/** Resources of a type that an `id`, a name, tags or filters by tag name. */
function matching({ args, account }: Question, type: string, ...keys: string[]): Existing[] {
  const filters = records(args.filters).map(({ name, values }) => [text(name), texts(values)] as const);
  return account.all(type).filter(
    ({ id, props }) =>
      keys.every((key) => args[key] === undefined || [id, props.arn, props[key]].includes(args[key])) &&
      Object.entries(record(args.tags)).every(([key, value]) => record(props.tags)[key] === value) &&
      filters.every(([name, values]) => {
        const camel = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
        const value = name.startsWith("tag:") ? record(props.tags)[name.slice(4)] : (props[camel] ?? id);
        return values.includes(text(value));
      }),
  );
}

/** The one resource meant, as a data source describes it. */
const one =
  (type: string, ...keys: string[]) =>
  (question: Question): Properties => {
    const [found, ...others] = matching(question, type, "id", ...keys);
    if (!found || others[0]) {
      throw new Error(
        `no matching ${type} found: ${others.length + (found ? 1 : 0)} for ${JSON.stringify(question.args)}`,
      );
    }
    return { ...found.props, id: found.id };
  };
const idsOf =
  (type: string) =>
  (question: Question): Properties => ({
    id: question.account.region,
    ids: matching(question, type).map(({ id }) => id),
  });

const service: (question: Question) => Properties = (question) => {
  const { serviceName, clusterArn } = question.args;
  const found = question.account
    .all("aws:ecs/service:Service")
    .find(({ id, props }) => [id, props.name].includes(serviceName) && props.cluster === clusterArn);
  if (!found) throw new Error(`ServiceNotFoundException: Service not found: ${serviceName} in ${clusterArn}`);
  const { taskDefinition, desiredCount, launchType, schedulingStrategy } = found.props;
  const count = desiredCount ?? 1;
  return {
    id: found.id,
    arn: found.id,
    serviceName,
    clusterArn,
    taskDefinition,
    desiredCount: count,
    runningCount: count,
    launchType,
    schedulingStrategy,
    status: "ACTIVE",
  };
};

function parameter({ args, account, imageRelease }: Question): Properties {
  const name = text(args.name);
  const describe = (value: string) => ({
    id: name,
    name,
    value,
    insecureValue: value,
    type: "String",
    version: 1,
    arn: arn("ssm", `parameter${name}`, account.region),
  });
  const [, , arm, field] =
    /^\/aws\/service\/ecs\/optimized-ami\/([\w-]+?)(\/arm64)?\/recommended(\/image_id)?$/.exec(name) ?? [];
  if (name.startsWith("/aws/service/ecs/optimized-ami/")) {
    const image = imageId(arm ? "arm64" : "x86_64", imageRelease);
    return describe(field ? image : JSON.stringify({ image_id: image, ecs_runtime_version: "Docker version 25" }));
  }
  const stored = account.all("aws:ssm/parameter:Parameter").find(({ id }) => id === name);
  if (!stored) throw new Error(`ParameterNotFound: ${name}`);
  return describe(text(stored.props.value));
}

function image({ args, imageRelease }: Question): Properties {
  const wanted = records(args.filters).find(({ name }) => name === "architecture");
  const architecture =
    JSON.stringify(args).includes("arm64") || texts(wanted?.values).includes("arm64") ? "arm64" : "x86_64";
  const id = imageId(architecture, imageRelease);
  return {
    id,
    imageId: id,
    architecture,
    name: `al2023-ami-ecs-hvm-${imageRelease}-kernel-6.1-${architecture}`,
    rootDeviceName: "/dev/xvda",
  };
}

function instanceType({ args, account }: Question): Properties {
  const type = text(args.instanceType);
  const found = machine(type);
  if (!found) throw new Error(`InvalidInstanceType: The following supplied instance types do not exist: [${type}]`);
  return {
    id: type,
    instanceType: type,
    region: account.region,
    defaultVcpus: found.vcpus,
    memorySize: found.memoryMiB,
    supportedArchitectures: [found.architecture],
    hypervisor: "nitro",
    currentGeneration: true,
  };
}

/** A policy document as the data source renders it. */
function policyDocument({ args }: Question): Properties {
  const alone = (values: unknown) => (texts(values).length === 1 ? texts(values)[0] : texts(values));
  const grouped = (list: unknown) =>
    Object.fromEntries(records(list).map(({ type, identifiers }) => [text(type), alone(identifiers)]));
  const statement = records(args.statements).map((each) => ({
    ...(each.sid ? { Sid: each.sid } : {}),
    Effect: each.effect ?? "Allow",
    ...(each.actions ? { Action: alone(each.actions) } : {}),
    ...(each.resources ? { Resource: alone(each.resources) } : {}),
    ...(each.principals ? { Principal: grouped(each.principals) } : {}),
    ...(each.conditions
      ? {
          Condition: Object.fromEntries(
            records(each.conditions).map(({ test, variable, values }) => [
              text(test),
              { [text(variable)]: alone(values) },
            ]),
          ),
        }
      : {}),
  }));
  const json = JSON.stringify({ Version: "2012-10-17", Statement: statement });
  return { id: "1", json, minifiedJson: json };
}

/** What the stub answers to the data sources of @pulumi/aws, by token. */
const ANSWERS: Readonly<Record<string, (question: Question) => Properties>> = {
  "aws:index/getAvailabilityZones:getAvailabilityZones": ({ account }) => ({
    id: account.region,
    names: account.zones,
    zoneIds: account.zones.map((_, index) => `use1-az${index + 1}`),
    groupNames: [account.region],
  }),
  "aws:index/getRegion:getRegion": ({ account: { region } }) => ({
    id: region,
    name: region,
    region,
    description: region,
    endpoint: `ec2.${region}.amazonaws.com`,
  }),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    id: ACCOUNT_ID,
    accountId: ACCOUNT_ID,
    userId: "AIDASTUB",
    arn: arn("iam", "user/stub", ""),
  }),
  "aws:index/getPartition:getPartition": () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),
  "aws:ec2/getAmi:getAmi": image,
  "aws:ssm/getParameter:getParameter": parameter,
  "aws:ec2/getInstanceType:getInstanceType": instanceType,
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": ({ args, account }) => {
    const wanted = records(args.filters).flatMap(({ name, values }) => (name === "instance-type" ? texts(values) : []));
    const offered = wanted.filter(machine).flatMap((type) => account.zones.map((zone) => ({ type, zone })));
    return { instanceTypes: offered.map(({ type }) => type), locations: offered.map(({ zone }) => zone) };
  },
  "aws:ec2/getVpc:getVpc": one("aws:ec2/vpc:Vpc", "cidrBlock"),
  "aws:ec2/getSubnet:getSubnet": one("aws:ec2/subnet:Subnet", "vpcId", "availabilityZone", "cidrBlock"),
  "aws:ec2/getSubnets:getSubnets": idsOf("aws:ec2/subnet:Subnet"),
  "aws:ec2/getSecurityGroup:getSecurityGroup": one("aws:ec2/securityGroup:SecurityGroup", "name", "vpcId"),
  "aws:ec2/getRouteTable:getRouteTable": one("aws:ec2/routeTable:RouteTable", "vpcId"),
  "aws:ec2/getRouteTables:getRouteTables": idsOf("aws:ec2/routeTable:RouteTable"),
  "aws:ebs/getVolume:getVolume": one("aws:ebs/volume:Volume"),
  "aws:ebs/getSnapshot:getSnapshot": one("aws:ebs/snapshot:Snapshot"),
  "aws:ecs/getService:getService": service,
  "aws:ecs/getCluster:getCluster": (question) =>
    one("aws:ecs/cluster:Cluster", "name")({ ...question, args: { name: question.args.clusterName } }),
  "aws:acm/getCertificate:getCertificate": (question) =>
    one("aws:acm/certificate:Certificate")({
      ...question,
      args: { filters: [{ name: "domain-name", values: [question.args.domain] }] },
    }),
  "aws:route53/getZone:getZone": one("aws:route53/zone:Zone", "name", "zoneId"),
  "aws:secretsmanager/getSecret:getSecret": one("aws:secretsmanager/secret:Secret", "name", "arn"),
  "aws:kms/getAlias:getAlias": ({ args, account }) => ({
    id: args.name,
    name: args.name,
    arn: arn("kms", text(args.name), account.region),
    targetKeyId: "stub",
    targetKeyArn: arn("kms", "key/stub", account.region),
  }),
  "aws:kms/getKey:getKey": one("aws:kms/key:Key", "keyId"),
  "aws:iam/getRole:getRole": one("aws:iam/role:Role", "name"),
  "aws:iam/getPolicyDocument:getPolicyDocument": policyDocument,
};

/**
 * Answers a data source.
 * @throws Error in AWS's words, or for a data source the stub does not know.
 */
export function answer(token: string, question: Question): Properties {
  const respond = ANSWERS[token];
  if (!respond) throw new Error(`the AWS stub has no answer for ${token}: add one to answers.ts`);
  const said = respond(question);
  return { ...(isRecord(question.args) ? question.args : {}), region: question.account.region, ...said };
}
