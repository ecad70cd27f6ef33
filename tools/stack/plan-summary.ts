import Table from "cli-table3";
import { ALL_SERVICES } from "../../components/services";
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
  return `Tier ${plan.inputs.tier} on ${threads} threads and ${formatMemory(memoryMiB)}:\n${table}`;
}

function summaryRow(plan: SizingPlan, section: Section): (string | number)[] | undefined {
  const service = ALL_SERVICES.find((each) => each.section === section);
  const running = service?.running(plan);
  if (!service || !running) return undefined;
  const { containers, memoryLimitMiB, cpuQuota = "shares only", inShort } = running;
  const each = containers === 0 ? ["", ""] : [formatMemory(memoryLimitMiB), String(cpuQuota)];
  return [service.name.replace("-", " "), containers, ...each, inShort];
}
