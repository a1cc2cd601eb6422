# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action `preflight` in a role that is used alone, by Ansible itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.roles.alone import play

HUSH = "hush-hush"


def test_a_role_alone_tells_all_of_its_mistakes_and_no_secret(tmp_path: Path) -> None:
    """From templates as well as from plain values, with variables of the play as well as its own defaults."""
    with pytest.raises(AssertionError) as told:
        play(
            tmp_path,
            "orchestrator",
            "preflight",
            secret=HUSH,
            orchestrator_connector="{{ 'dis' ~ 'cord' }}",
            orchestrator_discord_token="{{ secret ~ ' !' }}",
            orchestrator_discord_channel_id="{{ secret | from_json }}",
            orchestrator_home="{{ nowhere }}/home",
            orchestrator_operator=["1"],
        )
    said = " ".join(str(told.value).split())
    for sentence in (
        "orchestrator_discord_token is expected to be a text of printable ASCII without white space, quotes and backslashes, and is none",
        "orchestrator_discord_channel_id cannot be made from its template on localhost: its template fails.",
        "orchestrator_home cannot be made from its template on localhost: 'nowhere' is undefined.",
        "The variable orchestrator_operator is read by nothing here, and orchestrator_operators is.",
        "orchestrator_operators is empty on localhost: nobody will be listened to.",
    ):
        assert sentence in said
    assert HUSH not in said
    assert "Traceback" not in said


def test_a_role_alone_that_is_right_is_taken_in_check_mode_too(tmp_path: Path) -> None:
    """What a template makes is what it looks like: a list, a yes and a number."""
    said = play(
        tmp_path,
        "synapse",
        "preflight",
        check=True,
        people="{{ ['hs.example'] }}",
        synapse_venv="/none",
        synapse_server_name="hs.example",
        synapse_federation="{{ 1 == 1 }}",
        synapse_federation_domain_whitelist="{{ people }}",
        synapse_port="{{ 8000 + 8 }}",
        synapse_state="{{ 'present' }}",
        synapse_domain="a name of the user's own",
    )
    assert "failed=0" in said


def test_a_kind_without_variables_of_its_own_is_judged_by_its_description(tmp_path: Path) -> None:
    """By those of any kind; what Ansible hands over is of classes of its own, and is a text all the same."""
    right = {
        "orchestrator_connector": "telegram",
        "orchestrator_operators": ["1000000003"],
        "orchestrator_connector_settings": {"chat_id": "{{ '-100' ~ '0000000001' }}"},
        "orchestrator_connector_secrets": {"TELEGRAM_BOT_TOKEN": f"12345678:{HUSH}\n"},
    }
    literal = {"orchestrator_connector_settings": {"chat_id": "-1000000000001"}}
    play(tmp_path, "orchestrator", "preflight", **right)
    play(tmp_path, "orchestrator", "preflight", **right | literal)
    number = {"orchestrator_connector_settings": {"chat_id": -1000000000001}}
    with pytest.raises(AssertionError) as told:
        play(tmp_path, "orchestrator", "preflight", **right | number)
    said = " ".join(str(told.value).split())
    assert (
        "orchestrator_connector_settings.chat_id is expected to be a string, found int -1000000000001. Quote it."
        in said
    )
    assert HUSH not in said
