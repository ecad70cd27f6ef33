import { Command, InvalidArgumentError, Option } from "commander";
import { isMemorySize, type MemorySize, parseMemory, type SizingInputs, sizingPlan, TIERS } from "../components/sizing";
import { comparison, EMITTED, emit, explainedJson, explanationTable, why } from "./explanation";

interface ExplainFlags extends Omit<SizingInputs, "hardware" | "dataHardware"> {
  readonly stack?: string;
  readonly workerMemory?: number;
  readonly childMemory?: number;
  readonly longestTask?: number;
  readonly backendStopGrace?: number;
  readonly disk?: number;
  readonly threads?: number;
  readonly memory?: MemorySize;
  readonly dataThreads?: number;
  readonly dataMemory?: MemorySize;
  readonly loadBalancer: boolean;
  readonly json?: true;
  readonly all?: true;
  readonly service?: string;
  readonly why?: string;
  readonly compare?: string;
  readonly emit?: (typeof EMITTED)[number];
}

/** `explain`: the plan of a machine, or of a stack, and why. Starts through explain.js. */
export async function main(): Promise<void> {
  await new Command("explain")
    .description("Print the plan with the reason of every number; without a machine, that of the selected stack.")
    .option("--stack <name>", "the stack, where not the selected one")
    .option("--threads <count>", "logical CPUs of the machine, or of one app host", whole)
    .option("--memory <size>", "its memory, such as 32GiB")
    .addOption(new Option("--tier <tier>", "expected load").choices(TIERS))
    .option("--share <part>", "part of the machine the system may use", Number)
    .addOption(
      new Option("--topology <topology>", "one machine, or app hosts and a data host").choices([
        "single-host",
        "app-and-data",
      ]),
    )
    .option("--data-threads <count>", "logical CPUs of the data host", whole)
    .option("--data-memory <size>", "memory of the data host")
    .option("--app-hosts <count>", "app hosts that may exist at most", whole)
    .addOption(new Option("--rollout <way>", "what a deploy does").choices(["auto", "gapless", "recreate"]))
    .option("--no-load-balancer", "clients connect to the backend itself")
    .option("--worker-memory <size>", "what one uvicorn worker may use, such as 160MiB", mebibytes)
    .option("--child-memory <size>", "what one Celery child may use, such as 128MiB", mebibytes)
    .option("--longest-task <seconds>", "the longest Celery task", whole)
    .option("--backend-stop-grace <seconds>", "time a backend container has to stop", whole)
    .addOption(
      new Option("--data-reservation <part>", "what PostgreSQL and Redis are promised").choices(["half", "full"]),
    )
    .addOption(new Option("--host-reserve <way>", "who keeps memory for the system").choices(["system", "registered"]))
    .option("--disk <GiB>", "disk for the database", Number)
    .option("--beat", "Celery beat runs too")
    .option("--postgres-major <version>", "major version of PostgreSQL", whole)
    .option("--redis-major <version>", "major version of Redis", whole)
    .option("--no-oversubscribe", "the sum of limits stays within the machine")
    .option("--host-nofile <files>", "open files the host grants a container", whole)
    .addOption(new Option("--cpu-enforcement <way>", "how CPU is limited").choices(["quota", "weight"]))
    .option("--json", "the whole plan as JSON, field names as in docs/explain.md")
    .option("--all", "also the advisories that are for information")
    .option("--service <name>", "one service alone: backend, celery, postgres, redis, …")
    .option("--why <number>", "the whole derivation of one number, such as postgres.maxConnections")
    .option("--compare <other>", "beside another tier (low), or machine (8x16GiB: threads x memory)")
    .addOption(new Option("--emit <format>", "the derived settings in the program's own format").choices(EMITTED))
    .action(async (flags: ExplainFlags) => console.log(show(await inputsOf(flags), flags)))
    .parseAsync();
}

function show(inputs: SizingInputs, { json, all, service, why: number, compare, emit: format }: ExplainFlags): string {
  const plan = sizingPlan(inputs);
  if (json) return JSON.stringify(explainedJson(plan), null, 2);
  if (number) return why(plan, number);
  if (format) return emit(plan, format);
  if (compare) return comparison(plan, sizingPlan(otherInputs(inputs, compare)), compare);
  return explanationTable(plan, { service, all: all === true });
}

/** The flags of a machine; what they leave open comes from the stack only where no machine is given. */
async function inputsOf(flags: ExplainFlags): Promise<SizingInputs> {
  const { stack, threads, memory, dataThreads, dataMemory, loadBalancer, tier, json, all, ...rest } = flags;
  const { service, why, compare, emit, oversubscribe, ...others } = rest;
  const { workerMemory, childMemory, longestTask, backendStopGrace, disk, ...same } = others;
  const sizing = {
    ...same,
    ...(workerMemory && { workerMemoryMiB: workerMemory }),
    ...(childMemory && { childMemoryMiB: childMemory }),
    ...(longestTask !== undefined && { longestTaskSeconds: longestTask }),
    ...(backendStopGrace !== undefined && { backendStopGraceSeconds: backendStopGrace }),
    ...(disk !== undefined && { diskGiB: disk }),
    ...(oversubscribe === false ? { oversubscribe } : {}),
    ...(loadBalancer ? {} : { behindLoadBalancer: false }),
    ...(dataThreads && dataMemory ? { dataHardware: { threads: dataThreads, memory: dataMemory } } : {}),
  };
  if (threads === undefined && memory === undefined) {
    const { stackInputs, selectedStack } = await import("./stack-settings");
    return { ...(await stackInputs(stack ?? (await selectedStack()))), ...sizing, ...(tier ? { tier } : {}) };
  }
  if (threads === undefined || memory === undefined || tier === undefined) {
    throw new Error("--threads, --memory and --tier go together, such as: --threads 12 --memory 32GiB --tier high");
  }
  return { hardware: { threads, memory }, tier, ...sizing };
}

function otherInputs(inputs: SizingInputs, other: string): SizingInputs {
  const tier = TIERS.find((each) => each === other);
  if (tier) return { ...inputs, tier };
  const [, threads, memory] = /^(\d+)x(.+)$/.exec(other) ?? [];
  if (threads === undefined || memory === undefined) {
    throw new Error(`--compare ${other}: give a tier (${TIERS.join(", ")}) or a machine such as 8x16GiB`);
  }
  return { ...inputs, hardware: { threads: Number(threads), memory: memory as MemorySize } };
}

function mebibytes(text: string): number {
  if (!isMemorySize(text)) throw new InvalidArgumentError("A size with its unit is needed, such as 160MiB.");
  return parseMemory(text);
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("A whole number is needed.");
  return value;
}
