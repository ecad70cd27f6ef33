import type { Command } from "commander";

/** The action of a command that is told the stack first (`--stack`), and then its own arguments and options. */
export const onStack = <Given extends readonly unknown[]>(
  action: (stack: string, ...given: Given) => void | Promise<void>,
) =>
  function (this: Command, ...given: Given): void | Promise<void> {
    return action(this.optsWithGlobals<{ stack: string }>().stack, ...given);
  };
