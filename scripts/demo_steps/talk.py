# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message to the orchestrator and its answer, each seen where it should arrive."""

from __future__ import annotations

import secrets
import sys

from .hosts import DEMO, StepError, hosts, on_host, wait_for
from .operator import Operator

HOST = "demo-matrix"
DOMAIN = "fleet.example"
PANE = (
    "tmux",
    "-S",
    "/run/mosaic-orchestrator/tmux.sock",
    "capture-pane",
    "-p",
    "-J",
    "-S",
    "-200",
    "-t",
    "=orchestrator:",
)


def as_orchestrator(*command: str) -> str:
    """Run a command on the orchestrator's host as the orchestrator's own user."""
    done = on_host(HOST, "runuser", "-u", "mosaic", "--", *command)
    if done.returncode != 0:
        raise StepError(
            f"'{' '.join(command)}' on {HOST} failed: {(done.stderr or done.stdout).strip()[-500:]}"
        )
    return done.stdout


def in_pane(word: str) -> str | None:
    """The line of the orchestrator's pane that holds a word."""
    return next((line for line in as_orchestrator(*PANE).splitlines() if word in line), None)


def talk(operator: Operator) -> None:
    """Operator to pane, and orchestrator to room."""
    room_id = operator.join(f"#{HOST}:{DOMAIN}")
    list(operator.news(room_id))
    word = f"demo-{secrets.token_hex(3)}"
    question, answer = f"What is the state of the fleet? ({word})", f"All is well. ({word})"

    operator.say(room_id, question)
    print(f"         {operator.user_id} posts in {room_id}: {question}")
    line = wait_for("the operator's message to show in the orchestrator's pane", lambda: in_pane(word))
    print(f"         the orchestrator's pane shows: {line.strip()}")

    as_orchestrator("mosaic-connector", "send", answer)
    print(f"         the orchestrator runs: mosaic-connector send '{answer}'")

    def arrived() -> str | None:
        events = [e for e in operator.news(room_id) if e["sender"] != operator.user_id]
        return next((e["sender"] for e in events if e.get("content", {}).get("body") == answer), None)

    sender = wait_for("the orchestrator's answer to arrive in the room", arrived, every=0)
    print(f"         the room shows {sender}: {answer}")


def main() -> None:
    operator = Operator(f"http://{hosts()['demo-homeserver']['mosaic_published']}")
    token = DEMO / "operator-token"
    try:
        operator.register("operator", token.read_text().strip(), DEMO / "operator.json")
        talk(operator)
    except StepError as error:
        sys.exit(f"demo: {error}")
    finally:
        token.unlink()  # it is used up


if __name__ == "__main__":
    main()
