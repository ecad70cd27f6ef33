import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PROJECT } from "../../tools/toolchain/versions";
import { PREFIX, registerEc2, settingsWith } from "../components/ec2-system";
import type { Registrations } from "../components/mocks";

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const policy: { readonly Version: string; readonly Statement: readonly Statement[] } = JSON.parse(
  readFileSync(path.join(PROJECT, "docs/ec2-policy.json"), "utf8"),
);
const actions = policy.Statement.flatMap(({ Action }) => Action);
const resources = policy.Statement.flatMap(({ Resource }) => Resource);

const folder = path.join(PROJECT, "components/platform/ec2");
const source = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(path.join(folder, file), "utf8"))
  .join("\n");

/** Of a module of the AWS package, or of a package of the SDK, the name its actions begin with in IAM. */
const SERVICES: Readonly<Record<string, string>> = {
  appautoscaling: "application-autoscaling",
  autoscaling: "autoscaling",
  "client-cloudwatch-logs": "logs",
  "client-ecs": "ecs",
  cloudwatch: "cloudwatch",
  dlm: "dlm",
  ebs: "ec2",
  ec2: "ec2",
  ecs: "ecs",
  iam: "iam",
  lb: "elasticloadbalancing",
  route53: "route53",
  secretsmanager: "secretsmanager",
  ssm: "ssm",
  vpc: "ec2",
};
/** What is of another service than the rest of its module. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "cloudwatch.LogGroup": "logs",
  getCallerIdentity: "sts",
  getAvailabilityZones: "ec2",
};

/** Everything of AWS the platform makes or asks for: `ec2.Instance`, `ebs.getVolume`, `client-ecs.RunTask`. */
function uses(): string[] {
  const made = [...source.matchAll(/new aws\s*\.(\w+)\s*\.(\w+)\(/g)].map(([, module, name]) => `${module}.${name}`);
  const asked = [...source.matchAll(/\baws\s*\.(\w+)\s*\.(get\w+)\(/g)].map(([, module, name]) => `${module}.${name}`);
  const askedOfAll = [...source.matchAll(/\baws\s*\.(get\w+)\(/g)].map(([, name]) => `${name}`);
  return [...new Set([...made, ...asked, ...askedOfAll, ...commands().map(({ use }) => use)])].sort();
}

/** Commands sent through the SDK, and the action each of them needs. */
function commands(): { readonly use: string; readonly action: string }[] {
  return [...source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/(client-[\w-]+)"/g)].flatMap(
    ([, names = "", client = ""]) =>
      [...names.matchAll(/(\w+)Command\b/g)].map(([, name]) => ({
        use: `${client}.${name}`,
        action: `${SERVICES[client]}:${name}`,
      })),
  );
}

const serviceOf = (use: string): string | undefined => EXCEPTIONS[use] ?? SERVICES[use.split(".")[0] ?? ""];

/** Whether a name, or part of an ARN, is one of those a pattern of IAM stands for. */
const covers = (pattern: string, name: string): boolean =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(name);

describe("the policy of the role that deploys", () => {
  it("reads the platform's source: all of it, and nothing it does not know the service of", () => {
    expect(uses()).toEqual(
      expect.arrayContaining(["appautoscaling.Policy", "ebs.getVolume", "ec2.Instance", "getCallerIdentity"]),
    );
    expect(uses()).toEqual(expect.arrayContaining(["client-ecs.RunTask", "client-cloudwatch-logs.GetLogEvents"]));
    expect(uses().length).toBeGreaterThan(40);
    expect(uses().filter((use) => serviceOf(use) === undefined)).toEqual([]);
  });

  it("names an action of every service the platform uses, and of no other", () => {
    const named = new Set(actions.map((action) => action.split(":")[0]));
    expect([...named].sort()).toEqual([...new Set(uses().map(serviceOf))].sort());
  });

  it("allows each command that is sent through the SDK", () => {
    expect(commands().length).toBeGreaterThan(2);
    const missing = commands().filter(({ action }) => !actions.some((pattern) => covers(pattern, action)));
    expect(missing).toEqual([]);
  });

  it("fits into a managed policy: 6,144 characters, white space aside", () => {
    expect(policy.Version).toBe("2012-10-17");
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6144);
  });

  it("opens a service as a whole on single kinds of resources alone", () => {
    const whole = policy.Statement.filter(({ Action }) => Action.some((action) => /:\*$/.test(action)));
    expect(whole.map(({ Sid }) => Sid)).toEqual(["AppHosts", "Scaling", "Logs", "Secrets"]);
    const unscoped = whole.filter(({ Resource }) => [Resource].flat().includes("*"));
    expect(unscoped).toEqual([]);
  });

  it("passes its roles to the services that they are for alone", () => {
    const passing = policy.Statement.filter(({ Action }) => Action.some((action) => covers(action, "iam:PassRole")));
    expect(passing.map(({ Condition }) => Condition)).toEqual([
      {
        StringEquals: { "iam:PassedToService": ["dlm.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com"] },
      },
    ]);
  });
});

describe("what a system is made of has names that the policy covers", () => {
  let made: Registrations["registered"];
  beforeAll(async () => {
    const given = { tier: "high", topology: "app-and-data", ec2: { region: "eu-central-1" }, celery: { beat: true } };
    made = (await registerEc2(settingsWith(given), { preview: true })).registered;
  }, 30_000);

  /** `-1a2b3c4` is what Pulumi adds to a name it makes up. */
  const madeUp = ({ name }: { name: string }) => `${name}-1a2b3c4`;
  const said = ({ inputs }: { inputs: Readonly<Record<string, unknown>> }) => String(inputs.name);
  const begun = ({ inputs }: { inputs: Readonly<Record<string, unknown>> }) => `${inputs.namePrefix}1a2b3c4`;

  it.each<[string, (one: (typeof made)[number]) => string]>([
    ["aws:iam/role:Role", (one) => `arn:aws:iam::111122223333:role${one.inputs.path}${madeUp(one)}`],
    [
      "aws:iam/instanceProfile:InstanceProfile",
      (one) => `arn:aws:iam::111122223333:instance-profile${one.inputs.path}${madeUp(one)}`,
    ],
    ["aws:ecs/cluster:Cluster", (one) => `arn:aws:ecs:eu-central-1:111122223333:cluster/${said(one)}`],
    ["aws:ecs/service:Service", (one) => `arn:aws:ecs:eu-central-1:111122223333:service/${PREFIX}/${said(one)}`],
    [
      "aws:ecs/taskDefinition:TaskDefinition",
      ({ inputs }) => `arn:aws:ecs:eu-central-1:111122223333:task-definition/${inputs.family}:7`,
    ],
    [
      "aws:ecs/capacityProvider:CapacityProvider",
      (one) => `arn:aws:ecs:eu-central-1:111122223333:capacity-provider/${madeUp(one)}`,
    ],
    [
      "aws:autoscaling/group:Group",
      (one) => `arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:u-u:autoScalingGroupName/${begun(one)}`,
    ],
    [
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      (one) => `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${said(one)}`,
    ],
    ["aws:cloudwatch/logGroup:LogGroup", (one) => `arn:aws:logs:eu-central-1:111122223333:log-group:${said(one)}`],
    [
      "aws:secretsmanager/secret:Secret",
      (one) => `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${begun(one)}-a1b2c3`,
    ],
  ])("%s", (type, arnOf) => {
    const arns = made.filter((one) => one.type === type).map(arnOf);
    expect(arns.length).toBeGreaterThan(0);
    const scoped = resources.filter((pattern) => pattern !== "*");
    expect(arns.filter((arn) => !scoped.some((pattern) => covers(pattern, arn)))).toEqual([]);
  });

  it("AWS's own policies for its roles are those that may be attached, and all of them", () => {
    const attached = made
      .filter(({ type }) => type === "aws:iam/rolePolicyAttachment:RolePolicyAttachment")
      .map(({ inputs }) => String(inputs.policyArn));
    const attaching = policy.Statement.find(({ Action }) => Action.includes("iam:AttachRolePolicy"));
    expect(attaching?.Condition).toEqual({ ArnEquals: { "iam:PolicyARN": expect.any(Array) } });
    expect([attaching?.Condition?.ArnEquals?.["iam:PolicyARN"]].flat().sort()).toEqual(attached.sort());
  });

  it("its own records end as the policy says", () => {
    const records = made.filter(({ type }) => type === "aws:route53/record:Record").map(said);
    const changing = policy.Statement.find(({ Action }) => Action.includes("route53:ChangeResourceRecordSets"));
    const pattern =
      changing?.Condition?.["ForAllValues:StringLike"]?.["route53:ChangeResourceRecordSetsNormalizedRecordNames"];
    expect(records.length).toBe(2);
    expect(records.filter((record) => !covers(String(pattern), record))).toEqual([]);
  });
});
