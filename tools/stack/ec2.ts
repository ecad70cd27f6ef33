import { stackPrefix, stackSettings, stackTarget } from "./settings";

/** Commands that look into containers of the Docker engine here. */
export const DOCKER_COMMANDS = ["logs", "psql", "clean"] as const;

type DockerCommand = (typeof DOCKER_COMMANDS)[number];

interface Ec2Stack {
  readonly stack: string;
  readonly prefix: string;
  /** The service that was asked for. */
  readonly service?: string | undefined;
  /** Role and name of the database. */
  readonly user: string;
  readonly database: string;
}

/** What to use instead of a command that looks into containers here, for a stack on EC2. */
export function insteadOnEc2(command: DockerCommand, { stack, prefix, service, user, database }: Ec2Stack): string {
  const instead = {
    logs: `its logs are in CloudWatch: aws logs tail /sized-stack/${prefix}/${service ?? "<service>"} --follow`,
    psql:
      "no port of its database is open to the outside: aws ssm start-session --target <id of the data host>, and there " +
      'sudo docker exec -it "$(sudo docker ps --quiet --filter label=com.amazonaws.ecs.container-name=postgres)" ' +
      `psql --username=${user} ${database}`,
    clean: `make down STACK=${stack} removes everything but the data volume; its snapshots and the volume are yours to delete in AWS`,
  };
  return `Stack ${stack} runs on EC2; ${instead[command]}.`;
}

export const runsOnEc2 = (stack: string): boolean => stackTarget(stack) === "ec2";

/**
 * Goes on only for a stack on the Docker engine here.
 * @throws Error for one on EC2, with what to use instead.
 */
export function refuseOnEc2(command: DockerCommand, stack: string, service?: string): void {
  if (!runsOnEc2(stack)) return;
  const { user, database } = stackSettings(stack).postgres;
  throw new Error(insteadOnEc2(command, { stack, prefix: stackPrefix(stack), service, user, database }));
}

/** `pulumi` arguments of `up` and `down`: both show what will change and ask, because it costs money. */
export const ec2Arguments = {
  up: (stack: string): string[] => ["up", "--stack", stack],
  down: (stack: string): string[] => ["destroy", "--exclude-protected", "--stack", stack],
} as const satisfies Record<string, (stack: string) => string[]>;
