# shellcheck shell=bash
# The host images: a Debian base (a registry's, or bootstrapped from Debian's packages) and our recipe on top.

suite_of() {
  case $1 in
    debian12) echo bookworm ;;
    debian13) echo trixie ;;
    *) die "no host image is called '$1'; there are debian12 and debian13" ;;
  esac
}

has_image() { "$ENGINE" image inspect "$1" >/dev/null 2>&1; }

build_images() {
  local distribution missing=()
  for distribution in "$@"; do
    suite_of "$distribution" >/dev/null
    has_image "$(image_of "$distribution")" || missing+=("$distribution")
  done
  [ ${#missing[@]} = 0 ] && return
  bootstraps && ensure_mmdebstrap
  local jobs=() failed=0 job
  for distribution in "${missing[@]}"; do
    build_image "$distribution" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  return $failed
}

build_image() {
  local distribution=$1 base
  base=$(base_of "$distribution")
  say "$distribution: building the host image"
  logged "build-$distribution" "$ENGINE" build -q -t "$(image_of "$distribution")" \
    --label mosaic.hosts=image --build-arg "BASE=$base" -f "$RECIPE/Containerfile" "$RECIPE"
}

# As root on Debian the base comes from Debian's own packages, which need no container registry.
bootstraps() { is_root && is_debian && engine_is_podman; }

ensure_mmdebstrap() {
  command -v mmdebstrap >/dev/null && return
  say "installing mmdebstrap (apt)"
  logged apt-update apt-get update -qq
  DEBIAN_FRONTEND=noninteractive logged apt-mmdebstrap apt-get install -y -qq --no-install-recommends mmdebstrap
}

base_of() {
  local suite base
  suite=$(suite_of "$1")
  if ! bootstraps; then
    echo "debian:$suite-slim"
    return
  fi
  base=localhost/debian-base:${1#debian}
  if ! has_image "$base"; then
    say "$1: bootstrapping the base system"
    logged "bootstrap-$1" mmdebstrap --variant=minbase --include=ca-certificates "$suite" "$STATE/$suite.tar"
    logged "import-$1" "$ENGINE" import -q "$STATE/$suite.tar" "$base"
    rm -f "$STATE/$suite.tar"
  fi
  echo "$base"
}
