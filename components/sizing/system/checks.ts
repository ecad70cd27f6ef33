import type { Host } from "../machine/hosts";
import { needsDataHost, type ResolvedInputs } from "../machine/inputs";
import { type HostName, type Load, sumOf } from "../machine/load";
import { Shortfall } from "../rules/refusal";
import type { Findings, Sheet } from "../rules/sheet";
import { unitWord } from "../rules/sheet";
import { SERVICE_RULES, type ServicePlans } from "../services";
import { RULES } from "./explain";
import { brokenRelations } from "./relations";

/** Least memory, MiB, of a host whose data services are promised half, or all, of their limit. */
const LEAST_MEMORY_MIB = { half: 1024, full: 2048 } as const;

/** Whether a host is too small for any system. */
export function findTooSmall(inputs: ResolvedInputs, findings: Findings): void {
  const { topology, hardware, dataHardware, dataReservation, hostReserve } = inputs;
  const single = topology === "single-host";
  const least = LEAST_MEMORY_MIB[dataReservation];
  const onApp = single ? least : LEAST_MEMORY_MIB.half;
  // A scheduler's hosts are the system's own: there is no share to take more of.
  const remedy =
    hostReserve === "system" ? "Give the system a larger share of the machine if there is one to give." : "";
  const tooSmall = (host: HostName, name: string, memoryMiB: number, needed: number) => {
    const sentence = `The ${name} offers ${memoryMiB} MiB to containers; the system needs at least ${needed} MiB, ${needed - memoryMiB} MiB more.`;
    findings.shortfalls.push(new Shortfall("machine", "memory", host, sentence, remedy));
    // Every number follows from the memory of a host.
    for (const service of Object.keys(SERVICE_RULES)) findings.unsure.add(service);
  };
  if (hardware.memoryMiB < onApp) tooSmall("app", single ? "machine" : "app host", hardware.memoryMiB, onApp);
  if (needsDataHost(inputs) && dataHardware.memoryMiB < least)
    tooSmall("data", "data host", dataHardware.memoryMiB, least);
}

/** One host, and what is promised and allowed on it. */
interface HostLoad {
  readonly name: HostName;
  readonly host: Host;
  readonly loads: readonly Load[];
}

/** Finds overrides that cannot be taken together, and services that do not fit their hosts together. */
export function findUnfit(
  loads: readonly Load[],
  inputs: ResolvedInputs,
  { app, data }: { app: Host; data: Host },
  copies: 1 | 2,
  sheets: Readonly<Record<string, Sheet>>,
  findings: Findings,
): void {
  const on = (name: HostName) => loads.filter(({ host }) => host === name);
  const onApp: HostLoad = { name: "app", host: app, loads: inputs.topology === "single-host" ? loads : on("app") };
  const hosts = needsDataHost(inputs) ? [onApp, { name: "data" as const, host: data, loads: on("data") }] : [onApp];
  if (Object.keys(inputs.overrides).length > 0) {
    for (const host of hosts) findOverridden(host, inputs, sheets, findings);
  }
  for (const host of hosts) findOverReserved(host, findings);
  if (copies === 2 && inputs.hostReserve === "registered") {
    findNoSecondCopy(onApp, sumOf(on("app"), "memoryReservationMiB"), findings);
  }
}

/** Numbers that overrides set against each other. */
export function findContradictions(
  plans: ServicePlans,
  inputs: ResolvedInputs,
  sheets: Readonly<Record<string, Sheet>>,
  { unsure }: Findings,
): void {
  for (const { relation, value, limit } of brokenRelations(plans, inputs)) {
    const { service, field, answer, bound, why } = relation;
    const rule = RULES[service][field];
    if (answer !== "refused" || rule === undefined || unsure.has(service)) continue;
    const allowed = `${bound} ${limit}${unitWord(rule)} is allowed (${why})`;
    if (sheets[service]?.given(rule) !== undefined) {
      sheets[service].refuse(rule, `${value} given; ${allowed}`, limit);
      continue;
    }
    // Another number was overridden, and this one follows from it or stayed.
    for (const key of Object.keys(inputs.overrides[service] ?? {})) {
      const other = RULES[service][key];
      if (other) sheets[service]?.refuse(other, `with it ${service}.${field} is ${value}; ${allowed}`);
    }
  }
}

/** Sums that only overrides can push above the host. Rounding may leave a limit 1 MiB above its part. */
function findOverridden(
  { name, host, loads }: HostLoad,
  { oversubscribe }: ResolvedInputs,
  sheets: Readonly<Record<string, Sheet>>,
  findings: Findings,
): void {
  const { threads, memoryMiB, reserveMiB } = host;
  const refuse = (amount: keyof Load["rules"], message: string) => {
    for (const { service, rules } of loads) {
      if (sheets[service]?.given(rules[amount]) !== undefined) sheets[service].refuse(rules[amount], message);
    }
  };
  const over = (value: number, most: number) => Math.round(100 * value) > 100 * most;
  const cpuReservation = sumOf(loads, "cpuReservation");
  if (over(cpuReservation, threads)) {
    refuse(
      "cpuReservation",
      `the CPU reservations sum to ${round(cpuReservation)}; at most the host's ${threads} threads are allowed`,
    );
  }
  if (oversubscribe) return;
  const cpuLimit = sumOf(loads, "cpuLimit");
  if (over(cpuLimit, threads)) {
    refuse(
      "cpuLimit",
      `the CPU limits sum to ${round(cpuLimit)}; at most the host's ${threads} threads are allowed with oversubscribe: false`,
    );
  }
  const limitMiB = sumOf(loads, "memoryLimitMiB");
  if (limitMiB > memoryMiB - reserveMiB + 1) {
    findings.shortfalls.push(
      new Shortfall(
        "machine",
        "memory",
        name,
        `With oversubscribe: false the memory limits and the reserve may be the host's ${memoryMiB} MiB at most; ` +
          `they are ${limitMiB} + ${reserveMiB} MiB, ${limitMiB + reserveMiB - memoryMiB} MiB too much.`,
        "Override less memory, or set oversubscribe: true.",
      ),
    );
  }
}

const round = (value: number): number => Math.round(100 * value) / 100;

function findOverReserved({ name, host: { memoryMiB, reserveMiB }, loads }: HostLoad, findings: Findings): void {
  const reservedMiB = sumOf(loads, "memoryReservationMiB");
  const shortMiB = reservedMiB + reserveMiB - memoryMiB;
  if (shortMiB <= 0) return;
  findings.shortfalls.push(
    new Shortfall(
      "machine",
      "memory",
      name,
      `The services reserve ${reservedMiB} MiB and the system keeps ${reserveMiB} MiB: ${shortMiB} MiB more than the ${memoryMiB} MiB there are.`,
      "",
    ),
  );
}

/** A scheduler that places by reservation starts a second copy only where its reservation is free. */
function findNoSecondCopy(
  { host: { memoryMiB, reserveMiB }, loads }: HostLoad,
  copyMiB: number,
  findings: Findings,
): void {
  const freeMiB = memoryMiB - reserveMiB - sumOf(loads, "memoryReservationMiB");
  if (copyMiB <= freeMiB) return;
  findings.shortfalls.push(
    new Shortfall(
      "backend",
      "room for a second copy",
      "app",
      `backend and celery: a second copy reserves ${copyMiB} MiB; the host has ${freeMiB} MiB free, ${copyMiB - freeMiB} MiB too little.`,
      "Set rollout: recreate to deploy with a gap.",
    ),
  );
}
