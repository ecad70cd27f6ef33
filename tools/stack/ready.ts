import { setTimeout as sleep } from "node:timers/promises";

const READY_SECONDS = 60;

/**
 * Waits until the application answers that it reaches its data services.
 * @throws Error with its last answer where it does not.
 */
export async function waitUntilReady(url: string): Promise<void> {
  const ready = `${url}/api/ready`;
  let answer = "no answer";
  for (let second = 0; second < READY_SECONDS; second++) {
    try {
      const response = await fetch(ready, { signal: AbortSignal.timeout(5000) });
      if (response.ok) return;
      answer = `status ${response.status}`;
    } catch (error) {
      answer = error instanceof Error ? error.message : String(error);
    }
    await sleep(1000);
  }
  throw new Error(`${ready}: ${answer} for ${READY_SECONDS} s. See what the services say: make logs`);
}
