import { describe, expect, it } from "vitest";
import type { SizingInputs } from "../../components/sizing";
import { refusalOf } from "./machines";

describe("a refusal says what is short, the smallest memory and the highest tier that would fit", () => {
  it.each<[string, Partial<SizingInputs>, string]>([
    [
      "a machine below 1 GiB",
      { hardware: { threads: 2, memory: "1023MiB" } },
      "The machine offers 1023 MiB to containers; the system needs at least 1024 MiB, 1 MiB more. " +
        "With 2 threads and tier high the smallest machine that fits has 1024 MiB (1 GiB). " +
        "No tier fits this hardware. Give the system a larger share of the machine if there is one to give.",
    ],
    [
      "a machine below 2 GiB where the data services are promised all",
      { hardware: { threads: 1, memory: "2047MiB" }, dataReservation: "full" },
      "The machine offers 2047 MiB to containers; the system needs at least 2048 MiB, 1 MiB more. " +
        "With 1 thread and tier high the smallest machine that fits has 2048 MiB (2 GiB). " +
        "No tier fits this hardware. Give the system a larger share of the machine if there is one to give.",
    ],
    [
      "too small a share",
      { hardware: { threads: 8, memory: "2GiB" }, share: 0.4 },
      "The machine offers 819 MiB to containers; the system needs at least 1024 MiB, 205 MiB more. " +
        "With 3 threads and tier high the smallest machine that fits has 2560 MiB (2.5 GiB) of which share 0.4 is taken. " +
        "No tier fits this hardware. Give the system a larger share of the machine if there is one to give.",
    ],
    [
      "a worker larger than the backend's ceiling",
      { hardware: { threads: 4, memory: "4GiB" }, workerMemoryMiB: 2400 },
      "backend: one worker of 2400 MiB, in 0.9 of its container, needs 2667 MiB; the backend may use 2560 MiB of the host, 107 MiB too little. " +
        "With 4 threads and tier high the smallest machine that fits has 4268 MiB (4.17 GiB). " +
        "No tier fits this hardware. Set backend.workerMemory below 2400 MiB if the application needs less.",
    ],
    [
      "a child larger than half of Celery's ceiling",
      { hardware: { threads: 4, memory: "4GiB" }, childMemoryMiB: 513 },
      "celery: one child and its parent need 2 x childMemory, 1026 MiB; Celery may use 1024 MiB of the host, 2 MiB too little. " +
        "With 4 threads and tier high the smallest machine that fits has 4104 MiB (4.01 GiB). " +
        "No tier fits this hardware. Set celery.childMemory below 513 MiB if the tasks need less.",
    ],
    [
      "more app hosts than connections",
      { topology: "app-and-data", hardware: { threads: 2, memory: "4GiB" }, appHosts: 300 },
      "postgres: one worker and one Celery child on each of 300 app hosts need 1200 connections; 147 of max_connections 160 are theirs to use, 1053 too few. " +
        "With 2 threads and tier high no amount of memory on the data host would fit. " +
        "No tier fits this hardware. Use fewer app hosts, or put PgBouncer in front of PostgreSQL.",
    ],
    [
      "too small a data host",
      { topology: "app-and-data", dataHardware: { threads: 2, memory: "1000MiB" } },
      "The data host offers 1000 MiB to containers; the system needs at least 1024 MiB, 24 MiB more. " +
        "With 2 threads and tier high the smallest data host that fits has 1024 MiB (1 GiB). " +
        "No tier fits this hardware. Give the system a larger share of the machine if there is one to give.",
    ],
    [
      "a gapless deploy where no second copy's reservation is free",
      { hostReserve: "registered", dataReservation: "full", rollout: "gapless", childMemoryMiB: 4000 },
      "celery: one child and its parent needs 8000 MiB of the host in each of two copies; there are 6096 MiB for each, " +
        "1904 MiB too little. With 12 threads and tier high the smallest machine that fits has 42924 MiB (41.92 GiB). " +
        "No tier fits this hardware. " +
        "Set childMemory lower if the application needs less, or rollout: recreate to deploy with a gap.",
    ],
  ])("%s", (_, inputs, message) => {
    expect(refusalOf(inputs).message).toBe(message);
  });

  it("carries the part, what lacks and what would fit as data", () => {
    expect(refusalOf({ hardware: { threads: 4, memory: "4GiB" }, childMemoryMiB: 513 })).toMatchObject({
      name: "SizingRefusal",
      part: "celery",
      lack: "memory",
      fit: { smallestMemoryMiB: 4104, highestTier: undefined },
      host: "app",
    });
  });

  it("says so where the plan would fit without the overrides", () => {
    const { message } = refusalOf({ overrides: { backend: { fleetMemoryLimitMiB: 100 } } });
    expect(message).toContain("Without the overrides it would fit.");
  });

  it("names Redis where its clients do not go round", () => {
    const { part, message } = refusalOf({
      topology: "app-and-data",
      hardware: { threads: 64, memory: "64GiB" },
      dataHardware: { threads: 16, memory: "64GiB" },
      appHosts: 15,
      tier: "extreme",
      overrides: { redis: { maxClients: 1000 } },
    });
    expect(part).toBe("redis");
    expect(message).toMatch(
      /^redis: each of \d+ backend workers needs 2 connections; 80 % of maxclients 1000, less Celery's, leave \d/,
    );
  });
});

describe("inputs that make no sense are refused, all at once", () => {
  it.each<[string, Partial<SizingInputs>, string]>([
    [
      "no threads",
      { hardware: { threads: 0, memory: "4GiB" } },
      "hardware.threads: 0 given; a whole number from 1 to 4096 is allowed",
    ],
    [
      "half a thread",
      { hardware: { threads: 1.5, memory: "4GiB" } },
      "hardware.threads: 1.5 given; a whole number from 1 to 4096 is allowed",
    ],
    ["a share above 1", { share: 1.5 }, "share: 1.5 given; a number from 0.1 to 1 is allowed"],
    ["a share of 0", { share: 0 }, "share: 0 given; a number from 0.1 to 1 is allowed"],
    ["no number", { diskGiB: Number.NaN }, "diskGiB: NaN given; a number from 1 to 65536 is allowed"],
    ["half an app host", { appHosts: 1.5 }, "appHosts: 1.5 given; a whole number from 1 to 1000 is allowed"],
    [
      "two mistakes",
      { appHosts: 0, childMemoryMiB: 1 },
      "appHosts: 0 given; a whole number from 1 to 1000 is allowed\nchildMemoryMiB: 1 given; a whole number from 16 to 1048576 is allowed",
    ],
  ])("%s", (_, inputs, message) => {
    expect(refusalOf(inputs)).toMatchObject({ part: "inputs", message });
  });

  it("a size without a unit", () => {
    const inputs: SizingInputs = JSON.parse('{"hardware":{"threads":2,"memory":"16"},"tier":"low"}');
    expect(refusalOf(inputs).message).toMatch(/^hardware\.memory: "16" is no memory size/);
  });
});
