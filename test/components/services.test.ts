import { existsSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { ALL_SERVICES } from "../../components/services";
import { RULES, SERVICES } from "../../components/sizing";
import { FROM_PACKAGES } from "../../tools/toolchain/versions";
import { planHere } from "../sizing/machines";

const plan = planHere({ hardware: { threads: 4, memory: "8GiB" }, tier: "medium", beat: true });

describe("the descriptors of the services", () => {
  it("are there for every service that has numbers of its own", () => {
    const described = ALL_SERVICES.map(({ section }) => section);
    expect(described).toEqual(expect.arrayContaining([...SERVICES]));
    expect(new Set(described).size).toBe(described.length);
    expect(new Set(ALL_SERVICES.map(({ name }) => name)).size).toBe(described.length);
  });

  it.each(ALL_SERVICES)("say how many containers of $name run, with the plan's memory", ({ section, running }) => {
    const { containers, memoryLimitMiB } = running(plan) ?? {};
    expect(containers).toBeGreaterThan(0);
    expect(memoryLimitMiB).toBe(plan.explanations[section].memoryLimitMiB?.value);
  });

  it.each(ALL_SERVICES.flatMap(({ program }) => program ?? []))(
    "name numbers of $service that are in its rules",
    (program) => {
      const fields = Object.keys(RULES[program.service]);
      expect(fields).toEqual(expect.arrayContaining(Object.values(program.derived)));
      expect(program.emitted.text(plan)).not.toBe("");
    },
  );

  it.each(ALL_SERVICES.flatMap(({ image }) => image ?? []))(
    "have a stand-in for %s where no registry is reachable",
    (image) => {
      expect(existsSync(path.join(FROM_PACKAGES, "images", image.replace(/:.*/, ""), "Dockerfile"))).toBe(true);
    },
  );
});
