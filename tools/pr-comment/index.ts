import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { type Comment, commentMarkdown, planComment, previewComment, summaryMarkdown } from "./comment";
import { parseExplained } from "./plans";

interface Flags {
  readonly stack?: string;
  readonly events?: string;
  readonly log?: string;
  readonly base?: string;
  readonly head?: string;
  readonly full?: string;
}

const DEFAULT_STACK = "dev";

new Command("pr-comment")
  .description("Say as Markdown what a change means: from a preview, or from two plans where there is no state.")
  .argument("[preview]", "file that `pulumi preview --json` wrote, best with --show-sames")
  .option("--events <file>", "events of the preview, one JSON object a line: adds what policies say")
  .option("--log <file>", "what else the preview printed: says why there is none")
  .option("--base <file>", "what `explain --json` wrote of the base; left out where the stack is new")
  .option("--head <file>", "what it wrote of the head, instead of a preview")
  .option("--stack <name>", "the stack, where the input does not say it")
  .option("--full <file>", "write everything to this file too, for the summary of a job")
  .action((preview: string | undefined, flags: Flags) => {
    const comment = commentOf(preview, flags);
    if (flags.full !== undefined) writeFileSync(flags.full, summaryMarkdown(comment));
    process.stdout.write(commentMarkdown(comment));
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });

function commentOf(preview: string | undefined, { base, head, stack, events, log }: Flags): Comment {
  if (preview !== undefined && head === undefined && base === undefined) {
    return previewComment({
      preview: readFileSync(preview, "utf8"),
      events: events && readFileSync(events, "utf8"),
      log: log && readFileSync(log, "utf8"),
      stack,
    });
  }
  if (preview !== undefined || head === undefined) {
    throw new Error("Give a preview, or --head (and --base): npm run --silent pr-comment -- preview.json");
  }
  const explained = (file: string) => parseExplained(readFileSync(file, "utf8"), file);
  return planComment(base === undefined ? undefined : explained(base), explained(head), stack ?? DEFAULT_STACK);
}
