import type { Reporter, TestModule } from "vitest/node";

const COUNT = 10;
/** What takes less is not worth a line. */
const WORTH_A_LINE_MS = 1000;

interface Timed {
  readonly name: string;
  readonly milliseconds: number;
}

/** Says at the end of a run which files and which tests took longest. Plain text: a log keeps it as it is. */
export default class SlowestReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules.map((module) => ({
      name: module.relativeModuleId,
      milliseconds: module.diagnostic().duration,
    }));
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        name: `${module.relativeModuleId} > ${test.fullName}`,
        milliseconds: test.diagnostic()?.duration ?? 0,
      })),
    );
    for (const [title, timed] of [
      ["Slowest files, their set-up included", files],
      ["Slowest tests", tests],
    ] as const) {
      const lines = slowest(timed);
      if (lines.length > 0) console.log([title, ...lines, ""].join("\n"));
    }
  }
}

/** The slowest first, in seconds. */
export function slowest(timed: readonly Timed[]): string[] {
  return [...timed]
    .filter(({ milliseconds }) => milliseconds >= WORTH_A_LINE_MS)
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, COUNT)
    .map(({ name, milliseconds }) => `${(milliseconds / 1000).toFixed(1).padStart(8)} s  ${name}`);
}
