import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { appHostUserData, type DataHost, dataHostUserData } from "../../components/platform/ec2/user-data";
import { run } from "../../tools/toolchain/command";
import { testImage } from "./images";

const MINUTE = 60_000;
const VOLUME = "vol-0123456789abcdef0";
const LINK = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0";
const SCRIPT = "/var/lib/cloud/instance/scripts/part-001";
const REFUSAL = `This host stays out of the cluster. When that is put right: ${SCRIPT} && systemctl start ecs`;

const DATA_HOST: DataHost = {
  cluster: "shop-prod",
  reservedMemoryMiB: 512,
  volumeId: VOLUME,
  folders: [
    { name: "postgres", owner: 999 },
    { name: "redis", owner: 999 },
  ],
  timeoutSeconds: 30,
};

interface Outcome {
  readonly code: number;
  /** Both streams, as the console shows them. */
  readonly said: string;
}

/** A container with the tools, the units and the rights of an EC2 host; `systemctl` and `sysctl` only write a log. */
class Host {
  private constructor(private readonly id: string) {}

  static async start(): Promise<Host> {
    // The capabilities that mounting and chattr need: --privileged asks for all, which not every machine can give.
    const rights = ["--cap-add=SYS_ADMIN", "--cap-add=LINUX_IMMUTABLE", "--security-opt=apparmor=unconfined"];
    const loopDevices = ["--device=/dev/loop-control", "--device-cgroup-rule=b 7:* rwm"];
    const id = await run("docker", ["run", "--detach", "--rm", ...rights, ...loopDevices, image]);
    return new Host(id.trim());
  }

  /** Ends the container, and with it every mount and loop device it holds. */
  async end(): Promise<void> {
    await run("docker", ["kill", this.id]);
  }

  async shell(command: string, ...args: readonly string[]): Promise<string> {
    return (await run("docker", ["exec", this.id, "bash", "-euc", command, "bash", ...args])).trim();
  }

  /** A block device of zeros, or one more time the device of a file that was there before. */
  volume = (name = "volume", size = "512M"): Promise<string> => this.shell(`attach-volume /${name} ${size}`);

  /** Gives a device the name that udev gives to an attached EBS volume. */
  attach = (device: string): Promise<string> => this.shell(`mkdir -p /dev/disk/by-id && ln -sf ${device} ${LINK}`);

  /** Runs user data as cloud-init does: as a file, by root. */
  async boot(script: string): Promise<Outcome> {
    await this.shell(`mkdir -p "$(dirname ${SCRIPT})" && printf %s "$1" > ${SCRIPT} && chmod +x ${SCRIPT}`, script);
    const said = await this.shell(`${SCRIPT} 2>&1 || echo "exit code $?"`);
    return { code: Number(/exit code (\d+)$/.exec(said)?.[1] ?? 0), said };
  }

  agentConfiguration = (): Promise<string> => this.shell("cat /etc/ecs/ecs.config 2> /dev/null || true");
}

let image = "";
const hosts: Host[] = [];

async function newHost(): Promise<Host> {
  const host = await Host.start();
  hosts.push(host);
  return host;
}

/** A host whose volume, made by a first run, holds a file. */
async function hostWithData(): Promise<{ host: Host; device: string }> {
  const host = await newHost();
  const device = await host.volume();
  await host.attach(device);
  expect(await host.boot(dataHostUserData(DATA_HOST))).toMatchObject({ code: 0 });
  await host.shell("echo 'still here' > /data/postgres/kept");
  return { host, device };
}

beforeAll(async () => {
  image = await testImage("ec2-host");
}, 5 * MINUTE);

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.end();
});

describe("user data", { timeout: 4 * MINUTE }, () => {
  it("has nothing that shellcheck warns of", async () => {
    const host = await newHost();
    for (const script of [appHostUserData(DATA_HOST), dataHostUserData(DATA_HOST)]) {
      expect(await host.shell('shellcheck - <<< "$1"', script)).toBe("");
    }
  });

  it("lets a host of the application join, also where the CloudWatch agent cannot be installed", async () => {
    const host = await newHost();
    expect(await host.boot(appHostUserData(DATA_HOST))).toEqual({
      code: 0,
      said: expect.stringContaining("this host does not report its disk and memory"),
    });
    expect(await host.agentConfiguration()).toContain('{"sized-stack.role":"app"}');
  });
});

