import { clamp, floorDiv } from "../../rules/arithmetic";
import { atLeast, atMost, rule } from "../../rules/rule";

/** PostgreSQL counts pages of 8 kB up to 2,147,483,647. */
const MOST_PAGES_MIB = 16_777_215;
/** And kB as far. */
const MOST_KIB_MIB = 2_097_151;
const withinKib = atMost<Record<string, number | string>>("PostgreSQL", () => MOST_KIB_MIB);

/** No setting may claim more than the container has. */
export const withinMemory = atMost<{ readonly memoryLimitMiB: number }>(
  "PostgreSQL's memory limit",
  ({ memoryLimitMiB }) => memoryLimitMiB,
);
const atLeastOne = atLeast<Record<string, number | string>>("PostgreSQL", () => 1);

type AutovacuumInputs = { memoryLimitMiB: number; maintenanceWorkMemMiB: number; autovacuumMaxWorkers: number };

/** What PostgreSQL's memory is used for. */
export const MEMORY_RULES = {
  sharedBuffersMiB: rule({
    unit: "MiB",
    inKiB: true,
    about: "shared_buffers: the server's own page cache",
    words: "15 % of the memory limit up to 512 MiB, 25 % from 1 GiB on, rising between; at most 64 GiB.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number }) => sharedBuffersMiB(memoryLimitMiB),
    allows: (is) => [
      is.atLeast("PostgreSQL", () => 1),
      is.atMost("40 % of PostgreSQL's memory: more starves the page cache", (i) => floorDiv(2 * i.memoryLimitMiB, 5)),
    ],
  }),
  effectiveCacheSizeMiB: rule({
    unit: "MiB",
    inKiB: true,
    about: "effective_cache_size: what the planner takes for cached; nothing is allocated",
    words: "3/4 of the memory limit.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number; memoryMiB: number }) =>
      Math.min(MOST_PAGES_MIB, floorDiv(3 * memoryLimitMiB, 4)),
    allows: (is) => [
      atLeastOne,
      is.atMost("the host's memory", ({ memoryMiB }) => memoryMiB),
      is.atMost("PostgreSQL", () => MOST_PAGES_MIB),
    ],
  }),
  workMemMiB: rule({
    unit: "MiB",
    inKiB: true,
    about: "work_mem: memory of one sort or hash before it goes to disk",
    words: "1/512 of the memory limit, from 4 to 64 MiB.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number }) => clamp(floorDiv(memoryLimitMiB, 512), 4, 64),
    allows: () => [atLeastOne, withinMemory, withinKib],
  }),
  maintenanceWorkMemMiB: rule({
    unit: "MiB",
    inKiB: true,
    about: "maintenance_work_mem: memory of VACUUM and of an index build",
    words: "1/16 of the memory limit, at most 2 GiB.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number }) => Math.min(floorDiv(memoryLimitMiB, 16), 2048),
    allows: () => [atLeastOne, withinMemory, withinKib],
  }),
  autovacuumWorkMemMiB: rule({
    unit: "MiB",
    inKiB: true,
    about: "autovacuum_work_mem: memory of each autovacuum worker",
    words: "1/8 of the memory limit over autovacuum_max_workers, at most maintenance_work_mem.",
    asks: ({ memoryLimitMiB, maintenanceWorkMemMiB, autovacuumMaxWorkers }: AutovacuumInputs) =>
      Math.max(1, Math.min(maintenanceWorkMemMiB, floorDiv(memoryLimitMiB, 8 * autovacuumMaxWorkers))),
    allows: () => [atLeastOne, withinMemory, withinKib],
  }),
};

/**
 * Without huge pages each process maps them in pages of 4 KiB, whose tables take a 512th of them: with 1,000 connections
 * twice as much as the buffers. The kernel's page cache holds the rest as well.
 */
const MOST_SHARED_BUFFERS_MIB = 65_536;

/** 15 % of a small database's memory, 25 % of a large one's, rising between 512 and 1024 MiB. */
function sharedBuffersMiB(memoryMiB: number): number {
  const aboveSmallMiB = clamp(memoryMiB, 512, 1024) - 512;
  return Math.min(MOST_SHARED_BUFFERS_MIB, floorDiv(memoryMiB * (15 * 512 + 10 * aboveSmallMiB), 100 * 512));
}
