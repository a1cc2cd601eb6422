#!/usr/bin/env bash
# Keep files and folders of this host aside, put them back as they were, or forget them.
#
#   keep.sh keep|put-back|forget FOLDER [PATTERN ...]
#
# A pattern that matches nothing when it is kept means that nothing is there after it was put back either.
set -euo pipefail
shopt -s nullglob
step=$1 folder=$2
shift 2

# What a killed run had begun goes on here; the lock is given back when the last of its processes has ended.
lock=/run/mosaic-upgrade.lock
(umask 0077 && : >>"$lock")
exec 9<"$lock"
flock --wait 300 9 || { echo "what another run keeps aside or puts back on this host has not ended within 300 seconds" >&2; exit 75; }

all() { # every path that the patterns match, below a root
  local root=$1 pattern IFS= # a path may have spaces
  shift
  for pattern; do
    # shellcheck disable=SC2086 # it is meant to be a pattern
    printf '%s\n' "$root"$pattern
  done | while IFS= read -r path; do [ ! -e "$path" ] || printf '%s\n' "${path#"$root"}"; done
}

case $step in
  keep)
    # Left by an upgrade that was interrupted: what was there before it is in it, and perhaps nowhere else.
    [ ! -e "$folder" ] || exit 0
    part=$folder.part
    rm -rf "$part"
    trap 'rm -rf "$part"' EXIT
    (umask 0077 && mkdir -p "$part")
    all '' "$@" | while IFS= read -r path; do
      mkdir -p "$part${path%/*}"
      cp --archive --reflink=auto "$path" "$part$path"
    done
    mv "$part" "$folder"
    ;;
  put-back)
    [ -d "$folder" ] || { echo "nothing was kept in $folder" >&2; exit 1; }
    all '' "$@" | while IFS= read -r path; do rm -rf "$path"; done
    all "$folder" "$@" | while IFS= read -r path; do cp --archive --reflink=auto "$folder$path" "$path"; done
    ;;
  forget)
    rm -rf "$folder" "$folder.part"
    rmdir "${folder%/*}" 2>/dev/null || true # unless something else is kept there
    ;;
esac
