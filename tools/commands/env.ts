import { Command } from "commander";
import { pulumiEnvironment } from "../toolchain/environment";

export const env = new Command("env")
  .description("print the exports with which plain pulumi works")
  .action(async () => {
    for (const [name, value] of Object.entries(await pulumiEnvironment())) {
      console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
    }
  });
