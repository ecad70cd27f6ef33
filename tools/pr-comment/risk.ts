import { ALL_SERVICES } from "../../components/services";
import { type Block, code, heading, type Line, line, strong } from "./document";
import type { Effect } from "./effects";
import { type Change, type Preview, type Properties, shortType } from "./preview";
import { shown } from "./values";

const WITH_DATA = ALL_SERVICES.filter(({ volumePath }) => volumePath).map(({ title }) => title);

/** Types that hold data, and what of. */
const HOLDS_DATA: Readonly<Record<string, string>> = {
  "docker:index/volume:Volume": "the data of its service",
  "aws:ebs/volume:Volume": `the data of ${WITH_DATA.join(" and ")}`,
  "aws:rds/instance:Instance": "a database",
  "aws:rds/cluster:Cluster": "a database",
  "aws:elasticache/replicationGroup:ReplicationGroup": "a cache",
  "aws:dynamodb/table:Table": "a table",
  "aws:efs/fileSystem:FileSystem": "files",
  "aws:s3/bucket:Bucket": "files",
  "aws:s3/bucketV2:BucketV2": "files",
  "aws:ecr/repository:Repository": "images",
  "aws:kms/key:Key": "the key without which what it encrypted cannot be read",
  "aws:cloudwatch/logGroup:LogGroup": "logs",
};
const SNAPSHOTS = "aws:dlm/lifecyclePolicy:LifecyclePolicy";
const NETWORK = "docker:index/network:Network";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
/** Losing these is no loss of data that anyone asks for. */
const MINOR = new Set(["aws:cloudwatch/logGroup:LogGroup"]);

/** What an update would take away for good. */
export interface Loss {
  readonly sentence: Line;
  readonly of: "data" | "snapshots";
}

/** What would be lost; empty where nothing is. */
export const losses = ({ changes }: Preview): Loss[] =>
  changes.flatMap((change) => {
    const of = change.type === SNAPSHOTS ? "snapshots" : "data";
    const sentence = lossOf(change, changes);
    return sentence ? [{ sentence, of } as const] : [];
  });

function lossOf(change: Change, changes: readonly Change[]): Line | undefined {
  const { op, type, retained } = change;
  const what = named(change);
  if (type === SNAPSHOTS) return fewerSnapshots(change, changes);
  const holds = MINOR.has(type) ? undefined : HOLDS_DATA[type];
  if (holds === undefined) return undefined;
  if (op === "replace" && retained) {
    return line`${what} is replaced: the new one is ${strong("empty")}, and what uses it starts without its data. The old one is kept outside of the stack${kept(change)}.`;
  }
  if (op === "replace") return line`${what} is replaced: ${holds} would be lost with the old one.`;
  if (op === "delete" && !retained) return line`${what} is deleted, and ${holds} with it.`;
  return undefined;
}

const named = ({ name, type }: Change): Line => line`${code(shown(name))} (${shortType(type)})`;

/** The physical name by which a retained resource is found again. */
const kept = ({ id }: Change): Line => (id === undefined ? [] : line` as ${code(shown(id))}`);

function fewerSnapshots(change: Change, changes: readonly Change[]): Line | undefined {
  const { op, before, after } = change;
  // Of a stack that is removed nothing writes to the volume any more, and the snapshots that are there stay.
  const destroyed = changes.every((change) => !change.custom || change.op === "delete");
  if (op === "delete" && destroyed) return undefined;
  if (op === "delete") return line`${named(change)} is deleted: no snapshots of the data volume are made any more.`;
  const [was, is] = [snapshotsKept(before), snapshotsKept(after)];
  if (op === "same" || was === undefined || is === undefined || is >= was) return undefined;
  return line`${named(change)} keeps ${is} daily snapshots in place of ${was}: the older ones are deleted.`;
}

function snapshotsKept(inputs: Properties | undefined): number | undefined {
  const [schedule] = listOf(mapOf(inputs?.policyDetails).schedules);
  const { count } = mapOf(mapOf(schedule).retainRule);
  return typeof count === "number" ? count : undefined;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const mapOf = (value: unknown): Properties => (typeof value === "object" && value !== null ? { ...value } : {});

/** What is at stake: services that are interrupted, and what else is replaced or removed that somebody may miss. */
export function riskSection(preview: Preview, effects: readonly Effect[]): Block[] {
  const rows = [...effects.filter(({ severity }) => severity !== "new").map(serviceRow), ...otherRows(preview)];
  if (rows.length === 0) return [];
  return [
    heading("Risk"),
    {
      kind: "table",
      head: ["", "what happens", "interruption", "data"],
      rows,
      of: ["risk", "risks"],
    },
  ];
}

const serviceRow = ({ service, happens, interruption, data }: Effect): Line[] => [
  capitalized(service),
  [happens[0]],
  [interruption],
  [data ?? "holds none"],
];

function otherRows({ changes }: Preview): Line[][] {
  return changes.flatMap((change) => {
    const row = otherRow(change);
    return row ? [row] : [];
  });
}

function otherRow(change: Change): Line[] | undefined {
  const { op, type, retained, custom } = change;
  if (!custom || (op !== "replace" && op !== "delete")) return undefined;
  const verb = op === "replace" ? "is replaced" : "is deleted";
  const holds = HOLDS_DATA[type];
  if (holds !== undefined) {
    const happens = retained ? (op === "replace" ? "a new one, the old is kept" : "leaves the stack, is kept") : verb;
    const data = op === "replace" ? ["starts empty"] : retained ? line`kept${kept(change)}` : [`lost: ${holds}`];
    return [named(change), [happens], ["none of its own"], data];
  }
  if (type === NETWORK && op === "replace") {
    return [named(change), [verb], ["fails while containers hang on it"], ["holds none"]];
  }
  if (type === LOAD_BALANCER) {
    return [named(change), [verb], ["all requests; its address changes"], ["holds none"]];
  }
  return undefined;
}

/** With a capital letter, to begin a cell or a sentence with. */
export const capitalized = ([first = "", ...others]: Line): Line => [
  typeof first === "string" ? first.charAt(0).toUpperCase() + first.slice(1) : first,
  ...others,
];
