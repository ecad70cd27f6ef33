import { Command } from "commander";
import { containersOf } from "../stack/containers";
import { refuseOnEc2 } from "../stack/ec2";
import { runInside } from "../stack/inside";
import { stackSettings } from "../stack/settings";
import { onStack } from "./on-stack";

export const psql = new Command("psql").description("open psql in the database container").action(
  onStack(async (stack) => {
    refuseOnEc2("psql", stack);
    const { user, database, external } = stackSettings(stack).postgres;
    if (external) throw new Error(runsElsewhere(stack, { user, database, ...external }));
    const [postgres] = await containersOf(stack, "postgres");
    process.exitCode = await runInside(postgres, ["psql", `--username=${user}`, database]);
  }),
);

interface Server {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly user: string;
  readonly database: string;
}

function runsElsewhere(stack: string, { host, port, tls, user, database }: Server): string {
  const target = `host=${host} port=${port} user=${user} dbname=${database}${tls ? " sslmode=require" : ""}`;
  return `The database of stack ${stack} runs elsewhere. From where it can be reached: psql "${target}"`;
}
