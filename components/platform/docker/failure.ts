import * as pulumi from "@pulumi/pulumi";
import { docker, lastLines } from "./command-line";

const LAST_LINES = 20;

/**
 * Error hook of every container: the provider's message says that a container failed, this says why, with its
 * state, its last health check and its last lines. Never asks for a retry.
 */
export async function explainFailure({ name, newInputs }: pulumi.ErrorHookArgs): Promise<boolean> {
  const container: unknown = newInputs?.name;
  if (typeof container === "string") {
    await pulumi.log.error(await describeContainer(name, container));
  }
  return false;
}

async function describeContainer(name: string, container: string): Promise<string> {
  const [state, logs] = await Promise.all([
    docker(["container", "inspect", "--format", "{{json .State}}", container]),
    docker(["logs", "--tail", String(LAST_LINES), container]),
  ]);
  return [
    `${name}: ${describeState(state.lines.join("\n"))}`,
    `Its last lines (docker logs ${container}):`,
    lastLines(logs.lines, LAST_LINES),
  ].join("\n");
}

function describeState(json: string): string {
  try {
    const state = JSON.parse(json) as DockerState;
    const ended = state.OOMKilled ? ", killed because it went over its memory limit" : "";
    const check = state.Health?.Log?.at(-1);
    const health = check ? `; its last health check ended with ${check.ExitCode}: ${check.Output.trim()}` : "";
    return `the container is ${state.Status}, exit code ${state.ExitCode}${ended}${health}`;
  } catch {
    return `the container could not be inspected: ${json.trim()}`;
  }
}

interface DockerState {
  readonly Status: string;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly Health?: { readonly Log?: readonly { readonly ExitCode: number; readonly Output: string }[] };
}
