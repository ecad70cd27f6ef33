import { describe, expect, it } from "vitest";
import type { MemorySize, SizingInputs } from "../../components/sizing";
import { planWith, refusalOf } from "./machines";

const mib = (size: number): MemorySize => `${size}MiB`;
const machine = (threads: number, memoryMiB: number) => ({ threads, memory: mib(memoryMiB) });

describe("the smallest memory a refusal names is enough, and 1 MiB less is not", () => {
  it.each<[string, Partial<SizingInputs>, "hardware" | "dataHardware"]>([
    ["of a machine", { hardware: machine(2, 600) }, "hardware"],
    ["of a shared machine", { hardware: machine(2, 600), share: 0.3 }, "hardware"],
    ["for large workers", { hardware: machine(8, 2048), workerMemoryMiB: 3000 }, "hardware"],
    ["for large children", { hardware: machine(8, 2048), childMemoryMiB: 1500 }, "hardware"],
    ["without oversubscription", { hardware: machine(2, 1100), oversubscribe: false }, "hardware"],
    [
      "of a machine that a scheduler registered",
      { hardware: machine(2, 1500), hostReserve: "registered", dataReservation: "full" },
      "hardware",
    ],
    [
      "of an app host",
      { topology: "app-and-data", hardware: machine(2, 700), dataHardware: machine(4, 8192) },
      "hardware",
    ],
    [
      "of an app host that a scheduler registered",
      {
        topology: "app-and-data",
        hardware: machine(2, 700),
        dataHardware: machine(4, 8192),
        hostReserve: "registered",
      },
      "hardware",
    ],
    [
      "of a data host",
      { topology: "app-and-data", hardware: machine(8, 8192), dataHardware: machine(2, 700) },
      "dataHardware",
    ],
    [
      "of a data host beside registered app hosts",
      {
        topology: "app-and-data",
        hardware: machine(8, 8192),
        dataHardware: machine(2, 700),
        hostReserve: "registered",
        dataReservation: "full",
      },
      "dataHardware",
    ],
  ])("%s", (_, inputs, host) => {
    const smallest = refusalOf(inputs).fit?.smallestMemoryMiB ?? Number.NaN;
    const { threads = 0 } = inputs[host] ?? {};
    expect(planWith({ ...inputs, [host]: machine(threads, smallest) })).toBeDefined();
    expect(() => refusalOf({ ...inputs, [host]: machine(threads, smallest - 1) })).not.toThrow();
  });
});

describe("without oversubscription, overrides keep within the host", () => {
  const inputs = { hardware: machine(8, 16_384), oversubscribe: false } as const;

  it.each([
    [5, "taken"],
    [7, "the CPU limits sum to "],
  ])("CPU limits of %i and 3 threads: %s", (fleetCpuLimit, answer) => {
    const overrides = {
      backend: { fleetCpuLimit },
      celery: { fleetCpuLimit: 1 },
      postgres: { cpuLimit: 1 },
      redis: { cpuLimit: 1 },
    };
    if (answer === "taken") expect(planWith({ ...inputs, overrides }).totals.cpuLimit).toBe(8);
    else {
      expect(refusalOf({ ...inputs, overrides }).message).toContain(
        "overrides.backend.fleetCpuLimit: the CPU limits sum to 10; at most the host's 8 threads are allowed with oversubscribe: false",
      );
    }
  });

  it("memory limits beyond the host are refused with the sum", () => {
    const { message } = refusalOf({ ...inputs, overrides: { celery: { fleetMemoryLimitMiB: 9000 } } });
    expect(message).toMatch(
      /^With oversubscribe: false the memory limits and the reserve may be the host's 16384 MiB at most; they are (\d+) \+ 512 MiB, (\d+) MiB too much\./,
    );
    const [, limits, over] = /are (\d+) \+ 512 MiB, (\d+) MiB too much/.exec(message) ?? [];
    expect(Number(limits) + 512 - 16_384).toBe(Number(over));
    expect(message).toContain("Without the overrides it would fit. Override less memory, or set oversubscribe: true.");
  });

  it("on each host of app-and-data", () => {
    const hosts = { topology: "app-and-data", oversubscribe: false, dataHardware: machine(4, 8192) } as const;
    const { message } = refusalOf({ ...hosts, overrides: { postgres: { cpuLimit: 3 }, redis: { cpuLimit: 2 } } });
    expect(message.split("\n")).toEqual([
      "overrides.postgres.cpuLimit: the CPU limits sum to 5; at most the host's 4 threads are allowed with oversubscribe: false",
      "overrides.redis.cpuLimit: the CPU limits sum to 5; at most the host's 4 threads are allowed with oversubscribe: false",
    ]);
  });
});
