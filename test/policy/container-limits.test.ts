import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../policy/resource";
import { containerLimits } from "../../policy/rules/container-limits";
import { resource, said, taskDefinition } from "./resources";

const CONTAINER = "docker:index/container:Container";
const LIMITED = {
  memory: 512,
  cpuShares: 256,
  healthcheck: { tests: ["CMD", "true"] },
  destroyGraceSeconds: 30,
};
const ON_ECS = { name: "app", memory: 512, cpu: 256, healthCheck: { command: ["CMD", "true"] }, stopTimeout: 30 };

describe("a container on Docker", () => {
  const docker = (inputs: object) => said(containerLimits, resource(CONTAINER, { inputs: { ...LIMITED, ...inputs } }));

  it("with everything set is fine, also where the value is not known yet", () => {
    expect(docker({})).toEqual([]);
    expect(docker({ memory: UNKNOWN, healthcheck: UNKNOWN })).toEqual([]);
  });

  it.each([
    ["memory", undefined, "has no memory limit"],
    ["memory", 0, "has no memory limit"],
    ["cpuShares", undefined, "has no CPU weight"],
    ["healthcheck", undefined, "has no health check"],
    ["healthcheck", { tests: ["NONE"] }, "has no health check"],
    ["destroyGraceSeconds", undefined, "has no time to stop"],
  ])("with %s %o is told what to set", (key, value, words) => {
    const messages = docker({ [key]: value });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(`it (docker:Container) ${words}`);
    expect(messages[0]).toContain(`Set ${key}`);
  });
});

describe("a container of a task definition", () => {
  it.each([
    ["memory", "Set memory, in MiB."],
    ["cpu", "Set cpu"],
    ["healthCheck", "Set healthCheck."],
    ["stopTimeout", "Set stopTimeout."],
  ])("without %s is told what to set", (key, remedy) => {
    const messages = said(containerLimits, taskDefinition([{ ...ON_ECS, [key]: undefined }]));
    expect(messages).toEqual([expect.stringContaining("backend (aws:TaskDefinition): container app has")]);
    expect(messages[0]).toContain(remedy);
  });

  it("is fine with everything set, and while a preview does not know it", () => {
    expect(said(containerLimits, taskDefinition([ON_ECS]))).toEqual([]);
    expect(said(containerLimits, taskDefinition([], { inputs: { containerDefinitions: UNKNOWN } }))).toEqual([]);
  });

  it("needs no health check where it ends by itself, and limits all the same", () => {
    const migration = { within: ["sized-stack:index:Migration"], name: "migration" };
    const once = { name: "migration", memory: 512, cpu: 128 };
    expect(said(containerLimits, taskDefinition([once], migration))).toEqual([]);
    expect(said(containerLimits, taskDefinition([{ ...once, memory: undefined }], migration))).toHaveLength(1);
    expect(said(containerLimits, taskDefinition([once]))).toHaveLength(2);
  });
});

it("says nothing of other resources", () => {
  expect(said(containerLimits, resource("docker:index/network:Network"))).toEqual([]);
});
