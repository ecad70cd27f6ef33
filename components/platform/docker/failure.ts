import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { docker, lastLines } from "./command-line";

const LAST_LINES = 20;

/** What else of the service runs where a new container failed: where the old one stopped first there is none. */
export type Beside = "an old one may run" | "none runs";

/**
 * Error hook of every container: the provider's message says that a container failed, this says why, with its
 * state, its last health check and its last lines. Never asks for a retry.
 */
const explainFailure =
  (beside: Beside) =>
  async ({ name, newInputs }: pulumi.ErrorHookArgs): Promise<boolean> => {
    const container: unknown = newInputs?.name;
    if (typeof container === "string") {
      await pulumi.log.error(await describeContainer(name, container, beside));
    }
    return false;
  };

/**
 * Before an update that changes nothing: the container failed in the update before, and Pulumi would now take it for
 * good. It must have become healthy meanwhile, or this update fails as the one before did.
 */
const recheck =
  (beside: Beside) =>
  async ({ name, id, newInputs = {}, oldInputs = {} }: pulumi.ResourceHookArgs): Promise<void> => {
    if (!isDeepStrictEqual(newInputs, oldInputs)) return;
    const { waitTimeout = 60 }: { waitTimeout?: number } = newInputs;
    const isHealthy = async () =>
      (await docker(["container", "inspect", "--format", "{{.State.Health.Status}}", id])).lines.includes("healthy");
    for (const until = Date.now() + waitTimeout * 1000; !(await isHealthy()); await sleep(1000)) {
      if (Date.now() > until) throw new Error(await describeContainer(name, id, beside));
    }
  };

async function describeContainer(name: string, container: string, beside: Beside): Promise<string> {
  const [inspected, logs] = await Promise.all([
    docker(["container", "inspect", "--format", "{{json .State}}", container]),
    docker(["logs", "--tail", String(LAST_LINES), container]),
  ]);
  const json = inspected.lines.join("\n");
  if (inspected.code !== 0) return `${name}: the container could not be inspected: ${json}`;
  const state = withLastEnd(JSON.parse(json), await ends(container));
  return [
    `${name}: ${describeState(state)}`,
    `Its last lines (docker logs ${container}):`,
    lastLines(logs.lines, LAST_LINES),
    advice(state, logs.lines),
    wayBack(beside),
  ].join("\n");
}

/** Both hooks of a container, under names that differ: a program registers each once. */
export const failureHooks = (name: string, beside: Beside) => ({
  recheck: new pulumi.ResourceHook(`recheck-container-${name}`, recheck(beside)),
  explain: new pulumi.ErrorHook(`explain-container-${name}`, explainFailure(beside)),
});

/** How a container ended lately, the last time last: `oom`, `die 137`. */
async function ends(container: string): Promise<readonly string[]> {
  const until = Math.ceil(Date.now() / 1000);
  const filters = [`container=${container}`, "event=die", "event=oom"].map((filter) => `--filter=${filter}`);
  const format = "--format={{.Action}} {{.Actor.Attributes.exitCode}}";
  return (await docker(["events", `--since=${until - 600}`, `--until=${until}`, ...filters, format])).lines;
}

/** A container that Docker starts again and again shows no trace of its last end while it runs. */
export function withLastEnd(state: DockerState, ends: readonly string[]): DockerState {
  const codes = ends.flatMap((line) => /^die (\d+)$/.exec(line)?.[1] ?? []);
  const last = codes.at(-1);
  if (last === undefined) return state;
  return {
    ...state,
    Status: state.Status === "running" ? "restarting" : state.Status,
    ExitCode: Number(last),
    OOMKilled: state.OOMKilled || ends.some((line) => line.startsWith("oom")),
  };
}

function describeState(state: DockerState): string {
  const ended = state.OOMKilled ? ", killed because it went over its memory limit" : "";
  const check = state.Health?.Log?.at(-1);
  const health = check ? `; its last health check ended with ${check.ExitCode}: ${check.Output.trim()}` : "";
  return `the container is ${state.Status}, exit code ${state.ExitCode}${ended}${health}`;
}

/** What to do about it, as far as its state and its last lines tell. */
export function advice({ Status, ExitCode, OOMKilled, Error: refused }: DockerState, lines: readonly string[]): string {
  const everything = `${refused ?? ""}\n${lines.join("\n")}`;
  if (/no space left on device/i.test(everything)) {
    return "The disk of the Docker engine, or the volume, is full: docker system df shows what takes it, docker image prune --all frees what nothing uses. Then deploy again.";
  }
  if (OOMKilled || ExitCode === 137) {
    return "It needs more memory than the plan gives it: measure what a process takes (docs/sizing.md) and set it (backend.workerMemory, celery.childMemory), or use a larger machine or share. Then deploy again.";
  }
  if (Status === "created") return "It never started. Correct what Docker says above, and deploy again.";
  if (Status === "running") {
    return "It runs and is not healthy: what its check says has to become true. Correct it and deploy again.";
  }
  return "Its program ended: correct what it says, or its settings and image, and deploy again.";
}

/** What runs meanwhile, and how to return to what ran before. */
export const wayBack = (beside: Beside): string =>
  beside === "an old one may run"
    ? "The old container, where there is one, goes on."
    : "A deploy stops the old one before the new one starts: nothing of this service runs until one succeeds. To go back " +
      "to what ran before, return settings and image to what they were (images.app to the name it had, or git checkout " +
      "what is built), and deploy that. A migration that has run is not taken back.";

export interface DockerState {
  readonly Status: string;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  /** Why it could not be started. */
  readonly Error?: string;
  readonly Health?: { readonly Log?: readonly { readonly ExitCode: number; readonly Output: string }[] };
}
