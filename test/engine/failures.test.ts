import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { ConvergingStack } from "./converging-stack";
import { impatient } from "./stack";

const MINUTE = 60_000;

describe("a failed update says why, and the next one converges", { timeout: 10 * MINUTE }, () => {
  const system = new ConvergingStack();
  /** For Celery's containers that are never going to be healthy, which the product gives two minutes. */
  const failureSoon = () => system.stack.upWith(impatient("celery-1", "celery-beat")).then(() => "no failure", String);

  it("an image that cannot be pulled changes nothing", async () => {
    const before = await system.containers();
    await system.stack.set({ "images.app": "localhost:1/no-such-image:1" });
    const said = await system.failure();
    expect(said).toContain("Image localhost:1/no-such-image:1 is not on this Docker engine and could not be pulled:");
    expect(said).toContain("docker login");
    expect(await system.containers()).toEqual(before);
    expect(await system.ready()).toBe(200);
  });

  it("a program that ends leaves the old one serving", async () => {
    await system.stack.set({ "celery.app": "app.no_such_module" });
    const said = await failureSoon();
    expect(said).toMatch(/celery-1: the container is \w+, exit code [12]/);
    expect(said).toContain("Unable to load celery application.");
    expect(await system.ready()).toBe(200);
  });

  it("a health check that fails", async () => {
    await system.stack.set({ "celery.heartbeatFile": "/nowhere/heartbeat" });
    for (const said of [await failureSoon(), await failureSoon()]) {
      expect(said).toMatch(/celery-1: the container is running/);
      expect(said).toContain("no heartbeat within 30 s in /nowhere/heartbeat");
    }
    expect(await system.ready()).toBe(200);
  });

  it("a program that needs more memory than its limit", async () => {
    const context = path.join(tmpdir(), `${system.stack.prefix}-hungry`);
    mkdirSync(context);
    writeFileSync(path.join(context, "hungry.py"), 'everything = [b"x" * (1 << 20) for _ in range(1 << 14)]\n');
    writeFileSync(path.join(context, "Dockerfile"), "ARG BASE\nFROM $BASE\nCOPY hungry.py app/\n");
    await system.stack.set({
      "images.app.context": context,
      "images.app.args.BASE": "sized-stack/example-app",
      "celery.app": "app.hungry",
    });
    const said = await failureSoon();
    rmSync(context, { recursive: true });
    expect(said).toMatch(/celery-1: the container is \w+, exit code 137, killed because it went over its memory limit/);
    expect(said).toContain("celery.childMemory");
    expect(await system.ready()).toBe(200);
  });

  it("a Dockerfile that does not build", async () => {
    const before = await system.containers();
    const context = path.join(tmpdir(), `${system.stack.prefix}-wrong`);
    mkdirSync(context);
    writeFileSync(path.join(context, "Dockerfile"), "ARG BASE\nFROM $BASE\nRUN echo what is missing; exit 7\n");
    await system.stack.set({ "images.app.context": context, "images.app.args.BASE": "sized-stack/example-app" });
    const said = await system.failure();
    rmSync(context, { recursive: true });
    expect(said).toContain(`docker build of ${context} ended with exit code`);
    expect(said.split("Diagnostics:")[1]?.match(/^what is missing$/gm)).toHaveLength(1);
    expect(await system.containers()).toEqual(before);
    expect(await system.ready()).toBe(200);
  });

  it("a failing migration changes nothing else, and fails again until it is corrected", async () => {
    const before = await system.containers();
    await system.stack.set({
      "env.RELEASE": "three",
      "migration[0]": "sh",
      "migration[1]": "-c",
      "migration[2]": "echo column exists already; exit 3",
    });
    for (const said of [await system.failure(), await system.failure()]) {
      expect(said).toContain("The migration (sh -c echo column exists already; exit 3) ended with exit code 3.");
      expect(said).toContain("  column exists already");
    }
    expect(await system.containers()).toEqual(before);
    expect(await system.ready()).toBe(200);

    system.restore();
    await system.stack.set({ "env.RELEASE": "three" });
    system.keep();
    await system.stack.up();
    const [backend] = await stackContainers(system.stack.prefix, "backend");
    expect(before).not.toContain(backend?.id);
    expect(await stackContainers(system.stack.prefix, "migration")).toEqual([]);
  });
});
