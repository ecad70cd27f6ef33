import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import type { Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { describe, expect, it } from "vitest";
import { sizingPlan } from "../../components/sizing";
import { explainedJson } from "../../tools/explanation";
import {
  COMMENT_BYTES,
  type CommentInput,
  commentMarkdown,
  planComment,
  previewComment,
  SUMMARY_BYTES,
  summaryMarkdown,
} from "../../tools/pr-comment/comment";
import { parseExplained } from "../../tools/pr-comment/plans";
import { terminalText } from "../../tools/pr-comment/terminal";

const FOLDER = path.join(__dirname, "..", "data", "previews");
const RECORDED = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.replace(/\.json$/, ""));

const read = (name: string) => readFileSync(path.join(FOLDER, name), "utf8");
const inputOf = (name: string): CommentInput => ({
  preview: read(`${name}.json`),
  events: name === "docker-policy" ? read(`${name}.events.jsonl`) : undefined,
});
const commentOf = (input: CommentInput) => commentMarkdown(previewComment(input));
const verdictOf = (comment: string) => comment.split("\n")[2] ?? "";

const parsed = (markdown: string): Root =>
  fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
const nodesOf = (node: Nodes): Nodes[] => [node, ...("children" in node ? node.children.flatMap(nodesOf) : [])];

/** What of HTML a comment may hold: its marker, and folds. */
const ALLOWED = [
  /^<!-- sized-stack:preview:[\w.-]+ -->$/,
  /^<details( open)?>\n<summary>[^<>]*<\/summary>$/,
  /^<\/details>$/,
  /^\[!CAUTION\]$/,
];

