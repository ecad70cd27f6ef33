import { styleText } from "node:util";
import Table from "cli-table3";
import type { Block, Line } from "./document";
import { visible } from "./values";

type Style = Parameters<typeof styleText>[0];

/** A document as a terminal shows it: the same content, folds open. */
export function terminalText(
  blocks: readonly Block[],
  { colours, width }: { colours: boolean; width: number },
): string {
  const styled = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const plain = (line: Line): string =>
    line
      .map((phrase) => {
        if (typeof phrase === "string") return visible(phrase);
        return "code" in phrase ? styled("cyan", visible(phrase.code)) : styled("bold", visible(phrase.strong));
      })
      .join("");
  const shown = (block: Block): string => {
    switch (block.kind) {
      case "heading":
        return styled("bold", block.text);
      case "paragraph":
        return plain(block.line);
      case "caution":
        return block.lines.map((line) => styled("red", `Caution: ${plain(line)}`)).join("\n");
      case "list":
        return block.items.map((item) => `- ${plain(item)}`).join("\n");
      case "table":
        return tableText(block, plain, width);
      case "code":
        return block.text
          .split("\n")
          .map((text) =>
            text.startsWith("-") ? styled("red", text) : text.startsWith("+") ? styled("green", text) : text,
          )
          .join("\n");
      case "fold":
        return [`${block.summary}:`, ...block.blocks.map(shown)].join("\n");
    }
  };
  return blocks.map(shown).join("\n\n");
}

const PADDING = 2;
/** Of columns but the last, which is as wide as there is room. */
const WIDEST = 46;
const NARROWEST = 20;

function tableText(
  { head, rows }: Extract<Block, { kind: "table" }>,
  plain: (line: Line) => string,
  width: number,
): string {
  const last = head.length - 1;
  const wanted = head.map(
    (title, column) => PADDING + Math.max(title.length, ...rows.map((row) => plain(row[column] ?? []).length)),
  );
  const firsts = wanted.slice(0, last).map((each) => Math.min(each, WIDEST));
  // A line stands before each column, and behind the last.
  const left = width - firsts.reduce((sum, each) => sum + each, 0) - head.length - 1;
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    wordWrap: true,
    colWidths: [...firsts, Math.min(wanted[last] ?? 0, Math.max(NARROWEST, left))],
  });
  for (const row of rows) table.push(row.map(plain));
  return table.toString();
}
