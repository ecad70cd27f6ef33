import { healthRules } from "../../machine/health";
import { TIER_FACTS } from "../../machine/tiers";
import { constant, oneOf, outcome, rule, setting } from "../../rules/rule";

/** Beyond this backlog the kernel's own default for a listening socket cuts it. */
const KERNEL_SOMAXCONN = 4096;
/** uvicorn gives requests this much less time than the container has to stop. */
const DRAIN_ALLOWANCE_SECONDS = 5;
/** Seconds an idle connection is kept: short for clients, so much longer than a load balancer keeps it. */
const KEEP_ALIVE_SECONDS = { forClients: 5, beyondLoadBalancer: 15 } as const;

type KeepAliveInputs = { readonly behindLoadBalancer: boolean; readonly entranceIdleSeconds: number };

/** How uvicorn serves: the part of the backend's rules that becomes its options. */
export const UVICORN_RULES = {
  loop: constant<"uvloop" | "asyncio" | "auto">({
    unit: "name",
    about: "uvicorn's event loop",
    words: "uvloop, the fastest.",
    value: "uvloop",
    allows: () => [oneOf("uvicorn", ["uvloop", "asyncio", "auto"])],
  }),
  http: constant<"httptools" | "h11" | "auto">({
    unit: "name",
    about: "uvicorn's HTTP parser",
    words: "httptools, the fastest.",
    value: "httptools",
    allows: () => [oneOf("uvicorn", ["httptools", "h11", "auto"])],
  }),
  limitConcurrency: constant<number>({
    unit: "connections",
    about: "Connections one worker takes before it answers 503, nominal: uvicorn admits one less",
    words: "2,000, as in the hand-written page; idle keep-alive connections and WebSockets count.",
    value: 2000,
    allows: (is) => [
      is.atLeast("uvicorn, which admits one less", () => 2),
      is.atMost("the ports of one client", () => 65_535),
    ],
  }),
  concurrentConnections: outcome({
    unit: "connections",
    about: "Connections the workers of one app host take together",
    words: "Workers x limit-concurrency.",
    source: "docs/sizing.md#capacity",
    instead: "overrides.backend.limitConcurrency",
    asks: ({ workers, limitConcurrency }: { workers: number; limitConcurrency: number }) => workers * limitConcurrency,
  }),
  backlog: rule({
    unit: "connections",
    about: "Connections the kernel queues before uvicorn accepts them",
    words: "2,048, 4,096, 8,192, 8,192 at low, medium, high, extreme.",
    asks: ({ tier }: { tier: keyof typeof TIER_FACTS }) => TIER_FACTS[tier].backlog,
    allows: (is) => [is.atLeast("the kernel", () => 1), is.atMost("the kernel", () => 65_535)],
  }),
  somaxconn: outcome({
    unit: "connections",
    about: "net.core.somaxconn of the container",
    words: "The backlog, where it is above the kernel's own 4,096; else left out.",
    instead: "overrides.backend.backlog",
    asks: ({ backlog }: { backlog: number }) => (backlog > KERNEL_SOMAXCONN ? backlog : undefined),
  }),
  timeoutKeepAlive: rule({
    unit: "seconds",
    about: "Time an idle connection is kept",
    words:
      "Behind a load balancer 15 s longer than its own (entrance.idleSeconds), so that it never reuses a closed one: 75; else 5.",
    asks: ({ behindLoadBalancer, entranceIdleSeconds }: KeepAliveInputs): number =>
      behindLoadBalancer ? entranceIdleSeconds + KEEP_ALIVE_SECONDS.beyondLoadBalancer : KEEP_ALIVE_SECONDS.forClients,
    allows: (is) => [is.atLeast("uvicorn", () => 1)],
  }),
  timeoutGracefulShutdown: rule({
    unit: "seconds",
    about: "Time running requests get when the container stops",
    words: "The stop grace less 5 seconds.",
    asks: ({ stopGraceSeconds }: { stopGraceSeconds: number }) => stopGraceSeconds - DRAIN_ALLOWANCE_SECONDS,
    allows: (is) => [
      is.atLeast("uvicorn", () => 1),
      is.atMost("the stop grace, after which the engine kills", ({ stopGraceSeconds }) => stopGraceSeconds),
    ],
  }),
  timeoutWorkerHealthcheck: constant<number>({
    unit: "seconds",
    about: "Time without an answer after which uvicorn replaces a worker",
    words: "30: the default of 5 kills workers that one long request keeps busy.",
    value: 30,
    allows: (is) => [is.atLeast("uvicorn", () => 1)],
  }),
  wsPerMessageDeflate: constant<boolean>({
    unit: "switch",
    about: "Whether WebSocket messages are compressed",
    words: "Off: it costs 74 MiB of a worker with 2,000 WebSockets.",
    value: false,
  }),
  wsMaxSizeBytes: constant<number>({
    unit: "bytes",
    about: "The largest WebSocket message",
    words: "1 MiB: uvicorn's default of 16 MiB lets a few clients fill a worker's memory.",
    value: 1_048_576,
    allows: (is) => [is.atLeast("a message", () => 1024)],
  }),
  entranceIdleSeconds: setting({
    unit: "seconds",
    about: "Time a request, or an idle connection, may pass without a byte at the load balancer",
    words: "As set, for the load balancer of either platform.",
    source: "docs/sizing.md#load-balancer",
    instead: "the setting entrance.idleSeconds",
    asks: ({ entranceIdleSeconds }: { entranceIdleSeconds: number }) => entranceIdleSeconds,
  }),
  maxBodyMiB: setting({
    unit: "MiB",
    about: "The largest body of a request",
    words: "As set: the application refuses what is larger, and on Docker the load balancer before it.",
    source: "docs/sizing.md#load-balancer",
    instead: "the setting entrance.maxBody",
    asks: ({ maxBodyMiB }: { maxBodyMiB: number }) => maxBodyMiB,
  }),
  stopGraceSeconds: setting({
    unit: "seconds",
    about: "Time a container has to stop",
    words: "As set.",
    instead: "backend.stopGraceSeconds",
    asks: ({ backendStopGraceSeconds }: { backendStopGraceSeconds: number }) => backendStopGraceSeconds,
  }),
  ...healthRules({ value: 5 }, { value: 4 }),
};