describe("the data volume", { timeout: 4 * MINUTE }, () => {
  it("is formatted when it is empty, mounted, and given a private folder for each service", async () => {
    const { host, device } = await hostWithData();
    expect(await host.shell("findmnt --noheadings --output SOURCE,FSTYPE --mountpoint /data")).toMatch(`${device} xfs`);
    expect(await host.shell("stat --format '%n %u:%g %a' /data/postgres /data/redis")).toBe(
      "/data/postgres 999:999 700\n/data/redis 999:999 700",
    );
    expect(await host.agentConfiguration()).toContain(`{"sized-stack.role":"data","sized-stack.data":"${VOLUME}"}`);
    expect(await host.shell("cat /var/log/stand-ins.log")).toMatch(/sysctl .*90-sized-stack.conf/);
  });

  it("and the host stay as they are in a second run", async () => {
    const { host } = await hostWithData();
    const everything =
      "find /data /etc -xdev -type f -exec sha256sum {} + | sort; stat --format '%n %u:%g %a %Y' /data/*";
    const before = await host.shell(everything);
    expect(before).toContain("/data/postgres/kept");
    expect(await host.boot(dataHostUserData(DATA_HOST))).toMatchObject({ code: 0 });
    expect(await host.shell(everything)).toBe(before);
  });

  it.each(["xfs", "ext4"])("is mounted with what is on it when it has a file system: %s", async (type) => {
    const host = await newHost();
    const device = await host.volume();
    await host.shell(`mkfs.${type} -q ${device} && mount ${device} /mnt && install -d -m 0750 -o 70 /mnt/postgres`);
    await host.shell("echo 'from another host' > /mnt/postgres/kept && umount /mnt");
    const uuid = await host.shell(`blkid --output value --match-tag UUID ${device}`);
    await host.attach(device);
    expect(await host.boot(dataHostUserData(DATA_HOST))).toMatchObject({ code: 0 });
    expect(await host.shell("cat /data/postgres/kept")).toBe("from another host");
    expect(await host.shell("stat --format '%u %a' /data/postgres")).toBe("70 750");
    expect(await host.shell("findmnt --noheadings --output UUID --mountpoint /data")).toBe(uuid);
  });

  it.each([
    [
      "a partition table",
      "echo ,100M | sfdisk --quiet --label gpt --no-reread DEVICE",
      "it holds PMBR, gpt; only a single xfs or ext4 is mounted.",
    ],
    ["swap space", "mkswap --quiet DEVICE", "it holds swap;"],
    [
      "two signatures",
      "mkfs.xfs -q DEVICE; head -c 512 DEVICE > /xfs; mkswap --quiet DEVICE; dd if=/xfs of=DEVICE",
      "it holds swap, xfs;",
    ],
    [
      "data of an unknown kind",
      "dd if=/dev/urandom of=DEVICE bs=1M count=1 seek=200",
      "something that is not known here",
    ],
    [
      "data of an unknown kind at its end",
      "echo label | dd of=DEVICE bs=1M seek=511",
      "something that is not known here",
    ],
  ])("is refused, and not a byte of it changed, when it holds %s", async (_, fill, reason) => {
    const host = await newHost();
    const device = await host.volume();
    await host.shell(fill.replaceAll("DEVICE", device));
    const before = await host.shell(`sha256sum ${device}`);
    await host.attach(device);
    const { code, said } = await host.boot(dataHostUserData(DATA_HOST));
    expect(code).toBe(1);
    expect(said).toContain(`Data volume ${VOLUME}: `);
    expect(said).toContain(reason);
    expect(said).toContain(REFUSAL);
    expect(await host.shell(`sha256sum ${device}`)).toBe(before);
    expect(await host.agentConfiguration()).toBe("");
  });

  it("is waited for when it is attached after the boot", async () => {
    const host = await newHost();
    const device = await host.volume();
    const boot = host.boot(dataHostUserData(DATA_HOST));
    await sleep(3000);
    expect(await host.agentConfiguration()).toBe("");
    await host.attach(device);
    expect(await boot).toMatchObject({ code: 0 });
    expect(await host.agentConfiguration()).toContain(VOLUME);
  });

  it("is waited for no longer than the limit", async () => {
    const host = await newHost();
    const began = Date.now();
    const outcome = await host.boot(dataHostUserData({ ...DATA_HOST, timeoutSeconds: 3 }));
    expect(outcome).toEqual({ code: 1, said: expect.stringContaining(`not attached within 3 s. ${REFUSAL}`) });
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(await host.agentConfiguration()).toBe("");
  });

  it("is the one with the given id, also beside a copy of it that has the same UUID", async () => {
    const { host, device } = await hostWithData();
    await host.shell("umount /data && cp /volume /copy");
    const copy = await host.volume("copy");
    expect(await host.shell(`blkid --output value --match-tag UUID ${copy} ${device} | uniq | wc --lines`)).toBe("1");
    await host.shell(`mount ${copy} /mnt && echo 'of yesterday' > /mnt/postgres/kept && umount /mnt`);
    expect(await host.boot(dataHostUserData(DATA_HOST))).toMatchObject({ code: 0 });
    expect(await host.shell("cat /data/postgres/kept")).toBe("still here");
  });

  it("has to be the one that is mounted", async () => {
    const { host } = await hostWithData();
    await host.attach(await host.volume("other"));
    await host.shell(`mkfs.xfs -q ${LINK}`);
    expect(await host.boot(dataHostUserData(DATA_HOST))).toEqual({
      code: 1,
      said: expect.stringContaining("another volume is mounted at /data."),
    });
    expect(await host.agentConfiguration()).toBe("");
  });

  it("keeps the host out of the cluster, and says why, when any other step fails", async () => {
    const host = await newHost();
    await host.attach(await host.volume());
    await host.shell("rm $(type -P mkfs.xfs)");
    expect(await host.boot(dataHostUserData(DATA_HOST))).toEqual({
      code: 1,
      said: expect.stringContaining(`Data volume ${VOLUME}: "mkfs.xfs -q "$device"" failed. ${REFUSAL}`),
    });
    expect(await host.agentConfiguration()).toBe("");
  });

  it("has the file system grown to its size", async () => {
    const { host, device } = await hostWithData();
    await host.shell(`umount /data && truncate --size 1G /volume && losetup --set-capacity ${device}`);
    expect(await host.boot(dataHostUserData(DATA_HOST))).toMatchObject({ code: 0 });
    expect(Number(await host.shell("df --block-size=1M --output=size /data | tail -1"))).toBeGreaterThan(900);
    expect(await host.shell("cat /data/postgres/kept")).toBe("still here");
  });

  // Growing a mounted ext4 takes CAP_SYS_RESOURCE, which these containers do not have.
  it("serves at its old size, with a warning, when its file system cannot be grown", async () => {
    const host = await newHost();
    const device = await host.volume();
    await host.shell(`mkfs.ext4 -q ${device} && truncate --size 1G /volume && losetup --set-capacity ${device}`);
    await host.attach(device);
    expect(await host.boot(dataHostUserData(DATA_HOST))).toEqual({
      code: 0,
      said: expect.stringContaining("its file system could not be grown to the volume's size"),
    });
    expect(await host.agentConfiguration()).toContain(VOLUME);
  });
});

