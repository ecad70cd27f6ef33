import { spawnSync } from "node:child_process";
import Table from "cli-table3";
import { Bench } from "tinybench";
import { type SizingInputs, sizingPlan, TIERS } from "../components/sizing";
import { TestStack } from "../test/engine/stack";
import { prepare } from "../tools/toolchain";
import { PROJECT } from "../tools/toolchain/versions";
import { bareProgram } from "./bare-program";

const STARTS = 21;
const PREVIEWS = 9;
const MACHINES: readonly SizingInputs[] = Array.from({ length: 256 }, (_, index) => ({
  hardware: { threads: 1 + (index % 64), memory: `${2 + index}GiB` },
  tier: TIERS[index % TIERS.length] ?? "low",
}));

/** Middle value, and where the middle half of the measured values lies. */
interface Spread {
  readonly median: number;
  readonly from: number;
  readonly to: number;
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), from: at(0.25), to: at(0.75) };
}

const shown = ({ median, from, to }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${from.toFixed(digits)} to ${to.toFixed(digits)})`;

/** Explained plans each second, over many machines. */
async function plansPerSecond(): Promise<Spread> {
  const bench = new Bench({ time: 3000, warmupTime: 1000 });
  bench.add("plans", () => {
    for (const machine of MACHINES) sizingPlan(machine);
  });
  const [task] = await bench.run();
  if (task?.result.state !== "completed") throw new Error(`the plans were not measured: ${task?.result.state}`);
  const { latency } = task.result;
  const each = (milliseconds: number): number => (1000 * MACHINES.length) / milliseconds;
  return { median: each(latency.p50), from: each(latency.p75), to: each(latency.p50 - (latency.p75 - latency.p50)) };
}

const milliseconds = (run: () => void): number => {
  const before = performance.now();
  run();
  return performance.now() - before;
};

const start = (...args: string[]): void => {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: PROJECT, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
};

/** What `explain` takes beyond a start of Node, in turns with it. */
function explainStarts(): Spread {
  const explain = () => start("tools/explain.js", "--threads", "12", "--memory", "32GiB", "--tier", "high");
  explain();
  const beyond = Array.from({ length: STARTS }, () => milliseconds(explain) - milliseconds(() => start("-e", "0")));
  return spread(beyond);
}

/** Time of an unchanged preview over that of a bare program with the same resources, in turns. */
async function previews(): Promise<Spread> {
  const stack = await TestStack.create();
  try {
    await stack.up();
    const { deployment } = JSON.parse(await stack.pulumi("stack", "export", "--show-secrets"));
    const bare = stack.withProgram(bareProgram(deployment.resources));
    const preview = async (pulumi: (...args: string[]) => Promise<string>): Promise<number> => {
      const before = performance.now();
      await pulumi("preview", "--expect-no-changes");
      return performance.now() - before;
    };
    const ratios: number[] = [];
    for (let turn = 0; turn <= PREVIEWS; turn++) {
      const [own, other] = [await preview((...args) => stack.pulumi(...args)), await preview(bare)];
      if (turn > 0) ratios.push(own / other);
    }
    return spread(ratios);
  } finally {
    await stack.remove();
  }
}

async function main(): Promise<void> {
  await prepare();
  const table = new Table({ head: ["", "median (middle half)", "aim"], style: { head: [], border: [] } });
  table.push(["explained plans a second", shown(await plansPerSecond(), 0), "at least 10,000"]);
  table.push(["explain beyond node -e 0, ms", shown(explainStarts(), 0), "at most 150"]);
  table.push(["unchanged preview / bare program", shown(await previews(), 2), "at most 1.25"]);
  console.log(`\n${table}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
