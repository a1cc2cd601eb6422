# shellcheck shell=bash
# Which engine runs the hosts, and the wrapper that runs it the way this machine needs.
# An engine counts when its server answers, not when a file of its name is there.

NAMESPACE=/run/mosaic-hosts/mnt # a mount namespace of our own, with a pure cgroup2 tree

answers() {
  case $1 in
    podman) timeout 30 "$2" info >/dev/null 2>&1 ;;
    docker) [ -n "$(timeout 30 "$2" info --format '{{.ServerVersion}}' 2>/dev/null)" ] ;;
  esac
}

choose_engine() {
  local kind
  for kind in ${MOSAIC_ENGINE:-podman docker}; do
    command -v "$kind" >/dev/null || continue
    write_wrapper "$kind"
    answers "$kind" "$ENGINE" && return
  done
  if is_root && is_debian && [ "${MOSAIC_ENGINE:-podman}" = podman ]; then
    install_podman
    write_wrapper podman
    answers podman "$ENGINE" && return
    "$ENGINE" info >&2 || true
    die "podman was installed, and does not work (its own words are above)"
  fi
  rm -f "$ENGINE" "$STATE/kind"
  die "no container engine answers here. Install podman, or start Docker; as root on Debian this script installs podman itself."
}

install_podman() {
  say "installing podman and what it needs (apt)"
  logged apt-update apt-get update -qq
  DEBIAN_FRONTEND=noninteractive logged apt-podman apt-get install -y -qq --no-install-recommends \
    podman runc conmon netavark aardvark-dns iptables openssh-client
}

# Old cgroup layouts, and roots without the right to raise limits, need podman set up by hand.
needs_private_setup() {
  is_root && [ "$(uname -s)" = Linux ] && [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]
}

write_wrapper() {
  local kind=$1 binary
  binary=$(command -v "$kind")
  printf '%s\n' "$kind" >"$STATE/kind.new"
  if [ "$kind" = podman ] && needs_private_setup; then
    private_podman "$binary"
  else
    printf '#!/bin/sh\nexec %s "$@"\n' "$binary" >"$ENGINE.new"
  fi
  chmod +x "$ENGINE.new"
  mv "$ENGINE.new" "$ENGINE" # other scripts may be running the old one
  mv "$STATE/kind.new" "$STATE/kind"
}

private_podman() {
  if is_debian && ! command -v runc netavark conmon iptables >/dev/null; then install_podman; fi
  write_containers_conf
  make_cgroup2_namespace
  cat >"$ENGINE.new" <<SCRIPT
#!/bin/sh
export CONTAINERS_CONF=$STATE/containers.conf
exec nsenter --mount=$NAMESPACE --wdns="\$PWD" -- $1 "\$@"
SCRIPT
}

write_containers_conf() {
  local files pids
  files=$(ulimit -Hn)
  [ "$files" = unlimited ] && files=1048576
  pids=$(cat /proc/sys/kernel/pid_max)
  cat >"$STATE/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$pids:$pids"] # never above the machine's own hard limits
pids_limit = 0
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc" # crun refuses a machine whose controllers are still in cgroup v1
[network]
network_backend = "netavark"
CONF
}

# The machine's own mounts stay as they are: only what runs inside the namespace sees the new tree.
make_cgroup2_namespace() {
  local folder=${NAMESPACE%/*}
  nsenter --mount="$NAMESPACE" true 2>/dev/null && return
  mkdir -p "$folder"
  mountpoint -q "$folder" || mount --bind "$folder" "$folder"
  mount --make-private "$folder"
  : >"$NAMESPACE"
  unshare --mount="$NAMESPACE" --propagation slave \
    sh -euc 'umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup'
}
