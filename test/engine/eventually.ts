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

/**
 * The answer of a server that may not be up yet. Without a time-out of its own, the first `fetch` of a Node.js process
 * waits for ever where its connection is closed before the request was sent, as Docker does while a container starts.
 */
export const answer = (url: string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(10_000) });
