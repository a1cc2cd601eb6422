# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Permissions that a hook of the agent's program asks for: each is one question, with the hook and after it.

While a hook waits, the pane's dialogs are not relayed. A hook that leaves (its time is over, its program answered
otherwise) leaves its question adrift: the relay takes it over for the dialog about the same thing, or it is withdrawn.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..terminal import one_line
from ..tmux.choose import is_certain
from ..tmux.reading import Dialog
from .asking import Asking
from .intake import Tell
from .questions import StoredQuestion, Wanted

logger = logging.getLogger(__name__)

HOOK = "hook"
"""The asker of what a hook asks; nobody at the local socket has this name."""

YES, NO = "yes", "no"

GRACE_SECONDS = 6.0
"""How long a dialog may take to be seen once its hook has left."""

CLOSE_SECONDS = 3.0
"""How long a program may go on to show a dialog whose hook has the answer."""

RETURN_SECONDS = 20.0
"""... and a hook to come back to a bridge that was restarted."""

GONE = "its program asks no longer, or asks at its terminal"

_YES = re.compile(r"(?i)(?:yes|allow|approve|accept|proceed)\b")
_NO = re.compile(r"(?i)(?:no|deny|reject|cancel|decline)\b")
_DEEDS = frozenset({"create", "delete", "edit", "fetch", "update", "url", "webfetch", "write", "writefile"})
"""What stands before the name of a file that is to be changed, or of what is to be fetched."""


@dataclass(frozen=True)
class Waiting:
    """A hook that waits; `since` is in seconds since the epoch."""

    question: str
    program: str
    since: float


@dataclass(frozen=True)
class _Adrift:
    subject: str
    until: float


class Hooks:
    """The hooks that wait, and the questions that they left."""

    def __init__(self, asking: Asking, tell: Tell, *, steady: Callable[[], float] = time.monotonic) -> None:
        self.asking = asking
        self._tell = tell
        self._steady = steady
        self._waiting: dict[str, list[Waiting]] = {}
        self._adrift: dict[str, _Adrift] = {}
        self._quiet_until = 0.0

    def waiting(self) -> list[Waiting]:
        """The hooks that wait for an answer, the longest first."""
        return sorted((one for here in self._waiting.values() for one in here), key=lambda one: one.since)

    async def ask(
        self, wanted: Wanted, program: str, subject: str, key: str, seconds: float
    ) -> StoredQuestion:
        """Ask for a hook, and wait for so long; raises what `Asking.ask` raises."""
        stored = await self.asking.ask(wanted, HOOK, f"{program}-{key}")
        self._adrift.pop(stored.id, None)
        here = Waiting(stored.id, program, time.time())
        self._waiting.setdefault(stored.id, []).append(here)
        try:
            return await self.asking.wait(stored, seconds)
        finally:
            self._leave(here, subject)

    def _leave(self, here: Waiting, subject: str) -> None:
        """By what is called without a wait, for the hook may be gone in the middle of one."""
        left = [one for one in self._waiting.pop(here.question, []) if one is not here]
        if left:
            self._waiting[here.question] = left
            return
        stored = self.asking.questions.get(here.question)
        self._quiet_until = self._steady() + CLOSE_SECONDS
        if stored is not None and stored.state == "open":
            self._quiet_until = 0.0
            self._adrift[stored.id] = _Adrift(subject, self._steady() + GRACE_SECONDS)

    def recall(self) -> None:
        """After a restart: give the hooks of before the time to come back."""
        for stored in self.asking.questions.open():
            if stored.asker == HOOK and stored.id not in self._waiting:
                # No subject: whether a dialog was there all the time, nobody knows.
                self._adrift[stored.id] = _Adrift("", self._steady() + RETURN_SECONDS)

    def about(self, dialog: Dialog) -> StoredQuestion | None:
        """Take over the question adrift that a dialog is about; its answers are those of `as_choices`."""
        newest_first = reversed(self._adrift.items())
        # Of two that fit, the one that says more: `make` stands in what begins with a line `make`.
        for word, left in sorted(newest_first, key=lambda one: -len(one[1].subject)):
            stored = self.asking.questions.get(word)
            if stored is not None and left.subject and shows(dialog, left.subject) and as_choices(dialog):
                del self._adrift[word]
                logger.info("dialog question=%s goes on in the pane", word)
                return stored
        return None

    def hold(self, dialog: Dialog | None = None) -> None:
        """Give what is adrift more time, since its dialog may be the next one; with `dialog`, what that one is about."""
        until = self._steady() + GRACE_SECONDS
        for word, left in self._adrift.items():
            if dialog is None or (left.subject and shows(dialog, left.subject)):
                self._adrift[word] = _Adrift(left.subject, max(until, left.until))

    async def settle(self, *, now: bool = False) -> None:
        """Withdraw what nobody took over in time; at once, with `now`, where no dialog is waited for."""
        for word, left in list(self._adrift.items()):
            if not now and self._steady() < left.until:
                continue
            if now and not left.subject and self._steady() < left.until:
                continue  # its hook may come back
            del self._adrift[word]
            stored = self.asking.questions.get(word)
            if stored is None or await self.asking.withdraw(stored, GONE):
                continue
            stored = self.asking.questions.get(word)
            if stored is not None and stored.state == "answered":
                said = one_line(stored.answer or "", 60)
                await self._tell(f"{word}: {said!r} was not taken: {GONE}.", None)

    def is_waiting(self) -> bool:
        """Whether a hook waits, or has only just had its answer, so that the pane's dialogs are its own."""
        return bool(self._waiting) or self._steady() < self._quiet_until


