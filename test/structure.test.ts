import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";
import { preProcessFile } from "typescript";
import { describe, expect, it } from "vitest";
import { PROJECT } from "../tools/toolchain/versions";

const MOST_LINES = 250;

const SIZING = "components/sizing";
const SETTINGS = "components/settings";
const CONTRACT = "components/platform/contract";
const DOCKER = "components/platform/docker";
const EC2 = "components/platform/ec2";

/**
 * Which folder may import from which others, as docs/structure.md says. A folder that is not listed belongs to the one
 * it is in.
 */
const MAY_IMPORT_FROM = allowedByThePage();

function allowedByThePage(): Readonly<Record<string, readonly string[]>> {
  const page = readFileSync(path.join(PROJECT, "docs", "structure.md"), "utf8");
  const rows = [...page.matchAll(/^\| `((?:components|tools)[^`]*)` \|[^|]*\|([^|]*)\|$/gm)];
  return Object.fromEntries(
    rows.map(([, room = "", allowed = ""]) => [
      room,
      [...allowed.matchAll(/`([^`]+)`/g)].map(([, other = ""]) => other),
    ]),
  );
}

/** Packages that only some folders know, and those folders. */
const KNOWN_IN: Readonly<Record<string, readonly string[]>> = {
  "@pulumi/docker": [DOCKER],
  "@pulumi/aws": [EC2],
  "@aws-sdk": [EC2],
  commander: ["tools"],
  zod: [SETTINGS, "tools"],
};

/** Arrows between names: from each to those it needs. */
type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** The source files of a folder, by their paths in the project. */
const filesIn = (folder: string): string[] =>
  readdirSync(path.join(PROJECT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => path.relative(PROJECT, path.join(entry.parentPath, entry.name)));

const textOf = (file: string): string => readFileSync(path.join(PROJECT, file), "utf8");

/** What a file imports, exports from elsewhere or requires, as it names it. Types count: they are read with the rest. */
const importsOf = (file: string): string[] =>
  preProcessFile(textOf(file), true, true).importedFiles.map(({ fileName }) => fileName);

/** The file that a relative import names. */
function resolved(file: string, specifier: string): string {
  const target = path.join(path.dirname(file), specifier);
  const found = ["", ".ts", ".js", "/index.ts", "/index.js"]
    .map((ending) => `${target}${ending}`)
    .find((each) => existsSync(path.join(PROJECT, each)) && statSync(path.join(PROJECT, each)).isFile());
  if (found === undefined) throw new Error(`${file}: ${specifier} is no file`);
  return found;
}

function arrowsOf(pairs: readonly (readonly [from: string, to: string])[]): Arrows {
  const arrows = new Map<string, Set<string>>();
  for (const [from, to] of pairs) if (from !== to) arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
  return arrows;
}

/** The shortest way from each name back to itself, once for each circle. */
function circles(arrows: Arrows): string[] {
  const found = new Map<string, string>();
  for (const start of arrows.keys()) {
    const way = wayBack(start, arrows);
    if (way) found.set([...way].sort().join(), [...way, start].join(" -> "));
  }
  return [...found.values()];
}

function wayBack(start: string, arrows: Arrows): readonly string[] | undefined {
  const seen = new Set<string>();
  for (let ways = [[start]]; ways.length > 0; ) {
    const longer: string[][] = [];
    for (const way of ways) {
      for (const next of arrows.get(way.at(-1) ?? "") ?? []) {
        if (next === start) return way;
        if (!seen.has(next)) longer.push([...way, next]);
        seen.add(next);
      }
    }
    ways = longer;
  }
  return undefined;
}

const isWithin = (file: string, folder: string): boolean => file.startsWith(`${folder}/`);

/** The listed folder that a file belongs to: the innermost. */
const roomOf = (file: string): string | undefined =>
  Object.keys(MAY_IMPORT_FROM)
    .filter((folder) => isWithin(file, folder))
    .sort((a, b) => b.length - a.length)[0];

const files = ["components", "tools"].flatMap(filesIn);
const imports = [...files, "index.ts"].flatMap((file) => importsOf(file).map((specifier) => ({ file, specifier })));
const arrows = imports
  .filter(({ specifier }) => specifier.startsWith("."))
  .map(({ file, specifier }) => [file, resolved(file, specifier)] as const);

describe("the source", () => {
  it("is read whole: imports of values and of types, in TypeScript and in JavaScript", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(arrows).toContainEqual([`${CONTRACT}/container.ts`, `${CONTRACT}/entrance.ts`]);
    expect(arrows).toContainEqual(["index.ts", `${EC2}/index.ts`]);
    expect(arrows).toContainEqual(["tools/check-node.js", "package.json"]);
  });

  it("has no circle of files", () => {
    expect(circles(arrowsOf(arrows))).toEqual([]);
  });

  it("has no circle of folders", () => {
    const folders = arrows.map(([from, to]) => [path.dirname(from), path.dirname(to)] as const);
    expect(circles(arrowsOf(folders))).toEqual([]);
  });

  const between = arrows.flatMap(([from, to]) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    return room !== undefined && other !== undefined && room !== other ? [{ room, other, from, to }] : [];
  });

  it("has its rooms on the page, and no room there that is gone", () => {
    for (const room of Object.keys(MAY_IMPORT_FROM))
      expect(files.filter((file) => roomOf(file) === room)).not.toEqual([]);
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  it("imports downwards only, as the page allows", () => {
    const astray = between.filter(({ room, other }) => !MAY_IMPORT_FROM[room]?.includes(other));
    expect(astray.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
    expect(circles(arrowsOf(between.map(({ room, other }) => [room, other] as const)))).toEqual([]);
  });

  it("has no permission on the page that nothing uses", () => {
    const used = new Set(between.map(({ room, other }) => `${room} -> ${other}`));
    const allowed = Object.entries(MAY_IMPORT_FROM).flatMap(([room, others]) =>
      others.map((other) => `${room} -> ${other}`),
    );
    expect(allowed.filter((arrow) => !used.has(arrow))).toEqual([]);
  });

  it("reaches the sizing rules through their index alone", () => {
    const past = arrows.filter(
      ([from, to]) => !isWithin(from, SIZING) && isWithin(to, SIZING) && to !== `${SIZING}/index.ts`,
    );
    expect(past.map((arrow) => arrow.join(" -> "))).toEqual([]);
  });

  it("names a provider, or a library of one purpose, only where that is its business", () => {
    const astray = imports.filter(({ file, specifier }) =>
      Object.entries(KNOWN_IN).some(
        ([name, folders]) =>
          (specifier === name || specifier.startsWith(`${name}/`)) && !folders.some((folder) => isWithin(file, folder)),
      ),
    );
    expect(astray).toEqual([]);
  });

  it("computes sizes without any package", () => {
    expect(imports.filter(({ file, specifier }) => isWithin(file, SIZING) && !specifier.startsWith("."))).toEqual([]);
  });

  it(`has no file above ${MOST_LINES} lines`, () => {
    const lines = files.map((file) => ({ file, lines: textOf(file).trimEnd().split("\n").length }));
    expect(lines.filter((each) => each.lines > MOST_LINES)).toEqual([]);
  });
});
