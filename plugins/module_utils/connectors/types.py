# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the contract: messages, results, health and configuration.

They are the design document's types in Python spelling: frozen dataclasses made of
the standard library alone, so that importing them costs nothing and needs nothing.
Validation happens at the edge, in `config.py`, never here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

ConnectorKind = str
"""A connector's kind: `tmux`, `discord`, `matrix`, or one that a third party registered."""


@dataclass(frozen=True)
class OutboundMessage:
    """A message the orchestrator sends out to the human operator.

    `text` is markdown where the connector supports it; `thread_id` names a thread of a
    thread-capable connector; `attachments` are paths or URLs.
    """

    text: str
    thread_id: str | None = None
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recording:
    """A voice message, or another file of sound, that came with a message and is stored.

    `path` is where, `mimetype` what its sender says that it is; empty where nothing is said.
    """

    path: str
    mimetype: str = ""


@dataclass(frozen=True)
class InboundMessage:
    """A message received from the human operator.

    `sender` is scoped to the connector (a Matrix user id, a Discord user id, a login name);
    `ts` is the connector's ISO-8601 UTC time; `message_id` is what a restart is deduplicated by; `reply_to`
    is the id of the message that it answers, where the connector is told one.
    """

    text: str
    sender: str
    ts: str
    thread_id: str | None = None
    message_id: str | None = None
    reply_to: str | None = field(default=None, compare=False)
    edited: bool = field(default=False, compare=False)
    """Whether `text` is not what was sent at `ts`, but what it was changed to since."""
    caught_up: bool = field(default=False, compare=False)
    """Whether it was read from the history, because it was written while nobody listened."""
    recordings: tuple[Recording, ...] = field(default=(), compare=False)
    """What of its files is sound and stored; `text` names all of them."""

    async def whole(self) -> InboundMessage:
        """This message with all that came with it; to be asked for once the sender is admitted."""
        return self


@dataclass(frozen=True)
class PartialMessage(InboundMessage):
    """A message that came with something that costs work to get, such as a file: `text` names it.

    A stranger's files are worth no download, so that it is left to who takes the message to ask for the rest.
    """

    rest: Callable[[], Awaitable[InboundMessage]] | None = field(default=None, compare=False, repr=False)
    """Gets what is missing; never raises for an ordinary failure."""

    async def whole(self) -> InboundMessage:
        """The message with the rest: `text` says where its files are, or why they are not to be had."""
        return self if self.rest is None else await self.rest()


@dataclass(frozen=True)
class UnreadableMessage(InboundMessage):
    """A message whose words the connector cannot read; `text` says so to the orchestrator.

    `notice` is what its sender ought to be told, once: nobody else sees that he was not understood.
    """

    notice: str = ""


@dataclass(frozen=True)
class StrayMessage:
    """That somebody tried to talk to the orchestrator where it does not listen; never what was said.

    `place` is the channel's id of where that was, `home` how the place is called where it does listen, and `written`
    when it was, in seconds since the epoch. `can_answer`: the connector can say a sentence there, to the sender alone.
    `invitation`: it is the reason of a declined invitation, which is said as often as one is declined.
    """

    sender: str
    place: str
    home: str
    written: float
    can_answer: bool = False
    invitation: bool = False


@dataclass(frozen=True)
class InboundAnswer(InboundMessage):
    """What may be an answer that was given by other means than words: a reaction to a message, a pressed button.

    `question` is the question's id; empty where the connector does not know it, and then `reply_to` names the message
    that was touched. `choice` is a choice or its sign (`question_words.signs`), `number` the choice's, from 1 on,
    where the connector knows that alone; with neither, what was touched was let go of again. `text` says the same in words, for who knows no questions.
    """

    question: str = ""
    choice: str = ""
    number: int = 0


@dataclass(frozen=True)
class AskedQuestion:
    """A question as a connector asks it.

    `id` is a short word that nothing else has; `message` asks it in words, with its choices and the words that
    answer it, which work everywhere. With `free_text` other words than the choices are an answer, too.
    """

    id: str
    message: OutboundMessage
    choices: tuple[str, ...] = ()
    free_text: bool = False


class Mark(Enum):
    """What became of an operator's message, as far as its receipt tells."""

    STORED = "stored"
    """It is on this host's disk, and waits for the orchestrator's program."""
    TAKEN = "taken"
    """The program has it."""
    UNVERIFIED = "unverified"
    """It was typed, and nothing says whether the program took it."""
    LOST = "lost"
    """It will not be delivered; a sentence in the chat says why."""


@dataclass(frozen=True)
class SendResult:
    """The ack half of ack and health: was the message accepted, as what, and if not, why."""

    delivered: bool
    message_id: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class SendFailure(SendResult):
    """A failed send that also says what the caller may do about it.

    `permanent`: repeating the same message cannot help (too large, forbidden, a missing file).
    `retry_after`: seconds of quiet that the far side asked for.
    """

    delivered: bool = False
    permanent: bool = False
    retry_after: float | None = None


@dataclass(frozen=True)
class ConnectorHealth:
    """The liveness half: can the far side be reached, and are the credentials good.

    `last_seen` is the ISO-8601 UTC time of the last successful interaction, `detail` a
    sentence for a human.
    """

    reachable: bool
    authenticated: bool
    last_seen: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Check:
    """One step of a diagnosis.

    `state` is `ok`, `failed` or `skipped`; `detail` is what was found, or why it was skipped, and
    `fix` what a human can do about it. None of them holds a secret.
    """

    name: str
    state: str
    detail: str
    fix: str | None = None


@dataclass(frozen=True)
class ObstructedHealth(ConnectorHealth):
    """A line that is up, and on which no conversation is possible until a human changes something.

    `detail` says what: a bot that nobody invited, a permission that is missing.
    """


@dataclass(frozen=True)
class MatrixConnectorConfig:
    """Where the Matrix connector talks: base URL, the orchestrator's full user id, a room id or alias."""

    homeserver_url: str
    user_id: str
    room_id: str


@dataclass(frozen=True)
class DiscordConnectorConfig:
    """The Discord channel the orchestrator converses in."""

    channel_id: str


@dataclass(frozen=True)
class ConnectorConfig:
    """The roster's `connector` block. Secrets are never here: they come from the environment."""

    kind: ConnectorKind
    matrix: MatrixConnectorConfig | None = None
    discord: DiscordConnectorConfig | None = None
    others: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The blocks of kinds beside those two, by kind; each is the dataclass of its kind's description."""

    def block(self, kind: ConnectorKind | None = None) -> Any:
        """The block of `kind`, by default of the one that is configured; None where there is none."""
        name = self.kind if kind is None else kind
        return getattr(self, name) if name in CONTRACT_BLOCKS else self.others.get(name)

    def with_block(self, kind: ConnectorKind, block: Any) -> ConnectorConfig:
        """The same configuration with this block of `kind`."""
        if kind in CONTRACT_BLOCKS:
            return replace(self, **{kind: block})
        return replace(self, others={**self.others, kind: block})


CONTRACT_BLOCKS = ("matrix", "discord")
"""The kinds whose blocks have fields of their own in `ConnectorConfig`, in the design document's order."""


class InboundHandler(Protocol):
    """What `subscribe` calls for every message; it may be a plain function or a coroutine function."""

    def __call__(self, message: InboundMessage, /) -> Awaitable[None] | None:
        """Take the message; it counts as received when this has returned."""


class Unsubscribe(Protocol):
    """Ends a subscription; no handler is started after it returned."""

    def __call__(self) -> Awaitable[None] | None:
        """End the subscription; an awaitable that it may return waits for the handler in hand."""
