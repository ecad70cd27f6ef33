import { describe, expect, it } from "vitest";
import {
  appHostUserData,
  DATA_ATTRIBUTE,
  type DataHost,
  dataHostUserData,
  HOST_METRICS_NAMESPACE,
  ROLE_ATTRIBUTE,
} from "../../components/platform/ec2/user-data";

const HOST = { cluster: "shop-prod", reservedMemoryMiB: 512 };
const DATA_HOST: DataHost = {
  ...HOST,
  volumeId: "vol-0123456789abcdef0",
  folders: [
    { name: "postgres", owner: 999 },
    { name: "redis", owner: 999 },
  ],
};
/** EC2 refuses more, before base64. */
const MOST_BYTES = 16 * 1024;

/** The content of a file that a script writes. */
const written = (script: string, path: string): string =>
  new RegExp(`> ${path} << 'END'\n([^]*?)\nEND\n`).exec(script)?.[1] ?? "";

const settings = (script: string) =>
  Object.fromEntries(
    written(script, "/etc/ecs/ecs.config")
      .split("\n")
      .map((line) => line.split(/=(.*)/s, 2)),
  );

describe("user data of a host of the application", () => {
  it("reads as in the file beside this test", async () => {
    await expect(appHostUserData(HOST)).toMatchFileSnapshot("user-data/app-host.sh");
  });

  it("joins the cluster with its role and nothing of the data", () => {
    const { ECS_CLUSTER, ECS_RESERVED_MEMORY, ECS_INSTANCE_ATTRIBUTES = "" } = settings(appHostUserData(HOST));
    expect({ ECS_CLUSTER, ECS_RESERVED_MEMORY }).toEqual({ ECS_CLUSTER: "shop-prod", ECS_RESERVED_MEMORY: "512" });
    expect(JSON.parse(ECS_INSTANCE_ATTRIBUTES)).toEqual({ [ROLE_ATTRIBUTE]: "app" });
  });
});

describe("user data of the data host", () => {
  it("reads as in the file beside this test", async () => {
    await expect(dataHostUserData(DATA_HOST)).toMatchFileSnapshot("user-data/data-host.sh");
  });

  it("joins the cluster with the id of its volume", () => {
    const { ECS_INSTANCE_ATTRIBUTES = "" } = settings(dataHostUserData(DATA_HOST));
    expect(JSON.parse(ECS_INSTANCE_ATTRIBUTES)).toEqual({
      [ROLE_ATTRIBUTE]: "data",
      [DATA_ATTRIBUTE]: "vol-0123456789abcdef0",
    });
  });

  it("mounts, makes its folders and measures the disk where it is told to", () => {
    const script = dataHostUserData({
      ...DATA_HOST,
      mountPoint: "/srv/data",
      folders: [{ name: "redis", owner: 1001 }],
    });
    expect(script).toContain("mount_point=/srv/data\n");
    expect(script).toContain("--owner=1001 --group=1001 --mode=0700 /srv/data/redis\n");
    expect(written(script, "/etc/sized-stack-metrics.json")).toContain('"/srv/data"');
    expect(script).not.toMatch(/ \/data\b/);
  });
});

describe.each([
  ["the application", "app", appHostUserData(HOST), ["/"]],
  ["the data", "data", dataHostUserData(DATA_HOST), ["/", "/data"]],
])("user data of the host of %s", (_, role, script, paths) => {
  it("reports disk and memory under dimensions that outlive the host", () => {
    const { metrics } = JSON.parse(written(script, "/etc/sized-stack-metrics.json"));
    const { disk, mem } = metrics.metrics_collected;
    expect(metrics.namespace).toBe(HOST_METRICS_NAMESPACE);
    expect(metrics.aggregation_dimensions).toEqual([
      ["Cluster", "Role"],
      ["Cluster", "Role", "path"],
    ]);
    expect(disk.resources).toEqual(paths);
    for (const { append_dimensions } of [disk, mem]) {
      expect(append_dimensions).toEqual({ Cluster: "shop-prod", Role: role });
    }
  });

  it("starts neither Docker nor the agent, which wait for its end", () => {
    const commands = script.split("\n").filter((line) => /^\s*(systemctl|service|docker)\b/.test(line));
    expect(commands.filter((line) => line.trim() !== "systemctl daemon-reload")).toEqual([]);
  });

  it("fits into what EC2 takes", () => {
    expect(Buffer.byteLength(script)).toBeLessThan(MOST_BYTES);
  });
});
