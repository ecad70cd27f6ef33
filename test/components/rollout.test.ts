import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { Backend } from "../../components/backend";
import { CeleryFleet } from "../../components/celery-fleet";
import { DockerPlatform } from "../../components/platform";
import { Postgres } from "../../components/postgres";
import { Redis } from "../../components/redis";
import type { SizingInputs } from "../../components/sizing";
import { sizingPlan } from "../../components/sizing";
import { planSummary } from "../../tools/stack/plan-summary";
import { type Registrations, register } from "./mocks";

const CONTAINER = "docker:index/container:Container";

const system = (inputs: SizingInputs) => (options: pulumi.ComponentResourceOptions) => {
  const sized = { ...inputs, platform: new DockerPlatform("docker", { prefix: "sized-stack-test" }, options) };
  const postgres = new Postgres("postgres", { ...sized, password: pulumi.secret("p") }, options).endpoint;
  const redis = new Redis("redis", { ...sized, password: pulumi.secret("r") }, options).endpoint;
  const application = { ...sized, image: "app", postgres, redis };
  new Backend("backend", application, options);
  new CeleryFleet("celery", application, options);
};

const EXTREME = { hardware: { threads: 8, memory: "16GiB" }, tier: "extreme" } as const;

describe.each([
  ["recreate is set", { ...EXTREME, rollout: "recreate" }],
  ["auto finds no connections for two copies", { hardware: { threads: 1, memory: "1GiB" }, tier: "low" }],
] as const)("where %s", (_, inputs) => {
  const plan = sizingPlan(inputs);
  let made: Registrations;
  beforeAll(async () => {
    made = await register(system(inputs));
  });

  it("the old containers of backend and Celery are deleted before the new ones are made", () => {
    const applications = made.seen.filter(({ name, type }) => type === CONTAINER && /^(backend|celery)-\d/.test(name));
    expect(applications).toHaveLength(plan.backend.instances + plan.celery.replicas);
    expect(applications.map(({ options }) => options.deleteBeforeReplace)).toEqual(applications.map(() => true));
  });

  it("none is made before all have stopped: the first stops them, and the others go and come after it", async () => {
    for (const [service, containers] of [
      ["backend", plan.backend.instances],
      ["celery", plan.celery.replicas],
    ] as const) {
      for (let number = 2; number <= containers; number++) {
        const { options } = made.find(CONTAINER, `${service}-${number}`);
        const [first] = options.replaceWith ?? [];
        expect(await urnOf(first)).toMatch(new RegExp(`::${service}-1$`));
        expect(options.dependsOn).toContain(first);
      }
    }
  });

  it("make up says what a deploy interrupts", () => {
    expect(planSummary(plan)).toMatch(
      /A deploy stops the old containers before the new ones start\. Backend: some seconds without an answer; Celery: some seconds without new tasks\.$/,
    );
  });
});

it("with room for both, new containers come first, each on its own, and make up has nothing to say of it", async () => {
  const made = await register(system({ ...EXTREME, rollout: "gapless" }));
  for (const name of ["backend-1", "backend-2", "celery-1", "celery-2"]) {
    expect(made.find(CONTAINER, name).options).toMatchObject({ deleteBeforeReplace: false, replaceWith: [] });
  }
  expect(planSummary(sizingPlan({ ...EXTREME, rollout: "gapless" }))).not.toContain("A deploy stops");
});

const urnOf = (resource: pulumi.Resource | undefined): Promise<string> =>
  new Promise((resolve, reject) => {
    if (resource) resource.urn.apply(resolve);
    else reject(new Error("no resource"));
  });
