import { existsSync } from "node:fs";
import * as path from "node:path";
import { PROJECT } from "../toolchain/versions";

const PACK = path.join(PROJECT, "policy");

/**
 * What `pulumi preview` and `pulumi up` are given so that a stack is held to the policies: the pack, and
 * `policy/config/<stack>.json`, which says what is only advised. Without that file every rule is mandatory.
 */
export function policyArguments(stack: string): string[] {
  const config = path.join(PACK, "config", `${stack}.json`);
  return ["--policy-pack", PACK, ...(existsSync(config) ? ["--policy-pack-config", config] : [])];
}
