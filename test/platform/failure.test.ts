import { expect, it } from "vitest";
import { advice, type DockerState, wayBack, withLastEnd } from "../../components/platform/docker/failure";

const ended: DockerState = { Status: "exited", ExitCode: 1, OOMKilled: false };

it.each<[string, DockerState, string[], RegExp]>([
  ["over its memory limit", { ...ended, ExitCode: 137, OOMKilled: true }, [], /more memory .* celery\.childMemory/],
  ["killed with its parent left out of the count", { ...ended, ExitCode: 137 }, [], /more memory/],
  ["out of disk, as its program says", ended, ["could not write: No space left on device"], /docker system df/],
  [
    "out of disk, as Docker says",
    { ...ended, Status: "created", Error: "mkdir /x: no space left on device" },
    [],
    /docker system df/,
  ],
  ["never started", { ...ended, Status: "created", ExitCode: 127 }, [], /never started/],
  ["not healthy", { ...ended, Status: "running", ExitCode: 0 }, [], /not healthy/],
  ["ended", ended, ["ModuleNotFoundError"], /program ended/],
])("a container %s gets the advice for that", (_, state, lines, expected) => {
  expect(advice(state, lines)).toMatch(expected);
});

it.each([
  ["an old one may run", /^The old container, where there is one, goes on\.$/],
  ["none runs", /nothing of this service runs until one succeeds\. To go back .* deploy that\..* is not taken back\.$/],
] as const)("where %s, the message says what runs and how to go back", (beside, expected) => {
  expect(wayBack(beside)).toMatch(expected);
});

it("a container that is started again and again is told by its last end", () => {
  const running: DockerState = { Status: "running", ExitCode: 0, OOMKilled: false };
  expect(withLastEnd(running, [])).toEqual(running);
  expect(withLastEnd(running, ["die 1", "die 2"])).toEqual({ Status: "restarting", ExitCode: 2, OOMKilled: false });
  expect(withLastEnd(running, ["oom <no value>", "die 137"])).toMatchObject({ ExitCode: 137, OOMKilled: true });
});
