#!/bin/sh
# The node of ./dev cluster, for as long as it runs: a computer of its own as far as its processes, mounts, network interfaces and
# control groups go. Whoever ends it ends everything in it.
#   node.sh start FOLDER NAME     makes it and stays
#   node.sh run COMMAND...        what nsenter calls inside: also in the node's control groups
set -eu

# The control group hierarchies of version 1: cpu,cpuacct or name=systemd. containerd wants to see all of them.
hierarchies() { sed -n 's/^[0-9]*:\([^:][^:]*\):.*/\1/p' /proc/self/cgroup; }

is_v2() { [ -e /sys/fs/cgroup/cgroup.controllers ]; }

start() {
  folder=$1
  if ! is_v2; then
    # Below the group of whoever starts it, so that limits hold for the node and its pods as well.
    for hierarchy in $(hierarchies); do
      parent=/sys/fs/cgroup/${hierarchy#name=}$(sed -n "s/^[0-9]*:$hierarchy://p" /proc/self/cgroup)
      group=${parent%/}/mwc
      mkdir -p "$group"
      if [ "$hierarchy" = cpuset ]; then
        cat "$parent/cpuset.cpus" >"$group/cpuset.cpus"
        cat "$parent/cpuset.mems" >"$group/cpuset.mems"
      fi
      echo "$group" >>"$folder/groups"
      echo 0 >"$group/cgroup.procs"
    done
  fi
  cgroup=--cgroup
  if is_v2; then cgroup=; fi
  # shellcheck disable=SC2086
  exec unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc $cgroup sh "$0" inside "$@"
}

inside() {
  folder=$1
  hostname "$2"
  v2=
  if is_v2; then v2=1; fi
  # The interfaces that /sys shows are those of the namespace that it was mounted in; runc would find the host's groups below it.
  umount --recursive /sys
  mount -t sysfs sysfs /sys
  if [ -n "$v2" ]; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
  else
    mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
    for hierarchy in $(hierarchies); do
      place=/sys/fs/cgroup/${hierarchy#name=}
      options=$hierarchy
      if [ "$place" != "/sys/fs/cgroup/$hierarchy" ]; then options=none,$hierarchy; fi
      mkdir "$place"
      mount -t cgroup -o "$options" cgroup "$place"
    done
  fi
  mount -t tmpfs -o mode=755 tmpfs /run
  for name in lib log; do
    mkdir -p "$folder/var-$name"
    mount --bind "$folder/var-$name" "/var/$name"
  done
  ip link set lo up
  echo 1 >/proc/sys/net/ipv4/ip_forward
  touch "$folder/made"
  # The first process of a computer takes in the orphans.
  while :; do
    sleep 3600 &
    wait "$!"
  done
}

run() {
  if ! is_v2; then
    for group in /sys/fs/cgroup/*/cgroup.procs; do echo 0 >"$group"; done
  fi
  exec "$@"
}

"$@"
