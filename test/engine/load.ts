import { setTimeout as sleep } from "node:timers/promises";

/** The longest any load of these tests may last, whatever it waits for. */
const BOUND_SECONDS = 600;
const REQUESTS_PER_SECOND = 100;
/** More than this machine has under way at once when it is well; fewer than what a backend refuses for being full. */
const UNDER_WAY = 40;
/** HAProxy's own patience: what is asked longer is not answered any more. */
const GIVE_UP_SECONDS = 60;
/** A well machine answers in a tenth of a second; a deploy that leaves nobody to answer takes longer than this. */
const LATE_SECONDS = 10;
/** How often the control is asked. */
const CONTROL_SECONDS = 0.1;
/** An answer of the system takes several turns of the CPU where one of the control takes one. */
const TURNS = 5;

/** What became of one request. */
type Outcome =
  | { readonly kind: "answer"; readonly status: number; readonly seconds: number }
  | { readonly kind: "loss"; readonly reason: string }
  | { readonly kind: "timeout"; readonly seconds: number };

export interface Load {
  /** Answers by status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Requests that can have no answer any more, by reason: refused, cut off. A slow machine loses none. */
  readonly lost: Readonly<Record<string, number>>;
  /** Requests that nobody waited for any longer. */
  readonly timeouts: number;
  /** Answers and time-outs that took longer than the machine's own slowness explains. */
  readonly late: number;
  readonly total: number;
  readonly slowestSeconds: number;
  /** The slowest answer of the control; 0 without one. */
  readonly controlSeconds: number;
}

/** What a test may set; the defaults are for a stack. */
export interface LoadOptions {
  /**
   * Address of a server that does a little work for each answer, on the same machine and under the same load, and that
   * `work` leaves alone. Where it answers late, nobody else can be blamed for being late.
   */
  readonly control?: string;
  readonly giveUpSeconds?: number;
  readonly lateSeconds?: number;
}

/**
 * Sends requests to this machine at a steady rate, from before `work` begins until after it has ended, and accounts for
 * every one. Those under way at once are bounded: a machine that is busy with something else is asked more slowly, not
 * swamped, and a system that answers nobody is still noticed. Load generators were tried: they leave out those that were
 * under way when a connection was cut, or when they were stopped.
 */
export async function underLoad(
  url: string,
  requests: readonly (RequestInit & { readonly path: string })[],
  work: () => Promise<unknown>,
  { control, giveUpSeconds = GIVE_UP_SECONDS, lateSeconds = LATE_SECONDS }: LoadOptions = {},
): Promise<Load> {
  const outcomes: Promise<Outcome>[] = [];
  let underWay = 0;
  let due = 0;
  let last = Date.now();
  const until = last + BOUND_SECONDS * 1000;
  const timer = setInterval(() => {
    const now = Date.now();
    due += (Math.min(now, until) - Math.min(last, until)) * (REQUESTS_PER_SECOND / 1000);
    last = now;
    for (; due >= 1 && underWay < UNDER_WAY; due--) {
      const { path = "/", ...request } = requests[outcomes.length % requests.length] ?? {};
      underWay++;
      outcomes.push(outcome(new URL(path, url), request, giveUpSeconds).finally(() => underWay--));
    }
    // What could not be asked in time is not made up for: that would be another load than the one described.
    due = Math.min(due, 1);
  }, 20);
  const controlled = control === undefined ? undefined : slowestOf(control);
  try {
    await sleep(1000);
    await work();
    await sleep(1000);
  } finally {
    clearInterval(timer);
  }
  const all = await Promise.all(outcomes);
  const controlSeconds = (await controlled?.end()) ?? 0;
  const took = all.flatMap((each) => (each.kind === "loss" ? [] : [each.seconds]));
  return {
    answers: counted(all.flatMap((each) => (each.kind === "answer" ? [String(each.status)] : []))),
    lost: counted(all.flatMap((each) => (each.kind === "loss" ? [each.reason] : []))),
    timeouts: all.filter(({ kind }) => kind === "timeout").length,
    late: took.filter((seconds) => seconds > lateSeconds + TURNS * controlSeconds).length,
    total: all.length,
    slowestSeconds: Math.max(0, ...took),
    controlSeconds,
  };
}

async function outcome(url: URL, request: RequestInit, giveUpSeconds: number): Promise<Outcome> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(giveUpSeconds * 1000) });
    await response.arrayBuffer();
    return { kind: "answer", status: response.status, seconds: seconds() };
  } catch (error) {
    const reason = reasonOf(error);
    return reason === TIMEOUT ? { kind: "timeout", seconds: seconds() } : { kind: "loss", reason };
  }
}

const TIMEOUT = "timeout";
/** The codes of Node's sockets and of its `fetch`, several of which mean the same. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "cut off",
  EPIPE: "cut off",
  UND_ERR_SOCKET: "cut off",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "cut off",
  ETIMEDOUT: TIMEOUT,
  UND_ERR_CONNECT_TIMEOUT: TIMEOUT,
  UND_ERR_HEADERS_TIMEOUT: TIMEOUT,
  UND_ERR_BODY_TIMEOUT: TIMEOUT,
};

/** The reason of a failed `fetch` is its error's cause; of one that was given up, the error itself. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return TIMEOUT;
  const { cause = error } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  return REASONS[code] ?? code;
}

/** Asks the control until it is told to end, and knows how long its slowest answer took. */
function slowestOf(url: string): { readonly end: () => Promise<number> } {
  let ended = false;
  let slowest = 0;
  const asking = (async () => {
    while (!ended) {
      const answer = await outcome(new URL(url), {}, GIVE_UP_SECONDS);
      if (answer.kind === "loss") throw new Error(`The control at ${url} did not answer: ${answer.reason}`);
      slowest = Math.max(slowest, answer.seconds);
      await sleep(CONTROL_SECONDS * 1000);
    }
    return slowest;
  })();
  // Thrown where it is waited for: in the end.
  asking.catch(() => undefined);
  return {
    end: () => {
      ended = true;
      return asking;
    },
  };
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
      const answer = await fetch(url, { signal: AbortSignal.timeout(GIVE_UP_SECONDS * 1000) }).then(
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