/** Fails where a renderer would make something else of it than was meant. */
function expectValid(markdown: string): void {
  const nodes = nodesOf(parsed(markdown));
  const html = nodes.filter((node) => node.type === "html").map(({ value }) => value);
  for (const each of html) expect(ALLOWED.some((allowed) => allowed.test(each))).toBe(true);
  const count = (start: string) => html.filter((each) => each.startsWith(start)).length;
  expect(count("<details")).toBe(count("</details>"));
  const heads = markdown.split("\n").filter((each) => /^\| -:?( \| -:?)* \|$/.test(each));
  const tables = nodes.filter((node) => node.type === "table");
  expect(tables).toHaveLength(heads.length);
  for (const { children } of tables) {
    for (const row of children) expect(row.children).toHaveLength(children[0]?.children.length ?? 0);
  }
  for (const node of nodes) {
    if (node.type === "text") expect(node.value).not.toMatch(/(^|[^\w`/])@\w/);
  }
  const rendered = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  expect(unbalanced(rendered)).toEqual([]);
}

const VOID = new Set(["br", "hr", "input", "img"]);

/** Tags that nothing closes, or that close nothing. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, tag = ""] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (VOID.has(tag)) continue;
    if (!slash) open.push(tag);
    else if (open.pop() !== tag) wrong.push(tag);
  }
  return [...wrong, ...open];
}

interface Step {
  readonly op: string;
  readonly type: string;
  readonly name: string;
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly retain?: boolean;
}

/** A preview as the engine writes it, of few resources. */
function previewOf(...steps: readonly Step[]): string {
  return JSON.stringify({
    steps: steps.map(({ op, type, name, before, after, more, retain }) => {
      const urn = `urn:pulumi:prod::sized-stack::${type}::${name}`;
      const state = { urn, type, custom: true, ...(retain && { retainOnDelete: true }) };
      return {
        op,
        urn,
        ...(before && { oldState: { ...state, id: `id of ${name}`, inputs: before } }),
        ...(after && { newState: { ...state, inputs: after } }),
        ...more,
      };
    }),
    changeSummary: {},
  });
}

const DOCKER_VOLUME = "docker:index/volume:Volume";
const EBS_VOLUME = "aws:ebs/volume:Volume";
const SNAPSHOTS = "aws:dlm/lifecyclePolicy:LifecyclePolicy";
const kept = (count: number) => ({ policyDetails: { schedules: [{ retainRule: { count } }] } });

describe("recorded previews", () => {
  it.each(RECORDED)("%s reads as the reviewed comment", async (name) => {
    const comment = commentOf(inputOf(name));
    await expect(comment).toMatchFileSnapshot(path.join(__dirname, "pr-comment", `${name}.md`));
  });

  it.each(RECORDED)("%s is valid Markdown, in full too", (name) => {
    const comment = previewComment(inputOf(name));
    expectValid(commentMarkdown(comment));
    expectValid(summaryMarkdown(comment));
  });

  it("hold no secret, and no path of a machine", () => {
    for (const file of readdirSync(FOLDER))
      expect(read(file)).not.toMatch(/sesame|\/tmp\/sized|\/root\/|\/work\/|[0-9a-f]{64}/);
  });

  it("read the same in whatever order the engine writes the resources", () => {
    const { steps, ...rest } = JSON.parse(read("ec2-two-hosts.json"));
    const turned = JSON.stringify({ ...rest, steps: [steps[0], ...steps.slice(1).reverse()] });
    expect(commentOf({ preview: turned })).toBe(commentOf(inputOf("ec2-two-hosts")));
  });
});

describe("the verdict", () => {
  it.each([
    ["docker-no-change", "`dev`: no changes."],
    ["docker-override", "`dev`: **1 to replace**: PostgreSQL restarts (about 2 s when idle), data volume untouched."],
    ["docker-memory-only", "`dev`: **1 to update**: no service is interrupted."],
    ["docker-first-deploy", "`dev`: **19 to create**, the first deploy of this stack."],
    ["docker-destroy", "`dev`: **20 to delete**, the whole stack, data volumes are kept."],
    ["docker-wrong-setting", "`dev`: **the preview failed**, and nothing was changed."],
  ])("%s: %s", (name, sentence) => {
    expect(verdictOf(commentOf(inputOf(name)))).toBe(sentence);
  });

  it("calls a start-first replacement no interruption, and a 0/100 deployment one", () => {
    const docker = commentOf(inputOf("docker-tier-up"));
    expect(docker).toContain("| The backend | is replaced, the new containers first | none | holds none |");
    expect(verdictOf(docker)).not.toContain("backend");
    expect(verdictOf(commentOf(inputOf("ec2-tier-up")))).toMatch(/PostgreSQL.* restart \(from the old task's end/);
  });

  it("says that backend and Celery are interrupted where the plan has room for one copy", () => {
    const preview = read("docker-tier-up.json").replaceAll('"rollout":"auto"', '"rollout":"recreate"');
    const comment = commentOf({ preview });
    expect(verdictOf(comment)).toContain("the backend restarts (some seconds without an answer)");
    expect(verdictOf(comment)).toContain("Celery restarts (some seconds without new tasks)");
    expect(comment).toContain("| The backend | restarts | some seconds without an answer | holds none |");
  });

  it("is one line where nothing changes", () => {
    expect(commentOf(inputOf("ec2-no-change"))).toBe("<!-- sized-stack:preview:prod -->\n\n`prod`: no changes.\n");
  });
});

describe("a preview without a result", () => {
  it.each([
    ["nothing", "", "error: getting secrets manager: incorrect passphrase", "PULUMI_CONFIG_PASSPHRASE"],
    ["text", "error: the stack is currently locked by 1 lock(s)", "", "pulumi cancel"],
    [
      "a list of messages",
      '{"diagnostics":[{"severity":"info#err","message":"could not start the plugin"}]}',
      "",
      "could not start the plugin",
    ],
    ["an empty object", "{}", "", "The engine ended without a result."],
    ["changes, and an error beside them", read("docker-no-change.json"), "error: no valid credential sources", "AWS"],
  ])("%s: says that it failed, why, and what mends it", (_, preview, log, words) => {
    const comment = commentOf({ preview, log, stack: "prod" });
    expect(verdictOf(comment)).toContain("the preview failed");
    expect(comment).toContain(words);
    expectValid(comment);
  });
});

describe("data", () => {
  const commentOn = (...steps: readonly Step[]) => commentOf({ preview: previewOf(...steps) });
  const bystander: Step = { op: "update", type: "aws:ecs/cluster:Cluster", name: "main", before: {}, after: {} };

  it.each([
    ["a volume deleted", { op: "delete", type: DOCKER_VOLUME, name: "db", before: {} }, "is deleted, and"],
    ["a volume replaced", { op: "replace", type: EBS_VOLUME, name: "data", before: {}, after: {} }, "would be lost"],
    [
      "a kept volume replaced",
      { op: "replace", type: EBS_VOLUME, name: "data", before: {}, after: {}, retain: true },
      "empty",
    ],
    ["snapshots ended", { op: "delete", type: SNAPSHOTS, name: "daily", before: kept(7) }, "no snapshots"],
    [
      "fewer snapshots",
      { op: "update", type: SNAPSHOTS, name: "daily", before: kept(7), after: kept(3) },
      "3 daily snapshots in place of 7",
    ],
  ] satisfies [string, Step, string][])("%s: warns on top", (_, step, words) => {
    const comment = commentOn(step, bystander);
    const [, , , , warning] = comment.split("\n");
    expect(warning).toBe("> [!CAUTION]");
    expect(comment.split("\n")[5]).toContain(words);
    expectValid(comment);
  });

  it.each([
    ["a volume that is kept", { op: "delete", type: EBS_VOLUME, name: "data", before: {}, retain: true }],
    ["more snapshots", { op: "update", type: SNAPSHOTS, name: "daily", before: kept(3), after: kept(7) }],
    ["a volume that grows", { op: "update", type: EBS_VOLUME, name: "data", before: { size: 1 }, after: { size: 2 } }],
  ] satisfies [string, Step][])("%s: does not cry wolf", (_, step) => {
    expect(commentOn(step, bystander)).not.toContain("CAUTION");
  });

  it("names a volume that is kept as it is found again", () => {
    expect(commentOf(inputOf("docker-external"))).toContain("kept as `sized-stack-dev-postgres`");
  });
});

describe("sizing", () => {
  const sizing = { hardware: { threads: 4, memory: "8GiB" }, tier: "medium" } as const;
  const component = (plan: object, after: object) =>
    JSON.stringify({
      steps: [
        {
          op: "update",
          urn: "urn:pulumi:dev::sized-stack::sized-stack:index:Postgres::postgres",
          oldState: { type: "sized-stack:index:Postgres", inputs: { sizing, plan } },
          newState: { type: "sized-stack:index:Postgres", inputs: { sizing, plan: after } },
        },
      ],
      changeSummary: { update: 1 },
    });

  it("takes numbers from what was registered, and says when it is the rule that changed", () => {
    const now = sizingPlan(sizing).postgres?.maxConnections ?? 0;
    const comment = commentOf({ preview: component({ maxConnections: 55 }, { maxConnections: now }) });
    expect(comment).toMatch(new RegExp(`55 \\| ${now} \\|.*The rule was another before\\.`));
    expect(verdictOf(comment)).toBe("`dev`: no resource changes, though the plan does.");
  });

  it("shows a number that this version has no rule for", () => {
    expect(commentOf({ preview: component({ oldNumber: 1 }, { newNumber: 2 }) })).toContain(
      "| `newNumber` | none | 2 |",
    );
  });

  it("names the inputs that moved a number, and an override", () => {
    expect(commentOf(inputOf("docker-tier-up"))).toContain("Moved by workers 1 → 2");
    expect(commentOf(inputOf("docker-override"))).toContain("| `workMemMiB` | 4 | 6 | Overridden in place of 4 MiB. |");
  });
});

describe("cost", () => {
  it("is before and after by resource, with the date of the prices", () => {
    const comment = commentOf(inputOf("ec2-larger-volume"));
    expect(comment).toMatch(/\| Volume `data` \| 4\.00 \| 16\.00 \|/);
    expect(comment).toMatch(/estimate from prices of \d{4}-\d{2}-\d{2}/);
  });

  it("is unknown where a price is, never zero", () => {
    const instance = (instanceType: string) => ({ instanceType });
    const step = { op: "update", type: "aws:ec2/instance:Instance", name: "host" };
    const preview = previewOf({ ...step, before: instance("m7i.large"), after: instance("x9z.large") });
    expect(commentOf({ preview })).toMatch(/\| Instance `host` \| \d+\.\d\d \| unknown \|/);
  });

  it("has no total where the preview leaves out what stays", () => {
    const { steps, ...rest } = JSON.parse(read("ec2-larger-volume.json"));
    const changed = steps.filter(({ op }: { op: string }) => op !== "same");
    const comment = commentOf({ preview: JSON.stringify({ ...rest, steps: changed }) });
    expect(comment).toContain("Without the resources that stay");
    expect(comment).not.toContain("whole stack");
  });

  it("goes on for a volume that leaves the stack and is kept", () => {
    expect(commentOf(inputOf("ec2-external"))).toContain("| Volume `data` (leaves the stack, is kept) | 4.00 | 4.00 |");
  });

  it("is not asked of a stack on Docker", () => {
    expect(commentOf(inputOf("docker-tier-up"))).not.toContain("Cost");
  });
});

describe("policies", () => {
  it("say what stops the update, once each, before what is advice", () => {
    const comment = commentOf(inputOf("docker-policy"));
    expect(verdictOf(comment)).toContain("1 policy violation stops the update");
    expect(comment.indexOf("Stops the update")).toBeLessThan(comment.indexOf("**Advice**"));
    expect(commentOf({ preview: read("docker-policy.json") })).toContain("`--events`) say which");
    const twice = commentOf({ ...inputOf("docker-policy"), events: read("docker-policy.events.jsonl").repeat(2) });
    expect(twice).toBe(comment);
  });
});

describe("values from outside", { timeout: 60_000 }, () => {
  const SECRET = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    ciphertext: "c2VzYW1l",
    plaintext: "sesame",
  };
  const changed = (before: unknown, after: unknown) =>
    previewOf({
      op: "update",
      type: "x:index:Y",
      name: "y",
      before: { a: before },
      after: { a: after },
      more: { diffReasons: ["a"] },
    });

  it("never show a secret", () => {
    for (const value of [SECRET, [SECRET], { in: { deep: SECRET } }, `[{"a":${JSON.stringify(SECRET)}}]`]) {
      const comment = previewComment({ preview: changed("known", value) });
      expect(summaryMarkdown(comment)).not.toMatch(/sesame|c2VzYW1l|4dabf/);
      expect(summaryMarkdown(comment)).toContain("[secret]");
    }
  });

  it("are known after the update where the engine does not know them yet", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const comment = commentOf({ preview: changed({ x: "id-1" }, { x: unknown }) });
    expect(comment).toContain("+ a.x: known after the update");
    expect(comment).not.toContain(unknown);
  });

  it("show what turns the direction of text, and what is invisible", () => {
    expect(commentOf({ preview: changed("a", "b\u202Ec\u0007\u200B") })).toContain("b\\u{202e}c\\u{0007}\\u{200b}");
  });

  it.each(["a|b", "a\\|b", "a\\\\|b", "`|`"])("keep %s in its cell of a table", (name) => {
    const volume = { type: EBS_VOLUME, name, before: { size: 1, type: "gp3" }, after: { size: 2, type: "gp3" } };
    const [table] = nodesOf(parsed(commentOf({ preview: previewOf({ op: "update", ...volume }) }))).filter(
      (node) => node.type === "table",
    );
    const cells = table?.children.at(-1)?.children.map(({ children }) => children.map(({ type }) => type));
    expect(cells).toEqual([["text", "inlineCode"], ["text"], ["text"]]);
  });

  const HOSTILE = [
    "`",
    "```\n",
    "~~~",
    "|",
    "\\|",
    "@someone",
    "#1",
    "GH-1",
    "</details>",
    "<script>alert(1)</script>",
    "<!--",
    "-->",
    "![x](http://x.example/y)",
    "[x](javascript:1)",
    "https://x.example",
    "\n\n# h\n",
    "> q",
    "- i",
    "***",
    "&lt;",
    "\\",
    "> [!CAUTION]",
    "| - | - |",
    "\r\n",
    "_",
    "<details>",
    "$&",
  ];
  const hostile = fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "grapheme" })), { maxLength: 12 })
    .map((parts) => parts.join(""));

  it("cannot break the comment or speak in it, wherever they stand", () => {
    const attack = (text: string, name: string) =>
      previewComment({
        preview: JSON.stringify({
          ...JSON.parse(
            previewOf(
              {
                op: "replace",
                type: EBS_VOLUME,
                name,
                before: { size: 1, a: "x" },
                after: { size: 1, a: text },
                more: { replaceReasons: [text], diffReasons: ["a", text] },
              },
              {
                op: "delete",
                type: "aws:cloudwatch/logGroup:LogGroup",
                name: `${name}2`,
                before: { [name]: text },
                retain: true,
              },
              {
                op: "update",
                type: "aws:ec2/instance:Instance",
                name: `${name}3`,
                before: { a: `["${text}"]` },
                after: { a: [text, { [text]: text }] },
              },
            ),
          ),
        }),
        events: JSON.stringify({
          policyEvent: {
            message: text,
            policyName: name,
            enforcementLevel: "advisory",
            resourceUrn: `urn:pulumi:dev::p::t::${name}`,
          },
        }),
        stack: name,
      });
    const shape = (markdown: string) => parsed(markdown).children.map(({ type }) => type);
    const expected = shape(commentMarkdown(attack("harmless", "harmless")));
    fc.assert(
      fc.property(hostile, hostile, (text, name) => {
        const comment = attack(text, name);
        for (const markdown of [commentMarkdown(comment), summaryMarkdown(comment)]) {
          expectValid(markdown);
          expect(nodesOf(parsed(markdown)).filter(({ type }) => type === "link" || type === "image")).toEqual([]);
        }
        // An item more or less in a diff is no other shape.
        expect(new Set(shape(commentMarkdown(comment)))).toEqual(new Set(expected));
      }),
      { numRuns: 60 },
    );
  });
});

