import { floorDiv } from "../rules/arithmetic";
import { Shortfall } from "../rules/refusal";
import { outcome } from "../rules/rule";
import type { ResolvedInputs } from "./inputs";

/**
 * How many copies of the application a plan counts with. `runs` is what a deploy runs side by side. `counted` is what
 * the processes are counted for: 2 where `auto` found no room for two, so that the next larger machine, which has it,
 * never runs fewer.
 */
export interface Copies {
  readonly runs: 1 | 2;
  readonly counted: 1 | 2;
}

type CopyInputs = {
  readonly availableMiB: number;
  readonly copies: 1 | 2;
  readonly leastMiB: number;
  readonly placedByReservation: boolean;
};

/** Fifths of the memory that PostgreSQL and Redis leave of a host: of one copy that runs alone, and of one of two. */
export type CopyPart = Readonly<Record<1 | 2, number>>;

/**
 * What one copy of a service may need of an app host, so that all copies find their reservations free. A fixed part:
 * what one service leaves of it is not the other's, or more threads would take from the one what they give the other.
 */
export const copyCeilingRule = (about: string, part: CopyPart) =>
  outcome({
    unit: "MiB",
    about,
    words:
      `Where a scheduler places by reservation: ${part[2]}/5 of the memory that PostgreSQL and Redis leave, over two ` +
      `copies; ${part[1]}/5 of it with one; at least one process. Elsewhere none.`,
    source: "docs/sizing.md#two-copies-on-hosts-that-schedule-by-reservation",
    instead: "rollout",
    asks: ({ availableMiB, copies, leastMiB, placedByReservation }: CopyInputs): number | undefined =>
      placedByReservation ? Math.max(leastMiB, floorDiv(part[copies] * availableMiB, 5 * copies)) : undefined,
  });

/** The inputs of that rule. The one process is left room only where the plan runs fewer copies than it counts. */
export const copyInputs = (
  { hostReserve }: Pick<ResolvedInputs, "hostReserve">,
  { runs, counted }: Copies,
  availableMiB: number,
  oneProcessMiB: number,
): CopyInputs => ({
  availableMiB,
  copies: counted,
  leastMiB: runs < counted ? oneProcessMiB : 0,
  placedByReservation: hostReserve === "registered",
});

/** Where the memory of the host holds a service, but not twice. */
export const noSecondCopy = (what: string, neededMiB: number, freeMiB: number, setting: string): Shortfall =>
  new Shortfall(
    setting === "childMemory" ? "celery" : "backend",
    "room for a second copy",
    "app",
    `${setting === "childMemory" ? "celery" : "backend"}: ${what} needs ${neededMiB} MiB of the host in each of two copies; ` +
      `there are ${freeMiB} MiB for each, ${neededMiB - freeMiB} MiB too little.`,
    `Set ${setting} lower if the application needs less, or rollout: recreate to deploy with a gap.`,
  );
