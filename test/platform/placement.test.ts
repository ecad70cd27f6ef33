import { describe, expect, it } from "vitest";
import { cpuScale, cpuUnits, ONE_OFF_UNITS } from "../../components/platform/ec2/cpu-units";
import { INSTANCE_TYPES, registeredHardware } from "../../components/platform/ec2/hardware";
import { MIGRATION_TASK_MIB, parseMemory, type SizingInputs, type SizingPlan, TIERS } from "../../components/sizing";
import { planned } from "./planned";

/** What is reserved of a host at most: second copies, beat and the migration included. */
function reserved(plan: SizingPlan): { app: Room; data: Room } {
  const { backend, celery, postgres, redis, beat, rolloutFactor, inputs } = plan;
  const scale = cpuScale(plan);
  const room = (tasks: readonly (readonly [number, number, number])[], by: number): Room =>
    tasks.reduce(
      (whole, [count, mib, shares]) => sum(whole, { memoryMiB: count * mib, units: count * cpuUnits(shares, by) }),
      none,
    );
  const application = [
    [rolloutFactor * backend.instances, backend.memoryReservationMiB, backend.cpuShares],
    [rolloutFactor * celery.replicas, celery.memoryReservationMiB, celery.cpuShares],
    [1, beat?.memoryLimitMiB ?? 0, ONE_OFF_UNITS],
  ] as const;
  const migration: Room = { memoryMiB: MIGRATION_TASK_MIB, units: ONE_OFF_UNITS };
  const services = [
    [1, postgres?.memoryReservationMiB ?? 0, postgres?.cpuShares ?? 0],
    [1, redis?.memoryReservationMiB ?? 0, redis?.cpuShares ?? 0],
  ] as const;
  const app = sum(room(application, scale.app), migration);
  const data = room(services, scale.data);
  return inputs.topology === "single-host" ? { app: sum(app, data), data: none } : { app, data };
}
const none: Room = { memoryMiB: 0, units: 0 };
const sum = (a: Room, b: Room): Room => ({ memoryMiB: a.memoryMiB + b.memoryMiB, units: a.units + b.units });

interface Room {
  readonly memoryMiB: number;
  readonly units: number;
}

/** One type of each size there is. */
const SIZES = [...new Map(INSTANCE_TYPES.map((type) => [`${type.vCpus}x${type.memoryMiB}`, type])).values()];

describe.each(["single-host", "app-and-data"] as const)("on %s", (topology) => {
  it.each(TIERS)("tier %s: whatever runs at once finds its memory and its CPU units on every instance type", (tier) => {
    const small: string[] = [];
    for (const type of SIZES) {
      for (const beat of [false, true]) {
        const plan = planned(type, { tier, topology, beat, appHosts: 2 });
        if (!plan) {
          small.push(type.name);
          continue;
        }
        for (const { memoryMiB, units } of Object.values(reserved(plan))) {
          expect(memoryMiB, type.name).toBeLessThanOrEqual(parseMemory(registeredHardware(type).memory));
          expect(units, type.name).toBeLessThanOrEqual(1024 * type.vCpus);
        }
      }
    }
    expect(small.length).toBeLessThan(SIZES.length);
  });
});

describe("CPU units", () => {
  const on = (name: string, system: Omit<SizingInputs, "hardware">) => {
    const type = INSTANCE_TYPES.find((each) => each.name === name);
    const plan = type && planned(type, system);
    if (!plan) throw new Error(`${name} has no plan`);
    return plan;
  };

  it("are the plan's weights where they fit", () => {
    expect(cpuScale(on("m7i.2xlarge", { tier: "high", rollout: "recreate" }))).toEqual({ app: 1, data: 1 });
  });

  it.each(TIERS)(
    "of the application shrink where a second copy would not fit, at %s; those of the data services stay",
    (tier) => {
      const plan = on("m7i.large", { tier });
      expect(plan.rolloutFactor).toBe(2);
      const { app, data } = cpuScale(plan);
      expect(data).toBe(1);
      expect(app).toBeLessThan(0.9);
      expect(app).toBeGreaterThan(0.4);
    },
  );

  it("shrink alike where overridden weights would leave the application nothing", () => {
    const { app, data } = cpuScale(
      on("m7i.2xlarge", { tier: "high", overrides: { postgres: { cpuShares: 100_000 } } }),
    );
    expect(app).toBe(data);
    expect(app).toBeLessThan(0.1);
  });

  it("shrink on the host that lacks them alone", () => {
    const overrides = { postgres: { cpuShares: 100_000 } };
    const { app, data } = cpuScale(
      on("m7i.2xlarge", { tier: "high", rollout: "recreate", topology: "app-and-data", overrides }),
    );
    expect(app).toBe(1);
    expect(data).toBeLessThan(0.1);
  });

  it.each([
    [100, 1, 100],
    [100, 0.999, 99],
    [3, 0.1, 2],
    [2, 1, 2],
  ])("%i x %d are %i", (shares, scale, units) => expect(cpuUnits(shares, scale)).toBe(units));
});
