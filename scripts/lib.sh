# shellcheck shell=bash
# shellcheck disable=SC2034 # set here, used in the files that source this one
# What every script of this folder shares: places, words, and the environment of the tools.
# All that is written goes under .cache/ of the checkout, never to the caller's home.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=$ROOT/.cache
VENV=$CACHE/venv
COLLECTIONS=$CACHE/collections
LOGS=$CACHE/log
cd "$ROOT" || exit 1
mkdir -p "$LOGS"
# Every ansible-core that is supported, each with the oldest Python of a controller that it takes.
CORES=("2.18 3.11" "2.19 3.11" "2.20 3.12" "2.21 3.12")

export PATH=$VENV/bin:$PATH
export ANSIBLE_HOME=$CACHE/ansible
export ANSIBLE_COLLECTIONS_PATH=$COLLECTIONS
export ANSIBLE_NOCOLOR=1 NO_COLOR=1 PY_COLORS=0
export PYTHONDONTWRITEBYTECODE=1
# From core 2.21 on, what a module was called with is shown at -vvv only if asked for; the tests look for secrets in it.
export ANSIBLE_INJECT_INVOCATION=1
# ssh's control sockets need a short path, which a checkout's need not be
ANSIBLE_SSH_CONTROL_PATH_DIR=${TMPDIR:-/tmp}/mosaic-ssh-$(id -u)
export ANSIBLE_SSH_CONTROL_PATH_DIR
unset VIRTUAL_ENV PYTHONPATH

say() { printf '[%4ss] %s\n' "$SECONDS" "$*"; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Run a command quietly, with a line of progress; on failure show the end of its log, and where the rest is.
quietly() {
  local log=$LOGS/$1.log text=$2
  shift 2
  say "$text"
  "$@" >"$log" 2>&1 </dev/null && return
  tail -n 40 "$log"
  die "failed: $text (the whole log: $log)"
}

# pytest's arguments, or all of one folder with a process for each core: `run_tests FOLDER [ARGUMENTS]`.
run_tests() {
  local argument all=$1 folder
  shift
  for argument in "$@"; do [ ! -e "${argument%%::*}" ] || all=; done
  [ -z "$all" ] || set -- "$all" --numprocesses "$(nproc)" --dist loadfile "$@"
  folder=$(mktemp -d "${TMPDIR:-/tmp}/mosaic.XXXX") # short: a socket's path has room for 107 bytes
  python -m pytest --basetemp "$folder" "$@" || { rm -rf "$folder" && return 1; }
  rm -rf "$folder"
}

is_root() { [ "$(id -u)" = 0 ]; }

# A Python of one series that starts; one of PATH may be a version manager's shim that does not.
python_of() {
  local series=$1 python
  for python in $(type -ap "python$series") "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$series".*/bin/python3; do
    [ -x "$python" ] || continue
    [ "$("$python" -c 'import venv, ensurepip, sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$series" ] || continue
    echo "$python"
    return
  done
  return 1
}

# Install a command from Debian's packages as root, or say what is missing.
need() {
  local command=$1 package=$2
  command -v "$command" >/dev/null && return
  if is_root && command -v apt-get >/dev/null; then
    quietly "apt-update" "refreshing apt's lists" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive quietly "apt-$package" "installing $package (apt)" \
      apt-get install -y -qq --no-install-recommends "$package"
  else
    die "'$command' is missing: install it (on Debian and Ubuntu the package $package) and try again"
  fi
}

# What a commit of this very tree would hold, copied to a folder and made a git checkout there: changed and new files
# included, ignored ones not. Builds and ansible-test then see what a user gets, and leave nothing in the tree.
snapshot() {
  rm -rf "$1"
  mkdir -p "$1"
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
    tar -c --null -T - -f - | tar -x -C "$1" -f -
  git -C "$1" init -q
  git -C "$1" add -A
  git -C "$1" -c user.name=snapshot -c user.email=snapshot@localhost commit -qm snapshot
}
