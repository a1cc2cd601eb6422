# shellcheck shell=bash
# A group's private network, and the guard that keeps its addresses on this machine.

GUARDED=10.88.0.0/15 # where podman puts its networks

# When a bridge is gone, traffic to its addresses must die here, not follow the default route.
guard() {
  if is_root && engine_is_podman && command -v ip >/dev/null; then
    ip route replace unreachable "$GUARDED" metric 4000
  fi
}

unguard_if_last() {
  local networks
  networks=$("$ENGINE" network ls -q | grep -vcx podman || true)
  if is_root && engine_is_podman && command -v ip >/dev/null && [ "$networks" = 0 ]; then
    ip route del unreachable "$GUARDED" metric 4000 2>/dev/null || true
  fi
}

make_network() {
  guard
  logged "network-$1" "$ENGINE" network create --label "mosaic.hosts=$CHECKOUT" "$(network_of "$1")"
}

remove_network() {
  ! "$ENGINE" network inspect "$1" >/dev/null 2>&1 || logged "network-rm-$1" "$ENGINE" network rm "$1"
}
