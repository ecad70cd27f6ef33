import { describe, expect, it } from "vitest";
import type { Properties } from "../../policy/resource";
import { reservationsFit } from "../../policy/rules/reservations-fit";
import { resource, saidOf, taskDefinition } from "./resources";

const sized = (sizing: object) => resource("sized-stack:index:Backend", { name: "backend", inputs: { sizing } });

describe("on Docker", () => {
  const container = (name: string, memoryReservation?: number) =>
    resource("docker:index/container:Container", { name, inputs: { memory: 9999, memoryReservation } });
  const machine = sized({ hardware: { threads: 4, memory: "8GiB" }, share: 0.5 });

  it("the machine's share is what there is to promise", () => {
    expect(saidOf(reservationsFit, machine, container("a", 4000), container("b", 96), container("c"))).toEqual([]);
    expect(saidOf(reservationsFit, machine, container("a", 97), container("b", 4000))).toEqual([
      "The Docker engine has 4,096 MiB for containers, and promises 4,097 MiB: a 97, b 4,000. The plan keeps within " +
        "it; remove the transform or the container that adds to it, or take a larger machine or a lower tier.",
    ]);
  });

  it("nothing is said of a program that sizes nothing", () => {
    expect(saidOf(reservationsFit, container("a", 4097))).toEqual([]);
  });
});

describe("on ECS", () => {
  const running = (name: string, memory: object, service: Properties) => {
    const definition = taskDefinition([{ name, ...memory }], { name });
    return [
      definition,
      resource("aws:ecs/service:Service", { name, inputs: service, from: { taskDefinition: [definition.urn] } }),
    ];
  };
  const onAppHosts = { capacityProviderStrategies: [{ capacityProvider: "app" }] };
  const several = sized({
    hardware: { threads: 2, memory: "4000MiB" },
    dataHardware: { threads: 4, memory: "8000MiB" },
    topology: "app-and-data",
  });
  const hosts = resource("aws:autoscaling/group:Group", { inputs: { minSize: 2 } });

  it("each kind of host promises what its services are promised, replicas spread over the app hosts", () => {
    const backend = (desiredCount: number) =>
      running("backend", { memory: 2000, memoryReservation: 1000 }, { ...onAppHosts, desiredCount });
    const postgres = (memory: number) => running("postgres", { memory }, { desiredCount: 1 });
    expect(saidOf(reservationsFit, several, hosts, ...backend(8), ...postgres(8000))).toEqual([]);
    expect(saidOf(reservationsFit, several, hosts, ...backend(9), ...postgres(8001))).toEqual([
      expect.stringContaining("The data host has 8,000 MiB for containers, and promises 8,001 MiB: postgres 8,001."),
      expect.stringContaining("An app host has 4,000 MiB for containers, and promises 5,000 MiB: backend 5,000."),
    ]);
  });

  it("a single host carries everything", () => {
    const one = sized({ hardware: { threads: 2, memory: "4000MiB" }, dataHardware: { threads: 4, memory: "8000MiB" } });
    const all = [
      ...running("backend", { memory: 3000 }, { desiredCount: 1 }),
      ...running("redis", { memory: 1001 }, {}),
    ];
    expect(saidOf(reservationsFit, one, ...all)).toEqual([expect.stringContaining("backend 3,000, redis 1,001")]);
  });
});
