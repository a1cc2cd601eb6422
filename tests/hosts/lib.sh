# shellcheck shell=bash
# shellcheck disable=SC2034 # set here, used in the files that source this one
# What the scripts of this folder share: where things are, how they are named, how they speak.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
RECIPE=$ROOT/tests/hosts
STATE=$ROOT/.cache/hosts # the engine's wrapper, and one folder per group of hosts
ENGINE=$STATE/engine     # runs podman or docker the way this machine needs it

# Container and network names are global on a machine; this number keeps two checkouts apart.
CHECKOUT=$(printf %s "$ROOT" | cksum | cut -d' ' -f1)
# An image is rebuilt when its recipe changes, and never between.
RECIPE_ID=$(cat "$RECIPE/Containerfile" "$RECIPE/init" | cksum | cut -d' ' -f1)

say() { printf '[hosts %3ss] %s\n' "$SECONDS" "$*" >&2; }
die() {
  printf 'test hosts: %s\n' "$*" >&2
  exit 1
}

is_root() { [ "$(id -u)" = 0 ]; }
is_debian() { grep -qs '^ID=debian' /etc/os-release && command -v apt-get >/dev/null; }
engine_is_podman() { [ "$(cat "$STATE/kind")" = podman ]; }

# Images and networks are one machine's: only one setup, and one change of networks, at a time.
with_lock() {
  local lock
  lock=${XDG_RUNTIME_DIR:-/tmp}/mosaic-hosts-$(id -u).lock
  if command -v flock >/dev/null; then
    (
      flock -w 900 9 || die "another setup holds $lock for a quarter of an hour"
      "$@"
    ) 9>"$lock"
  else
    "$@"
  fi
}

# Every systemd holds about ten of root's inotify instances, and Linux gives root 128 in all: a dozen hosts, with those of other groups
# and checkouts that are up. Raised, never lowered.
room_for_watches() { # HOSTS
  local limit=/proc/sys/fs/inotify/max_user_instances hosts least
  hosts=$(($1 + $("$ENGINE" ps --quiet | wc -l)))
  least=$((128 + hosts * 16))
  [ -r "$limit" ] && [ "$(cat "$limit")" -lt "$least" ] && [ "$hosts" -gt 8 ] || return 0
  { echo "$least" >"$limit"; } 2>/dev/null ||
    die "$hosts hosts need fs.inotify.max_user_instances to be $least or more, it is $(cat "$limit"): sysctl -w fs.inotify.max_user_instances=$least"
  say "fs.inotify.max_user_instances is $least now, for $hosts hosts"
}

image_of() { printf 'localhost/mosaic-host:%s-%s\n' "$1" "$RECIPE_ID"; }

# Run a command quietly; on failure show the end of what it said, and where the rest is.
logged() {
  local log=$STATE/log/$1.log
  shift
  mkdir -p "$STATE/log"
  "$@" >"$log" 2>&1 && return
  tail -n 20 "$log" >&2
  die "failed: $* (the whole log: $log)"
}
