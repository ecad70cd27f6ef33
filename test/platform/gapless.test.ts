import { describe, expect, it } from "vitest";
import { targetCapacity } from "../../components/platform/ec2/app-hosts";
import { cpuScale, cpuUnits, ONE_OFF_UNITS } from "../../components/platform/ec2/cpu-units";
import {
  EC2_SIZING,
  ec2Hardware,
  INSTANCE_TYPES,
  type InstanceType,
  registeredHardware,
} from "../../components/platform/ec2/hardware";
import { parseMemory, type SizingPlan, sizingPlan, TIERS } from "../../components/sizing";
import { type Host, type Task, unplaced } from "../ec2/stub-provider/placement";
import { planned } from "./planned";

describe.each(["single-host", "app-and-data"] as const)("on %s", (topology) => {
  it.each(TIERS)("tier %s: every type that fits at all has room for old and new side by side", (tier) => {
    const plans = INSTANCE_TYPES.flatMap((type) => planned(type, { tier, topology, appHosts: 4 }) ?? []);
    console.info(`${topology}, ${tier}: ${plans.length} types fit`);
    expect(plans.length).toBeGreaterThan(370);
    expect(plans.filter(({ rolloutFactor }) => rolloutFactor === 1)).toEqual([]);
  });

  // By what a plan depends on: each size once.
  const sizes = [
    ...new Map(INSTANCE_TYPES.map((type) => [JSON.stringify(registeredHardware(type)), type] as const)).values(),
  ].map((type) => ({ type, threads: type.vCpus, memoryMiB: parseMemory(registeredHardware(type).memory) }));
  const pairs = sizes.flatMap((small) =>
    sizes
      .filter((large) => large !== small && large.threads >= small.threads && large.memoryMiB >= small.memoryMiB)
      .map((large) => [small.type, large.type] as const),
  );
  const systems = TIERS.flatMap((tier) =>
    (["auto", "gapless", "recreate"] as const).flatMap((rollout) =>
      (topology === "single-host" ? [1] : [1, 4, 40]).flatMap((appHosts) =>
        [160, 700, 3000].map((workerMemoryMiB) => ({ tier, topology, rollout, appHosts, workerMemoryMiB })),
      ),
    ),
  );
  const numbers = ({ backend, celery, postgres, capacity, rolloutFactor }: SizingPlan) => ({
    workers: backend.workers,
    tasks: celery.simultaneousTasks,
    maxConnections: postgres?.maxConnections ?? 0,
    connections: capacity.concurrentConnections,
    rolloutFactor,
  });

  it("a type with at least the threads and the memory of another never gets fewer of anything, or a refusal", () => {
    for (const system of systems) {
      const plans = new Map(sizes.map(({ type }) => [type, planned(type, system)]));
      for (const [small, large] of pairs) {
        const [before, after] = [plans.get(small), plans.get(large)];
        if (before === undefined) continue;
        const words = `${small.name} to ${large.name}: ${JSON.stringify(system)}`;
        if (after === undefined) throw new Error(`refused, ${words}`);
        for (const [name, value] of Object.entries(numbers(before))) {
          const now = numbers(after)[name as keyof ReturnType<typeof numbers>];
          if (now < value) throw new Error(`${name} falls from ${value} to ${now}, ${words}`);
        }
      }
    }
  }, 60_000);
});

describe("what ECS is asked to reserve", () => {
  const { backend, celery } = sizingPlan({ ...EC2_SIZING, hardware: ec2Hardware("m7i.2xlarge"), tier: "high" });

  it("is what the processes need, under limits as elsewhere", () => {
    expect(backend).toMatchObject({
      workers: 8,
      memoryReservationMiB: Math.ceil((8 * 160) / 0.9),
      memoryLimitMiB: 18_636,
    });
    expect(celery).toMatchObject({ concurrency: 8, memoryReservationMiB: 9 * 128, memoryLimitMiB: 1863 });
  });

  it("stays a part of the limit where nothing places by it", () => {
    const docker = sizingPlan({ hardware: { threads: 8, memory: "32GiB" }, tier: "high" });
    expect(docker.backend.memoryReservationMiB).toBe(Math.floor(0.6 * docker.backend.memoryLimitMiB));
    expect(docker.celery.memoryReservationMiB).toBe(Math.floor(0.5 * docker.celery.memoryLimitMiB));
  });
});

/** Hosts that ECS keeps while so many of them are in use. */
const kept = (inUse: number, min: number, max: number, percent: number) =>
  Math.min(max, Math.max(min, Math.ceil((100 * inUse) / percent)));

describe.each(["m7i.large", "c5.xlarge", "c7g.4xlarge", "r6i.8xlarge"])(
  "app hosts of %s that scale from 2 to 4",
  (name) => {
    const system = { tier: "high", topology: "app-and-data", appHosts: 4 } as const;
    const type = INSTANCE_TYPES.find((each) => each.name === name) as InstanceType;
    const plan = planned(type, system) as SizingPlan;
    const scale = cpuScale(plan).app;
    const host: Host = { name: "app", cpu: 1024 * type.vCpus, memory: parseMemory(registeredHardware(type).memory) };
    const task = (service: string, shares: number, memory: number): Task => ({
      service,
      cpu: cpuUnits(shares, scale),
      memory,
      hostPorts: [],
      expressions: [],
      distinctInstance: false,
      scaled: false,
    });
    const oneBackend = task("backend", plan.backend.cpuShares, plan.backend.memoryReservationMiB);
    const copy = [
      ...Array.from({ length: plan.backend.instances }, () => oneBackend),
      ...Array.from({ length: plan.celery.replicas }, () =>
        task("celery", plan.celery.cpuShares, plan.celery.memoryReservationMiB),
      ),
    ];
    const oneOffs = [{ ...task("migration", 0, 256), cpu: ONE_OFF_UNITS }, task("celery-beat", ONE_OFF_UNITS, 128)];

    it("each takes both copies of a deploy, beat and a migration, and no third", () => {
      expect(plan.rolloutFactor).toBe(2);
      expect(unplaced([...copy, ...copy, ...oneOffs], [], [host])).toBeUndefined();
      expect(unplaced([...copy, ...copy, oneBackend], [], [host])).toMatch(/service backend .* insufficient/);
    });

    it("all four are in use at full count, and four copies deploy on them", () => {
      const percent = targetCapacity({ rolloutFactor: plan.rolloutFactor, min: 2, max: 4 });
      const hosts: Task[][] = Array.from({ length: kept(2, 2, 4, percent) }, () => []);
      for (let copies = 1; copies <= 4; copies++) {
        // ECS spreads tasks over instances: the emptiest that has room.
        const [emptiest] = hosts
          .filter((tasks) => unplaced([...tasks, ...copy], [], [host]) === undefined)
          .toSorted((a, b) => a.length - b.length);
        emptiest?.push(...copy);
        const inUse = hosts.filter((tasks) => tasks.length > 0).length;
        while (hosts.length < kept(inUse, 2, 4, percent)) hosts.push([]);
      }
      expect(hosts.map((tasks) => tasks.length)).toEqual([copy, copy, copy, copy].map(({ length }) => length));
      for (const tasks of hosts) expect(unplaced([...tasks, ...copy, ...oneOffs], [], [host])).toBeUndefined();
    });

    it("a second host more is not kept where no more may be, or where a host takes one copy", () => {
      expect(targetCapacity({ rolloutFactor: 2, min: 4, max: 4 })).toBe(100);
      expect(targetCapacity({ rolloutFactor: 1, min: 2, max: 4 })).toBe(100);
      expect(kept(2, 2, 4, 99)).toBe(3);
    });
  },
);
