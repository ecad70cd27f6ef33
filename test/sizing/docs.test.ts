import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RULES } from "../../components/sizing";

const anchorsOf = (path: string): string[] =>
  [...readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm)].map(
    ([, heading]) => `${path}#${heading?.toLowerCase().replaceAll(" ", "-")}`,
  );

describe("every rule", () => {
  const rules = Object.entries(RULES).flatMap(([section, table]) =>
    Object.entries(table).map(([field, rule]) => ({ name: `${section}.${field}`, field, section, rule })),
  );

  it.each(rules)(
    "$name names a section that docs/sizing.md has, and knows its own name",
    ({ rule, field, section }) => {
      expect(existsSync("docs/sizing.md")).toBe(true);
      expect(anchorsOf("docs/sizing.md")).toContain(rule.source);
      expect([rule.section, rule.field]).toEqual([section, field]);
      expect([rule.words.endsWith("."), rule.about.length > 5]).toEqual([true, true]);
    },
  );
});
