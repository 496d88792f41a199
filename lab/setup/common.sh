# shellcheck shell=bash
# Helpers of ./dev: progress lines, failures, steps whose output goes to a log.

PATH=$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin
DEV_STARTED=${EPOCHREALTIME/[.,]/}

# Prints a line with the time since the start.
say() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - DEV_STARTED) / 100000))
  printf '%2d:%02d.%d  %s\n' $((tenths / 600)) $((tenths / 10 % 60)) $((tenths % 10)) "$*" >&2
}

fail() {
  echo "./dev: $*" >&2
  exit 1
}

# step NAME WHAT COMMAND...: runs a long command with its output in a log, whose end is shown when it fails.
step() {
  local name=$1 what=$2 log=$CACHE/log/$1.log
  shift 2
  mkdir -p "$CACHE/log"
  say "$what"
  # Neither set -e nor the lock reaches into the command: it chains its parts with && itself, and may leave daemons.
  if ! "$@" >"$log" 2>&1 </dev/null 9>&-; then
    tail -n 30 "$log" >&2
    fail "$what: failed; all of it is in $log"
  fi
  say "$what: done"
}

# locked COMMAND...: two runs at a time do not install the same things.
locked() {
  exec 9>"$CACHE/setup.lock"
  flock 9
  "$@"
  exec 9>&-
}

is_root() { [ "$(id -u)" -eq 0 ]; }

need_root() { is_root || fail "./dev $1 needs root, for network interfaces and virtual machines: sudo ./dev $1"; }

# version_at_least HAVE WANT
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }
