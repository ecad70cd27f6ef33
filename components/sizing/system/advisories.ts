import type { Host } from "../machine/hosts";
import { withUnit } from "../rules/explanation";
import type { Shortfall } from "../rules/refusal";
import type { Cut } from "../rules/sheet";
import { MOST_CONNECTIONS } from "../services/postgres/rules";
import type { AdvisedPlan, Advisory } from "./advisory";
import { RULES } from "./explain";
import { type Broken, brokenRelations } from "./relations";
import { RISKS } from "./risks";

/** A cut of these leaves the tier's load without the processes it asks for. */
const CARRIES_THE_LOAD: readonly string[] = [
  "workers",
  "instances",
  "replicas",
  "concurrency",
  "concurrentConnections",
];

/** The advisories of a plan: rules cut by a bound first, then the risks in a fixed order. */
export function advise(
  plan: AdvisedPlan,
  hosts: { app: Host; data: Host },
  cuts: readonly Cut[],
  rolloutFallback: Shortfall | undefined,
): Advisory[] {
  const found = cuts.map((cut) => boundedAdvisory(cut, plan));
  if (rolloutFallback !== undefined) found.push(recreates(rolloutFallback, plan));
  for (const broken of brokenRelations(plan, plan.inputs)) {
    if (broken.relation.answer !== "refused") found.push(atRisk(broken));
  }
  for (const risk of RISKS) {
    const advisory = risk(plan, hosts);
    if (advisory) found.push(advisory);
  }
  return found;
}

function atRisk({ relation, value, limit }: Broken): Advisory {
  const { id, answer, service, field, bound, why } = relation;
  const unit = RULES[service][field]?.unit ?? "ratio";
  return {
    id,
    severity: answer === "warning" ? "warning" : "info",
    service,
    sentence: `${service}.${field} is ${withUnit(value, unit)}; better ${bound} ${withUnit(limit, unit)}: ${why}.`,
  };
}

function boundedAdvisory({ rule, asked, value, by, lack }: Cut, { external }: AdvisedPlan): Advisory {
  const remedy = {
    memory: "A machine with more memory lifts it.",
    connections: external
      ? "PgBouncer, fewer app hosts or a server that takes more connections lift it."
      : "PgBouncer, fewer app hosts or more memory for the data services lift it.",
    "memory or connections": external
      ? "More memory, or a server that takes more connections, lifts it."
      : "More memory lifts it.",
    disk: "A larger disk lifts it.",
    threads: "A machine with more threads, or oversubscribe: true, lifts it.",
    files: "Raise the open files the host grants and hostNofile.",
  }[lack];
  return {
    id: `bounded.${rule.section}.${rule.field}`,
    severity: CARRIES_THE_LOAD.includes(rule.field) ? "warning" : "info",
    service: rule.section,
    sentence:
      `${rule.section}.${rule.field}: asked ${withUnit(asked, rule.unit)}, ` +
      `bounded to ${withUnit(value, rule.unit)} by ${lack} (${by}). ${remedy}`,
  };
}

const recreates = ({ part, lack, sentence }: Shortfall, { inputs, postgres, redis }: AdvisedPlan): Advisory => {
  const several = inputs.appHosts > 1;
  const elsewhere = (part === "postgres" && !postgres) || (part === "redis" && !redis);
  const remedy = () => {
    if (lack !== "connections")
      return `More memory on the ${several ? "app hosts" : "machine"} makes it gapless, or less for each process.`;
    if (elsewhere) return "A server that takes more connections makes it gapless.";
    if (part === "postgres" && postgres && postgres.maxConnections < MOST_CONNECTIONS) {
      return "More memory for PostgreSQL, which lets it take more connections, makes it gapless.";
    }
    return "Fewer app hosts make it gapless.";
  };
  return {
    id: "rollout.recreate",
    severity: "warning",
    service: "backend",
    sentence: [
      `A deploy ${several ? "empties one app host after another" : "stops the old backend and Celery before the new ones run"},`,
      `because two copies side by side do not fit: ${sentence}`,
      ...(several ? ["The others carry the load meanwhile; a single one stands still."] : []),
      remedy(),
    ].join(" "),
  };
};
