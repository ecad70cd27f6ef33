import * as pulumi from "@pulumi/pulumi";
import { docker } from "./command-line";
import { STACK_LABEL } from "./container-args";

/**
 * Runs before a container is created: removes one of the same name that an interrupted update left behind, which the
 * state knows nothing of. Data is in volumes and stays. A container that is not this stack's is left alone.
 */
export const removeLeftover =
  (prefix: string) =>
  async ({ newInputs }: pulumi.ResourceHookArgs): Promise<void> => {
    const { name, stopTimeout = 30 }: { name?: unknown; stopTimeout?: number } = newInputs ?? {};
    if (typeof name !== "string") return;
    const label = `{{index .Config.Labels "${STACK_LABEL}"}}`;
    const { code, lines } = await docker(["container", "inspect", "--format", label, name]);
    if (code !== 0 || lines[0] !== prefix) return;
    await pulumi.log.warn(`${name} was left behind by an interrupted update and is replaced.`);
    await docker(["stop", "--time", String(stopTimeout), name], { timeoutSeconds: stopTimeout + 30 });
    await docker(["rm", "--force", "--volumes", name]);
  };
