import { ALL_SERVICES, headingOf } from "../../components/services";
import { describeMove, formatMemory, type PlanValue, plainNumber } from "../../components/sizing";
import { type Block, type Counted, code, counted, heading, type Line, line, paragraph, strong } from "./document";
import type { PlanChange, PlannedNumber, PlannedService, PlanSide } from "./plans";
import { shown } from "./values";

const NUMBERS: Counted = ["number", "numbers"];
/** As many numbers are read at a glance; more are folded. */
const AT_A_GLANCE = 12;
const NOTHING = "none";

/** A number that is another after the update. */
interface Move {
  readonly field: string;
  readonly before: PlannedNumber | undefined;
  readonly after: PlannedNumber | undefined;
}

/** The numbers that change, by service. */
export function movesOf({ before, after }: PlanChange): ReadonlyMap<string, readonly Move[]> {
  const names = [...new Set([...(after?.services.keys() ?? []), ...(before?.services.keys() ?? [])])];
  const moves = names.map((name) => [name, moved(before?.services.get(name), after?.services.get(name))] as const);
  return new Map(moves.filter(([, numbers]) => numbers.length > 0));
}

function moved(before: PlannedService | undefined, after: PlannedService | undefined): Move[] {
  const fields = [...new Set([...(after?.keys() ?? []), ...(before?.keys() ?? [])])];
  return fields
    .map((field) => ({ field, before: before?.get(field), after: after?.get(field) }))
    .filter((move) => move.before?.value !== move.after?.value);
}

/** The numbers that change and why, what the system carries before and after, and the advisories that come and go. */
export function sizingSection(plans: PlanChange): Block[] {
  if (!plans.after) return [];
  const moves = movesOf(plans);
  const blocks = [
    ...machineLines(plans),
    ...capacityBlocks(plans),
    ...numberBlocks(plans, moves),
    ...advisoryBlocks(plans),
  ];
  return blocks.length > 0 ? [heading("Sizing"), ...blocks] : [];
}

