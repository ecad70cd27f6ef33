import { describe, expect, it } from "vitest";
import { parseSettings } from "../../components/settings";

const right = { target: "docker", tier: "low" };

const answer = (given: Record<string, unknown>): string => {
  try {
    parseSettings(given, "dev");
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

const MEMORY = 'auto, or a map with threads (1 to 512) and memory (such as "16GiB") is needed';
const TOP =
  "target, tier, hardware, share, port, images, backend, celery, env, overrides, postgresPassword, redisPassword";
const PASSWORD = "at least 8 visible ASCII characters without quotes or backslash is needed";

describe("a wrong setting is answered with what was given and what is allowed", () => {
  it.each<[Record<string, unknown>, string]>([
    [{ tier: "hihg" }, 'tier: "hihg" given; low, medium, high or extreme is needed'],
    [{ tier: "High" }, 'tier: "High" given; low, medium, high or extreme is needed'],
    [{ tier: undefined }, "tier: is missing; low, medium, high or extreme is needed"],
    [{ tier: null }, "tier: null given; low, medium, high or extreme is needed"],
    [{ target: "kubernetes" }, 'target: "kubernetes" given; docker or ec2 is needed'],
    [{ prot: 80 }, `prot: is no setting; there are ${TOP}`],
    [{ constructor: 1 }, `constructor: is no setting; there are ${TOP}`],
    [{ port: "http" }, 'port: "http" given; a number is needed'],
    [{ port: 8000.5 }, "port: 8000.5 given; a whole number is needed"],
    [{ port: 0 }, "port: 0 given; at least 1 is needed"],
    [{ port: 65_536 }, "port: 65536 given; at most 65535 is needed"],
    [{ share: 0.05 }, "share: 0.05 given; at least 0.1 is needed"],
    [{ share: 1.5 }, "share: 1.5 given; at most 1 is needed"],
    [{ share: "half" }, 'share: "half" given; a number is needed'],
    [{ hardware: "big" }, `hardware: "big" given; ${MEMORY}`],
    [{ hardware: { threads: 8 } }, `hardware: {"threads":8} given; ${MEMORY}`],
    [{ hardware: { threads: 8, memory: "16" } }, `hardware: {"threads":8,"memory":"16"} given; ${MEMORY}`],
    [{ hardware: { threads: 0, memory: "16GiB" } }, "hardware.threads: 0 given; at least 1 is needed"],
    [{ hardware: [8, 16] }, `hardware: [8,16] given; ${MEMORY}`],
    [{ images: { postgress: "x" } }, "images.postgress: is no setting; there are app, postgres, redis, haproxy"],
    [{ images: { postgres: "" } }, 'images.postgres: "" given; at least 1 characters is needed'],
    [{ images: "postgres:17" }, 'images: "postgres:17" given; a map is needed'],
    [{ backend: [] }, "backend: [] given; a map is needed"],
    [{ backend: { app: 3 } }, "backend.app: 3 given; a text is needed"],
    [{ celery: { queues: "mail" } }, 'celery.queues: "mail" given; a list is needed'],
    [{ celery: { queues: [""] } }, 'celery.queues.0: "" given; at least 1 characters is needed'],
    [{ celery: { que: [] } }, "celery.que: is no setting; there are app, queues"],
    [{ env: { A: 1 } }, "env.A: 1 given; a text is needed"],
    [{ env: { "A-B": "x" } }, 'env.A-B: "x" given; a name of letters, digits and _ is needed'],
    [{ env: ["A=1"] }, 'env: ["A=1"] given; a map is needed'],
    [
      { overrides: { web: {} } },
      'overrides: {"web":{}} given; a map with backend, celery, postgres, redis, each a map of numbers to replace, such as {"backend": {"workers": 4}} is needed',
    ],
    [
      { postgresPassword: "short" },
      "postgresPassword: a value that is not allowed given; at least 8 characters is needed",
    ],
    [{ redisPassword: 'with"quote1' }, `redisPassword: a value that is not allowed given; ${PASSWORD}`],
  ])("%j", (wrong, mistake) => {
    expect(answer({ ...right, ...wrong })).toBe(refusal(mistake));
  });

  it("all mistakes come at once", () => {
    expect(answer({ tier: "hihg", prot: 80, target: "docker", share: 2 })).toBe(
      refusal(
        'tier: "hihg" given; low, medium, high or extreme is needed',
        "share: 2 given; at most 1 is needed",
        `prot: is no setting; there are ${TOP}`,
      ),
    );
  });
});
