# shellcheck shell=bash
# shellcheck disable=SC2153 # STATE and its like come from lib.sh
# One host: start it, let our key and the machine's certificate authorities in, wait until systemd has booted.

spec_name() { echo "${1%%=*}"; }
spec_image() {
  local image=${1#*=}
  echo "${image%%:*}"
}
spec_port() { case $1 in *:*) echo "${1##*:}" ;; esac; }

container_of() { echo "mosaic-$CHECKOUT-$1-$2"; } # GROUP NAME
network_of() { echo "mosaic-$CHECKOUT-$1"; }

# Never privileged: a privileged systemd sets the clock and the kernel's settings of the machine it runs on.
# SYS_ADMIN alone makes a unit's sandboxing real, so that it can be tested.
engine_options() {
  if engine_is_podman; then
    printf '%s\n' --systemd=always --pull=never
  else
    printf '%s\n' --cgroupns=private --pull=never --tmpfs=/run --tmpfs=/run/lock --tmpfs=/tmp:exec \
      --security-opt=apparmor=unconfined
  fi
}

start_host() { # GROUP SPEC [IMAGE], which is a snapshot's
  local group=$1 spec=$2 image=${3:-} name container port options
  name=$(spec_name "$spec")
  container=$(container_of "$group" "$name")
  port=$(spec_port "$spec")
  options=$(engine_options)
  # shellcheck disable=SC2086 # one word per option
  logged "run-$group-$name" "$ENGINE" run -d --name "$container" --hostname "$name" \
    --network "$(network_of "$group")" --network-alias "$name" \
    --label "mosaic.hosts=$CHECKOUT" --label "mosaic.group=$CHECKOUT-$group" \
    --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add NET_ADMIN \
    --volume mosaic-hosts-pip:/root/.cache/pip \
    --publish 127.0.0.1::22 ${port:+--publish 127.0.0.1::$port} $options "${image:-$(image_of "$(spec_image "$spec")")}"
  "$ENGINE" exec -i "$container" sh -c 'install -d -m 700 /root/.ssh && cat >/root/.ssh/authorized_keys' \
    <"$STATE/$group/id_ed25519.pub"
  wait_booted "$container"
  [ -n "$image" ] || carry_authorities "$container" # after the boot, which empties /tmp; a snapshot has them
}

# A machine behind a proxy has certificate authorities of its own; without them pip in a host trusts no index.
carry_authorities() {
  local folder=${MOSAIC_CA_DIR:-/usr/local/share/ca-certificates}
  ls "$folder"/*.crt >/dev/null 2>&1 || return 0
  tar -C "$folder" -c . | "$ENGINE" exec -i "$1" tar -C /usr/local/share/ca-certificates -x --no-same-owner
  logged "authorities-$1" "$ENGINE" exec "$1" sh -c \
    'update-ca-certificates && printf "[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n" >/etc/pip.conf'
}

wait_booted() {
  local state try
  for try in $(seq 60); do
    state=$("$ENGINE" exec "$1" timeout 30 systemctl is-system-running --wait 2>/dev/null || true)
    case $state in
      running) return ;;
      degraded)
        "$ENGINE" exec "$1" systemctl --failed --no-pager >&2
        die "$1 booted with failed units (above)"
        ;;
    esac
    [ "$try" = 60 ] || sleep 0.5 # the bus is not there yet
  done
  "$ENGINE" logs "$1" 2>&1 | tail -n 20 >&2
  die "$1 is not up after a minute (systemd says: ${state:-nothing})"
}

published() { # GROUP NAME PORT -> the port of 127.0.0.1 it is published on
  "$ENGINE" port "$(container_of "$1" "$2")" "$3/tcp" | head -n 1 | sed 's/.*://'
}

write_inventory() {
  local group=$1 spec name port ssh hosts='' instances='' key=$STATE/$1/id_ed25519
  shift
  for spec in "$@"; do
    name=$(spec_name "$spec")
    ssh=$(published "$group" "$name" 22)
    port=$(spec_port "$spec")
    hosts+=",\"$name\":{\"ansible_host\":\"127.0.0.1\",\"ansible_port\":$ssh,\"ansible_user\":\"root\""
    hosts+=",\"ansible_ssh_private_key_file\":\"$key\""
    [ -z "$port" ] || hosts+=",\"mosaic_published\":\"127.0.0.1:$(published "$group" "$name" "$port")\""
    hosts+="}"
    instances+=",{\"instance\":\"$name\",\"address\":\"127.0.0.1\",\"user\":\"root\",\"port\":$ssh"
    instances+=",\"identity_file\":\"$key\"}"
  done
  printf '{"all":{"hosts":{%s}}}\n' "${hosts#,}" >"$STATE/$group/inventory.json"
  printf '[%s]\n' "${instances#,}" >"$STATE/$group/instances.json"
}
