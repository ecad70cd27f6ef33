import { describe, expect, it } from "vitest";
import { aboutOf, describe as inWords, recompute, withUnit } from "../../components/sizing";
import { planWith } from "./machines";

const words = (section: "backend" | "celery" | "postgres" | "system", field: string, inputs = {}): string => {
  const explanation = planWith(inputs).explanations[section][field];
  return explanation ? inWords(explanation) : "no explanation";
};

describe("an explanation in words", () => {
  it("is the rule alone where nothing is put into it", () => {
    expect(words("backend", "loop")).toBe("uvloop, the fastest.");
  });

  it("has the numbers that were put in, with their units", () => {
    expect(words("postgres", "effectiveCacheSizeMiB")).toBe(
      "3/4 of the memory limit. With memory limit 8192 MiB, memory 32768 MiB.",
    );
    expect(words("backend", "timeoutGracefulShutdown")).toBe(
      "The stop grace less 5 seconds. With stop grace 30 seconds.",
    );
  });

  it("says what was asked and what bounded it", () => {
    expect(words("postgres", "maxWalSizeMiB", { diskGiB: 10 })).toMatch(
      / Asked 4096 MiB, bounded to 2048 MiB by a fifth of the disk\.$/,
    );
  });

  it("says neither where nothing bounded or replaced it", () => {
    expect(words("postgres", "maxWalSizeMiB")).not.toMatch(/Asked|Overridden/);
  });

  it("rounds what is put in to two decimals, and leaves the recorded value exact", () => {
    const { explanations } = planWith({ hardware: { threads: 7, memory: "8GiB" } });
    const limit = explanations.backend.fleetCpuReservation;
    expect(limit && inWords(limit)).toContain("unscaled limit 5.83");
    expect(limit?.inputs.unscaledLimit).toBeCloseTo(35 / 6, 12);
  });
});

it.each([
  [undefined, "MiB", "none"],
  [8, "MiB", "8 MiB"],
  [0.625, "threads", "0.63 threads"],
  ["uvloop", "name", "uvloop"],
  [true, "switch", "true"],
  [0.9, "ratio", "0.9"],
] as const)("%s %s is written %s", (value, unit, text) => {
  expect(withUnit(value, unit)).toBe(text);
});

it("says what a number is, and what is none", () => {
  expect(aboutOf("postgres", "jit")).toMatch(/JIT|jit/);
  expect(aboutOf("postgres", "nothing")).toBeUndefined();
  const { explanations } = planWith();
  const any = explanations.postgres.jit;
  if (any) expect(() => recompute("postgres", "nothing", any)).toThrow("the plan has no number postgres.nothing");
});
