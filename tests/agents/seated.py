# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make seated`: each program as the role seats it, from the operator's message in the chat to what came of it.

A real bridge over a scripted channel, the role's own files and command line, the scripted model: the operator's message
makes the model call a tool that needs permission, `yes` in the chat allows it, the turn's last words reach him, and, where a
program tells at once that it waits, so does that.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import yaml
from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer
from mosaic_connectors.bridge.turns import MARK
from mosaic_connectors.terminal import one_line

from .install import Installed, Missing, Store
from .model.ledger import Ledger
from .model.script import Cue, Script
from .model.server import Model, serving
from .programs import PROGRAMS, Program
from .programs.base import MARKER
from .report import say
from .run import CACHE, _filled
from .session import NotStarted, Session, until

ROLE = Path(__file__).resolve().parents[2] / "roles" / "orchestrator"
SEATED = ("claude", "codex", "gemini", "qwen", "opencode", "copilot")
SIZE = (120, 40)
WAITING = {"copilot": "Refused by the provider.", "qwen": "Qwen Code is waiting for your input"}
"""What the programs tell that say at once that they wait; Claude Code does so after a minute."""
TOLD, TOOL = "You have a human operator", "Send your human operator a message in the chat"
STEP_SECONDS = 120.0
"""How long a step may take on a busy machine."""


def filled(text: str, names: dict[str, str]) -> str:
    """A template of the role, whose templates have names alone in their braces."""
    text = re.sub(
        r'\{\{ \(__orchestrator_hook ~ " (\w+)"\) \| to_json \}\}', r'"{{ __orchestrator_hook }} \1"', text
    )
    for _depth in range(3):
        text = re.sub(r"\{\{ (\w+) \}\}", lambda found: names[found[1]], text)
    return text


def seat(program: Program, directory: Path) -> tuple[Program, dict[str, str]]:
    """The program with the role's options and environment, and the role's files by path, as they stand below `directory`."""
    variables = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
    names = {
        **{name: value for name, value in variables.items() if isinstance(value, str)},
        "__orchestrator_config": str(directory / "etc"),
        "runtime_venv": str(directory),
        "__orchestrator_agent_text": (ROLE / "templates" / "agent-opencode.md.j2").read_text(),
    }
    mine = variables["__orchestrator_agents"][program.name]
    options = [filled(one, names) for one in mine["options"]]
    environment = dict([filled(mine["environment"], names).split("=", 1)]) if mine["environment"] else {}
    files = {}
    for path in (filled(one, names) for one in mine["files"]):
        name = path.removeprefix(f"{names['__orchestrator_config']}/").replace("/", "-")
        template = ROLE / "templates" / f"{'agent-codex.toml' if path.startswith('/etc/') else name}.j2"
        files[path] = filled(template.read_text(), names)
    if theirs := program.environment.get("OPENCODE_CONFIG"):
        # The scripted provider stands in the file that the role's takes the place of: it becomes the user's own.
        del theirs
        provider = program.files["opencode.json"]
        program = replace(program, files={".config/opencode/opencode.json": provider})
    return (
        replace(
            program,
            options=(*program.options, *options),
            environment={
                **program.environment,
                **environment,
                "MOSAIC_SOCKET": str(directory / "bridge.sock"),
            },
        ),
        files,
    )


def write_commands(
    directory: Path, program: Program, installed: Installed, files: dict[str, str]
) -> Installed:
    """The role's files, `bin/mosaic-connector` with this tree's library, and the program where it finds what is below /etc."""
    command = directory / "bin" / "mosaic-connector"
    command.parent.mkdir()
    library, socket = os.environ.get("PYTHONPATH", ""), directory / "bridge.sock"
    command.write_text(
        f"#!/bin/sh\nexport MOSAIC_SOCKET={socket} PYTHONPATH={shlex.quote(library)}\n"
        f'exec {shlex.quote(sys.executable)} -m mosaic_connectors.cli.main "$@"\n'
    )
    command.chmod(0o755)
    laid = directory / "laid"
    for path, content in files.items():
        place = Path(path) if path.startswith(str(directory)) else laid / Path(path).relative_to("/etc")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    if not laid.exists():
        return installed
    (directory / "over").mkdir()
    mount = f"mount -t overlay none -o lowerdir=/etc,upperdir={laid},workdir={directory / 'over'} /etc"
    wrapper = directory / "bin" / program.name
    wrapper.write_text(
        f'#!/bin/sh\nexec unshare --mount sh -c \'{mount} && exec "$@"\' sh {installed.executable} "$@"\n'
    )
    wrapper.chmod(0o755)
    return Installed(wrapper, installed.path)


