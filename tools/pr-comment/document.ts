/** What a comment consists of, before it is Markdown or a terminal's text. */

/** Text that came from outside stands as code: what is in it has no meaning in Markdown, and mentions nobody. */
export type Phrase = string | { readonly code: string } | { readonly strong: string };
export type Line = readonly Phrase[];

/** What a countable part holds, in the singular and the plural: `["number", "numbers"]`. */
export type Counted = readonly [one: string, many: string];

export type Block =
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "paragraph"; readonly line: Line }
  | { readonly kind: "caution"; readonly lines: readonly Line[] }
  | { readonly kind: "list"; readonly items: readonly Line[]; readonly of: Counted }
  | {
      readonly kind: "table";
      readonly head: readonly string[];
      readonly rows: readonly (readonly Line[])[];
      /** Columns of figures, counted from 0. */
      readonly figures?: readonly number[];
      readonly of: Counted;
    }
  | { readonly kind: "code"; readonly language: "diff" | "text"; readonly text: string; readonly of: Counted }
  | { readonly kind: "fold"; readonly summary: string; readonly open?: boolean; readonly blocks: readonly Block[] };

export const code = (text: string): Phrase => ({ code: text });
export const strong = (text: string): Phrase => ({ strong: text });

/** A line from a template: what is put in may be a phrase, or a line. */
export function line(texts: TemplateStringsArray, ...values: readonly (Phrase | Line | number)[]): Line {
  return texts
    .flatMap((text, index) => {
      const value = values[index];
      if (value === undefined) return [text];
      return [
        text,
        ...(typeof value === "number" ? [String(value)] : Array.isArray(value) ? value : [value as Phrase]),
      ];
    })
    .filter((phrase) => phrase !== "");
}

export const paragraph = (content: Line): Block => ({ kind: "paragraph", line: content });
export const heading = (text: string): Block => ({ kind: "heading", text });

/** `1 number`, `1,200 numbers`. */
export const counted = (count: number, [one, many]: Counted): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** `a, b and c`. */
export function listed(items: readonly Line[]): Line {
  return items.flatMap((item, index) => {
    if (index === 0) return item;
    return [index === items.length - 1 ? " and " : ", ", ...item];
  });
}
