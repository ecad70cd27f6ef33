import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  OVERRIDE_KEYS,
  type Overrides,
  type PlanValue,
  SERVICES,
  type SizingInputs,
  type SizingPlan,
  SizingRefusal,
  sizingPlan,
} from "../../components/sizing";
import { anything, planOrRefusal, runs, TIMEOUT_MS } from "./generators";

/** The plan's own numbers as overrides: all of them, or those of one name. */
function ownNumbers(plan: SizingPlan, only?: string): Overrides {
  const given: Record<string, Record<string, PlanValue>> = {};
  for (const { service, key } of OVERRIDE_KEYS) {
    const value = plan.explanations[service][key]?.value;
    if (value === undefined || (only !== undefined && only !== `${service}.${key}`)) continue;
    given[service] = { ...given[service], [key]: value };
  }
  return given as Overrides;
}

/** Every number but the ceilings: where a service takes less than its own, an override leaves the rest to another. */
const numbersOf = ({ backend, celery, postgres, redis, rolloutFactor, connections, totals, capacity }: SizingPlan) => ({
  backend: { ...backend, memoryCeilingMiB: undefined },
  celery: { ...celery, memoryCeilingMiB: undefined },
  ...{ postgres, redis, rolloutFactor, connections, totals, capacity },
});

/** What others are derived from before bounds cut it: given alone, the cut number leads to another plan. */
const STARTS_OTHERS = [
  "backend.workers",
  "backend.fleetMemoryLimitMiB",
  "celery.fleetMemoryLimitMiB",
  "celery.memoryLimitMiB",
];

const unadorned = anything.map(({ overrides: _, ...inputs }): SizingInputs => inputs);

describe("a plan's own numbers, given back as overrides", { timeout: TIMEOUT_MS }, () => {
  it("give the same plan, all of them together", () => {
    fc.assert(
      fc.property(unadorned, (inputs) => {
        const plan = planOrRefusal(inputs);
        if (plan instanceof SizingRefusal) return;
        const again = sizingPlan({ ...inputs, overrides: ownNumbers(plan) });
        expect(numbersOf(again)).toEqual(numbersOf(plan));
      }),
      runs,
    );
  });

  it("are accepted each alone, and give the same plan but for those that others start from", () => {
    fc.assert(
      fc.property(unadorned, fc.constantFrom(...OVERRIDE_KEYS), (inputs, { service, key }) => {
        const plan = planOrRefusal(inputs);
        const startsOthers = STARTS_OTHERS.includes(`${service}.${key}`);
        // A scheduler must find room for what others then take.
        if (plan instanceof SizingRefusal || (startsOthers && inputs.hostReserve === "registered")) return;
        const again = sizingPlan({ ...inputs, overrides: ownNumbers(plan, `${service}.${key}`) });
        if (!startsOthers) expect(numbersOf(again)).toEqual(numbersOf(plan));
      }),
      runs,
    );
  });

  it("are accepted where auto fell back to one copy: a type of EC2 and the pool it planned", () => {
    const inputs = {
      hardware: { threads: 8, memory: "31488MiB" },
      tier: "high",
      rollout: "auto",
      hostReserve: "registered",
      dataReservation: "full",
      workerMemoryMiB: 6000,
    } as const;
    const { rolloutFactor, backend } = sizingPlan(inputs);
    const { poolSize } = backend;
    expect([rolloutFactor, poolSize]).toEqual([1, 20]);
    expect(sizingPlan({ ...inputs, overrides: { backend: { poolSize } } }).backend.poolSize).toBe(poolSize);
  });
});

it("covers every service", () =>
  expect(new Set(OVERRIDE_KEYS.map(({ service }) => service))).toEqual(new Set(SERVICES)));
