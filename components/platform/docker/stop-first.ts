import type * as pulumi from "@pulumi/pulumi";
import { docker } from "./command-line";
import { SERVICE_LABEL, STACK_LABEL } from "./container-args";

/**
 * Runs before the first container of a service is made that starts only after the old ones have stopped: all others of
 * it are made after this one, so whatever of the service is still there is old. Pulumi would delete last those that
 * have no successor, as where a change leaves fewer containers, and those that an interrupted update left behind it
 * does not know.
 * @throws Error where one does not stop: the new one would run beside it.
 */
export const stopEarlier =
  (prefix: string) =>
  async ({ newInputs }: pulumi.ResourceHookArgs): Promise<void> => {
    const { labels = [], stopTimeout = 30 }: { labels?: Label[]; stopTimeout?: number } = newInputs ?? {};
    const service = labels.find(({ label }) => label === SERVICE_LABEL)?.value;
    if (service === undefined) return;
    const filters = [`--filter=label=${STACK_LABEL}=${prefix}`, `--filter=label=${SERVICE_LABEL}=${service}`];
    const { lines: ids } = await docker(["ps", "--quiet", ...filters]);
    if (ids.length === 0) return;
    // Stopped one after another by one command: each must have its time, all at once.
    const stopped = await Promise.all(
      ids.map((id) =>
        docker(["stop", "--time", String(stopTimeout), id], { timeoutSeconds: stopTimeout + STOP_ALLOWANCE_SECONDS }),
      ),
    );
    const failed = stopped.filter(({ code }) => code !== 0).flatMap(({ lines }) => lines);
    // One that Pulumi removes at the same time is no longer there to be stopped.
    const wrong = failed.filter((line) => !/no such container/i.test(line));
    if (wrong.length > 0) throw new Error(`An old container of ${service} does not stop: ${wrong.join(" ")}`);
  };

type Label = { readonly label: string; readonly value: string };

/** Beyond the time that a container has, for the engine to kill it. */
const STOP_ALLOWANCE_SECONDS = 30;
