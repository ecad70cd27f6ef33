import { describe, expect, it } from "vitest";
import { parseSettings } from "../../components/settings/parse";

const right = { target: "docker", tier: "low" };

const answer = (given: Record<string, unknown>, plainSecrets?: readonly string[]): string => {
  try {
    parseSettings(given, "dev", plainSecrets);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
const refusal = (...mistakes: string[]): string =>
  [
    "The settings of stack dev need a correction:",
    ...mistakes.map((m) => `  ${m}`),
    "Nothing was created or changed.",
  ].join("\n");

const SIZE = 'a size with its unit, such as "16GiB" or "512MiB", is needed';
const TOP =
  "target, tier, topology, hardware, share, port, images, entrance, backend, celery, postgres, redis, rollout, oversubscribe, " +
  "cpuEnforcement, hostNofile, migration, env, secrets, ec2, overrides, postgresPassword, redisPassword";

describe("a wrong setting is answered with what was given and what is allowed", () => {
  it.each<[Record<string, unknown>, ...string[]]>([
    [{ tier: "hihg" }, 'tier: "hihg" given; low, medium, high or extreme is needed: did you mean high?'],
    [{ tier: "High" }, 'tier: "High" given; low, medium, high or extreme is needed: did you mean high?'],
    [{ tier: "tiny" }, 'tier: "tiny" given; low, medium, high or extreme is needed'],
    [{ tier: undefined }, "tier: is missing; low, medium, high or extreme is needed"],
    [{ tier: null }, "tier: null given; low, medium, high or extreme is needed"],
    [{ tier: 3 }, "tier: 3 given; low, medium, high or extreme is needed"],
    [{ target: "kubernetes" }, 'target: "kubernetes" given; docker or ec2 is needed'],
    [{ target: undefined }, "target: is missing; docker or ec2 is needed"],
    [
      { topology: "app-and-data" },
      "topology: app-and-data needs several machines, a Docker engine is one; single-host is needed (make explain can compute the other)",
    ],
    [{ topology: "cluster" }, 'topology: "cluster" given; single-host or app-and-data is needed'],
    [{ prot: 80 }, "prot: is no setting; did you mean port?"],
    [{ constructor: 1 }, `constructor: is no setting; there are ${TOP}`],
    [{ toString: 1 }, `toString: is no setting; there are ${TOP}`],
    [{ replicas: 3 }, `replicas: is no setting; there are ${TOP}`],
    [{ port: "http" }, 'port: "http" given; a number is needed'],
    [{ port: 8000.5 }, "port: 8000.5 given; a whole number is needed"],
    [{ port: 0 }, "port: 0 given; at least 1 is needed"],
    [{ port: 65536 }, "port: 65536 given; at most 65535 is needed"],
    [{ share: 0.05 }, "share: 0.05 given; at least 0.1 is needed"],
    [{ share: 1.5 }, "share: 1.5 given; at most 1 is needed"],
    [{ share: "half" }, 'share: "half" given; a number is needed'],
    [{ share: true }, "share: true given; a number is needed"],
    [
      { hardware: "big" },
      'hardware: "big" given; auto, or a map with threads (1 to 512) and memory (such as "16GiB"), is needed',
    ],
    [{ hardware: { threads: 8 } }, `hardware.memory: is missing; ${SIZE}`],
    [{ hardware: { threads: 8, memory: "16" } }, `hardware.memory: "16" given; ${SIZE}`],
    [{ hardware: { threads: 8, memory: 16 } }, `hardware.memory: 16 given; ${SIZE}`],
    [{ hardware: { threads: "8", memory: "16GiB" } }, 'hardware.threads: "8" given; a number is needed'],
    [{ hardware: { threads: 0, memory: "16GiB" } }, "hardware.threads: 0 given; at least 1 is needed"],
    [{ hardware: { threads: 8, memory: "16GB" } }, `hardware.memory: "16GB" given; ${SIZE}`],
    [
      { hardware: { threads: 8, memroy: "16GiB" } },
      `hardware.memory: is missing; ${SIZE}`,
      "hardware.memroy: is no setting; did you mean memory?",
    ],
    [
      { hardware: [8, 16] },
      'hardware: [8,16] given; auto, or a map with threads (1 to 512) and memory (such as "16GiB"), is needed',
    ],
    [{ images: { postgress: "x" } }, "images.postgress: is no setting; did you mean postgres?"],
    [{ images: { postgres: "" } }, 'images.postgres: "" given; a text that is not empty is needed'],
    [{ images: "postgres:17" }, 'images: "postgres:17" given; a map is needed'],
    [{ backend: [] }, "backend: [] given; a map is needed"],
    [{ backend: null }, "backend: null given; a map is needed"],
    [{ backend: { app: 3 } }, "backend.app: 3 given; a text is needed"],
    [{ backend: { workerMemory: "160" } }, `backend.workerMemory: "160" given; ${SIZE}`],
    [{ backend: { workerMemory: 160 } }, `backend.workerMemory: 160 given; ${SIZE}`],
    [{ backend: { stopGraceSeconds: 3 } }, "backend.stopGraceSeconds: 3 given; at least 6 is needed"],
    [
      { backend: { workers: 4 } },
      "backend.workers: is no setting; there are app, workerMemory, stopGraceSeconds, statementTimeoutSeconds, arguments",
    ],
    [{ backend: { arguments: "--root-path /api" } }, 'backend.arguments: "--root-path /api" given; a list is needed'],
    [{ backend: { arguments: ["-w", "4"] } }, "backend.arguments.0: -w given; write the long form, --name"],
    [
      { backend: { arguments: ["--port", "9000"] } },
      "backend.arguments.0: port cannot be set here: the port is the load balancer's: set port",
    ],
    [{ backend: { arguments: ["--backlog", "many"] } }, 'backend.arguments.0: "many" given; a number is needed'],
    [{ celery: { queues: "mail" } }, 'celery.queues: "mail" given; a list is needed'],
    [{ celery: { queues: [""] } }, 'celery.queues.0: "" given; a text that is not empty is needed'],
    [{ celery: { que: [] } }, "celery.que: is no setting; did you mean queues?"],
    [{ celery: { longestTaskSeconds: 0 } }, "celery.longestTaskSeconds: 0 given; at least 1 is needed"],
    [{ celery: { childMemory: "128 MiB" } }, `celery.childMemory: "128 MiB" given; ${SIZE}`],
    [{ celery: { arguments: ["--queues=mail"] } }, "celery.arguments.0: queues cannot be set here: set celery.queues"],
    [{ celery: { arguments: ["-c", "4"] } }, "celery.arguments.0: -c given; write the long form, --concurrency"],
    [
      { postgres: { parameters: { work_mem: "4mb" } } },
      'postgres.parameters.work_mem: "4mb" given; a size such as "32MB" or "5242kB", or a number in the parameter\'s own unit, is needed',
    ],
    [
      { postgres: { parameters: { port: 5433 } } },
      "postgres.parameters.port: port cannot be set here: other containers expect the default",
    ],
    [
      { postgres: { parameters: { "Work Mem": "1MB" } } },
      "postgres.parameters.Work Mem: is no name; lower-case letters, digits, _ and . are allowed",
    ],
    [{ postgres: { parameters: { jit: "maybe" } } }, 'postgres.parameters.jit: "maybe" given; on or off is needed'],
    [
      { postgres: { parameters: { statement_timeout: null } } },
      "postgres.parameters.statement_timeout: null given; a text of one line, a number or true or false is needed",
    ],
    [{ postgres: { parameters: ["work_mem=4MB"] } }, 'postgres.parameters: ["work_mem=4MB"] given; a map is needed'],
    ...["Shop", "pg_shop", "shop-data", "template1", "a".repeat(64)].map((name): [Record<string, unknown>, string] => [
      { postgres: { database: name } },
      `postgres.database: "${name}" given; a name of lower-case letters, digits and _, at most 63 characters and without pg_ in front, is needed`,
    ]),
    [
      { postgres: { extensions: ["citext; DROP"] } },
      'postgres.extensions.0: "citext; DROP" given; a name of lower-case letters, digits, _ and - is needed',
    ],
    [{ secrets: "sk-1" }, "secrets: a value that is not allowed given; a map is needed"],
    [{ secrets: { KEY: 7 } }, "secrets.KEY: a value that is not allowed given; a text is needed"],
    [{ secrets: { "MY-KEY": "x" } }, "secrets.MY-KEY: is no name; letters, digits and _ are allowed"],
    [{ migration: "alembic upgrade head" }, 'migration: "alembic upgrade head" given; a list is needed'],
    [
      { celery: { heartbeatFile: "heartbeat" } },
      'celery.heartbeatFile: "heartbeat" given; an absolute path of letters, digits, _, ., / and - is needed',
    ],
    [{ celery: { beat: "yes" } }, 'celery.beat: "yes" given; true or false is needed'],
    [{ postgres: { diskGiB: 0 } }, "postgres.diskGiB: 0 given; at least 1 is needed"],
    [
      { postgres: { parameters: { work_mem: "32MB" } }, overrides: { postgres: { workMemMiB: 32 } } },
      "overrides.postgres.workMemMiB: is given twice: also among the parameters or arguments of postgres",
    ],
    [
      { redis: { parameters: { requirepass: "x" } } },
      "redis.parameters.requirepass: requirepass cannot be set here: set the secret redisPassword",
    ],
    [
      { redis: { parameters: { maxmemory: "a lot" } } },
      'redis.parameters.maxmemory: "a lot" given; a size such as "900mb" or "1gb" is needed',
    ],
    [{ rollout: "blue-green" }, 'rollout: "blue-green" given; auto, gapless or recreate is needed'],
    [{ oversubscribe: "no" }, 'oversubscribe: "no" given; true or false is needed'],
    [{ cpuEnforcement: "hard" }, 'cpuEnforcement: "hard" given; quota or weight is needed'],
    [{ hostNofile: 100 }, "hostNofile: 100 given; at least 1024 is needed"],
    [{ env: { A: 1 } }, "env.A: 1 given; a text is needed"],
    [{ env: { "A-B": "x" } }, "env.A-B: is no name; letters, digits and _ are allowed"],
    [{ env: ["A=1"] }, 'env: ["A=1"] given; a map is needed'],
    [{ overrides: { web: {} } }, "overrides.web: is no setting; there are backend, celery, postgres, redis, beat"],
    [{ overrides: { backend: { wokers: 4 } } }, "overrides.backend.wokers: is no setting; did you mean workers?"],
    [
      { overrides: { backend: { workersPerInstance: 4 } } },
      "overrides.backend.workersPerInstance: follows from other numbers; set overrides.backend.workers or overrides.backend.instances instead",
    ],
    [
      { overrides: { backend: { stopGraceSeconds: 4 } } },
      "overrides.backend.stopGraceSeconds: follows from other numbers; set backend.stopGraceSeconds instead",
    ],
    [{ overrides: { backend: { workers: "4" } } }, 'overrides.backend.workers: "4" given; a number is needed'],
    [{ overrides: { backend: { workers: -1 } } }, "overrides.backend.workers: -1 given; at least 0 is needed"],
    [{ overrides: { backend: 4 } }, "overrides.backend: 4 given; a map is needed"],
    [{ overrides: [] }, "overrides: [] given; a map is needed"],
    [{ overrides: { postgres: { jit: "on" } } }, 'overrides.postgres.jit: "on" given; true or false is needed'],
    [
      { postgresPassword: "short" },
      "postgresPassword: a value that is not allowed given; a text of at least 8 characters is needed",
    ],
    [
      { redisPassword: 'with"quote1' },
      "redisPassword: a value that is not allowed given; at least 8 visible ASCII characters without quotes or backslash is needed",
    ],
  ])("%j", (wrong, ...mistakes) => {
    expect(answer({ ...right, ...wrong })).toBe(refusal(...mistakes));
  });

  it("a key every object has by nature is unknown like any other", () => {
    expect(answer({ ...right, overrides: { postgres: { constructor: 1 } } })).toContain(
      "overrides.postgres.constructor: is no setting; there are maxConnections, superuserReservedConnections, ",
    );
    expect(answer(JSON.parse('{"target": "docker", "tier": "low", "__proto__": {"port": 1}}'))).toBe(
      refusal(`__proto__: is no setting; there are ${TOP}`),
    );
  });

  it("a secret in plain text, whose value is not repeated", () => {
    expect(answer({ ...right, postgresPassword: "long enough" }, ["postgresPassword"])).toBe(
      refusal(
        "postgresPassword: is in plain text in the stack's file; set it with: pulumi config set --secret postgresPassword",
      ),
    );
  });

  it("all mistakes come at once, those in arguments and parameters too", () => {
    expect(
      answer({
        target: "docker",
        tier: "hihg",
        prot: 80,
        share: 2,
        postgres: { parameters: { port: 1, work_mem: "lots" } },
      }),
    ).toBe(
      refusal(
        'tier: "hihg" given; low, medium, high or extreme is needed: did you mean high?',
        "share: 2 given; at most 1 is needed",
        "prot: is no setting; did you mean port?",
        "postgres.parameters.port: port cannot be set here: other containers expect the default",
        'postgres.parameters.work_mem: "lots" given; a size such as "32MB" or "5242kB", or a number in the parameter\'s own unit, is needed',
      ),
    );
  });
});
