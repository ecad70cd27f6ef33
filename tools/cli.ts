import { Command } from "commander";
import { COMMANDS } from "./commands";

const program = new Command("sized-stack").option("--stack <name>", "the stack to work on", "dev");
for (const command of COMMANDS) program.addCommand(command);

program.parseAsync().catch((error: unknown) => {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