describe("a large preview", { timeout: 60_000 }, () => {
  const many = (count: number, value: string) =>
    previewOf(
      ...Array.from({ length: count }, (_, index) => ({
        op: index % 3 === 0 ? "replace" : "update",
        type: "aws:ssm/parameter:Parameter",
        name: `parameter-${index}`,
        before: { value: "old" },
        after: { value },
        more: { diffReasons: ["value"] },
      })),
    );

  it("of 3,000 resources stays below GitHub's limits, and counts what it leaves out", () => {
    const comment = commentOf({ preview: many(3000, "new") });
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(COMMENT_BYTES);
    expectValid(comment);
    const shown = comment.split("\n").filter((each) => each.startsWith("- `parameter-")).length;
    const [, left = ""] = /Left out for length: ([\d,]+) resources,/.exec(comment) ?? [];
    expect(shown).toBeGreaterThan(500);
    expect(shown + Number(left.replaceAll(",", ""))).toBe(3000);
    expect(comment).toContain("3,000 resources' properties");
  });

  it("whose values have 40 kB shows their beginning, and how much more there is", () => {
    const comment = previewComment({ preview: many(200, "v".repeat(40_000)) });
    expect(commentMarkdown(comment)).toContain("v… (39,760 more characters)");
    expect(Buffer.byteLength(commentMarkdown(comment))).toBeLessThanOrEqual(COMMENT_BYTES);
    expectValid(commentMarkdown(comment));
  });

  it("is cut in the summary of a job too, by bytes", () => {
    const full = summaryMarkdown(previewComment({ preview: many(2500, "→".repeat(200)) }));
    expect(Buffer.byteLength(full)).toBeGreaterThan(SUMMARY_BYTES / 2);
    expect(Buffer.byteLength(full)).toBeLessThanOrEqual(SUMMARY_BYTES);
    expectValid(full);
  });
});

