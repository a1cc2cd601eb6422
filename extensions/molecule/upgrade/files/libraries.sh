#!/usr/bin/env bash
# Two wheels beside this checkout's own library: of the last one before the store, and of one that never gets ready.
#
#   libraries.sh FOLDER
#
# In FOLDER/former and FOLDER/broken.
set -euo pipefail
folder=$1
library=plugins/module_utils/connectors
root=$(git rev-parse --show-toplevel)
cd "$root"

wheel() { # of a tree
  python3 -m pip wheel --quiet --no-deps --wheel-dir "$folder/$1" "$folder/tree-$1"
}

rm -rf "$folder/former" "$folder/broken"
trap 'rm -rf "$folder/tree-former" "$folder/tree-broken"' EXIT
mkdir -p "$folder/tree-former"

# The commit that took the journal of the messages seen away.
store=$(git log --format=%H --max-count=1 --diff-filter=D -- "$library/seen.py")
[ -n "$store" ] || { echo "The history of this checkout is too short: git fetch --unshallow" >&2; exit 1; }
git archive "$store^" LICENSE pyproject.toml "$library" | tar --extract --directory "$folder/tree-former"
wheel former

cp --recursive "$library" "$folder/tree-broken"
cat >>"$folder/tree-broken/bridge/monitor.py" <<'END'


def _end(_monitor: Monitor) -> None:
    """Works for some seconds, takes the state over meanwhile, and ends without having been ready."""
    import os

    asyncio.get_running_loop().call_later(5, os._exit, 1)


Monitor._say_ready = _end
END
wheel broken
