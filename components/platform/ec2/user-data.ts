/** What every container host is told. */
export interface Host {
  /** Name of the ECS cluster. */
  readonly cluster: string;
  /** Kept back for the system: ECS places that much less on the host. */
  readonly reservedMemoryMiB: number;
}

/** A folder on the data volume, for one service. */
export interface DataFolder {
  /** Relative to the mount point. */
  readonly name: string;
  /** Numeric user and group of the service's process: the host knows neither by name. */
  readonly owner: number;
}

/** The host that carries the data volume. */
export interface DataHost extends Host {
  /** `vol-` and hexadecimal digits. The volume may be attached after the host has booted. */
  readonly volumeId: string;
  /** Where the volume is mounted: an absolute path. Default: `/data`. */
  readonly mountPoint?: string;
  /** Made with mode 0700 where they are missing; what is there keeps its owner and mode. */
  readonly folders: readonly DataFolder[];
  /** How long the host waits for its volume, when it boots too. Default: 600. */
  readonly timeoutSeconds?: number;
}

/** Attribute of a container instance: `app` or `data`. */
export const ROLE_ATTRIBUTE = "sized-stack.role";

/**
 * Attribute of a container instance on which a data volume is mounted: its id. A service that is constrained to it
 * (`attribute:sized-stack.data == vol-…`) never starts beside its data.
 */
export const DATA_ATTRIBUTE = "sized-stack.data";

/**
 * Where the hosts report `mem_used_percent` (dimensions `Cluster`, `Role`) and `disk_used_percent` (`Cluster`,
 * `Role`, `path`). No dimension changes when a host is replaced, so that an alarm outlives it.
 */
export const HOST_METRICS_NAMESPACE = "sized-stack";

/** Where the data volume is mounted unless a setting says otherwise. */
export const MOUNT_POINT = "/data";

const ATTACH_TIMEOUT_SECONDS = 600;

/**
 * User data of a host of the application: it joins the cluster and reports its disk and memory.
 * For the ECS-optimized Amazon Linux 2023.
 */
export function appHostUserData(host: Host): string {
  return script(joinCluster(host, { [ROLE_ATTRIBUTE]: "app" }), reportMetrics(host, "app", ["/"]));
}

/**
 * User data of the host of PostgreSQL and Redis. It mounts the data volume, formatted only if it was empty, and then
 * joins the cluster. Where anything is amiss, it says so in one line of the journal and the console, leaves the volume
 * as it is and stays out. A second run changes nothing.
 * For the ECS-optimized Amazon Linux 2023 on instances of the Nitro system, where EBS volumes are NVMe devices.
 */
export function dataHostUserData(host: DataHost): string {
  const { volumeId, mountPoint = MOUNT_POINT, folders, timeoutSeconds = ATTACH_TIMEOUT_SECONDS } = host;
  return script(
    dataVolume(volumeId, mountPoint, timeoutSeconds),
    folders
      .map(({ name, owner }) => ({ path: `${mountPoint}/${name}`, owner }))
      .map(
        ({ path, owner }) =>
          `[ -d ${path} ] || install --directory --owner=${owner} --group=${owner} --mode=0700 ${path}`,
      )
      .join("\n"),
    FORK_OF_REDIS,
    joinCluster(host, { [ROLE_ATTRIBUTE]: "data", [DATA_ATTRIBUTE]: volumeId }),
    reportMetrics(host, "data", ["/", mountPoint]),
  );
}

const script = (...parts: readonly string[]): string =>
  `${["#!/bin/bash\nset -euo pipefail", ...parts].join("\n\n")}\n`;

const file = (path: string, content: string): string => `cat > ${path} << 'END'\n${content}\nEND`;

/**
 * The agent's settings, in one piece and last: the ECS units start when user data has ended, and attributes count
 * only when the agent registers for the first time. `amazon-ecs-init` takes a value as it stands, so there are no
 * quotes around them (getEnvVars in ecs-init/docker/docker.go of aws/amazon-ecs-agent).
 *
 * Not set, because the default is meant: how images are pulled (the registry first, the copy on the host when it does
 * not answer) and how long a container may take to stop (each container definition says its own `stopTimeout`, which
 * the agent takes without an upper limit). `ECS_AWSVPC_BLOCK_IMDS` is about another network mode: containers on the
 * bridge are kept from the instance's role by a hop limit of 1.
 */
function joinCluster({ cluster, reservedMemoryMiB }: Host, attributes: Readonly<Record<string, string>>): string {
  const settings = [
    `ECS_CLUSTER=${cluster}`,
    `ECS_RESERVED_MEMORY=${reservedMemoryMiB}`,
    "ECS_ENABLE_TASK_IAM_ROLE=true",
    "ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true",
    // By its API reference ECS places containers with security options (no-new-privileges) only where this is said.
    "ECS_SELINUX_CAPABLE=true",
    `ECS_INSTANCE_ATTRIBUTES=${JSON.stringify(attributes)}`,
  ];
  return `mkdir --parents /etc/ecs\n${file("/etc/ecs/ecs.config", settings.join("\n"))}`;
}

/**
 * Mounts the volume or ends the script.
 *
 * The volume is known by its id alone, here and in fstab. The UUID of a file system is not enough: a volume made from
 * a snapshot has the same, and whoever attaches one to look at old data would have the next boot choose between them.
 *
 * The ECS-optimized image builds on the minimal Amazon Linux (al2023.pkr.hcl of aws/amazon-ecs-ami). Beside coreutils,
 * grep and systemd, only what cloud-init requires is sure to be there (util-linux, e2fsprogs, xfsprogs, procps): no `cmp`.
 */
