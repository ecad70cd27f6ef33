#!/bin/bash
set -euo pipefail

volume=vol-0123456789abcdef0
device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0
mount_point=/data

# cloud-init writes both streams to the journal and the console.
fail() {
  rm --force /etc/ecs/ecs.config
  echo "Data volume $volume: $1 This host stays out of the cluster. When that is put right: $0 && systemctl start ecs" >&2
  exit 1
}
trap 'fail "\"$BASH_COMMAND\" failed."' ERR

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
  [ "$SECONDS" -lt 600 ] || fail "not attached within 600 s."
  sleep 1
done

# Data has a signature that wipefs knows, or at least begins or ends with something. A volume without either is empty.
# 256 MiB, because ext4 keeps a copy of its beginning after 128 MiB and btrfs after 64, in case that is lost.
written_bytes() { dd if="$device" bs=1M skip="$1" count="$2" status=none | tr --delete '\0' | wc --bytes; }
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
  *) fail "it holds ${found//$'\n'/, }; only a single xfs or ext4 is mounted. It was left as it is." ;;
esac

# nofail: the host boots without its volume too, so that Session Manager can reach it. With x-systemd.growfs it would
# wait for it all the same: that orders local-fs.target after the mount.
mount="$device $mount_point $found defaults,noatime,nofail,x-systemd.device-timeout=600s 0 2"
grep --quiet --fixed-strings --line-regexp "$mount" /etc/fstab || echo "$mount" >> /etc/fstab
systemctl daemon-reload
mountpoint --quiet "$mount_point" || mount "$mount_point"
device_of_mount=$(findmnt --noheadings --raw --output MAJ:MIN --mountpoint "$mount_point")
device_of_volume=$(lsblk --noheadings --raw --output MAJ:MIN --nodeps "$device")
[ "$device_of_mount" = "$device_of_volume" ] || fail "another volume is mounted at $mount_point."

# The volume may be larger than the snapshot it was made from. What is on it serves at its old size too.
"${grow[@]}" > /dev/null || echo "Data volume $volume: its file system could not be grown to the volume's size." >&2

[ -d /data/postgres ] || install --directory --owner=999 --group=999 --mode=0700 /data/postgres
[ -d /data/redis ] || install --directory --owner=999 --group=999 --mode=0700 /data/redis

cat > /etc/sysctl.d/90-sized-stack.conf << 'END'
vm.overcommit_memory = 1
END
sysctl --quiet --load=/etc/sysctl.d/90-sized-stack.conf

mkdir --parents /etc/ecs
cat > /etc/ecs/ecs.config << 'END'
ECS_CLUSTER=shop-prod
ECS_RESERVED_MEMORY=512
ECS_ENABLE_TASK_IAM_ROLE=true
ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true
ECS_SELINUX_CAPABLE=true
ECS_INSTANCE_ATTRIBUTES={"sized-stack.role":"data","sized-stack.data":"vol-0123456789abcdef0"}
END

cat > /etc/sized-stack-metrics.json << 'END'
{
  "agent": {
    "metrics_collection_interval": 60
  },
  "metrics": {
    "namespace": "sized-stack",
    "append_dimensions": {
      "InstanceId": "${aws:InstanceId}"
    },
    "aggregation_dimensions": [
      [
        "Cluster",
        "Role"
      ],
      [
        "Cluster",
        "Role",
        "path"
      ]
    ],
    "metrics_collected": {
      "disk": {
        "measurement": [
          "used_percent"
        ],
        "resources": [
          "/",
          "/data"
        ],
        "drop_device": true,
        "append_dimensions": {
          "Cluster": "shop-prod",
          "Role": "data"
        }
      },
      "mem": {
        "measurement": [
          "used_percent"
        ],
        "append_dimensions": {
          "Cluster": "shop-prod",
          "Role": "data"
        }
      }
    }
  }
}
END
ctl=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl
if ! { timeout 180 dnf --assumeyes --quiet install amazon-cloudwatch-agent &&
  timeout 60 "$ctl" -a fetch-config -m ec2 -c file:/etc/sized-stack-metrics.json -s; }; then
  echo "The CloudWatch agent could not be set up: this host does not report its disk and memory." >&2
fi
