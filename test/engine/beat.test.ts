import { afterAll, beforeAll, expect, it } from "vitest";
import { BEAT, BEAT_STARTED, beatArgv } from "../../components/services/celery";
import { eventually } from "./eventually";
import { localImage } from "./images";
import { Workers } from "./tasks/workers";

const MINUTE = 60_000;

let workers: Workers;
let volume: string;
beforeAll(async () => {
  workers = await Workers.start();
  volume = `${workers.name}-celery-beat`;
  await workers.docker(
    ...["run", "--rm", `--volume=${volume}:${BEAT.memoryPath}`, ...workers.env, "--entrypoint=sh"],
    ...[localImage("sized-stack/example-app"), "-c", 'echo "$MODULE" > /tmp/probe.py'],
  );
}, MINUTE);
afterAll(async () => {
  await workers?.remove();
  await workers?.docker("volume", "rm", "--force", volume);
}, MINUTE);

/** Runs beat on the stack's volume as the platform does, until it opened its schedule; when the entry was sent last. */
async function lastRun(name: string): Promise<string> {
  const container = `${workers.name}-${name}`;
  await workers.docker(
    ...["run", "--detach", `--name=${container}`, `--network=${workers.name}`, ...workers.env, "--user=1000"],
    ...["--cap-drop=ALL", "--security-opt=no-new-privileges", `--volume=${volume}:${BEAT.memoryPath}`],
    ...[localImage("sized-stack/example-app"), ...beatArgv("probe")],
  );
  await eventually(() => workers.docker("exec", container, "sh", "-c", BEAT_STARTED));
  const read =
    'import shelve; print(shelve.open("/tmp/celerybeat-schedule")["entries"]["every hour"].last_run_at.isoformat())';
  await workers.docker("stop", container);
  const printed = await workers.docker(
    ...["run", "--rm", `--volume=${volume}:${BEAT.memoryPath}`, "--entrypoint=python"],
    ...[localImage("sized-stack/example-app"), "-c", read],
  );
  await workers.docker("rm", container);
  return printed.trim();
}

it("beat goes on with its intervals in the next container, as a user that is not root", {
  timeout: MINUTE,
}, async () => {
  const first = await lastRun("before");
  expect(first).toMatch(/^\d{4}-/);
  expect(await lastRun("after")).toBe(first);
});
