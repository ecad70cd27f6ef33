import { describe, expect, it } from "vitest";
import { Ec2Error } from "../../components/platform/ec2/error";
import {
  type Architecture,
  describeInstance,
  EC2_SIZING,
  ec2Hardware,
  ecsReservedMemoryMiB,
  INSTANCE_TYPES,
  type InstanceType,
  instanceType,
  knownInstanceType,
  registeredHardware,
  registeredMemoryMiB,
  resolveInstanceType,
} from "../../components/platform/ec2/hardware";
import { type Host, instanceRefusal, smallestInstanceThatFits } from "../../components/platform/ec2/instance-fit";
import { parseMemory, type SizingInputs, SizingRefusal, sizingPlan } from "../../components/sizing";

/** A system on these instances, as Amazon ECS registers them. */
const systemOn = (app: string, inputs: Partial<SizingInputs> = {}, data?: string): SizingInputs => ({
  tier: "low",
  ...inputs,
  ...EC2_SIZING,
  hardware: ec2Hardware(app),
  ...(data && { dataHardware: ec2Hardware(data) }),
});

function planOrRefusal(inputs: SizingInputs): SizingRefusal | undefined {
  try {
    sizingPlan(inputs);
    return undefined;
  } catch (error) {
    if (error instanceof SizingRefusal) return error;
    throw error;
  }
}

function refusalOf(inputs: SizingInputs): SizingRefusal {
  const refusal = planOrRefusal(inputs);
  if (!refusal) throw new Error("expected a refusal, got a plan");
  return refusal;
}

describe("the memory Amazon ECS registers", () => {
  it.each([
    [512, 459 - 256, "10.25 % goes: 52.48 MiB"],
    [1024, 919 - 256, "10.25 % goes: 104.96 MiB"],
    [6383, 5728 - 256, "10.25 %, 654.2575 MiB, is still less than 399 MiB + 4 %"],
    [6384, 5729 - 256, "both are 654.36 MiB"],
    [6385, 5730 - 256, "399 MiB + 4 %, 654.4 MiB, is less from here on"],
    [32_768, 31_058 - 984, "399 MiB + 4 % go: 1,709.72 MiB"],
    [1_572_864, 1_509_550 - 47_186, "399 MiB + 4 % go: 63,313.56 MiB"],
  ])("of %i MiB is %i MiB: %3$s", (instance, registered) => {
    expect(registeredMemoryMiB(instance)).toBe(registered);
  });

  it.each([
    [512, 256],
    [8533, 256],
    [8534, 257],
    [32_768, 984],
  ])("leaves the agent of an instance with %i MiB a whole number of them: %i", (instance, reserved) => {
    expect(ecsReservedMemoryMiB(instance)).toBe(reserved);
  });

  // What people saw ECS register without ECS_RESERVED_MEMORY. 2018: sentiampc/sentialabs.github.io, ECS-calculator.
  // The t3 types: settings of a public Terraform module, each with its link to describe-container-instances.
  it.each([
    ["t3.small", 1901],
    ["t3.medium", 3828],
    ["m5.large", 7690],
    ["m5.xlarge", 15_586],
    ["m5.2xlarge", 31_377],
    ["m5.4xlarge", 62_960],
    ["m5.12xlarge", 189_294],
    ["m5.24xlarge", 378_665],
    ["c5.large", 3714],
    ["c5.xlarge", 7634],
    ["c5.2xlarge", 15_473],
    ["c5.4xlarge", 31_152],
    ["c5.9xlarge", 70_351],
    ["c5.18xlarge", 140_780],
  ])("of %s is never more than was seen, %i MiB, and at most 4 %% less", (name, seen) => {
    const { memoryMiB } = knownInstanceType(name);
    const reckoned = parseMemory(ec2Hardware(name).memory) + ecsReservedMemoryMiB(memoryMiB);
    expect(reckoned).toBeLessThanOrEqual(seen);
    expect(reckoned).toBeGreaterThan(0.96 * seen);
  });

  it("of 8 GiB stays below the 7,985 MiB in Amazon's own documentation of an m4.large", () => {
    expect(registeredMemoryMiB(8192) + ecsReservedMemoryMiB(8192)).toBeLessThan(7985);
  });

  it("is what the hardware of a type offers, beside its vCPUs", () => {
    expect(ec2Hardware("m7i.2xlarge")).toEqual({ threads: 8, memory: "30074MiB" });
    expect(describeInstance(knownInstanceType("m7i.2xlarge"))).toBe(
      "m7i.2xlarge: 8 vCPU, 32,768 MiB, of which Amazon ECS registers 30,074 MiB",
    );
  });
});