describe("without the data volume", { timeout: 4 * MINUTE }, () => {
  it("nothing can be written where it belongs", async () => {
    const { host } = await hostWithData();
    await host.shell("umount /data");
    await expect(host.shell("mkdir /data/postgres")).rejects.toThrow("Operation not permitted");
  });

  it("a host that had joined has no data attribute any more once user data ran again", async () => {
    const { host } = await hostWithData();
    await host.shell(`umount /data && rm ${LINK}`);
    expect(await host.boot(dataHostUserData({ ...DATA_HOST, timeoutSeconds: 1 }))).toMatchObject({ code: 1 });
    expect(await host.agentConfiguration()).toBe("");
  });

  it("systemd refuses to start the agent, whatever became of user data", async () => {
    const host = await newHost();
    const verify = "SYSTEMD_UNIT_PATH=/run/systemd/generator: systemd-analyze verify ecs.service 2>&1";
    expect(await host.shell(verify)).toBe("");
    await host.boot(dataHostUserData({ ...DATA_HOST, timeoutSeconds: 1 }));
    await expect(host.shell(verify)).rejects.toThrow("Failed to create ecs.service/start: Unit data.mount not found.");
    expect(await host.shell("head -1 /var/log/stand-ins.log")).toBe("systemctl daemon-reload");
  });

  it("the host boots, and the agent waits for the mount", async () => {
    const { host } = await hostWithData();
    // What a boot makes of fstab; the generator takes a read-only /sys for a container and leaves devices out.
    await host.shell(`unshare --mount bash -euc 'mount -t tmpfs none /sys; to=/run/systemd/generator; mkdir -p $to
      /usr/lib/systemd/system-generators/systemd-fstab-generator $to $to $to'`);
    const units = await host.shell("cd /run/systemd/generator && find . -name '*data*' | sort");
    expect(units).toBe("./data.mount\n./local-fs.target.wants/data.mount");
    expect(await host.shell("cat /run/systemd/generator/data.mount")).toContain(`What=${LINK}\nWhere=/data\nType=xfs`);
    // Wanted and not waited for: an order would stand in data.mount, or in a drop-in of local-fs.target.
    expect(await host.shell("grep -rl 'local-fs.target' /run/systemd/generator || true")).toBe("");
    await host.shell("SYSTEMD_UNIT_PATH=/run/systemd/generator: systemd-analyze verify ecs.service");
    expect(await host.shell("cat /etc/systemd/system/ecs.service.d/*.conf")).toBe(
      "[Unit]\nBindsTo=data.mount\nAfter=data.mount",
    );
  });
});
