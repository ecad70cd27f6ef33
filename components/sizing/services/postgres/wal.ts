import { TIER_FACTS, type Tier } from "../../machine/tiers";
import { floorDiv } from "../../rules/arithmetic";
import { constant, rule } from "../../rules/rule";

/** PostgreSQL refuses to start with less than two segments of 16 MiB. */
const LEAST_WAL_MIB = 32;

/** The write-ahead log and its checkpoints. */
export const WAL_RULES = {
  maxWalSizeMiB: rule({
    unit: "MiB",
    about: "max_wal_size: write-ahead log between two checkpoints",
    words: "1, 2, 4, 8 GiB at low, medium, high, extreme, at most a fifth of the disk, at least 32 MiB.",
    asks: ({ tier }: { tier: Tier; diskGiB: number }) => TIER_FACTS[tier].maxWalSizeGiB * 1024,
    bounds: (is) => [
      is.atMost("a fifth of the disk", ({ diskGiB }) => floorDiv(diskGiB * 1024, 5), "disk"),
      is.atLeast("two segments of the log, without which PostgreSQL does not start", () => LEAST_WAL_MIB),
    ],
  }),
  minWalSizeMiB: rule({
    unit: "MiB",
    about: "min_wal_size: write-ahead log kept for reuse",
    words: "A quarter of max_wal_size, at least 32 MiB.",
    asks: ({ maxWalSizeMiB }: { maxWalSizeMiB: number }) => floorDiv(maxWalSizeMiB, 4),
    bounds: (is) => [
      is.atLeast("two segments of the log, without which PostgreSQL does not start", () => LEAST_WAL_MIB),
    ],
    allows: (is) => [is.atMost("max_wal_size", ({ maxWalSizeMiB }) => maxWalSizeMiB)],
  }),
  walCompression: constant<boolean>({
    unit: "switch",
    about: "wal_compression: full pages in the log",
    words: "Compressed full pages cost little CPU and save disk bandwidth.",
    value: true,
  }),
  checkpointCompletionTarget: constant<number>({
    unit: "ratio",
    about: "checkpoint_completion_target: part of the interval a checkpoint takes",
    words: "Checkpoints spread over 0.9 of their interval.",
    value: 0.9,
    allows: (is) => [is.atMost("PostgreSQL", () => 1)],
  }),
};
