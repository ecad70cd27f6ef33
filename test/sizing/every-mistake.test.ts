import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OVERRIDE_KEYS, OverrideRefusal, type Overrides, type PlanValue, SizingRefusal } from "../../components/sizing";
import { anything, planOrRefusal, runs, TIMEOUT_MS } from "./generators";
import { refusalOf } from "./machines";

type Given = Record<string, Record<string, PlanValue>>;

/** The overrides with every mistake put right: the bound taken that was named, or left out where none was. */
function corrected(given: Overrides, { mistakes }: OverrideRefusal): Overrides {
  const right = structuredClone(given) as Given;
  for (const { section, key, allowed } of mistakes) {
    const numbers = right[section] ?? {};
    if (allowed === undefined) delete numbers[key];
    else numbers[key] = allowed;
  }
  return right as Overrides;
}

/** Far outside what any machine has, at either end. */
const extreme = fc
  .record({
    inputs: anything,
    keys: fc.uniqueArray(fc.constantFrom(...OVERRIDE_KEYS), { minLength: 1, maxLength: 4 }),
    value: fc.constantFrom<PlanValue>(0, 1, 1e12, 0.005, "nonsense", true),
  })
  .map(({ inputs, keys, value }) => {
    const overrides = structuredClone(inputs.overrides ?? {}) as Given;
    for (const { service, key } of keys) overrides[service] = { ...overrides[service], [key]: value };
    return { ...inputs, overrides: overrides as Overrides };
  });

describe("a refusal of overrides", { timeout: TIMEOUT_MS }, () => {
  it("names all mistakes: put right, there is a plan, or what was said to lack beside them", () => {
    fc.assert(
      fc.property(fc.oneof(anything, extreme), (inputs) => {
        const refusal = planOrRefusal(inputs);
        if (!(refusal instanceof OverrideRefusal)) return;
        const answer = planOrRefusal({ ...inputs, overrides: corrected(inputs.overrides ?? {}, refusal) });
        const lacks = !refusal.message.split("\n").at(-1)?.startsWith("overrides.");
        if (!lacks) expect(answer).not.toBeInstanceOf(SizingRefusal);
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
    );
  });

  it("is given beside what lacks: a mistaken name on a machine that is too small", () => {
    const lines = refusalOf({
      hardware: { threads: 2, memory: "512MiB" },
      overrides: { backend: { timeoutKeepAlive: 0 }, redis: { ioThreads: 9 } },
    }).message.split("\n");
    expect(lines.slice(0, 2)).toEqual([
      "overrides.redis.ioThreads: 9 given; at most 8 OS threads is allowed (what still helps throughput)",
      "overrides.backend.timeoutKeepAlive: 0 given; at least 1 seconds is allowed (uvicorn)",
    ]);
    expect(lines[2]).toMatch(/^The machine offers 512 MiB to containers; /);
    expect(lines).toHaveLength(3);
  });

  it.each([16, 19, 10_000])("names a bound for max_connections on a small machine that is taken: %i", (given) => {
    const hardware = { threads: 2, memory: "1GiB" } as const;
    const refusal = refusalOf({ hardware, overrides: { postgres: { maxConnections: given } } });
    expect(refusal.message).toMatch(/ 20 connections is allowed /);
    expect(
      planOrRefusal({ hardware, tier: "high", overrides: { postgres: { maxConnections: 20 } } }),
    ).not.toBeInstanceOf(SizingRefusal);
  });
});
