/** What is going on inside a long step, a line at a time. */
export interface Progress {
  /** Worth a line of its own wherever the output goes. */
  say(line: string): void;
  /** Shows that something moves: for a terminal, where the next line replaces it. */
  detail(line: string): void;
}

/** One way to meet a need. Throws where it is not open here; the message says why. */
export interface Way<T> {
  /** What was done, for the person who reads the progress: `"found on PATH"`. */
  readonly name: string;
  take(progress: Progress): Promise<T>;
}

/** Something the project cannot run without, and the ways to it, the usual one first. */
export interface Need<T> {
  /** What is needed, for people: `"Docker engine"`. */
  readonly name: string;
  readonly ways: readonly Way<T>[];
  /** What a person can install or set when no way works. */
  readonly remedy: string;
}

export interface Met<T> {
  readonly way: string;
  readonly result: T;
}

/**
 * Takes the first way that works.
 * @throws Error with why each way failed, and the remedy.
 */
export async function meet<T>(need: Need<T>, progress: Progress): Promise<Met<T>> {
  const failures: string[] = [];
  for (const way of need.ways) {
    try {
      return { way: way.name, result: await way.take(progress) };
    } catch (error) {
      failures.push(`  ${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error([`${need.name}: no way to it works here.`, ...failures, need.remedy].join("\n"));
}
