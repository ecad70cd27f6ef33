import { stdout } from "node:process";
import { Command } from "commander";
import { type Comment, commentMarkdown, previewComment } from "../pr-comment/comment";
import { terminalText } from "../pr-comment/terminal";
import { previewed, selectStack } from "../stack/pulumi";
import { pulumiEnvironment } from "../toolchain/environment";
import { onStack } from "./on-stack";

export const preview = new Command("preview")
  .description("say what an update would do, as a pull request's comment does; changes nothing")
  .action(
    onStack(async (stack) => {
      const env = await pulumiEnvironment();
      await selectStack(stack, env);
      const comment = previewComment({ ...(await previewed(stack, env)), stack });
      console.log(forReader(comment));
      if (comment.failed) process.exitCode = 1;
    }),
  );

/** In colours and as wide as a terminal, else as Markdown. */
function forReader(comment: Comment): string {
  const { isTTY, columns = 120 } = stdout;
  return isTTY ? terminalText(comment.blocks, { colours: true, width: columns }) : commentMarkdown(comment);
}
