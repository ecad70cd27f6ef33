import Table from "cli-table3";
import { ALL_SERVICES } from "../components/services";
import {
  aboutOf,
  describe,
  formatMemory,
  type Hardware,
  needsDataHost,
  type Section,
  type SizingPlan,
  usesHaproxy,
  withUnit,
} from "../components/sizing";

/** Formats of `--emit`. */
export const EMITTED = ALL_SERVICES.flatMap(({ program }) => program?.emitted.format ?? []);

type Plan = SizingPlan;
/** The parts of the plan that have numbers and are there: not a service that runs elsewhere, nor HAProxy on ECS. */
const sectionsOf = ({ explanations, inputs }: Plan) =>
  (Object.keys(explanations) as Section[]).filter(
    (section) => Object.keys(explanations[section]).length > 0 && (section !== "loadBalancer" || usesHaproxy(inputs)),
  );

/** The plan as a person reads it: value, rule with its numbers, source; then totals, capacity and warnings. */
export function explanationTable(plan: Plan, { service, all }: { service?: string | undefined; all: boolean }): string {
  const sections = sectionsOf(plan).filter((section) => service === undefined || section === service);
  if (sections.length === 0) {
    throw new Error(`--service ${service}: there is no such part of the plan; it has ${sectionsOf(plan).join(", ")}`);
  }
  const tables = sections.map((section) => sectionTable(plan, section));
  return [[machine(plan), ...summary(plan)].join("\n"), ...tables, advisories(plan, all)].filter(Boolean).join("\n\n");
}

/** Totals against the machine, and what it should carry. */
function summary({ inputs, totals, capacity }: Plan): string[] {
  const { hardware, dataHardware } = inputs;
  const both = needsDataHost(inputs);
  const threads = hardware.threads + (both ? dataHardware.threads : 0);
  const memory = formatMemory(hardware.memoryMiB + (both ? dataHardware.memoryMiB : 0));
  const count = (value: number) => value.toLocaleString("en");
  return [
    `Of ${threads} threads and ${memory}${both ? " (one app host and the data host)" : ""}: limits ` +
      `${totals.cpuLimit} and ${formatMemory(totals.memoryLimitMiB)}, reservations ${totals.cpuReservation} and ` +
      formatMemory(totals.memoryReservationMiB) +
      (usesHaproxy(inputs) ? `; with the load balancer ${formatMemory(totals.grandMemoryLimitMiB)}` : ""),
    `Estimated capacity: ${count(capacity.concurrentConnections)} concurrent connections, ` +
      `${count(capacity.usersAtLeast)} to ${count(capacity.usersAtMost)} users, ` +
      `${count(capacity.tasksPerMinute)} tasks of one second a minute`,
  ];
}

const machine = ({ inputs: { tier, topology, hardware } }: Plan): string =>
  `Tier ${tier}, ${topology}, ${hardware.threads} threads and ${hardware.memoryMiB} MiB usable`;

function sectionTable({ explanations }: Plan, section: Section): string {
  const width = process.stdout.isTTY ? Math.max(150, process.stdout.columns ?? 0) : 170;
  const table = new Table({
    head: [section === "capacity" ? "capacity (estimate)" : section, "value", "why", "source"],
    style: { head: process.stdout.isTTY ? ["bold"] : [], border: [], compact: true },
    wordWrap: true,
    colWidths: [34, 22, width - 34 - 22 - 48, 44],
  });
  for (const [field, explanation] of Object.entries(explanations[section])) {
    const { value, unit, source } = explanation;
    table.push([field, withUnit(value, unit), describe(explanation), source]);
  }
  return table.length === 0 ? "" : table.toString();
}

function advisories({ advisories: found }: Plan, all: boolean): string {
  const shown = found.filter(({ severity }) => all || severity === "warning");
  const lines = shown.map(({ severity, service, sentence }) => `${severity}: ${service}: ${sentence}`);
  const hidden = found.length - shown.length;
  return [...lines, ...(hidden > 0 ? [`${hidden} more for information: --all`] : [])].join("\n");
}

/** One number, and the numbers of the same plan that went into it. */
export function why(plan: Plan, number: string): string {
  const [section = "", field = ""] = number.split(".");
  const known = sectionsOf(plan).find((each) => each === section);
  const explanation = known && plan.explanations[known][field];
  if (!known || !explanation) {
    const fields = known ? Object.keys(plan.explanations[known]).map((each) => `${known}.${each}`) : sectionsOf(plan);
    throw new Error(`--why ${number}: there is no such number; there are ${fields.join(", ")}`);
  }
  return [
    `${number} = ${withUnit(explanation.value, explanation.unit)}`,
    aboutOf(known, field),
    describe(explanation),
    `Origin: ${explanation.origin}. See ${explanation.source}.`,
  ].join("\n");
}

/** Two plans side by side: the numbers that differ. */
export function comparison(plan: Plan, other: Plan, name: string): string {
  const table = new Table({
    head: ["number", machine(plan), `${name}: ${machine(other)}`],
    style: { head: [], border: [], compact: true },
  });
  for (const section of sectionsOf(plan)) {
    for (const [field, { value, unit }] of Object.entries(plan.explanations[section])) {
      const there = other.explanations[section][field]?.value;
      if (there !== value) table.push([`${section}.${field}`, withUnit(value, unit), withUnit(there, unit)]);
    }
  }
  return table.toString();
}

/** Stable: described in docs/explain.md. */
export function explainedJson(plan: Plan, reference?: Hardware): unknown {
  const { inputs, rolloutFactor, explanations, advisories: found } = plan;
  return {
    inputs,
    rolloutFactor,
    plan: explanations,
    advisories: found,
    ...(reference && { reference: `${reference.threads}x${reference.memory}` }),
  };
}

/**
 * The derived settings in the format of the program they are for.
 * @throws Error where that runs elsewhere.
 */
export function emit(plan: Plan, format: string): string {
  const service = ALL_SERVICES.find(({ program }) => program?.emitted.format === format);
  const text = service?.program?.emitted.text(plan);
  if (text !== undefined) return text;
  throw new Error(`--emit ${format}: ${service?.title} runs elsewhere, and is not sized here`);
}
