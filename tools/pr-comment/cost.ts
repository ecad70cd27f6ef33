import {
  type CostLine,
  monthlyCost,
  PRICE_BASIS,
  type PricedResource,
  USAGE_NOT_INCLUDED,
} from "../../components/platform/ec2/cost";
import { type Block, code, heading, type Line, line, paragraph, strong } from "./document";
import type { Change, Preview } from "./preview";

/** What one resource costs a month, before and after; null: it is not there, undefined: its price is not known. */
interface CostMove {
  readonly name: string;
  readonly kind: string;
  readonly before: number | undefined | null;
  readonly after: number | undefined | null;
  readonly kept: boolean;
}

/** What an update of a stack on EC2 changes about its monthly cost, by resource: an estimate. */
export function costSection(preview: Preview): Block[] {
  const changes = preview.changes.filter(({ type, custom }) => custom && type.startsWith("aws:"));
  if (changes.length === 0) return [];
  const moves = movesOf(changes);
  const changed = moves.filter(({ before, after, kept }) => before !== after || kept);
  const total = preview.whole ? totals(moves) : undefined;
  if (changed.length === 0) {
    return total ? [heading("Cost"), paragraph(line`Unchanged: ${priceText(total.after)} a month. ${basis()}`)] : [];
  }
  return [
    heading("Cost"),
    {
      kind: "table",
      head: ["estimate, USD a month", "before", "after"],
      figures: [1, 2],
      rows: [
        ...(total ? [[[strong("The whole stack")], [priceText(total.before)], [priceText(total.after)]]] : []),
        ...changed.map(costRow),
      ],
      of: ["price", "prices"],
    },
    paragraph(basis()),
    ...(total ? [] : [paragraph(["Without the resources that stay as they are: the preview does not have them."])]),
  ];
}

function movesOf(changes: readonly Change[]): CostMove[] {
  const before = costsOf(changes, ({ before }) => before);
  // What leaves the stack undeleted is paid for all the same.
  const after = costsOf(changes, ({ op, before, after, retained }) => (op === "delete" && retained ? before : after));
  return changes
    .map((change) => ({
      name: change.name,
      kind: kindOf(change.type),
      before: priceOf(before, change.urn),
      after: priceOf(after, change.urn),
      kept: change.op === "delete" && change.retained && after.has(change.urn),
    }))
    .filter((move) => move.before !== null || move.after !== null);
}

/** Standing prices by URN; what has none is left out. */
function costsOf(
  changes: readonly Change[],
  side: (change: Change) => PricedResource["inputs"] | undefined,
): ReadonlyMap<string, CostLine["usd"]> {
  const resources = changes.flatMap((change) => {
    const inputs = side(change);
    return inputs ? [{ name: change.urn, type: change.type, inputs }] : [];
  });
  return new Map(monthlyCost(resources).lines.map(({ name, usd }) => [name, usd]));
}

const priceOf = (costs: ReadonlyMap<string, CostLine["usd"]>, urn: string): CostMove["before"] =>
  costs.has(urn) ? costs.get(urn) : null;

/** A sum, and whether a price in it is not known. */
interface Total {
  readonly usd: number;
  readonly complete: boolean;
}

function totals(moves: readonly CostMove[]): { readonly before: Total; readonly after: Total } {
  const sum = (side: "before" | "after"): Total => ({
    usd: moves.reduce((total, move) => total + (move[side] ?? 0), 0),
    complete: moves.every((move) => move[side] !== undefined),
  });
  return { before: sum("before"), after: sum("after") };
}

const costRow = ({ name, kind, before, after, kept }: CostMove): Line[] => [
  line`${kind} ${code(name)}${kept ? " (leaves the stack, is kept)" : ""}`,
  [money(before)],
  [money(after)],
];

const money = (usd: CostMove["before"]): string =>
  usd === null ? "–" : usd === undefined ? "unknown" : usd.toFixed(2);
const priceText = ({ usd, complete }: Total): string =>
  complete ? usd.toFixed(2) : `at least ${usd.toFixed(2)}: not every price is known`;

const basis = (): Line => {
  const { region, currency, asOf } = PRICE_BASIS;
  const byUse = USAGE_NOT_INCLUDED.map(({ what }) => what.split(",")[0]?.toLowerCase()).join(", ");
  return [
    `An estimate from prices of ${asOf} (${region}; ${currency}, on demand, before taxes; other regions differ), without what costs by use: ${byUse}.`,
  ];
};

/** `NAT gateway` of `aws:ec2/natGateway:NatGateway`. */
const kindOf = (type: string): string => KINDS[type] ?? type.split(":").at(-1) ?? type;
const KINDS: Readonly<Record<string, string>> = {
  "aws:ec2/instance:Instance": "Instance",
  "aws:autoscaling/group:Group": "App hosts, as many as there must be,",
  "aws:ebs/volume:Volume": "Volume",
  "aws:ec2/natGateway:NatGateway": "NAT gateway",
  "aws:ec2/eip:Eip": "Public address",
  "aws:lb/loadBalancer:LoadBalancer": "Load balancer",
  "aws:ec2/vpcEndpoint:VpcEndpoint": "VPC endpoint",
  "aws:secretsmanager/secret:Secret": "Secret",
  "aws:cloudwatch/metricAlarm:MetricAlarm": "Alarm",
  "aws:route53/zone:Zone": "DNS zone",
};
