import { setTimeout as sleep } from "node:timers/promises";

/** The longest any load of these tests may last, whatever it waits for. */
const BOUND_SECONDS = 300;
const REQUESTS_PER_SECOND = 100;
/** An answer that takes longer does not count as one. */
const TIMEOUT_SECONDS = 10;

export interface Load {
  /** Answers by status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Requests without an answer, by reason: refused, cut off, too late. */
  readonly lost: Readonly<Record<string, number>>;
  readonly total: number;
}

/**
 * Sends requests to this machine at a steady rate, whether or not earlier ones were answered, from before `work` begins
 * until after it has ended, and accounts for every one. Load generators were tried: they leave out those that were
 * under way when a connection was cut, or when they were stopped.
 */
export async function underLoad(
  url: string,
  requests: readonly (RequestInit & { readonly path: string })[],
  work: () => Promise<unknown>,
): Promise<Load> {
  const outcomes: Promise<string>[] = [];
  const began = Date.now();
  const timer = setInterval(() => {
    const due = Math.min(Date.now() - began, BOUND_SECONDS * 1000) * (REQUESTS_PER_SECOND / 1000);
    while (outcomes.length < due) {
      const { path = "/", ...request } = requests[outcomes.length % requests.length] ?? {};
      outcomes.push(outcome(new URL(path, url), request));
    }
  }, 20);
  try {
    await sleep(1000);
    await work();
    await sleep(1000);
  } finally {
    clearInterval(timer);
  }
  const all = await Promise.all(outcomes);
  const answered = all.filter((each) => /^\d+$/.test(each));
  return {
    answers: counted(answered),
    lost: counted(all.filter((each) => !answered.includes(each))),
    total: all.length,
  };
}

/** The status of the answer, or why there was none. */
async function outcome(url: URL, request: RequestInit): Promise<string> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000) });
    await response.arrayBuffer();
    return String(response.status);
  } catch (error) {
    const { cause = error } = error as Error;
    return String((cause as NodeJS.ErrnoException).code ?? cause);
  }
}

const counted = (values: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

/** What one address answered over time, asked again and again while `work` goes on. */
export interface Answer {
  readonly at: number;
  readonly status: number | undefined;
  readonly retryAfter: string | null;
}

export async function watching(url: string, work: () => Promise<unknown>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const until = Date.now() + BOUND_SECONDS * 1000;
  let ended = false;
  const watch = (async () => {
    while (!ended && Date.now() < until) {
      const at = Date.now();
      const answer = await fetch(url, { signal: AbortSignal.timeout(15_000) }).then(
        async (response) => {
          await response.arrayBuffer();
          return { status: response.status, retryAfter: response.headers.get("retry-after") };
        },
        () => ({ status: undefined, retryAfter: null }),
      );
      answers.push({ at, ...answer });
      await sleep(100);
    }
  })();
  try {
    await work();
  } finally {
    ended = true;
    await watch;
  }
  return answers;
}

/** Seconds between the first answer that was not 200 and the next that was, at worst. */
export function longestGap(answers: readonly Answer[]): number {
  let longest = 0;
  let since: number | undefined;
  for (const { at, status } of answers) {
    if (status === 200) {
      if (since !== undefined) longest = Math.max(longest, at - since);
      since = undefined;
    } else {
      since ??= at;
    }
  }
  return longest / 1000;
}