describe("the table of instance types", () => {
  it.each<[string, number, number, Architecture]>([
    ["t3.micro", 2, 1024, "x86_64"],
    ["m7i.2xlarge", 8, 32_768, "x86_64"],
    ["c5.9xlarge", 36, 73_728, "x86_64"],
    ["r8g.large", 2, 16_384, "arm64"],
    ["t4g.2xlarge", 8, 32_768, "arm64"],
  ])("has %s with %i vCPU, %i MiB, %s", (name, vCpus, memoryMiB, architecture) => {
    expect(instanceType(name)).toEqual({ name, vCpus, memoryMiB, architecture });
  });

  it("has no name of an object's own", () => {
    expect(instanceType("constructor")).toBeUndefined();
  });

  it("has general, compute and memory families, none twice, from the smallest size", () => {
    const names = INSTANCE_TYPES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^([cmr][5-9][aig]?(-flex)?|t[3-9][aig]?)\.[a-z0-9]+$/.test(name))).toEqual([]);
    const sizes = INSTANCE_TYPES.filter(({ name }) => name.startsWith("m7g.")).map(({ memoryMiB }) => memoryMiB);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(sizes.length).toBeGreaterThan(5);
  });

  it("has only types that give a plan or a refusal; a plan from 4 GiB on", () => {
    const refused = INSTANCE_TYPES.filter(({ name }) => planOrRefusal(systemOn(name)) !== undefined);
    expect(refused.length).toBeGreaterThan(0);
    expect(Math.max(...refused.map(({ memoryMiB }) => memoryMiB))).toBeLessThan(4096);
  });
});

describe("an instance type that is not in the table", () => {
  const described = { vCpus: 4, memoryMiB: 31_232, architectures: ["i386", "x86_64"] };

  it.each([
    ["m7i.2xl", "m7i.2xlarge"],
    ["M7I.2XLARGE", "m7i.2xlarge"],
    ["t4g", "t4g.nano, t4g.micro or t4g.small"],
    ["c7gn.large", "c7g.large"],
  ])("offline: %s is answered with the nearest names: %s", (name, nearest) => {
    expect(() => ec2Hardware(name)).toThrow(Ec2Error);
    expect(() => ec2Hardware(name)).toThrow(`Instance type "${name}" is not known here. Did you mean ${nearest}`);
    expect(() => ec2Hardware(name)).toThrow("is looked up in AWS when its stack is deployed");
  });

  it("is taken as AWS describes it", async () => {
    const type = await resolveInstanceType("r4.xlarge", async () => described);
    expect(type).toEqual({ name: "r4.xlarge", vCpus: 4, memoryMiB: 31_232, architecture: "x86_64" });
    expect(registeredHardware(type)).toEqual({ threads: 4, memory: `${31_232 - 1649 - 937}MiB` });
  });

  it("AWS is not asked for one that is in the table", async () => {
    const type = await resolveInstanceType("m7i.large", () => Promise.reject(new Error("asked")));
    expect(type).toBe(instanceType("m7i.large"));
  });

  it("and that AWS does not describe is answered with its reason and the nearest names", async () => {
    const resolved = resolveInstanceType("m7i.3xlarge", () => Promise.reject(new Error("InvalidInstanceType")));
    await expect(resolved).rejects.toThrow(Ec2Error);
    await expect(resolved).rejects.toThrow(
      'Instance type "m7i.3xlarge" is not known here, and AWS did not describe it: InvalidInstanceType\n' +
        "Did you mean m7i.xlarge, m7i.2xlarge or m7i.4xlarge? Nothing was created or changed.",
    );
  });

  it("and that runs none of our images is refused", async () => {
    const resolved = resolveInstanceType("mac1.metal", async () => ({ ...described, architectures: ["x86_64_mac"] }));
    await expect(resolved).rejects.toThrow("has architecture x86_64_mac; x86_64 or arm64 is needed");
  });
});