@contextmanager
def seated(program: Program, installed: Installed, model: Model) -> Iterator[tuple[Session, BridgeProcess]]:
    """The program in its terminal, and the bridge beside it, both as the role has them."""
    # Not below /tmp: Gemini CLI passes over settings that somebody else might put another folder over.
    directory = Path(tempfile.mkdtemp(prefix="mosaic-seated-", dir=Path.home()))
    program, files = seat(program, directory)
    here = Session(program, write_commands(directory, program, installed, files), directory, SIZE, model.url)
    bridge = BridgeProcess(TmuxServer(directory))
    bridge.settings["relay_dialogs"] = True
    try:
        here.prepare()
        here.start()
        yield here, bridge
    finally:
        if bridge.process is not None and bridge.process.poll() is None:
            bridge.kill()
        here.stop()
        shutil.rmtree(directory, ignore_errors=True)


async def talk(here: Session, bridge: BridgeProcess) -> list[str]:
    """The whole conversation; returns what the operator heard. Raises `AssertionError` with what was missing."""
    bridge.start()
    bridge.say("Please make the file. CUE-RUN", thread=None)
    await expect(lambda: questions(bridge), "a question about the permission", here, bridge)
    found = re.search(r"`([^`]+) (\w{5})`", questions(bridge)[0].rpartition("\n")[2])
    assert found is not None, questions(bridge)
    assert MARKER in questions(bridge)[0], f"the command does not stand in it: {questions(bridge)[0]}"
    assert not here.traces(), "the tool ran before it was allowed"
    bridge.say(f"{found[1]} {found[2]}")
    await expect(here.traces, "the tool to run", here, bridge)
    await expect(lambda: any(MARK in text for text in bridge.heard()), "the last words", here, bridge)
    assert any(text.endswith("Done.") for text in bridge.heard()), bridge.heard()
    assert len(questions(bridge)) == 1, questions(bridge)
    if words := WAITING.get(here.program.name):
        bridge.say("Go on. CUE-REFUSED")
        await expect(lambda: any(words in text for text in bridge.heard()), "that it waits", here, bridge)
    return bridge.heard()


def questions(bridge: BridgeProcess) -> list[str]:
    """The questions that the operator heard."""
    return [text for text in bridge.heard() if "Answer until" in text]


async def expect(condition: Callable[[], object], what: str, here: Session, bridge: BridgeProcess) -> None:
    """Wait for something; raises `AssertionError` with the screen and the bridge's log."""
    if not await until(condition, STEP_SECONDS):
        log = "\n".join(bridge.log.read_text().splitlines()[-12:])
        raise AssertionError(
            f"waited {STEP_SECONDS:g} s for {what}\n{here.shown().rstrip()}\n{log}\n{bridge.heard()}"
        )


async def run_program(program: Program, installed: Installed) -> list[str]:
    """One program, from its start to the last words."""
    script = Script({}, toolless=program.toolless)
    ledger = Ledger(program.unwrap, program.rewrites, toolless=program.toolless)
    with serving(Model(script, ledger)) as model, seated(program, installed, model) as (here, bridge):
        model.watched = {TOLD: False, TOOL: False}
        script.calls.update({Cue.RUN: _filled(program.calls[Cue.RUN], here)})
        await here.ready()
        heard = await talk(here, bridge)
        say(
            f"    the model was told of its operator: {model.watched[TOLD]}, and has the tools: {model.watched[TOOL]}"
        )
        return heard


def main(arguments: Sequence[str] | None = None) -> int:
    """The status: 0 when all that started came through, 1 when one did not, 2 when none started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="scripts/seated", description=__doc__)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"some of: {', '.join(SEATED)}")
    names = parser.parse_args(arguments).programs or list(SEATED)
    ends: dict[str, str] = {}
    for name in names:
        program, begun = PROGRAMS[name], time.monotonic()
        try:
            heard = asyncio.run(run_program(program, Store(CACHE / "agents").get(program.package)))
            ends[name] = f"whole, {time.monotonic() - begun:.0f} s"
            say("\n".join(f"    operator heard: {one_line(text, 300)}" for text in heard))
        except (Missing, NotStarted) as error:
            ends[name] = f"SKIPPED: {error}"
        except AssertionError as error:
            ends[name] = f"FAILED: {error}"
        say(f"{name} {program.package.version}: {ends[name]}")
    if all(end.startswith("SKIPPED") for end in ends.values()):
        return 2
    return int(any(end.startswith("FAILED") for end in ends.values()))


if __name__ == "__main__":
    sys.exit(main())
