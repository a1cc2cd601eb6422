# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a dialog is the one that a hook asked about: of real screens it is, and of what only looks like it it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.silent import SilentChannel
from mosaic_connectors.bridge.answering import Answering
from mosaic_connectors.bridge.asking import Asking
from mosaic_connectors.bridge.counters import Counters
from mosaic_connectors.bridge.hooks import GRACE_SECONDS, Hooks, as_choices, mentions, shows
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.bridge.outbox import Outbox
from mosaic_connectors.bridge.progress import Progress
from mosaic_connectors.bridge.questions import Questions, StoredQuestion, Wanted
from mosaic_connectors.store.database import Database
from mosaic_connectors.tmux.fixture import load_fixture
from mosaic_connectors.tmux.programs import Programs
from mosaic_connectors.tmux.reader import read_screen
from mosaic_connectors.tmux.reading import Choice, Dialog

SCREENS = Path(__file__).parents[5] / "data/screens"
COMMAND = "touch /home/agent/proj/made-by-agent && echo ran"


def shown(name: str) -> Dialog:
    """The dialog on a recorded screen."""
    dialog = read_screen(load_fixture(SCREENS / f"{name}.json").screen(), Programs()).dialog
    assert dialog is not None
    return dialog


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("claude-2.1.197-perm-bash-80x24", COMMAND),
        ("claude-2.1.332-perm-write-second-120x30", "/home/agent/proj/hello1795876857.txt"),
        ("codex-0.171.0-perm-bash-80x24", COMMAND),
        ("opencode-1.18.33-ask-40x12", COMMAND),
        ("opencode-1.18.33-perm-write-200x50", "/home/agent/proj/hello1795866805.txt"),
        ("opencode-1.18.33-perm-fetch-200x50", "http://127.0.0.1:1/x"),
        ("qwen-0.15.10-perm-bash-220x60", COMMAND),
        ("qwen-0.15.10-perm-write-80x24", "/home/agent/proj/hello1795876370.txt"),
    ],
)
def test_the_programs_own_dialog_is_known_again(name: str, subject: str) -> None:
    dialog = shown(name)
    assert as_choices(dialog)
    assert shows(dialog, subject)
    assert not shows(dialog, subject[:-1])
    assert not shows(dialog, f"{subject}x")
    assert mentions(dialog, subject)
    assert not mentions(dialog, f"{subject}x")


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("ls", "$ rm -rf false"),
        ("git push", "$ git push --force"),
        ("rm -rf build", "$ sudo rm -rf build"),
        ("make a b", "$ make a > b"),
        ("make", "cd /srv\nmake"),
        ("https://a.example/x", "% WebFetch https://a.example/x/y"),
        ("/srv/app/deploy.sh", "$ rm deploy.sh"),
        ("/srv/app/config.yml", "Edit other-config.yml"),
        ("/srv/app/1", "1 hello"),
        ("", "$ "),
    ],
)
def test_an_answer_about_one_thing_is_none_about_another_that_has_it_in_it(subject: str, body: str) -> None:
    assert not shows(Dialog("Proceed?", title="Bash command", body=body), subject)


def test_a_long_command_is_known_by_all_of_its_lines() -> None:
    words = " ".join(f"word{number}" for number in range(30))
    assert shows(Dialog("Proceed?", body=f"{words[:80]}\n│ {words[80:160]} │\n{words[160:]}\nWhy not"), words)
    assert not shows(Dialog("Proceed?", body=f"{words[:80]}\n… 2 lines"), words)


class Left:
    """The questions that hooks left, over a store in memory and by a clock that is set."""

    def __init__(self) -> None:
        self.now, self.told = 0.0, list[str]()
        database = Database(None)
        outbox = Outbox(database, 20)
        self.questions = Questions(database, outbox, 10)
        asking = Asking(
            self.questions,
            Answering(database, self.questions, Inbox(database, 10), outbox),
            outbox,
            SilentChannel(),
            wake_dispatcher=lambda: None,
            progress=Progress(),
            counters=Counters(),
            send_timeout=5.0,
        )
        self.hooks = Hooks(asking, self.tell, steady=lambda: self.now)

    async def tell(self, text: str, _thread: str | None = None) -> None:
        self.told.append(text)

    async def leave(self, command: str, key: str) -> StoredQuestion:
        wanted = Wanted(f"{command}?", ("yes", "no"), False, None, 600.0)
        return await self.hooks.ask(wanted, "claude", command, key, 0.0)

    def state(self, stored: StoredQuestion) -> str:
        found = self.questions.get(stored.id)
        assert found is not None
        return found.state


def menu(body: str) -> Dialog:
    choices = (Choice("Yes", ("1",)), Choice("No", ("2",)))
    return Dialog("Proceed?", title="Bash command", body=body, whole=True, choices=choices)


async def test_of_two_that_were_left_each_goes_on_in_its_own_dialog_one_after_the_other() -> None:
    here = Left()
    first, second = await here.leave("make", "key-0001"), await here.leave("make\nls", "key-0002")
    assert here.hooks.about(menu("make\nls")) == second
    here.now += GRACE_SECONDS - 1
    here.hooks.hold()  # as long as the other's dialog is open
    here.now += 2
    await here.hooks.settle()
    assert here.hooks.about(menu("make")) == first


async def test_what_no_dialog_shows_is_withdrawn_while_another_hook_waits() -> None:
    here = Left()
    gone, shown = await here.leave("make", "key-0001"), await here.leave("ls", "key-0002")
    here.now += GRACE_SECONDS - 1
    here.hooks.hold(menu("ls"))
    here.now += 2
    await here.hooks.settle()
    assert (here.state(gone), here.state(shown)) == ("withdrawn", "open")