describe("the smallest instance that fits", () => {
  const APART = { topology: "app-and-data", appHosts: 4, tier: "high" } as const;

  it.each<[string, SizingInputs, Host, { architecture: Architecture; family?: string }]>([
    ["any, low", systemOn("t3.nano"), "app", { architecture: "x86_64" }],
    ["any, extreme", systemOn("t3.nano", { tier: "extreme" }), "app", { architecture: "arm64" }],
    [
      "less memory before fewer vCPU",
      systemOn("t3.nano", { workerMemoryMiB: 50_000 }),
      "app",
      { architecture: "x86_64" },
    ],
    ["of one family", systemOn("t3.nano", { childMemoryMiB: 900 }), "app", { architecture: "x86_64", family: "t3a" }],
    ["app host", systemOn("t3.nano", APART, "m7i.large"), "app", { architecture: "x86_64" }],
    ["data host", systemOn("m7i.large", { ...APART, appHosts: 100 }, "t3.nano"), "data", { architecture: "arm64" }],
  ])("%s: gives a plan, and no smaller one of its kind does", (_, inputs, host, among) => {
    const fits = (type: InstanceType) =>
      planOrRefusal({ ...inputs, [host === "app" ? "hardware" : "dataHardware"]: registeredHardware(type) }) ===
      undefined;
    const smallest = smallestInstanceThatFits(inputs, host, among);
    const fitting = INSTANCE_TYPES.filter(
      (type) =>
        type.architecture === among.architecture &&
        type.name.startsWith(among.family ? `${among.family}.` : "") &&
        fits(type),
    );
    const size = ({ memoryMiB, vCpus }: InstanceType) => memoryMiB + vCpus / 1000;
    expect(fitting).toContain(smallest);
    expect(smallest && size(smallest)).toBe(Math.min(...fitting.map(size)));
  });

  it("is undefined where none fits", () => {
    const inputs = systemOn("t3.nano", { childMemoryMiB: 1_000_000 });
    expect(smallestInstanceThatFits(inputs, "app", { architecture: "arm64" })).toBeUndefined();
  });

  const refused = (app: string, inputs: Partial<SizingInputs> = {}, data?: string): string => {
    const system = systemOn(app, inputs, data);
    return instanceRefusal(refusalOf(system), system, {
      app: knownInstanceType(app),
      data: data === undefined ? undefined : knownInstanceType(data),
    });
  };

  it("is named by the refusal, beside what the instance has and what is short", () => {
    expect(refused("t3.small")).toBe(
      "t3.small: 2 vCPU, 2,048 MiB, of which Amazon ECS registers 1,582 MiB.\n" +
        "The machine offers 1326 MiB to containers; the system needs at least 2048 MiB, 722 MiB more. " +
        "With 2 threads and tier low the smallest machine that fits has 2304 MiB (2.25 GiB). " +
        "No tier fits this hardware.\n" +
        "Containers get what Amazon ECS registers, less 256 MiB kept for a migration task.\n" +
        "The smallest t3 instance type that fits is t3.medium.",
    );
  });

  it("is of another family where the refused one has none", () => {
    expect(refused("t4g.small", { childMemoryMiB: 6000 })).toContain(
      "The smallest arm64 instance type that fits is r6g.2xlarge.",
    );
  });

  it("is that of the host that is too small", () => {
    const data = refused("m7i.large", APART, "t4g.micro");
    expect(data).toContain("The data host is t4g.micro: 2 vCPU, 1,024 MiB, of which Amazon ECS registers 663 MiB.");
    expect(data).toContain("Containers get what Amazon ECS registers.\n");
    expect(data).toContain("The smallest t4g instance type that fits is t4g.medium.");
    expect(refused("t3.nano", APART, "m7i.large")).toContain("The app host is t3.nano");
  });

  it("on a single host is of that host, whichever of its services is short", () => {
    const message = refused("c8i.48xlarge", {
      tier: "extreme",
      rollout: "recreate",
      overrides: { redis: { maxClients: 1000 } },
    });
    expect(message).toMatch(/^c8i.48xlarge: 192 vCPU.*\nredis: each of/);
    expect(message).toContain("The smallest c8i instance type that fits is c8i.large.");
  });

  it("is not named where none fits, or the other host is too small as well", () => {
    expect(refused("t3.small", { childMemoryMiB: 1_000_000 })).toContain("\nNo x86_64 instance type fits.");
    expect(refused("t3.nano", APART, "t3.micro")).toContain(
      "\nNo x86_64 instance type fits here while the data host is t3.micro.",
    );
  });

  it("is left out of a refusal that another machine would not cure", () => {
    expect(refused("m7i.large", { share: 7 })).toBe("share: 7 given; a number from 0.1 to 1 is allowed");
  });
});
