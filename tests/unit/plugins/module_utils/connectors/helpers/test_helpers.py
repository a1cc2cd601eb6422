# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own commands, each run as its unit runs it: rude ones cost their own request, and nothing is left of them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.helpers_unit import HelpersUnit, helpers_unit
from fakes.matrix import eventually
from mosaic_connectors.helpers import MOST_OUTPUT, suffix_of
from mosaic_connectors.helpers.client import HelperAwayError, HelperError, Helpers
from mosaic_connectors.helpers.process import MOST_OUTPUT as BOUND
from mosaic_connectors.settings import settings_mistakes

SECRET = "a-secret-of-the-channel"
MARK = f"9{os.getpid():07d}"
"""For how long rude children of this process sleep, by which they are found."""


@pytest.fixture
async def unit() -> AsyncIterator[HelpersUnit]:
    async with helpers_unit(MY_KEY="mine", INVOCATION_ID="systemd's", MOSAIC_STATE_DIR="/nowhere") as unit:
        yield unit


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A stored recording, under the name that its sender gave it."""
    file = tmp_path / "0123456789ab-$(touch pwned);.ogg"
    file.write_bytes(b"OggS" + bytes(range(256)))
    return str(file)


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script, "sh"]


def alive(mark: str) -> list[str]:
    """The processes that have a word among their arguments."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdecimal() and int(place.name) != os.getpid():
            try:
                arguments = (place / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if mark in arguments:
                found.append(arguments)
    return found


async def test_the_words_are_what_is_printed_of_a_file_under_a_name_of_ours(
    unit: HelpersUnit, recording: str
) -> None:
    """The bytes as they are; of the sender's name not even the ending, unless it is one of a few."""
    unit.names(transcribe_command=shell('wc -c <"$1"; echo "$#:$1"; cat'))
    words = (await Helpers(unit.socket_path).transcribe(recording, "audio/ogg; codecs=opus", 50)).split("\n")
    assert words[0].strip() == "260"
    assert words[1].startswith("1:/")
    assert words[1].endswith("/file.ogg")
    assert "pwned" not in words[1]
    assert suffix_of("/x/voice", "audio/mp4") == ".m4a"
    assert suffix_of("/x/a.mp3", "audio/unheard-of") == ".mp3"
    assert suffix_of("/x/a.sh", "") == ""


async def test_the_environment_is_built(
    unit: HelpersUnit, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PATH, HOME, LANG and what the user's own file sets; nothing of the bridge's, of which the unit knows nothing."""
    monkeypatch.setenv("MATRIX_ACCESS_TOKEN", SECRET)
    unit.names(transcribe_command=["/usr/bin/env", "sh", "-c", "tr '\\0' '\\n' </proc/self/environ; env"])
    words = await Helpers(unit.socket_path).transcribe(recording, "audio/ogg", 50)
    names = {line.partition("=")[0] for line in words.split("\n")}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "LANG", "MY_KEY"}
    assert SECRET not in words


FAILURES = {
    "hangs": ("trap '' TERM HUP INT; while :; do sleep 1; done", "it took longer than"),
    "leaves children that hold the output, in sessions of their own": (
        f"setsid sh -c 'trap \"\" TERM; sleep {MARK}' & (setsid setsid sh -c 'exec sleep {MARK}' &) ; sleep {MARK}",
        "it took longer than",
    ),
    "prints without end": ("yes a-long-line-of-nothing", f"it printed more than {BOUND} bytes"),
    "complains without end": ("yes nothing >&2", "it took longer than"),
    "fails": ("echo half a word; echo the reason >&2; exit 3", "it ended with status 3"),
    "is killed": ("kill -9 $$", "it ended with status -9"),
    "is silent": ("exec <&-; printf '  \\n'", "it printed nothing"),
    "closes everything and sleeps": ("exec <&- >&- 2>&-; sleep 60", "it took longer than"),
    "speaks another encoding": ("printf '\\344h\\n'", "it printed something that is not UTF-8"),
}


async def _failure(script: str, recording: str) -> tuple[str, bool]:
    """What a command came to in a unit of its own: the sentence, and whether it was run."""
    async with helpers_unit() as unit:
        unit.names(transcribe_command=shell(script), transcribe_timeout=2)
        try:
            said = await Helpers(unit.socket_path).transcribe(recording, "audio/ogg", 30)
        except HelperError as error:
            await eventually(lambda: unit.running == 0)
            return str(error), not isinstance(error, HelperAwayError)
        return f"no failure, but {said!r}", True


async def test_a_rude_command_costs_its_own_request(recording: str) -> None:
    """In time, with a sentence, and without a process that is left."""
    began = time.monotonic()
    found = await asyncio.gather(*(_failure(script, recording) for script, _expected in FAILURES.values()))
    assert time.monotonic() - began < 60
    for (manner, (_script, expected)), (sentence, was_run) in zip(FAILURES.items(), found, strict=True):
        assert sentence.startswith(expected), manner
        assert was_run, manner
    assert alive(MARK) == []


async def test_what_a_command_leaves_behind_is_not_waited_for(unit: HelpersUnit, recording: str) -> None:
    """Its words are there when it has ended, though a child of its holds the output; the child ends as well."""
    unit.names(transcribe_command=shell(f"sleep {MARK} & echo good morning"), transcribe_timeout=40)
    began = time.monotonic()
    assert await Helpers(unit.socket_path).transcribe(recording, "audio/ogg", 50) == "good morning"
    assert time.monotonic() - began < 25
    assert alive(MARK) == []


async def test_who_hangs_up_ends_the_work(unit: HelpersUnit, recording: str) -> None:
    """A bridge that was killed leaves no transcriber; but who is to be called is called."""
    unit.names(
        transcribe_command=shell(f"exec sleep {MARK}"),
        escalation_command=shell(f"cd {unit.settings.parent}; touch begun; sleep 1; cat >called"),
        transcribe_timeout=40,
    )
    with pytest.raises(HelperError):
        await Helpers(unit.socket_path).transcribe(recording, "audio/ogg", 1)
    await eventually(lambda: unit.running == 0)
    assert alive(MARK) == []
    calling = asyncio.ensure_future(Helpers(unit.socket_path).escalate("answer, please"))
    await eventually((unit.settings.parent / "begun").exists)
    calling.cancel()
    await eventually(lambda: unit.running == 0)
    assert (unit.settings.parent / "called").read_text() == "answer, please\n"


async def test_what_was_not_run_is_told_apart(unit: HelpersUnit, recording: str, tmp_path: Path) -> None:
    """Nobody listens, as many run as may, the setting is empty: it may be asked for again. A missing program is a failure."""
    for helpers in (Helpers(str(tmp_path / "nobody")), Helpers(unit.socket_path)):
        unit.most = 0
        with pytest.raises(HelperAwayError):
            await helpers.escalate("x")
    unit.most = 1
    unit.names()
    with pytest.raises(HelperAwayError, match="escalation_command is not set"):
        await Helpers(unit.socket_path).escalate("x")
    unit.names(transcribe_command=["no-such-program"], escalation_command=["cat"])
    await eventually(lambda: unit.running == 0)
    assert list(await Helpers(unit.socket_path).check()) == ["transcribe_command"]
    await eventually(lambda: unit.running == 0)
    with pytest.raises(HelperError, match="no-such-program cannot be started") as failure:
        await Helpers(unit.socket_path).transcribe(recording, "audio/ogg", 50)
    assert not isinstance(failure.value, HelperAwayError)


async def test_a_request_that_is_none_is_refused(unit: HelpersUnit) -> None:
    """In one line, also to who goes on talking, and nothing is run."""
    unit.names(escalation_command=shell(f"touch {unit.settings.parent}/run"))
    unit.most = 6

    async def refusal(line: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(unit.socket_path)
        writer.write(line)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 50)
        writer.close()
        return answer

    few = (
        b"",
        b"[]\n",
        b"{\n",
        b'{"op": "run", "size": 1}\n',
        b'{"op": "escalate", "size": 10}\nx',
        b"x" * 9000,
    )
    answers = await asyncio.gather(*(refusal(line) for line in few))
    assert [b'"ok": false' in one for one in answers] == [True] * len(few)
    assert not (unit.settings.parent / "run").exists()


def test_the_settings_say_what_a_command_is() -> None:
    """A list, no secret among the words, and times within what other messages may wait."""
    assert (
        settings_mistakes({"transcribe_command": ["whisper", "--model", ""], "transcribe_timeout": 120}) == []
    )
    wrong = {
        "transcribe_command": "whisper file",
        "escalation_command": ["curl", "https://user:hunter2hunter2@example.org/"],
        "transcribe_timeout": 121,
        "helpers_socket": "run/x",
    }
    mistakes = settings_mistakes(wrong)
    assert {one.loc[0] for one in mistakes} == set(wrong)
    assert "hunter2" not in " ".join(map(str, mistakes))
    assert settings_mistakes({"escalation_command": [""]}) != []
    assert MOST_OUTPUT == BOUND
