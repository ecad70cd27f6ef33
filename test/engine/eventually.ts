import { setTimeout as sleep } from "node:timers/promises";

/** Asks until there is an answer. Where there is none in time, the last refusal is thrown. */
export async function eventually<T>(ask: () => Promise<T>, seconds = 120): Promise<T> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    try {
      return await ask();
    } catch {
      await sleep(500);
    }
  }
  return ask();
}
