import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { TestStack } from "./stack";

const MINUTE = 60_000;

/** A stack of the tests of one file, each of which ends with an update that converges on the right settings. */
export class ConvergingStack {
  private made: TestStack | undefined;
  private right = "";

  /** Registers what makes the stack before all tests, converges it after each, and removes it in the end. */
  constructor() {
    beforeAll(async () => {
      this.made = await TestStack.create();
      await this.stack.set({ "hardware.threads": 2, "hardware.memory": "4GiB" });
      this.right = this.stack.settingsFile();
      await this.stack.up();
    }, 10 * MINUTE);

    afterEach(async () => {
      this.restore();
      await this.stack.up();
      expect(await this.ready()).toBe(200);
      expect(await this.containers()).toHaveLength(6);
    }, 10 * MINUTE);

    afterAll(() => this.made?.remove(), 2 * MINUTE);
  }

  get stack(): TestStack {
    if (!this.made) throw new Error("The stack was not made");
    return this.made;
  }

  restore = (): void => this.stack.restoreSettings(this.right);
  /** The settings there are now are the right ones from here on. */
  keep(): void {
    this.right = this.stack.settingsFile();
  }

  containers = async (): Promise<string[]> => (await stackContainers(this.stack.prefix)).map(({ id }) => id);
  ready = async (): Promise<number> => (await fetch(this.stack.url("/api/ready"))).status;
  /** What an update that fails says. */
  failure = (env: Readonly<Record<string, string>> = {}): Promise<string> =>
    this.stack.up(env).then(() => "no failure", String);
}
