import type { ResolvedInputs } from "../machine/inputs";
import { outcome, type PlanOf, rulesOf } from "../rules/rule";
import type { Sheet } from "../rules/sheet";

/** Users at work keep one of two to four connections open at a time. */
const USERS_PER_CONNECTION = { least: 2, most: 4 } as const;

type UserInputs = { concurrentConnections: number };

/** What the system is estimated to carry, on all app hosts together. No measurement of your application. */
export const CAPACITY_RULES = rulesOf("capacity", "docs/sizing.md#capacity", {
  concurrentConnections: outcome({
    unit: "connections",
    about: "Estimate: connections that can be open at once",
    words: "Those of the backend on all app hosts, within what the load balancer takes.",
    instead: "tier or hardware",
    asks: ({ perHost, appHosts }: { perHost: number; appHosts: number; loadBalancer: number | undefined }) =>
      perHost * appHosts,
    bounds: () => [
      {
        by: "the load balancer, which takes half of the open files the host grants (hostNofile)",
        kind: "at most",
        lack: "files",
        cut: (value, { loadBalancer }) => (loadBalancer === undefined ? value : Math.min(value, loadBalancer)),
      },
    ],
  }),
  simultaneousTasks: outcome({
    unit: "tasks",
    about: "Estimate: tasks that run at once",
    words: "Those of all app hosts.",
    instead: "overrides.celery.concurrency or overrides.celery.replicas",
    asks: ({ perHost, appHosts }: { perHost: number; appHosts: number }) => perHost * appHosts,
  }),
  reservedTasks: outcome({
    unit: "tasks",
    about: "Estimate: tasks taken from the queue, running or about to",
    words: "Those of all app hosts.",
    instead: "overrides.celery.prefetchMultiplier",
    asks: ({ perHost, appHosts }: { perHost: number; appHosts: number }) => perHost * appHosts,
  }),
  tasksPerMinute: outcome({
    unit: "tasks",
    about: "Estimate: tasks done in a minute when each takes one second",
    words: "60 x the simultaneous tasks, for tasks that wait more than they compute.",
    instead: "overrides.celery.concurrency or overrides.celery.replicas",
    asks: ({ simultaneousTasks }: { simultaneousTasks: number }) => tasksPerMinute({ simultaneousTasks }, 1),
  }),
  usersAtLeast: outcome({
    unit: "users",
    about: "Estimate, low end: concurrent users",
    words: "Two for each concurrent connection.",
    instead: "tier or hardware",
    asks: ({ concurrentConnections }: UserInputs) => USERS_PER_CONNECTION.least * concurrentConnections,
  }),
  usersAtMost: outcome({
    unit: "users",
    about: "Estimate, high end: concurrent users",
    words: "Four for each concurrent connection.",
    instead: "tier or hardware",
    asks: ({ concurrentConnections }: UserInputs) => USERS_PER_CONNECTION.most * concurrentConnections,
  }),
});

/** What the system is estimated to carry. Every field is an estimate. */
export type Capacity = PlanOf<typeof CAPACITY_RULES>;

/** Estimate: tasks done in a minute when each takes `taskSeconds`. */
export const tasksPerMinute = ({ simultaneousTasks }: { simultaneousTasks: number }, taskSeconds: number): number =>
  Math.floor((simultaneousTasks * 60) / taskSeconds);

export function planCapacity(
  sheet: Sheet,
  { appHosts }: ResolvedInputs,
  backend: { concurrentConnections: number },
  celery: { simultaneousTasks: number; reservedTasks: number },
  loadBalancer: number | undefined,
): Capacity {
  const R = CAPACITY_RULES;
  const concurrentConnections = sheet.apply(R.concurrentConnections, {
    perHost: backend.concurrentConnections,
    appHosts,
    loadBalancer,
  });
  const simultaneousTasks = sheet.apply(R.simultaneousTasks, { perHost: celery.simultaneousTasks, appHosts });
  return {
    concurrentConnections,
    simultaneousTasks,
    reservedTasks: sheet.apply(R.reservedTasks, { perHost: celery.reservedTasks, appHosts }),
    tasksPerMinute: sheet.apply(R.tasksPerMinute, { simultaneousTasks }),
    usersAtLeast: sheet.apply(R.usersAtLeast, { concurrentConnections }),
    usersAtMost: sheet.apply(R.usersAtMost, { concurrentConnections }),
  };
}
