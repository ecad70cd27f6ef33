import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import * as path from "node:path";
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { ALL_SERVICES } from "../components/services";
import { followLogs, stackContainers, stackVolumes } from "./containers";
import { type DOCKER_COMMANDS, ec2Arguments, insteadOnEc2 } from "./ec2-stack";
import { planSummary } from "./plan-summary";
import { commentMarkdown, previewComment } from "./pr-comment/comment";
import { terminalText } from "./pr-comment/terminal";
import { previewed, pulumi, pulumiOutput, selectStack } from "./pulumi";
import { stackPlan, stackPrefix, stackSettings, stackTarget } from "./stack-settings";
import { prepare, preparePulumi } from "./toolchain";
import { run } from "./toolchain/command";
import { pulumiEnvironment } from "./toolchain/environment";
import { PROJECT } from "./toolchain/versions";

const READY_SECONDS = 60;

const program = new Command("sized-stack").option("--stack <name>", "the stack to work on", "dev");
const stackName = (): string => program.opts<{ stack: string }>().stack;
const onEc2 = (): boolean => stackTarget(stackName()) === "ec2";

program
  .command("setup")
  .description("find or set up what the stack needs: Pulumi, and for one on Docker the engine and the images")
  .action(() => (onEc2() ? preparePulumi() : prepare()));

program
  .command("env")
  .description("print the exports with which plain pulumi works")
  .action(async () => {
    for (const [name, value] of Object.entries(await pulumiEnvironment())) {
      console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
    }
  });

program
  .command("up")
  .description("run the stack, and wait until it is ready")
  .action(async () => {
    if (onEc2()) return upOnEc2(stackName());
    await prepare();
    const env = await pulumiEnvironment();
    await selectStack(stackName(), env);
    const refresh = (await isComplete(stackName())) ? [] : ["--refresh"];
    await pulumi(["up", ...refresh, "--yes", "--skip-preview", "--suppress-outputs", "--stack", stackName()], env);
    const outputs = JSON.parse(await pulumiOutput(["stack", "output", "--json", "--stack", stackName()], env));
    await waitUntilReady(outputs.url);
    console.log(`\n${planSummary(await stackPlan(stackName()))}\n\nReady at ${outputs.url} (API: ${outputs.url}/docs)`);
  });

program
  .command("preview")
  .description("say what an update would do, as a pull request's comment does; changes nothing")
  .action(async () => {
    const env = await pulumiEnvironment();
    await selectStack(stackName(), env);
    const said = await previewed(stackName(), env);
    const comment = previewComment({ ...said, stack: stackName() });
    const { isTTY, columns = 120 } = stdout;
    console.log(isTTY ? terminalText(comment.blocks, { colours: true, width: columns }) : commentMarkdown(comment));
    if (comment.failed) process.exitCode = 1;
  });

program
  .command("down")
  .description("stop and remove everything but the data")
  .action(async () => {
    if (onEc2()) return pulumi(ec2Arguments.down(stackName()), await pulumiEnvironment());
    await pulumi(
      ["destroy", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stackName()],
      await pulumiEnvironment(),
    );
    const volumes = await stackVolumes(stackPrefix(stackName()));
    if (volumes.length > 0) console.log(`Data is kept in the volumes ${volumes.join(", ")}.`);
  });

program
  .command("logs")
  .argument("[service]", "backend, celery, postgres, redis or load-balancer")
  .description("follow the logs of the stack's containers")
  .action(async (service?: string) => {
    refuseOnEc2("logs", service);
    await followLogs(await runningContainers(service));
  });

program
  .command("psql")
  .description("open psql in the database container")
  .action(async () => {
    refuseOnEc2("psql");
    const { user, database, external } = stackSettings(stackName()).postgres;
    if (external) {
      const { host, port, tls } = external;
      const target = `host=${host} port=${port} user=${user} dbname=${database}${tls ? " sslmode=require" : ""}`;
      throw new Error(
        `The database of stack ${stackName()} runs elsewhere. From where it can be reached: psql "${target}"`,
      );
    }
    const [postgres] = await runningContainers("postgres");
    const terminal = stdin.isTTY ? ["--interactive", "--tty"] : ["--interactive"];
    const psql = ["exec", ...terminal, postgres?.id ?? "", "psql", `--username=${user}`, database];
    const child = spawn("docker", psql, { stdio: "inherit" });
    child.on("close", (code) => {
      process.exitCode = code ?? 1;
    });
  });

