import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, expect, it } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { stackVolumes } from "../../tools/stack/volumes";
import { run } from "../../tools/toolchain/command";
import { PROJECT } from "../../tools/toolchain/versions";
import { freePort } from "./stack";

const MINUTE = 60_000;
/** Stands for the name that the page gives its project, so that a reader's own `shop` is left alone. */
const SHOP = `shop${randomBytes(4).toString("hex")}`;
const PREFIX = `${SHOP}-dev`;
const copy = mkdtempSync(path.join(tmpdir(), "sized-stack-copy-"));

/** The commands of the page, in their order, as one script. */
function commandsOfThePage(port: number): string {
  const page = readFileSync(path.join(PROJECT, "docs", "your-application.md"), "utf8");
  const blocks = [...page.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, commands]) => commands);
  return blocks.join("\n").replaceAll("shop", SHOP).replaceAll("8001", String(port));
}

afterAll(async () => {
  for (const { id } of await stackContainers(PREFIX)) await run("docker", ["rm", "--force", "--volumes", id]);
  for (const volume of await stackVolumes(PREFIX)) await run("docker", ["volume", "rm", volume]);
  await run("docker", ["network", "rm", PREFIX]).catch(() => undefined);
  const images = await run("docker", ["image", "ls", "--quiet", `--filter=reference=${PREFIX}/app`]);
  for (const id of images.split("\n").filter(Boolean)) await run("docker", ["image", "rm", "--force", id]);
  rmSync(copy, { recursive: true, force: true });
}, 2 * MINUTE);

it(
  "docs/your-application.md, pasted into a fresh copy, runs that application and deploys its edit",
  async () => {
    const files = "git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from=-";
    await run("sh", ["-c", `${files} | tar --extract --directory="$0"`, copy], { cwd: PROJECT });
    const script = commandsOfThePage(await freePort());
    const said = await run("bash", ["-euo", "pipefail", "-c", script], {
      cwd: copy,
      timeoutSeconds: 9 * 60,
      // A reader's shell is not part of another make, as these tests are.
      env: { MAKEFLAGS: "", MAKELEVEL: "" },
    });

    const answers = [...said.matchAll(/\{[^{}]*"orders":[^{}]*\}/g)].map(([answer]) => JSON.parse(answer));
    const name = `The corner ${SHOP}`;
    const key = `sk_test_of_the_corner_${SHOP}`.length;
    expect(answers).toEqual([
      { [SHOP]: name, key, orders: ["bread"] },
      { name, key, orders: ["bread"] },
    ]);
    expect(await stackContainers(PREFIX)).toEqual([]);
    expect(await stackVolumes(PREFIX)).toHaveLength(2);
  },
  10 * MINUTE,
);
