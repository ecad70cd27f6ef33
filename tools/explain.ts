import { type Command, InvalidArgumentError, Option } from "commander";
import { type MemorySize, type SizingInputs, SizingRefusal, sizingPlan, TIERS } from "../components/sizing";
import { comparison, EMITTED, emit, explainedJson, explanationTable, why } from "./explanation";

interface ExplainFlags extends Omit<SizingInputs, "hardware" | "dataHardware"> {
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

/** Adds `explain` to the command line: the plan of a machine, or of the selected stack, and why. */
export function addExplain(program: Command, stackInputs: () => Promise<SizingInputs>): void {
  program
    .command("explain")
    .description("print the plan with the reason of every number; without a machine, that of the stack")
    .option("--threads <count>", "logical CPUs of the machine, or of one app host", whole)
    .option("--memory <size>", "its memory, such as 32GiB")
    .addOption(new Option("--tier <tier>", "expected load").choices(TIERS))
    .option("--share <part>", "part of the machine the system may use", Number)
    .addOption(new Option("--topology <topology>").choices(["single-host", "app-and-data"]))
    .option("--data-threads <count>", "logical CPUs of the data host", whole)
    .option("--data-memory <size>", "memory of the data host")
    .option("--app-hosts <count>", "app hosts that may exist at most", whole)
    .addOption(new Option("--rollout <way>", "what a deploy does").choices(["auto", "gapless", "recreate"]))
    .option("--no-load-balancer", "clients connect to the backend itself")
    .option("--worker-memory-mi-b <MiB>", "what one uvicorn worker may use", whole)
    .option("--child-memory-mi-b <MiB>", "what one Celery child may use", whole)
    .option("--longest-task-seconds <seconds>", "the longest Celery task", whole)
    .addOption(new Option("--data-reservation <part>").choices(["half", "full"]))
    .option("--no-oversubscribe", "the sum of limits stays within the machine")
    .option("--host-nofile <files>", "open files the host grants a container", whole)
    .addOption(new Option("--cpu-enforcement <way>").choices(["quota", "weight"]))
    .option("--json", "the whole plan as JSON, field names as in docs/explain.md")
    .option("--all", "also the advisories that are for information")
    .option("--service <name>", "one service alone: backend, celery, postgres, redis, …")
    .option("--why <number>", "the whole derivation of one number, such as postgres.maxConnections")
    .option("--compare <other>", "beside another tier (low), or machine (8x16GiB: threads x memory)")
    .addOption(new Option("--emit <format>", "the derived settings in the program's own format").choices(EMITTED))
    .action(async (flags: ExplainFlags) => {
      const inputs = await inputsOf(flags, stackInputs);
      try {
        console.log(show(inputs, flags));
      } catch (error) {
        if (error instanceof SizingRefusal || error instanceof RangeError) throw new Error(error.message);
        throw error;
      }
    });
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
async function inputsOf(flags: ExplainFlags, stackInputs: () => Promise<SizingInputs>): Promise<SizingInputs> {
  const { threads, memory, dataThreads, dataMemory, loadBalancer, tier, json, all, ...rest } = flags;
  const { service, why, compare, emit, oversubscribe, ...others } = rest;
  const sizing = {
    ...others,
    ...(oversubscribe === false ? { oversubscribe } : {}),
    ...(loadBalancer ? {} : { behindLoadBalancer: false }),
    ...(dataThreads && dataMemory ? { dataHardware: { threads: dataThreads, memory: dataMemory } } : {}),
  };
  if (threads === undefined && memory === undefined) {
    return { ...(await stackInputs()), ...sizing, ...(tier ? { tier } : {}) };
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

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("A whole number is needed.");
  return value;
}
