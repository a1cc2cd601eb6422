# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the library costs: a `send` beside bare Python, a long text, and the memory of a bridge that waits.

    python tests/benchmarks/cost.py [ROUNDS]

Prints ratios and figures with their budgets and fails for none of them: a shared machine is no judge. The library is
copied and compiled first, as a wheel is installed; an editable install pays for its finder besides.
"""

from __future__ import annotations

import compileall
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LIBRARY = _ROOT / "plugins" / "module_utils" / "connectors"

SEND_BUDGET = 4.0
SPLIT_BUDGET = 2.0
MEMORY_BUDGET = 40.0
# What developers have beside it (click, rich) httpx would load for a command of its own.
ENTRY = "import sys\nsys.modules.update(click=None, rich=None)\nfrom mosaic_connectors.cli.main import main\nsys.exit(main())\n"
SHAPES = {
    "lines of a diff": "+line 0123456789\n",
    "prose": "some words, and then some more. ",
    "one word": "a",
    "blank lines": "\n",
    "code blocks": "```\ncode\n```\n",
}


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def installed() -> Iterator[Path]:
    """A folder with the library as it is imported, compiled."""
    with tempfile.TemporaryDirectory(prefix="mosaic-cost-") as folder:
        shutil.copytree(
            _LIBRARY, Path(folder) / "mosaic_connectors", ignore=shutil.ignore_patterns("__pycache__")
        )
        compileall.compile_dir(folder, quiet=1)
        (Path(folder) / "entry.py").write_text(ENTRY)
        yield Path(folder)


def spent(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, cpu


def measure_send(folder: Path, rounds: int) -> None:
    """The least of each, in turns: what else the machine does only adds."""
    # A sitecustomize or .pth file of the environment would be paid by both, and make the ratio look good.
    bare = [sys.executable, "-I", "-S", "-c", ""]
    send = [
        sys.executable,
        "-S",
        str(folder / "entry.py"),
        "send",
        "--socket",
        "/nowhere",
        "--patience",
        "0",
        "x",
    ]
    runs = [(spent(bare, {}), spent(send, {})) for _unused in range(rounds)]
    for number, what in enumerate(("wall", "CPU")):
        least, most = (min(run[side][number] for run in runs) for side in (0, 1))
        say(
            f"send, {what}: {most * 1000:.0f} ms, {most / least:.1f} times bare Python's {least * 1000:.0f} ms "
            f"(budget {SEND_BUDGET:.0f})"
        )


def measure_splitting() -> None:
    """Eight mebibytes of several shapes, cut for Discord and for Matrix."""
    from mosaic_connectors.discord.posts import fits as fits_discord
    from mosaic_connectors.matrix.content import fits as fits_matrix
    from mosaic_connectors.split import split_text

    for name, piece in SHAPES.items():
        text = "x" + piece * (8 * 1024 * 1024 // len(piece))
        for kind, fits in (("discord", fits_discord), ("matrix", fits_matrix)):
            began = time.process_time()
            count = len(split_text(text, fits))
            took = time.process_time() - began
            say(f"split 8 MiB, {name}, {kind}: {took:.2f} s, {count} pieces (budget {SPLIT_BUDGET:.0f} s)")


class _Homeserver(BaseHTTPRequestHandler):
    """Enough of one for a bridge that is up and has nothing to do."""

    def do_GET(self) -> None:
        answers = {
            "versions": '{"versions":["v1.11"]}',
            "whoami": '{"user_id":"@bot:x"}',
            "joined_rooms": '{"joined_rooms":["!r:x"]}',
        }
        name = self.path.partition("?")[0].rpartition("/")[2]
        if name == "sync" and "since" in self.path:
            time.sleep(20)
        body = answers.get(name, '{"next_batch":"s1","rooms":{}}' if name == "sync" else "{}").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST = do_GET

    def log_message(self, *_arguments: object) -> None:
        pass


def measure_memory(folder: Path) -> None:
    """The resident memory of a Matrix bridge after its start, in which nothing is said."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Homeserver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (folder / "roster.yaml").write_text(
        f"connector:\n  kind: matrix\n  matrix:\n    homeserver_url: http://127.0.0.1:{server.server_port}\n"
        "    user_id: '@bot:x'\n    room_id: '!r:x'\n"
    )
    (folder / "settings.yaml").write_text(
        f"roster_path: {folder}/roster.yaml\ntmux_socket: {folder}/tmux\nsocket_path: {folder}/sock\noperators: ['@op:x']\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "MOSAIC_SETTINGS": str(folder / "settings.yaml"),
        "MATRIX_ACCESS_TOKEN": "not-a-real-one",
        "MOSAIC_STATE_DIR": str(folder / "state"),
    }
    (folder / "state").mkdir()
    bridge = subprocess.Popen(
        [sys.executable, str(folder / "entry.py"), "run"], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        time.sleep(8)
        status = Path(f"/proc/{bridge.pid}/status").read_text()
        for key in ("VmRSS", "VmHWM"):
            found = next(int(line.split()[1]) for line in status.splitlines() if line.startswith(key))
            say(f"idle bridge, {key}: {found / 1024:.1f} MiB (budget {MEMORY_BUDGET:.0f})")
    finally:
        bridge.terminate()
        bridge.communicate(timeout=30)
        server.shutdown()


def main() -> None:
    """Measure all three."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with installed() as folder:
        measure_send(folder, rounds)
        sys.path.insert(0, str(folder))
        measure_splitting()
        measure_memory(folder)


if __name__ == "__main__":
    main()