def shows(dialog: Dialog, subject: str) -> bool:
    """Whether a dialog is about what a hook asked for: it begins a command there, and is all of its lines, not a part of one.

    By a part, the answer about `git push` would be the one about `git push --force`. A file or an address stands there
    alone, or behind the word for what is to be done to it.
    """
    lines, wanted = dialog.body.splitlines(), _bare(subject)
    begin = [at for at, line in enumerate(lines) if at == 0 or line.lstrip().startswith("$")]
    if wanted and any(_begin_with(lines[at:], wanted) for at in begin):
        return True
    is_name = not re.search(r"\s", subject) and (subject.startswith("/") or "://" in subject)
    return is_name and any(_names(line, subject) for line in (*dialog.title.splitlines(), *lines))


def mentions(dialog: Dialog, subject: str) -> bool:
    """Whether a dialog may be about what a hook asks for, however it is written there."""
    said = _letters(f"{dialog.title}{dialog.body}{dialog.line}")
    wanted, name = _letters(subject), _letters(subject.rpartition("/")[2])
    return bool(wanted) and (wanted in said or (subject.startswith("/") and len(name) > 2 and name in said))


def as_choices(dialog: Dialog) -> dict[str, str]:
    """The labels of the choices that mean yes and no, this once; empty where one of them is not certain."""
    labels = {}
    for word, form in ((YES, _YES), (NO, _NO)):
        found = [
            one.label
            for one in dialog.choices
            if form.match(one.label) and not one.always and is_certain(one)
        ]
        if len(found) != 1:
            return {}
        labels[word] = found[0]
    return {} if dialog.secret else labels


def _begin_with(lines: list[str], wanted: str) -> bool:
    """Whether what is wanted are the first lines, to the end of one of them: what is long is broken into several."""
    found = ""
    for line in lines:
        found += _bare(line)
        if wanted in (found, found.removeprefix("$")):
            return True
        if len(found) > len(wanted):
            return False
    return False


def _names(line: str, name: str) -> bool:
    """Whether a line is about a name; a file's may begin with any of its folders."""
    words = [word for word in (one.strip("'\"`?,:;()") for one in line.split()) if re.search(r"\w", word)]
    if not words or (len(words) > 1 and words[0].casefold() not in _DEEDS):
        return False
    if not name.startswith("/"):
        return name in words
    return any(len(word) > 2 and f"/{name}".endswith(f"/{word.removeprefix('./')}") for word in words)


def _letters(text: str) -> str:
    return re.sub(r"[^\w/.\-]+", "", text)


def _bare(text: str) -> str:
    """Without line breaks, frames, and the space between words: programs break and draw as they like."""
    return re.sub(r"[\s\u2500-\u259f]+", "", text)
