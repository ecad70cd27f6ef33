import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline/promises";

/** Asks on a terminal; without one the answer is no. */
export async function agrees(question: string): Promise<boolean> {
  if (!stdin.isTTY) return false;
  const terminal = createInterface({ input: stdin, output: stdout });
  const answer = await terminal.question(`${question} Type yes to do so: `);
  terminal.close();
  return answer.trim() === "yes";
}
