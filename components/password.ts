import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * The configured password, else one that is generated once and kept, encrypted, in the state. A destroyed stack
 * forgets it; PostgreSQL is given the current one at every start, so data that stayed remains usable.
 */
export function password(name: string, configured: pulumi.Output<string> | undefined): pulumi.Output<string> {
  if (configured) return configured;
  const generated = pulumi.secret(randomBytes(24).toString("base64url"));
  const kept = new pulumi.Stash(name, { input: generated }, { ignoreChanges: ["input"] });
  return pulumi.secret(kept.output.apply(String));
}
