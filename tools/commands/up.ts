import { Command } from "commander";
import { areAllThere } from "../stack/containers";
import { ec2Arguments, runsOnEc2 } from "../stack/ec2";
import { planSummary } from "../stack/plan-summary";
import { pulumi, selectStack, stackUrl, update } from "../stack/pulumi";
import { waitUntilReady } from "../stack/ready";
import { stackPlan, stackSettings } from "../stack/settings";
import { prepare, preparePulumi } from "../toolchain";
import { pulumiEnvironment } from "../toolchain/environment";
import { onStack } from "./on-stack";

export const up = new Command("up")
  .description("run the stack, and wait until it is ready")
  .action(onStack((stack) => (runsOnEc2(stack) ? upOnEc2(stack) : upOnDocker(stack))));

async function upOnDocker(stack: string): Promise<void> {
  await prepare();
  const env = await pulumiEnvironment();
  await selectStack(stack, env);
  const plan = await stackPlan(stack);
  await update(stack, env, { refresh: !(await areAllThere(stack, plan)) });
  const url = await stackUrl(stack, env);
  await waitUntilReady(url);
  console.log(`\n${planSummary(plan)}\n\nReady at ${url} (API: ${url}/docs)`);
}

/** Deploys with Pulumi's own preview and question: it costs money, and others may be using it. */
async function upOnEc2(stack: string): Promise<void> {
  // Refuses mistaken settings before anything is set up.
  stackSettings(stack);
  await preparePulumi();
  const env = await pulumiEnvironment();
  await selectStack(stack, env);
  await pulumi(ec2Arguments.up(stack), env);
  console.log(`\nReady at ${await stackUrl(stack, env)}`);
}
