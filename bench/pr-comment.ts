import { readFileSync } from "node:fs";
import * as path from "node:path";
import Table from "cli-table3";
import { commentMarkdown, previewComment, summaryMarkdown } from "../tools/pr-comment/comment";
import { PROJECT } from "../tools/toolchain/versions";

/*
 * How long a comment on 1,000 resources takes, and how many times as long as reading the JSON of the same preview: the
 * ratio is the same on a slower machine.
 */
const RESOURCES = 1000;
const TURNS = 15;

/** A recorded preview with so many resources that change. */
function largePreview(resources: number): string {
  const file = path.join(PROJECT, "test", "data", "previews", "docker-tier-up.json");
  const { steps, ...rest }: { steps: { op: string; urn: string }[] } = JSON.parse(readFileSync(file, "utf8"));
  const changed = steps.filter(({ op, urn }) => op === "replace" && urn.includes("Container"));
  const more = Array.from({ length: resources }, (_, index) => {
    const step = changed[index % changed.length];
    return { ...step, urn: `${step?.urn}-${index}` };
  });
  return JSON.stringify({ ...rest, steps: [...steps, ...more] });
}

const milliseconds = (run: () => void): number => {
  const before = performance.now();
  run();
  return performance.now() - before;
};
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const preview = largePreview(RESOURCES);
const turns = Array.from({ length: TURNS }, () => ({
  parse: milliseconds(() => JSON.parse(preview)),
  comment: milliseconds(() => commentMarkdown(previewComment({ preview }))),
  both: milliseconds(() => {
    const comment = previewComment({ preview });
    commentMarkdown(comment);
    summaryMarkdown(comment);
  }),
})).slice(1);
const parse = median(turns.map((turn) => turn.parse));

const table = new Table({
  head: ["1,000 resources", "ms", "times JSON.parse", "aim"],
  style: { head: [], border: [] },
});
const row = (what: string, value: number, aim: string) =>
  table.push([what, value.toFixed(0), (value / parse).toFixed(1), aim]);
row("JSON.parse of the preview", parse, "");
row("comment", median(turns.map(({ comment }) => comment)), "below 1,000 ms");
row("comment and summary", median(turns.map(({ both }) => both)), "below 1,000 ms");
console.log(`${table}`);
