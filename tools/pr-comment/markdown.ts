import type { Nodes, PhrasingContent, TableRow } from "mdast";
import { gfmToMarkdown } from "mdast-util-gfm";
import { toMarkdown } from "mdast-util-to-markdown";
import { type Block, type Counted, counted, type Line } from "./document";
import { visible } from "./values";

/** What is left of the length: once something does not fit, nothing after it is taken, only counted. */
class Room {
  private readonly leftOut = new Map<string, { count: number; of: Counted }>();
  private readonly texts: string[] = [];
  private full = false;

  constructor(private left: number) {}

  /** Takes a text if it fits together with what must be written after it. */
  take(render: () => string, closing = 0): boolean {
    const text = this.full ? "" : render();
    if (this.full || bytes(text) + closing > this.left) {
      this.full = true;
      return false;
    }
    this.left -= bytes(text);
    this.texts.push(text);
    return true;
  }

  /** What room was kept for. */
  close(text: string): void {
    this.texts.push(text);
  }

  /** Room for the end of something that was begun. */
  reserve = (size: number): void => {
    this.left -= size;
  };

  count(of: Counted, count = 1): void {
    const [, many] = of;
    this.leftOut.set(many, { of, count: (this.leftOut.get(many)?.count ?? 0) + count });
  }

  /** `3 numbers, 1,000 resources`; empty where everything fitted. */
  missing = (): string => [...this.leftOut.values()].map(({ count, of }) => counted(count, of)).join(", ");

  text = (): string => this.texts.join("");
}

/** Never fewer than characters. */
const bytes = (text: string): number => Buffer.byteLength(text);

export interface MarkdownOptions {
  /** Most bytes of the whole. */
  readonly most: number;
  /** Hidden first line, by which the comment is found again. */
  readonly marker: string;
  /** Where the rest is when something was left out, as the end of a sentence. */
  readonly restIn: string;
}

/** Longest note of what was left out. */
const NOTE_BYTES = 600;

/** A document as GitHub's Markdown, cut at its end where it is too long, with a count of what was left out. */
export function markdownOf(blocks: readonly Block[], { most, marker, restIn }: MarkdownOptions): string {
  const room = new Room(most - NOTE_BYTES);
  room.take(() => `${marker}\n`);
  for (const block of blocks) write(block, room);
  const missing = room.missing();
  const note = missing && `\n${rendered(paragraph([`Left out for length: ${missing}. ${restIn}`]))}`;
  return `${room.text()}${note}`;
}

function write(block: Block, room: Room): void {
  switch (block.kind) {
    case "heading":
      room.take(() => `\n${rendered({ type: "heading", depth: 3, children: [{ type: "text", value: block.text }] })}`);
      return;
    case "paragraph":
      room.take(() => `\n${rendered(paragraph(block.line))}`);
      return;
    case "caution":
      room.take(() => `\n${caution(block.lines)}`);
      return;
    case "list":
      writeItems(() => "\n", block.items, listItem, block.of, room);
      return;
    case "table":
      writeItems(() => `\n${tableHead(block)}`, block.rows, tableRow, block.of, room);
      return;
    case "code":
      if (!room.take(() => `\n${rendered({ type: "code", lang: block.language, value: block.text })}`))
        room.count(block.of);
      return;
    case "fold":
      writeFold(block, room);
      return;
  }
}

/** Rows or items that follow a beginning, which is left out where not one of them fits. */
function writeItems<T>(
  beginning: () => string,
  items: readonly T[],
  render: (item: T) => string,
  of: Counted,
  room: Room,
): void {
  const cut = items.findIndex((item, index) => !room.take(() => (index === 0 ? beginning() : "") + render(item)));
  if (cut >= 0) room.count(of, items.length - cut);
}

const FOLD_END = "\n</details>\n";

function writeFold({ summary, open, blocks }: Extract<Block, { kind: "fold" }>, room: Room): void {
  // In HTML, Markdown has no meaning: only our own words stand there, never text from outside.
  const begin = `\n<details${open ? " open" : ""}>\n<summary>${escapedHtml(summary)}</summary>\n`;
  const begun = room.take(() => begin, FOLD_END.length);
  if (begun) room.reserve(FOLD_END.length);
  for (const block of blocks) write(block, room);
  if (begun) room.close(FOLD_END);
}

const caution = (lines: readonly Line[]): string =>
  rendered({
    type: "blockquote",
    children: [
      // An escaped bracket would not be GitHub's sign of an alert.
      { type: "paragraph", children: [{ type: "html", value: "[!CAUTION]" }] },
      ...lines.map(paragraph),
    ],
  }).replace("[!CAUTION]\n>\n", "[!CAUTION]\n");

const listItem = (line: Line): string =>
  rendered({
    type: "list",
    ordered: false,
    spread: false,
    children: [{ type: "listItem", spread: false, children: [paragraph(line)] }],
  });

function tableHead({ head, figures = [] }: Extract<Block, { kind: "table" }>): string {
  return rendered({
    type: "table",
    align: head.map((_, index) => (figures.includes(index) ? "right" : null)),
    children: [rowOf(head.map((each) => [each]))],
  });
}

const tableRow = (cells: readonly Line[]): string => rendered(rowOf(cells));

const rowOf = (cells: readonly Line[]): TableRow => ({
  type: "tableRow",
  children: cells.map((cell) => ({ type: "tableCell", children: phrasing(cell) })),
});

const paragraph = (line: Line): Extract<Nodes, { type: "paragraph" }> => ({
  type: "paragraph",
  children: phrasing(line),
});

const phrasing = (line: Line): PhrasingContent[] =>
  line.map((phrase) => {
    if (typeof phrase === "string") return { type: "text", value: inert(phrase) };
    if ("code" in phrase) return { type: "inlineCode", value: phrase.code === "" ? " " : phrase.code };
    return { type: "strong", children: [{ type: "text", value: inert(phrase.strong) }] };
  });

/** On GitHub `@name` calls somebody, `#1` and addresses link, however escaped: an invisible joiner takes that from them. */
const inert = (text: string): string =>
  visible(text).replaceAll(/[@#](?=\w)|\bGH(?=-\d)|:(?=\/\/)|\bwww(?=\.)/gi, "$&\u2060");

const OPTIONS = {
  bullet: "-",
  fences: true,
  rule: "-",
  extensions: [gfmToMarkdown({ tablePipeAlign: false })],
} as const;

const rendered = (node: Nodes): string => {
  const text = toMarkdown(node, { ...OPTIONS, extensions: [...OPTIONS.extensions] });
  return text.endsWith("\n") ? text : `${text}\n`;
};

const escapedHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
