import { Command, InvalidArgumentError, Option } from "commander";
import { describeInstance } from "../components/platform/ec2/hardware";
import { instanceRefusal } from "../components/platform/ec2/instance-fit";
import {
  type Hardware,
  isMemorySize,
  parseMemory,
  type SizingPlan,
  SizingRefusal,
  sizingPlan,
  TIERS,
} from "../components/sizing";
import { hardwareNamed, type MachineFlags, otherSystem, type System, systemOf } from "./explained-system";
import { comparison, EMITTED, emit, explainedJson, explanationTable, why } from "./explanation";

/** What is shown of a plan. */
interface View {
  readonly json?: true | undefined;
  readonly all?: true | undefined;
  readonly service?: string | undefined;
  readonly why?: string | undefined;
  readonly compare?: string | undefined;
  readonly emit?: string | undefined;
}

/** `explain`: the plan of a machine, or of a stack, and why. Starts through explain.js. */
export async function main(): Promise<void> {
  await new Command("explain")
    .description("Print the plan with the reason of every number; without a machine, that of the selected stack.")
    .option("--stack <name>", "the stack, where not the selected one")
    .option("--reference <machine>", "machine to take where the stack says hardware: auto, such as 4x8GiB", machine)
    .option("--threads <count>", "logical CPUs of the machine, or of one app host", whole)
    .option("--memory <size>", "its memory, such as 32GiB")
    .addOption(
      new Option("--instance <type>", "instead of threads and memory, an EC2 instance type as Amazon ECS registers it")
        .conflicts(["threads", "memory", "dataThreads", "dataMemory"])
        // On Amazon ECS these are not to choose.
        .conflicts(["hostReserve", "dataReservation", "cpuEnforcement"]),
    )
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
    .option("--data-instance <type>", "EC2 instance type of the data host, with --instance")
    .option("--app-hosts <count>", "app hosts that may exist at most", whole)
    .addOption(new Option("--rollout <way>", "what a deploy does").choices(["auto", "gapless", "recreate"]))
    .option("--no-load-balancer", "clients connect to the backend itself")
    .option("--worker-memory <size>", "what one uvicorn worker may use, such as 160MiB", mebibytes)
    .option("--child-memory <size>", "what one Celery child may use, such as 128MiB", mebibytes)
    .option("--longest-task <seconds>", "the longest Celery task", whole)
    .option("--longest-delay <seconds>", "the longest countdown, ETA or wait before a retry of a task", whole)
    .option("--backend-stop-grace <seconds>", "time a backend container has to stop", whole)
    .option("--entrance-idle <seconds>", "time without a byte after which the load balancer ends a request", whole)
    .option("--max-body <size>", "the largest body of a request, such as 16MiB", mebibytes)
    .option("--statement-timeout <seconds>", "time PostgreSQL works on one statement of the backend", whole)
    .addOption(
      new Option("--data-reservation <part>", "what PostgreSQL and Redis are promised").choices(["half", "full"]),
    )
    .addOption(new Option("--host-reserve <way>", "who keeps memory for the system").choices(["system", "registered"]))
    .option("--disk <GiB>", "disk for the database", Number)
    .option("--beat", "Celery beat runs too")
    .option("--postgres-major <version>", "major version of PostgreSQL", whole)
    .option("--redis-major <version>", "major version of Redis", whole)
    .option("--external-postgres <maxConnections>", "PostgreSQL runs elsewhere, with so many connections", whole)
    .option("--external-redis <maxClients>", "Redis runs elsewhere, with so many clients", whole)
    .option("--no-oversubscribe", "the sum of limits stays within the machine")
    .option("--host-nofile <files>", "open files the host grants a container", whole)
    .addOption(new Option("--cpu-enforcement <way>", "how CPU is limited").choices(["quota", "weight"]))
    .option("--json", "the whole plan as JSON, field names as in docs/explain.md")
    .option("--all", "also the advisories that are for information")
    .option("--service <name>", "one service alone: backend, celery, postgres, redis, …")
    .option("--why <number>", "the whole derivation of one number, such as postgres.maxConnections")
    .option("--compare <other>", "beside another tier (low), machine (8x16GiB: threads x memory) or instance type")
    .addOption(new Option("--emit <format>", "the derived settings in the program's own format").choices(EMITTED))
    .action(async ({ json, all, service, why, compare, emit, ...flags }: MachineFlags & View) =>
      console.log(show(await systemOf(flags), { json, all, service, why, compare, emit })),
    )
    .parseAsync();
}

function show(system: System, { json, all, service, why: number, compare, emit: format }: View): string {
  const plan = planOf(system);
  if (json) return JSON.stringify(explainedJson(plan, system.reference), null, 2);
  if (number) return why(plan, number);
  if (format) return emit(plan, format);
  if (compare) {
    const other = otherSystem(system, compare);
    const lines = new Set([...instanceLines(system), ...instanceLines(other)]);
    return [...lines, comparison(plan, planOf(other), compare)].join("\n");
  }
  const enforced = system.instances ? [ENFORCED] : [];
  return [...instanceLines(system), ...enforced, explanationTable(plan, { service, all: all === true })].join("\n");
}

const ENFORCED =
  "Amazon ECS enforces memory limits. CPU is a weight there, no limit: every container gets its cpuReservation, and idle " +
  "CPU goes to whoever wants it; cpuLimit only feeds other rules.";

const instanceLines = ({ instances }: System): string[] =>
  instances
    ? [describeInstance(instances.app), ...(instances.data ? [`Data host ${describeInstance(instances.data)}`] : [])]
    : [];

function planOf({ inputs, instances }: System): SizingPlan {
  try {
    return sizingPlan(inputs);
  } catch (error) {
    if (!instances || !(error instanceof SizingRefusal)) throw error;
    throw new Error(instanceRefusal(error, inputs, instances));
  }
}

function machine(text: string): Hardware {
  const hardware = hardwareNamed(text);
  if (!hardware) throw new InvalidArgumentError("Threads x memory are needed, such as 4x8GiB.");
  return hardware;
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