describe("two plans, without a preview", () => {
  const explained = (tier: "low" | "high", reference?: { threads: number; memory: "8GiB" }) =>
    parseExplained(
      JSON.stringify(explainedJson(sizingPlan({ hardware: { threads: 4, memory: "8GiB" }, tier }), reference)),
      "plan.json",
    );

  it("compare by number, with the rule that moved it", async () => {
    const comment = commentMarkdown(planComment(explained("low"), explained("high"), "dev"));
    await expect(comment).toMatchFileSnapshot(path.join(__dirname, "pr-comment", "plans.md"));
    expectValid(comment);
  });

  it("say that they were made for a reference machine", () => {
    const reference = { threads: 4, memory: "8GiB" } as const;
    const comment = commentMarkdown(planComment(explained("low", reference), explained("high", reference), "dev"));
    expect(comment).toContain("a reference machine (`4x8GiB`)");
  });

  it("are one line where no number changes", () => {
    const comment = commentMarkdown(planComment(explained("low"), explained("low"), "dev"));
    expect(comment).toBe("<!-- sized-stack:preview:dev -->\n\n`dev`: no number of the plan changes.\n");
  });

  it("of a new stack have no before", () => {
    const comment = commentMarkdown(planComment(undefined, explained("low"), "new"));
    expect(verdictOf(comment)).toBe("`new`: **a new plan**.");
    expectValid(comment);
  });

  it("are read from outside: what a fork wrote as a rule mentions nobody", () => {
    const text = JSON.stringify(explainedJson(sizingPlan({ hardware: { threads: 4, memory: "8GiB" }, tier: "high" })));
    const forged = parseExplained(
      text.replaceAll(/"rule":"[^"]*"/g, '"rule":"@someone </details> ![x](http://x.example)"'),
      "x",
    );
    expectValid(commentMarkdown(planComment(explained("low"), forged, "dev")));
  });

  it("are refused where the file is something else", () => {
    expect(() => parseExplained("{}", "head.json")).toThrow(/head\.json: is not what explain --json writes/);
  });
});

describe("on a terminal", () => {
  it("the same is said, without Markdown, with colours only where asked for", () => {
    const { blocks } = previewComment(inputOf("docker-tier-up"));
    const plain = terminalText(blocks, { colours: false, width: 120 });
    expect(plain).toContain("PostgreSQL restarts (about 2 s when idle), data volume untouched.");
    expect(plain).toContain("maxConnections");
    for (const sign of ["<details", "**", "\u001b"]) expect(plain).not.toContain(sign);
    expect(terminalText(blocks, { colours: true, width: 120 })).toContain("\u001b[");
    for (const each of plain.split("\n").filter((text) => /^[│┌├└]/.test(text)))
      expect(each.length).toBeLessThanOrEqual(120);
  });
});