program
  .command("clean")
  .description("remove what `up` made; asks before it removes data")
  .action(async () => {
    refuseOnEc2("clean");
    const prefix = stackPrefix(stackName());
    const env = await pulumiEnvironment();
    const stacks: { name: string }[] = JSON.parse(await pulumiOutput(["stack", "ls", "--json"], env));
    if (stacks.some(({ name }) => name === stackName())) {
      await pulumi(["destroy", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stackName()], env);
      await pulumiOutput(["stack", "rm", "--yes", "--preserve-config", stackName()], env);
    }
    const volumes = await stackVolumes(prefix);
    if (volumes.length > 0 && (await agrees(`Remove the data too (${volumes.join(", ")})?`))) {
      await run("docker", ["volume", "rm", ...volumes]);
    } else if (volumes.length > 0) {
      console.log(`Data is kept in the volumes ${volumes.join(", ")}.`);
    }
    const made = ["sized-stack/*", `${prefix}/app`].map((name) => `--filter=reference=${name}`);
    const images = await run("docker", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", ...made]);
    // Without force Docker keeps one that a container of another stack, or of another copy of the project, still uses.
    for (const image of images.split("\n").filter(Boolean)) {
      await run("docker", ["image", "rm", image]).catch(() => undefined);
    }
    rmSync(path.join(PROJECT, ".local"), { recursive: true, force: true });
  });

/** Deploys with Pulumi's own preview and question: it costs money, and others may be using it. */
async function upOnEc2(stack: string): Promise<void> {
  stackSettings(stack);
  await preparePulumi();
  const env = await pulumiEnvironment();
  await selectStack(stack, env);
  await pulumi(ec2Arguments.up(stack), env);
  const url = await pulumiOutput(["stack", "output", "url", "--stack", stack], env);
  console.log(`\nReady at ${url.trim()}`);
}

function refuseOnEc2(command: (typeof DOCKER_COMMANDS)[number], service?: string): void {
  if (!onEc2()) return;
  const stack = stackName();
  const { user, database } = stackSettings(stack).postgres;
  throw new Error(insteadOnEc2(command, { stack, prefix: stackPrefix(stack), service, user, database }));
}

/** Whether each service has its containers: where one was removed by hand, Pulumi must look before it updates. */
async function isComplete(stack: string): Promise<boolean> {
  const there = await stackContainers(stackPrefix(stack));
  const plan = await stackPlan(stack);
  return ALL_SERVICES.every(
    ({ name, running }) => there.filter(({ service }) => service === name).length >= (running(plan)?.containers ?? 0),
  );
}

async function runningContainers(service?: string) {
  const containers = await stackContainers(stackPrefix(stackName()), service);
  if (containers.length > 0) return containers;
  throw new Error(
    `Stack ${stackName()} has no ${service ? `container of ${service}` : "containers"} on this Docker engine. Start it with: make up`,
  );
}

async function waitUntilReady(url: string): Promise<void> {
  const ready = `${url}/api/ready`;
  let answer = "no answer";
  for (let second = 0; second < READY_SECONDS; second++) {
    try {
      const response = await fetch(ready, { signal: AbortSignal.timeout(5000) });
      if (response.ok) return;
      answer = `status ${response.status}`;
    } catch (error) {
      answer = error instanceof Error ? error.message : String(error);
    }
    await sleep(1000);
  }
  throw new Error(`${ready}: ${answer} for ${READY_SECONDS} s. See what the services say: make logs`);
}

/** Asks on a terminal; without one the answer is no. */
async function agrees(question: string): Promise<boolean> {
  if (!stdin.isTTY) return false;
  const terminal = createInterface({ input: stdin, output: stdout });
  const answer = await terminal.question(`${question} Type yes to do so: `);
  terminal.close();
  return answer.trim() === "yes";
}

program.parseAsync().catch((error: unknown) => {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
