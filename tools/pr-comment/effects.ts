import { ALL_SERVICES, BEAT, replacementOf, type ServiceDescriptor } from "../../components/services";
import { code, type Line, line } from "./document";
import { type Change, type Preview, urnParts } from "./preview";
import { shown } from "./values";

/** What an update does to a service that runs, the worst first. */
const SEVERITIES = ["lost", "interrupted", "reduced", "moved", "gapless", "inPlace", "new"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What happens to one service. */
export interface Effect {
  readonly service: Line;
  readonly severity: Severity;
  /** A verb phrase that follows the name of the service, and that of several. */
  readonly happens: readonly [one: string, many: string];
  /** What its users notice. */
  readonly interruption: string;
  /** Where its data is afterwards; undefined for a service that keeps none. */
  readonly data: string | undefined;
}

const CONTAINER = "docker:index/container:Container";
const ECS_SERVICE = "aws:ecs/service:Service";
const INSTANCE = "aws:ec2/instance:Instance";

/**
 * What an update does to each service, the worst first. Where a service is made there is nothing to do it to.
 * @param rolloutFactor Copies of the application that the new plan runs side by side during a deploy.
 */
export function effectsOf({ changes }: Preview, rolloutFactor: 1 | 2 = 2): Effect[] {
  const components = changes.filter(({ custom }) => !custom);
  const [made, removed] = (["create", "delete"] as const).map(
    (op) => new Set(components.filter((component) => component.op === op).map(({ urn }) => urn)),
  );
  const found = new Map<string, Effect>();
  for (const change of changes) {
    const { op, type, parent = "", urn, name } = change;
    if (op === "same" || made?.has(parent)) continue;
    const kind = serviceOf(typeOf(parent));
    if (type === INSTANCE) keepWorst(found, urn, ofInstance(change));
    else if (kind && (type === CONTAINER || type === ECS_SERVICE)) {
      const beat = name.endsWith("-beat");
      const what = beat ? BEAT : kind;
      const happening = removed?.has(parent)
        ? gone
        : type === CONTAINER
          ? ofContainer(change, what, rolloutFactor)
          : ofEcsService(change);
      const data = kind.volumePath ? dataOf(parent, changes) : undefined;
      const service = named(what, beat ? name : urnParts(parent).name);
      keepWorst(found, beat ? `${parent} beat` : parent, happening && { service, ...happening, data });
    }
  }
  const place = (key: string) => ALL_SERVICES.findIndex(({ component }) => component === typeOf(key));
  return [...found]
    .sort(([a, effect], [b, other]) => rank(effect) - rank(other) || place(a) - place(b))
    .map(([, effect]) => effect);
}

/** A service of several containers is as badly off as the worst of them. */
function keepWorst(found: Map<string, Effect>, key: string, effect: Effect | undefined): void {
  const known = found.get(key);
  if (effect && (!known || rank(effect) < rank(known))) found.set(key, effect);
}

const rank = ({ severity }: Effect): number => SEVERITIES.indexOf(severity);

const typeOf = (urn: string): string => urnParts(urn).types.split("$").at(-1) ?? "";

/** The service that a component of this type runs. */
const serviceOf = (type: string): ServiceDescriptor | undefined =>
  ALL_SERVICES.find(({ component }) => component === type);

const named = ({ title, name: usual }: ServiceDescriptor, name: string): Line =>
  name === usual ? [title] : line`${title} ${code(shown(name))}`;

type Happening = Pick<Effect, "severity" | "happens" | "interruption">;

const NONE = "none";

const gone: Happening = {
  severity: "lost",
  happens: ["leaves the stack", "leave the stack"],
  interruption: "what needs it must find another by then",
};
const inPlace: Happening = {
  severity: "inPlace",
  happens: ["changes while it runs", "change while they run"],
  interruption: NONE,
};
const restarts = (interruption: string): Happening => ({
  severity: "interrupted",
  happens: ["restarts", "restart"],
  interruption,
});

function ofContainer({ op }: Change, service: ServiceDescriptor, rolloutFactor: 1 | 2): Happening {
  switch (op) {
    case "replace":
      if (replacementOf(service, { rolloutFactor }) !== "start-first") return restarts(service.restart);
      return {
        severity: "gapless",
        happens: ["is replaced, the new containers first", "are replaced, the new containers first"],
        interruption: NONE,
      };
    case "delete":
      return {
        severity: "moved",
        happens: ["gets fewer containers", "get fewer containers"],
        interruption: NONE,
      };
    case "create":
    case "import":
      return { severity: "new", happens: ["gets more containers", "get more containers"], interruption: NONE };
    default:
      return inPlace;
  }
}

/** ECS rolls out a changed task definition within the percentages of the service. */
function ofEcsService({ op, before, after, differs }: Change): Happening | undefined {
  if (op === "create" || op === "import") return undefined;
  if (op === "delete") {
    return { severity: "lost", happens: ["is deleted", "are deleted"], interruption: "until another takes over" };
  }
  if (op === "replace") {
    return { severity: "interrupted", happens: ["is made anew", "are made anew"], interruption: "minutes" };
  }
  if (!differs.includes("taskDefinition") && !differs.includes("forceNewDeployment")) return inPlace;
  const least = (after ?? before)?.deploymentMinimumHealthyPercent;
  if (typeof least === "number" && least >= 100) {
    return {
      severity: "gapless",
      happens: ["is rolled out, the new tasks first", "are rolled out, the new tasks first"],
      interruption: NONE,
    };
  }
  if (typeof least === "number" && least > 0) {
    return {
      severity: "reduced",
      happens: ["is rolled out in parts", "are rolled out in parts"],
      interruption: `at least ${least} % of it serve`,
    };
  }
  return restarts("from the old task's end until the new one is healthy");
}

function ofInstance({ op, name, differs }: Change): Effect | undefined {
  const common = { service: line`the host ${code(shown(name))}`, data: "on the data volume, not on the host" };
  if (op === "delete") {
    return {
      ...common,
      severity: "lost",
      happens: ["is terminated", "are terminated"],
      interruption: "everything on it",
    };
  }
  const stops = op === "update" && differs.includes("instanceType");
  if (op !== "replace" && !stops) return undefined;
  return {
    ...common,
    severity: "interrupted",
    happens: stops ? ["stops and starts", "stop and start"] : ["is replaced", "are replaced"],
    interruption: "everything on it, minutes",
  };
}

/** Where the data of a component's service is after the update. */
function dataOf(parent: string, changes: readonly Change[]): string {
  const own = changes.filter((change) => change.type === "docker:index/volume:Volume" && change.parent === parent);
  const volumes = [...own, ...changes.filter(({ type }) => type === "aws:ebs/volume:Volume")];
  if (volumes.some(({ op }) => op === "replace")) return "starts on an empty volume";
  if (volumes.some(({ op, retained }) => op === "delete" && !retained)) return "deleted with its volume";
  if (volumes.some(({ op }) => op === "delete")) return KEPT;
  return "volume untouched";
}

/** What is said of data whose volume outlives its place in the stack. */
export const KEPT = "kept: its volume leaves the stack undeleted";
