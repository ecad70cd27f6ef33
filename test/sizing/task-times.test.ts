import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { celeryArgv } from "../../components/services/celery";
import { describe as inWords } from "../../components/sizing";
import { planWith } from "./machines";

const timesOf = (inputs: Parameters<typeof planWith>[0] = {}) => planWith(inputs).celery;

describe("the times of a task", () => {
  it.each([
    [1, 4],
    [60, 4],
    [61, 3],
    [80, 3],
    [81, 2],
    [120, 2],
    [121, 1],
    [240, 1],
    [3600, 1],
  ])("of %i s at most are such that %i are taken ahead for each child", (longestTaskSeconds, prefetched) => {
    expect(timesOf({ longestTaskSeconds }).prefetchMultiplier).toBe(prefetched);
  });

  it("are those of a minute where the longest task is not set, and then no task is ended", () => {
    expect(timesOf()).toMatchObject({
      longestTaskSeconds: 60,
      softTimeLimitSeconds: undefined,
      hardTimeLimitSeconds: undefined,
      prefetchMultiplier: 4,
      stopGraceSeconds: 70,
      visibilityTimeoutSeconds: 310,
      redeliveredWithinSeconds: 320,
      resultExpiresSeconds: 3600,
    });
    expect(celeryArgv(timesOf(), "app").join(" ")).not.toContain("time-limit");
  });

  it("end a task after the longest that is set, and kill it a little later, before the stop grace is over", () => {
    const celery = timesOf({ longestTaskSeconds: 600 });
    expect(celeryArgv(celery, "app")).toEqual(expect.arrayContaining(["--soft-time-limit=600", "--time-limit=605"]));
    expect(celery.stopGraceSeconds).toBe(610);
  });

  it("are put into words with the numbers that made them", () => {
    const { visibilityTimeoutSeconds } = planWith({ longestTaskSeconds: 600, longestDelaySeconds: 900 }).explanations
      .celery;
    expect(visibilityTimeoutSeconds && inWords(visibilityTimeoutSeconds)).toBe(
      "The longest delay + the prefetch multiplier x the longest task (its hard limit) + the stop grace. With longest " +
        "delay 900 seconds, prefetch multiplier 1, longest task 600 seconds, hard time limit 605 seconds, stop grace 610 seconds.",
    );
  });

  it("count a limit that was given as an override", () => {
    const { celery } = planWith({ overrides: { celery: { hardTimeLimitSeconds: 1000 } } });
    expect(celery.visibilityTimeoutSeconds).toBe(4 * 1000 + 70);
  });

  it("remember a result for longer than a task of a crashed worker takes to run again", () => {
    expect(timesOf({ longestTaskSeconds: 7200 }).resultExpiresSeconds).toBe(7205 + 7210);
  });

  /** When the last of the tasks that a worker took is done, each begun by the first child that is free. */
  function heldAtWorst(children: number, delay: number, seconds: readonly number[]): number {
    const free = Array<number>(children).fill(delay);
    let last = 0;
    for (const run of seconds) {
      const child = free.indexOf(Math.min(...free));
      free[child] = (free[child] ?? 0) + run;
      last = Math.max(last, free[child] ?? 0);
    }
    return last;
  }

  it("never give a task to a second worker while the first lives, whatever each task takes", () => {
    const given = fc.record({
      longestTaskSeconds: fc.integer({ min: 1, max: 5000 }),
      longestDelaySeconds: fc.integer({ min: 0, max: 5000 }),
      overrides: fc.record({ celery: fc.record({ concurrency: fc.integer({ min: 1, max: 12 }) }) }),
      multiplier: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
      parts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 130, maxLength: 130 }),
    });
    fc.assert(
      fc.property(given, ({ longestTaskSeconds, longestDelaySeconds, overrides, multiplier, parts }) => {
        const celery = { ...overrides.celery, ...(multiplier && { prefetchMultiplier: multiplier }) };
        const plan = timesOf({ longestTaskSeconds, longestDelaySeconds, overrides: { celery } });
        const reserved = parts.slice(0, plan.concurrency * plan.prefetchMultiplier);
        const runs = reserved.map((part) => part * (plan.hardTimeLimitSeconds ?? Number.NaN));
        const held = heldAtWorst(plan.concurrency, longestDelaySeconds, runs);
        expect(held).toBeLessThan(plan.visibilityTimeoutSeconds);
      }),
      { numRuns: 200 },
    );
  });
});

describe("beat", () => {
  it("has the memory that is asked for, and a scheduler keeps it free", () => {
    const inputs = { beat: true, overrides: { beat: { memoryLimitMiB: 512 } } } as const;
    expect(planWith(inputs).beat?.memoryLimitMiB).toBe(512);
    expect(planWith(inputs).totals.grandMemoryLimitMiB - planWith({ beat: true }).totals.grandMemoryLimitMiB).toBe(384);
    const registered = { hostReserve: "registered", beat: true } as const;
    const free = ({ overrides = {} }: Pick<typeof inputs, "overrides"> | { overrides?: object }) =>
      planWith({ ...registered, overrides }).inputs.hardware.memoryMiB;
    expect(free({}) - free(inputs)).toBe(384);
  });

  it("that does not run has no numbers to override", () => {
    expect(() => planWith({ overrides: { beat: { memoryLimitMiB: 512 } } })).toThrow(
      "overrides.beat.memoryLimitMiB: sizes Celery beat, which does not run; set celery.beat to true, or remove it here",
    );
  });
});