/** What the plan is made from, where that is another. */
function machineLines({ before, after }: PlanChange): Block[] {
  if (!after?.inputs) return [];
  const now = describedInputs(after);
  const then = before?.inputs && describedInputs(before);
  if (!then) return [paragraph([`${capital([...now.values()].join(", "))}.`])];
  const changed = [...now].filter(([key, text]) => then.get(key) !== text);
  if (changed.length === 0) return [];
  return [
    paragraph([`${capital(changed.map(([key, text]) => [then.get(key) ?? [], text].flat().join(" → ")).join("; "))}.`]),
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function describedInputs({ inputs }: PlanSide): ReadonlyMap<string, string> {
  if (!inputs) return new Map();
  const { tier, topology, hardware, dataHardware, appHosts } = inputs;
  const machine = ({ threads, memoryMiB }: typeof hardware) =>
    `${counted(threads, ["thread", "threads"])} and ${formatMemory(memoryMiB)}`;
  return new Map([
    ["tier", `tier ${tier}`],
    ["topology", topology],
    ["hardware", topology === "app-and-data" ? `app host of ${machine(hardware)}` : machine(hardware)],
    ...(topology === "app-and-data"
      ? ([
          ["dataHardware", `data host of ${machine(dataHardware)}`],
          ["appHosts", `at most ${appHosts} app hosts`],
        ] as const)
      : []),
  ]);
}

function numberBlocks({ before, after }: PlanChange, moves: ReadonlyMap<string, readonly Move[]>): Block[] {
  const gone = [...moves.keys()].filter((service) => after && !after.services.has(service));
  return [
    ...gone.map((service) => paragraph([`${titleOf(service)} is not in the plan any more.`])),
    ...numberTables(before !== undefined, new Map([...moves].filter(([service]) => !gone.includes(service)))),
  ];
}

function numberTables(deployed: boolean, moves: ReadonlyMap<string, readonly Move[]>): Block[] {
  const count = [...moves.values()].reduce((sum, numbers) => sum + numbers.length, 0);
  const open = count <= AT_A_GLANCE;
  return [...moves].map(([service, numbers]) => ({
    kind: "fold",
    summary: `${titleOf(service)}: ${counted(numbers.length, NUMBERS)}${deployed ? (numbers.length === 1 ? " changes" : " change") : ""}`,
    open,
    blocks: [
      {
        kind: "table",
        head: ["number", "before", "after", "why"],
        figures: [1, 2],
        rows: numbers.map(numberRow),
        of: NUMBERS,
      },
    ],
  }));
}

/** A summary is HTML, where a name could mention somebody. */
function titleOf(service: string): string {
  const known = ALL_SERVICES.find(({ name, section }) => name === service || section === service);
  return known ? headingOf(known) : shown(service, 60).replaceAll(/[@#]/g, "$&\u2060");
}

function numberRow({ field, before, after }: Move): Line[] {
  const unit = (after?.explanation ?? before?.explanation)?.unit;
  const value = (number: PlannedNumber | undefined): Line => [plainNumber(number?.value ?? NOTHING)];
  return [line`${code(shown(field))}${unitWord(field, unit)}`, value(before), value(after), [whyOf(before, after)]];
}

/** The unit, where the name does not end with it and there is one to say. */
const unitWord = (field: string, unit: string | undefined): string =>
  unit === undefined || ["ratio", "name", "switch"].includes(unit) || field.toLowerCase().endsWith(unit.toLowerCase())
    ? ""
    : ` ${unit}`;

function whyOf(before: PlannedNumber | undefined, after: PlannedNumber | undefined): string {
  if (!after) return "Not in the plan any more.";
  if (!after.explanation) return "";
  return describeMove(before?.explanation, before?.value, after.explanation);
}

const CAPACITY: readonly (readonly [keyof NonNullable<PlanSide["capacity"]>, string])[] = [
  ["concurrentConnections", "connections open at once"],
  ["usersAtLeast", "concurrent users, at least"],
  ["usersAtMost", "concurrent users, at most"],
  ["simultaneousTasks", "tasks that run at once"],
  ["tasksPerMinute", "tasks of one second a minute"],
];

function capacityBlocks({ before, after }: PlanChange): Block[] {
  if (!after?.capacity) return [];
  const { capacity } = after;
  const changed = CAPACITY.filter(([key]) => before?.capacity?.[key] !== capacity[key]);
  if (changed.length === 0) return [];
  const number = (value: PlanValue): Line => [typeof value === "number" ? value.toLocaleString("en") : NOTHING];
  return [
    {
      kind: "table",
      head: ["capacity (estimate)", "before", "after"],
      figures: [1, 2],
      rows: changed.map(([key, words]) => [[words], number(before?.capacity?.[key]), number(capacity[key])]),
      of: ["estimate", "estimates"],
    },
  ];
}

/** Advisories by what they say: one whose number is another has gone, and come anew. */
function advisoryBlocks({ before, after }: PlanChange): Block[] {
  const then = before?.advisories ?? [];
  const now = after?.advisories ?? [];
  const has = (some: typeof now, id: string, service: string) =>
    some.some((each) => each.id === id && each.service === service);
  const come = now.filter(({ id, service }) => !has(then, id, service));
  const gone = then.filter(({ id, service }) => !has(now, id, service));
  const advisoryLine = (what: string, { sentence }: (typeof now)[number]): Line => line`${strong(what)} ${sentence}`;
  const warnings = come
    .filter(({ severity }) => severity === "warning")
    .map((each) => advisoryLine("New warning:", each));
  const resolved = gone
    .filter(({ severity }) => severity === "warning" && after !== undefined)
    .map((each) => advisoryLine("No longer:", each));
  const informing = come.filter(({ severity }) => severity === "info").map(({ sentence }): Line => [sentence]);
  const of: Counted = ["advisory", "advisories"];
  return [
    ...(warnings.length + resolved.length > 0
      ? ([{ kind: "list", items: [...warnings, ...resolved], of }] satisfies Block[])
      : []),
    ...(informing.length > 0
      ? ([
          {
            kind: "fold",
            summary: `${counted(informing.length, ["new advisory", "new advisories"])} for information`,
            blocks: [{ kind: "list", items: informing, of }],
          },
        ] satisfies Block[])
      : []),
  ];
}