const dataVolume = (volumeId: string, mountPoint: string, timeoutSeconds: number): string => `\
volume=${volumeId}
device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace("-", "")}
mount_point=${mountPoint}

# cloud-init writes both streams to the journal and the console.
fail() {
  rm --force /etc/ecs/ecs.config
  echo "Data volume $volume: $1 This host stays out of the cluster. When that is put right: $0 && systemctl start ecs" >&2
  exit 1
}
trap 'fail "\\"$BASH_COMMAND\\" failed."' ERR

# ecs.service is queued to start when this script has ended, in whatever way. BindsTo= with After= is the one dependency
# that systemd checks again when a queued start comes up (unit_verify_deps in src/core/unit.c). RequiresMountsFor= would
# let it start, seen with systemd 252: it asks for nothing as long as fstab does not name the mount.
mount_unit=$(systemd-escape --path --suffix=mount "$mount_point")
mkdir --parents /etc/systemd/system/ecs.service.d
cat > /etc/systemd/system/ecs.service.d/data-volume.conf << END
[Unit]
BindsTo=$mount_unit
After=$mount_unit
END
systemctl daemon-reload

# Docker makes the folders that a container asks for. Not here, unless the volume is mounted.
if ! mountpoint --quiet "$mount_point"; then
  mkdir --parents "$mount_point"
  chattr +i "$mount_point"
fi

until [ -b "$device" ]; do
  [ "$SECONDS" -lt ${timeoutSeconds} ] || fail "not attached within ${timeoutSeconds} s."
  sleep 1
done

# Data has a signature that wipefs knows, or at least begins or ends with something. A volume without either is empty.
# 256 MiB, because ext4 keeps a copy of its beginning after 128 MiB and btrfs after 64, in case that is lost.
written_bytes() { dd if="$device" bs=1M skip="$1" count="$2" status=none | tr --delete '\\0' | wc --bytes; }
found=$(wipefs --noheadings --output TYPE "$device" | sort --unique)
if [ -z "$found" ]; then
  size=$(blockdev --getsize64 "$device")
  at_its_begin=$(written_bytes 0 256)
  at_its_end=$(written_bytes $((size / 1024 ** 2 - 1)) 1)
  [ $((at_its_begin + at_its_end)) = 0 ] || fail "it holds something that is not known here. It was left as it is."
  mkfs.xfs -q "$device"
  found=xfs
fi
case $found in
  xfs) grow=(xfs_growfs "$mount_point") ;;
  ext4) grow=(resize2fs "$device") ;;
  *) fail "it holds \${found//$'\\n'/, }; only a single xfs or ext4 is mounted. It was left as it is." ;;
esac

# nofail: the host boots without its volume too, so that Session Manager can reach it. With x-systemd.growfs it would
# wait for it all the same: that orders local-fs.target after the mount.
mount="$device $mount_point $found defaults,noatime,nofail,x-systemd.device-timeout=${timeoutSeconds}s 0 2"
grep --quiet --fixed-strings --line-regexp "$mount" /etc/fstab || echo "$mount" >> /etc/fstab
systemctl daemon-reload
mountpoint --quiet "$mount_point" || mount "$mount_point"
device_of_mount=$(findmnt --noheadings --raw --output MAJ:MIN --mountpoint "$mount_point")
device_of_volume=$(lsblk --noheadings --raw --output MAJ:MIN --nodeps "$device")
[ "$device_of_mount" = "$device_of_volume" ] || fail "another volume is mounted at $mount_point."

# The volume may be larger than the snapshot it was made from. What is on it serves at its old size too.
"\${grow[@]}" > /dev/null || echo "Data volume $volume: its file system could not be grown to the volume's size." >&2`;

/** Redis saves its data from a fork, which the kernel refuses under memory pressure unless it may overcommit. */
const FORK_OF_REDIS = `${file("/etc/sysctl.d/90-sized-stack.conf", "vm.overcommit_memory = 1")}
sysctl --quiet --load=/etc/sysctl.d/90-sized-stack.conf`;

/** A host without its metrics is better than no host: nothing here may fail the boot, or hold it up for long. */
function reportMetrics({ cluster }: Host, role: "app" | "data", paths: readonly string[]): string {
  const append_dimensions = { Cluster: cluster, Role: role };
  const configuration = {
    agent: { metrics_collection_interval: 60 },
    metrics: {
      namespace: HOST_METRICS_NAMESPACE,
      append_dimensions: { InstanceId: "$" + "{aws:InstanceId}" },
      aggregation_dimensions: [
        ["Cluster", "Role"],
        ["Cluster", "Role", "path"],
      ],
      metrics_collected: {
        disk: { measurement: ["used_percent"], resources: paths, drop_device: true, append_dimensions },
        mem: { measurement: ["used_percent"], append_dimensions },
      },
    },
  };
  const path = "/etc/sized-stack-metrics.json";
  return `${file(path, JSON.stringify(configuration, null, 2))}
ctl=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl
if ! { timeout 180 dnf --assumeyes --quiet install amazon-cloudwatch-agent &&
  timeout 60 "$ctl" -a fetch-config -m ec2 -c file:${path} -s; }; then
  echo "The CloudWatch agent could not be set up: this host does not report its disk and memory." >&2
fi`;
}
