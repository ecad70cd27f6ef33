import { type Block, code, heading, type Line, line, strong } from "./document";
import type { PolicyResult } from "./events";
import { shortened, shown } from "./values";

const MESSAGE_CHARACTERS = 600;

/** What policies say, those that stop the update first. */
export function policySection(policies: readonly PolicyResult[]): Block[] {
  if (policies.length === 0) return [];
  return [
    heading("Policies"),
    { kind: "list", items: policies.map(policyLine), of: ["policy result", "policy results"] },
  ];
}

function policyLine({ policy, message, mandatory, resource }: PolicyResult): Line {
  const where = resource === undefined ? [] : line` ${code(shown(resource, 100))}`;
  const text = shortened(message.replaceAll(/\s+/g, " "), MESSAGE_CHARACTERS);
  return line`${strong(mandatory ? "Stops the update" : "Advice")}${where}: ${text} (${code(shown(policy, 100))})`;
}
