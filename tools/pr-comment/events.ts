import { z } from "zod";
import { urnParts, withoutColours } from "./preview";

/** What a policy says of a resource, or of the whole stack. */
export interface PolicyResult {
  readonly policy: string;
  readonly message: string;
  /** Stops the update. */
  readonly mandatory: boolean;
  /** Undefined where it is about the stack. */
  readonly resource: string | undefined;
}

const eventSchema = z.object({
  policyEvent: z.object({
    message: z.string(),
    policyName: z.string(),
    enforcementLevel: z.string(),
    resourceUrn: z.string().optional(),
  }),
});

/** The policy results among the events of a preview, one JSON object a line, those that stop the update first. */
export function parsePolicyResults(lines: string): PolicyResult[] {
  const results = lines.split("\n").flatMap((line) => {
    const event = eventSchema.safeParse(jsonOf(line));
    if (!event.success) return [];
    const { message, policyName, enforcementLevel, resourceUrn } = event.data.policyEvent;
    const { types, name } = urnParts(resourceUrn ?? "");
    return {
      policy: policyName,
      message: withoutColours(message).trim(),
      mandatory: enforcementLevel === "mandatory",
      resource: name === "" || types === "pulumi:pulumi:Stack" ? undefined : name,
    };
  });
  const unique = new Map(results.map((result) => [JSON.stringify(result), result]));
  return [...unique.values()].sort((a, b) => Number(b.mandatory) - Number(a.mandatory));
}

function jsonOf(line: string): unknown {
  if (!line.includes('"policyEvent"')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
