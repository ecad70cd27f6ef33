# Keeps a Docker engine running, as a service manager does. Arguments are those of dockerd.
set -eu

# Control groups of its own, for the containers in this container.
for groups in /sys/fs/cgroup /sys/fs/cgroup/*/; do
  if mountpoint --quiet "$groups"; then mount -o remount,bind,rw "$groups"; fi
done
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  # Version 2 gives controllers only to the children of a group without processes.
  mkdir -p /sys/fs/cgroup/machine
  xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/machine/cgroup.procs || true
  sed -e 's/ / +/g' -e 's/^/+/' /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi

while true; do
  dockerd "$@" || true
  sleep 1
done
