# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides of a conversation, numbered, until told to stop; then whether each word came over, and once.

    talk.py URL ROOM_ID

It runs on the orchestrator's host as root, with the operator's token in /root/operator.env.
"""

from __future__ import annotations

import collections
import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

URL, ROOM = sys.argv[1], urllib.parse.quote(sys.argv[2])
TOKEN = re.search(r'TOKEN="?([^"\n]+)', Path("/root/operator.env").read_text()).group(1)
STOP = Path("/run/talk-stop")
PATIENCE = 90
RUN = f"{time.time_ns() % 10**9:x}"
"""Of this conversation alone: pane and room hold those of before as well."""


def ask(method: str, path: str, body: object = None) -> dict:
    """What the homeserver answers, however often it has to be asked: a name that is not found for a moment is not what is tested."""
    request = urllib.request.Request(f"{URL}/_matrix/client/v3/rooms/{ROOM}{path}", method=method)
    request.add_header("Authorization", f"Bearer {TOKEN}")
    data, end = None if body is None else json.dumps(body).encode(), time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, data, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def operator(said: list[str]) -> None:
    while not STOP.exists():
        text = f"in-{RUN}-{len(said)}-end"
        ask("PUT", f"/send/m.room.message/{time.time_ns()}", {"msgtype": "m.text", "body": text})
        said.append(text)
        time.sleep(0.7)


def orchestrator(said: list[str]) -> None:
    while not STOP.exists():
        text = f"out-{RUN}-{len(said)}-end"
        command = ["mosaic-connector", "send", "--id", f"talk-{time.time_ns()}", text]
        # An upgrade takes the command away for a moment; under the same id no word is doubled.
        while subprocess.run(
            ["runuser", "-u", "mosaic", "--", *command], check=False, stdout=subprocess.DEVNULL
        ).returncode:
            time.sleep(0.5)
        said.append(text)
        time.sleep(0.1)


def heard_by_operator() -> list[str]:
    found, start = [], ""
    while True:
        page = ask("GET", f"/messages?dir=b&limit=100{start}")
        found += [
            event["content"].get("body", "") for event in page["chunk"] if event["type"] == "m.room.message"
        ]
        if "end" not in page or not page["chunk"]:
            return re.findall(rf"out-{RUN}-\d+-end", "\n".join(found))
        start = f"&from={page['end']}"


def seen_in_pane() -> list[str]:
    look = [
        "runuser",
        "-u",
        "mosaic",
        "--",
        "tmux",
        "-S",
        "/run/mosaic-orchestrator/tmux.sock",
        "capture-pane",
        "-p",
        "-J",
        "-S",
        "-",
        "-t",
        "=orchestrator:",
    ]
    return re.findall(
        rf"in-{RUN}-\d+-end", subprocess.run(look, check=True, capture_output=True, text=True).stdout
    )


def trouble(said: list[str], came: list[str]) -> dict[str, int]:
    counts = collections.Counter(came)
    return {text: counts[text] for text in said if counts[text] != 1}


def main() -> int:
    STOP.unlink(missing_ok=True)
    said: dict[str, list[str]] = {"in": [], "out": []}
    talkers = [
        threading.Thread(target=operator, args=[said["in"]]),
        threading.Thread(target=orchestrator, args=[said["out"]]),
    ]
    for talker in talkers:
        talker.start()
    for talker in talkers:
        talker.join(600)
    deadline = time.time() + PATIENCE
    while True:
        wrong = {**trouble(said["in"], seen_in_pane()), **trouble(said["out"], heard_by_operator())}
        if not wrong or time.time() > deadline or any(count > 1 for count in wrong.values()):
            break
        time.sleep(1)
    print(json.dumps({"in": len(said["in"]), "out": len(said["out"]), "wrong": wrong}))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
