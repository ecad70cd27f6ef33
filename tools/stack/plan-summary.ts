import Table from "cli-table3";
import { ALL_SERVICES, headingOf, replacementOf } from "../../components/services";
import { formatMemory, type Section, type SizingPlan } from "../../components/sizing";

/** The plan in a few lines: what runs, how often, and what each container may use. */
export function planSummary(plan: SizingPlan): string {
  const table = new Table({
    head: ["service", "containers", "memory each", "CPU each", "settings"],
    style: { head: [], border: [], compact: true },
  });
  for (const section of Object.keys(plan.explanations) as Section[]) {
    const row = summaryRow(plan, section);
    if (row) table.push(row);
  }
  const { threads, memoryMiB } = plan.inputs.hardware;
  return [`Tier ${plan.inputs.tier} on ${threads} threads and ${formatMemory(memoryMiB)}:`, table, ...gap(plan)].join(
    "\n",
  );
}

/** What a deploy interrupts where the plan has no room for old and new side by side. */
function gap(plan: SizingPlan): string[] {
  const stopped = ALL_SERVICES.filter((service) => replacementOf(service, plan) === "stop-first");
  if (stopped.length === 0) return [];
  const each = stopped.map((service) => `${headingOf(service)}: ${service.restart}`).join("; ");
  return [`A deploy stops the old containers before the new ones start. ${each}.`];
}

function summaryRow(plan: SizingPlan, section: Section): (string | number)[] | undefined {
  const service = ALL_SERVICES.find((each) => each.section === section);
  const running = service?.running(plan);
  if (!service || !running) return undefined;
  const { containers, memoryLimitMiB, cpuQuota = "shares only", inShort } = running;
  const each = containers === 0 ? ["", ""] : [formatMemory(memoryLimitMiB), String(cpuQuota)];
  return [service.name.replace("-", " "), containers, ...each, inShort];
}
