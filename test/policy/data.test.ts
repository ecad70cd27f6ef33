import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../policy/resource";
import { dataProtected } from "../../policy/rules/data-protected";
import { dataSnapshots } from "../../policy/rules/data-snapshots";
import { resource, said, saidOf } from "./resources";

const EBS = "aws:ebs/volume:Volume";
const tags = { "sized-stack:data": "shop-prod" };

describe("an EBS volume", () => {
  it("that is protected and encrypted is fine", () => {
    expect(said(dataProtected, resource(EBS, { protect: true, inputs: { encrypted: true } }))).toEqual([]);
    expect(said(dataProtected, resource(EBS, { protect: true, inputs: { encrypted: UNKNOWN } }))).toEqual([]);
  });
  it("that is not is told the settings", () => {
    expect(said(dataProtected, resource(EBS))).toEqual([
      expect.stringContaining("ec2.data.protect: true"),
      expect.stringContaining("encrypted: true"),
    ]);
  });

  const policy = (over: object = {}, keep: object = { count: 14 }) =>
    resource("aws:dlm/lifecyclePolicy:LifecyclePolicy", {
      inputs: { policyDetails: { targetTags: tags, schedules: [{ retainRule: keep }] }, ...over },
    });
  const volume = resource(EBS, { name: "data", inputs: { tags: { Name: "shop-prod-data", ...tags } } });

  it("is backed up by a policy for one of its tags", () => {
    expect(saidOf(dataSnapshots, volume, policy())).toEqual([]);
    expect(saidOf(dataSnapshots, volume, policy({}, { interval: 2 }))).toEqual([]);
  });
  it.each([
    ["without a policy", []],
    [
      "with one for other tags",
      [policy({ policyDetails: { targetTags: { a: "b" }, schedules: [{ retainRule: { count: 1 } }] } })],
    ],
    ["with one that is switched off", [policy({ state: "DISABLED" })]],
    ["with one that keeps nothing", [policy({}, { count: 0 })]],
  ])("is not %s", (_, policies) => {
    expect(saidOf(dataSnapshots, volume, ...policies)).toEqual([
      expect.stringMatching(/^data \(aws:Volume\) is backed up by nothing.*targetTags/),
    ]);
  });
});

describe("a Docker volume", () => {
  const docker = (name: unknown) =>
    said(dataProtected, resource("docker:index/volume:Volume", { name: "postgres-volume", inputs: { name } }));
  it("with a name of its own is found again", () => expect(docker("shop-prod-postgres")).toEqual([]));
  it("with one that Pulumi made up is not", () => {
    expect(docker("postgres-volume-1a2b3c4")).toEqual([expect.stringContaining("Set name.")]);
  });
});
