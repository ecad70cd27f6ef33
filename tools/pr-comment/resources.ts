import { type Block, type Counted, code, counted, heading, type Line, line } from "./document";
import { type Change, OPERATIONS, type Operation, type Preview, shortType } from "./preview";
import { type PropertyChange, propertyChanges } from "./property-diff";
import { shown, visible } from "./values";

export const RESOURCES: Counted = ["resource", "resources"];
const DIFFS: Counted = ["resource's properties", "resources' properties"];
/** Names longer than this are cut. */
const NAME_CHARACTERS = 100;
/** Properties named on a resource's line. */
const NAMED_PROPERTIES = 6;

const TITLES: Readonly<Record<Operation, string>> = {
  replace: "Replaced",
  delete: "Deleted",
  create: "Created",
  import: "Imported",
  update: "Updated",
  same: "Unchanged",
};

/** What is done to resources: components only group them, and are not counted. */
export const doneTo = ({ changes }: Preview): Change[] =>
  changes
    .filter(({ op, custom }) => custom && op !== "same")
    .sort((a, b) => OPERATIONS.indexOf(a.op) - OPERATIONS.indexOf(b.op));

/** `1 to replace, 3 to update`. */
export function counts(done: readonly Change[]): string {
  const counted = OPERATIONS.map((op) => [done.filter((change) => change.op === op).length, op] as const);
  return counted
    .filter(([count]) => count > 0)
    .map(([count, op]) => `${count.toLocaleString("en")} to ${op}`)
    .join(", ");
}

/** Every resource something is done to, a line each by operation; then, folded, the properties that differ. */
export function resourcesSection(done: readonly Change[], { whole }: { readonly whole: boolean }): Block[] {
  if (done.length === 0) return [];
  const operations = OPERATIONS.flatMap((op): Block[] => {
    const changes = done.filter((change) => change.op === op);
    if (changes.length === 0) return [];
    return [
      {
        kind: "fold",
        summary: `${TITLES[op]}: ${counted(changes.length, RESOURCES)}`,
        open: op === "replace" || op === "delete",
        blocks: [{ kind: "list", items: changes.map(resourceLine), of: RESOURCES }],
      },
    ];
  });
  return [heading("Resources"), ...operations, ...diffs(done, whole)];
}

/** Of a comment's lines only what differs; the whole has what is made and deleted too. */
function diffs(done: readonly Change[], whole: boolean): Block[] {
  const blocks = done
    .filter(({ op }) => whole || op === "update" || op === "replace")
    .flatMap((change): Block[] => {
      const differing = propertyChanges(change);
      if (differing.length === 0) return [];
      const title = `${TITLES[change.op]} ${shown(change.name, NAME_CHARACTERS)} (${visible(change.type)})`;
      return [
        { kind: "code", language: "diff", text: [`# ${title}`, ...differing.flatMap(diffLines)].join("\n"), of: DIFFS },
      ];
    });
  if (blocks.length === 0) return [];
  return [{ kind: "fold", summary: `Properties of ${counted(blocks.length, RESOURCES)}`, blocks }];
}

function diffLines({ path, before, after }: PropertyChange): string[] {
  const name = visible(path);
  return [
    ...(before === undefined ? [] : [`- ${name}: ${before}`]),
    ...(after === undefined ? [] : [`+ ${name}: ${after}`]),
  ];
}

function resourceLine({ op, name, type, retained, differs, forcing }: Change): Line {
  const what = line`${code(shown(name, NAME_CHARACTERS))} ${shortType(type)}`;
  if (op === "delete") return retained ? line`${what}: leaves the stack, is kept` : what;
  if (op === "replace" && forcing.length > 0) return line`${what}: ${properties(forcing)} cannot change in place`;
  if (op === "update" && differs.length > 0) return line`${what}: ${properties(differs)}`;
  return what;
}

function properties(names: readonly string[]): Line {
  const sorted = [...new Set(names)].sort();
  const more = sorted.length - NAMED_PROPERTIES;
  return [code(shown(sorted.slice(0, NAMED_PROPERTIES).join(", "))), ...(more > 0 ? [` and ${more} more`] : [])];
}
