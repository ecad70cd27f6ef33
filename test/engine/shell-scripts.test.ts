import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { run } from "../../tools/toolchain/command";
import { PROJECT } from "../../tools/toolchain/versions";
import { testImage } from "./images";

const MINUTE = 60_000;
const SCRIPTS = path.join(PROJECT, "tools", "ci");
let image: string;

beforeAll(async () => {
  image = await testImage("ec2-host");
}, 5 * MINUTE);

it.each(readdirSync(SCRIPTS).filter((name) => name.endsWith(".sh")))(
  "shellcheck has nothing to say of %s",
  { timeout: MINUTE },
  async (name) => {
    const script = readFileSync(path.join(SCRIPTS, name), "utf8");
    const check = ["bash", "-c", 'shellcheck - <<< "$1"', "bash", script];
    expect(await run("docker", ["run", "--rm", "--network=none", image, ...check])).toBe("");
  },
);
