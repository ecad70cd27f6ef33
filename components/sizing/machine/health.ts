import { constant } from "../rules/rule";

interface Time {
  readonly value: number;
  /** Why so long. Default: it is the same on every machine. */
  readonly words?: string;
}

const seconds = (about: string, { value, words = "The same on every machine." }: Time) =>
  constant<number>({
    unit: "seconds",
    about,
    words,
    value,
    allows: (is) => [is.atLeast("the engine", () => 1), is.atMost("an hour: a failure must be seen", () => 3600)],
  });

/** How often a container's health is checked, and how long a check may take. */
export const healthRules = (interval: Time, timeout: Time) => ({
  healthIntervalSeconds: seconds("Time between two health checks", interval),
  healthTimeoutSeconds: seconds("Time a health check may take", timeout),
});
