# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message to each orchestrator and its answer, seen where they should arrive."""

from __future__ import annotations

import secrets
import sys

import httpx

from .channels import Channel, Console, MatrixRoom, as_orchestrator, discord_channel, line_of
from .hosts import DEMO, StepError, hosts, wait_for
from .operator import Operator


def talk(channel: Channel) -> None:
    """Operator to pane, and orchestrator to channel."""
    word = f"demo-{secrets.token_hex(3)}"
    question, answer = f"What is the state of the fleet? ({word})", f"All is well. ({word})"
    host, place = channel.host, channel.place

    if channel.operator:
        channel.say(question)
        print(f"         {channel.operator} posts in {place}: {question}")
        line = wait_for(
            "the operator's message to show in the orchestrator's pane",
            lambda: line_of(host, "orchestrator", word),
        )
        print(f"         the pane of {host} shows: {line.strip()}")
    else:
        print(f"         {place}: the operator is you. What you write there shows in the pane of {host}.")

    as_orchestrator(host, "mosaic-connector", "send", answer)
    print(f"         the orchestrator of {host} runs: mosaic-connector send '{answer}'")
    speaker = wait_for("the orchestrator's answer to arrive", lambda: channel.speaker_of(answer))
    print(f"         {place} shows {speaker}: {answer}")


def main() -> None:
    operator = Operator(f"http://{hosts()['demo-homeserver']['mosaic_published']}")
    token = DEMO / "operator-token"
    try:
        operator.register("operator", token.read_text().strip(), DEMO / "operator.json")
        talk(MatrixRoom(operator))
        talk(discord_channel())
        talk(Console())
    except (StepError, httpx.HTTPError) as error:
        sys.exit(f"demo: {error}")
    finally:
        token.unlink()  # it is used up


if __name__ == "__main__":
    main()
