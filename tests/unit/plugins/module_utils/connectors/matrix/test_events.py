# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of event comes out as the orchestrator can use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes.homeserver import OPERATOR, FakeHomeserver, error, limited, silence
from fakes.matrix import Inbox, connector_on, eventually
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors import InboundMessage, OutboundMessage
from mosaic_connectors.matrix.events import corrections, read_event
from mosaic_connectors.matrix.words import EMPTY, UNKNOWN
from mosaic_connectors.types import UnreadableMessage


def _event(content: Any, kind: str = "m.room.message", **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "event_id": "$e",
        "sender": OPERATOR,
        "origin_server_ts": 1_700_000_000_123,
        "content": content,
        **more,
    }


def _text(content: Any, kind: str = "m.room.message", **more: Any) -> str | None:
    received = read_event(_event(content, kind, **more))
    return received.message.text if received else None


def test_a_text_carries_sender_time_thread_and_id() -> None:
    """All fields of the contract, the time as ISO-8601 UTC."""
    relation = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True}
    received = read_event(_event({"msgtype": "m.text", "body": "hi", "m.relates_to": relation}))
    assert received is not None
    message = received.message
    assert (message.text, message.sender, message.ts) == ("hi", OPERATOR, "2023-11-14T22:13:20.123Z")
    assert (message.thread_id, message.message_id) == ("$root", "$e")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"msgtype": "m.emote", "body": "waves"}, "* waves"),
        ({"msgtype": "m.notice", "body": "a bot speaks"}, "a bot speaks"),
        ({"msgtype": "org.new.type", "body": "fallback"}, "fallback"),
        ({"msgtype": "m.location", "body": "here", "geo_uri": "geo:1,2"}, "here [location: geo:1,2]"),
        ({"body": "no type"}, "no type"),
        (
            {"body": "> <@a:b> q\n> q2\n\nanswer", "m.relates_to": {"m.in_reply_to": {"event_id": "$q"}}},
            "[in reply to $q: q q2]\nanswer",
        ),
        (
            {"body": "> * <@a:b> waved\n\nanswer", "m.relates_to": {"m.in_reply_to": {"event_id": "$q"}}},
            "[in reply to $q: waved]\nanswer",
        ),
        ({"body": "> <not a reply>\n\nkept"}, "> <not a reply>\n\nkept"),
        ({"msgtype": ["m.text"], "body": "words"}, "words"),
        ({"msgtype": "m.text"}, UNKNOWN),
        ({"body": 7}, UNKNOWN),
        ({"msgtype": "m.text", "body": " \n"}, EMPTY),
        ({"body": "", "formatted_body": "<p>do <b>it</b></p>now&amp;then<br/>!"}, "do it\nnow&then\n!"),
        ({"body": "", "formatted_body": "<mx-reply>old</mx-reply><i> </i>"}, EMPTY),
        ({"body": "", "formatted_body": "<" * 60_000}, "<" * 60_000),
    ],
)
def test_message_types_become_text(content: dict[str, Any], text: str) -> None:
    """Emote, notice, unknown types, and a reply without its quotation."""
    assert _text(content) == text


@pytest.mark.parametrize(
    "event",
    [
        _event({}),
        _event(None),
        _event({"body": "x"}, unsigned={"redacted_because": {}}),
        _event({"body": "x"}, state_key=""),
        _event({"body": "x"}, kind="m.reaction"),
        _event(
            {"body": "* new", "m.new_content": {"body": "new"}, "m.relates_to": {"rel_type": "m.replace"}}
        ),
        {**_event({"body": "x"}), "sender": None},
        {**_event({"body": "x"}), "event_id": None},
    ],
)
def test_what_is_no_message_is_passed_over(event: dict[str, Any]) -> None:
    """Redacted, malformed, an edit, a state event, a reaction: nothing is handed over."""
    assert read_event(event) is None


_REPLY = {"m.in_reply_to": {"event_id": "$q"}}
_IN_THREAD = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True, **_REPLY}


@pytest.mark.parametrize(
    "body",
    [
        "> <div> must become <span>",
        "> <main.py> line 7\ndelete it",
        "> <Enter> does nothing here\n> please mend\n\nand test it",
        "> <@a:b> is how they write it",
        "> <@a:b> quoted\n> and nothing below\n\n",
    ],
)
def test_a_quotation_of_the_authors_own_is_never_cut_away(body: str) -> None:
    """Only what older clients put above a reply is: an id, a blank line, and something that is left."""
    assert _text({"body": body, "m.relates_to": _REPLY}) == f"[in reply to $q]\n{body}".rstrip("\n")
    assert _text({"body": body, "m.relates_to": _IN_THREAD}) == body


def test_in_a_thread_only_a_real_reply_names_what_it_answers() -> None:
    """`is_falling_back` says that the relation is there for older clients alone."""
    assert (
        _text({"body": "x", "m.relates_to": {**_IN_THREAD, "is_falling_back": False}})
        == "[in reply to $q]\nx"
    )


def test_a_reply_names_what_it_answers_in_one_harmless_line() -> None:
    """By its id and its first words, cut; in front of a file and of what was corrected, too."""
    event = _event({"msgtype": "m.file", "body": "f.txt", "url": "mxc://a/b", "m.relates_to": _REPLY})
    received = read_event(event, quoted={"$q": "Delete A\n\x1b[2Jor B? " + "x" * 900}.get)
    assert received is not None
    assert received.message.text.startswith("[in reply to $q: Delete A [2Jor B? xxx")
    assert len(received.message.text) < 130
    edit = {"sender": OPERATOR, "content": {"m.new_content": {"msgtype": "m.text", "body": "B"}}}
    edited = _event({"body": "A", "m.relates_to": _REPLY}, unsigned={"m.relations": {"m.replace": edit}})
    corrected = read_event(edited)
    assert corrected is not None
    assert corrected.message.text == "[in reply to $q]\nB"


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        (
            "m.poll.start",
            {
                "m.text": [{"body": "Deploy? yes no"}],
                "m.poll": {
                    "question": {"m.text": [{"body": "Deploy?"}]},
                    "answers": [{"m.id": "1", "m.text": [{"body": "yes"}]}, {"m.text": [{"body": "no"}]}],
                },
            },
            "[poll] Deploy?\n1. yes\n2. no",
        ),
        (
            "org.matrix.msc3381.poll.start",
            {
                "org.matrix.msc3381.poll.start": {
                    "question": {"org.matrix.msc1767.text": "Deploy?", "body": "Deploy?"},
                    "answers": [{"id": "1", "org.matrix.msc1767.text": "yes"}],
                }
            },
            "[poll] Deploy?\n1. yes",
        ),
        ("m.poll.start", {"m.text": [{"body": "Which?"}], "m.poll": 7}, "[poll] Which?"),
        ("m.poll.start", {"x": 1}, f"[poll] {UNKNOWN}"),
        (
            "m.poll.response",
            {"m.selections": ["1"], "m.relates_to": {"rel_type": "m.reference", "event_id": "$p"}},
            "[vote in the poll $p: words]\n1",
        ),
        (
            "m.poll.end",
            {"m.text": [{"body": "Ended."}], "m.relates_to": {"event_id": "$p"}},
            "[the poll $p: words is closed]\nEnded.",
        ),
        (
            "m.reaction",
            {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$p", "key": "👍"}},
            "[reaction 👍 to $p: words]",
        ),
        ("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$p", "key": 7}}, None),
        ("m.message", {"m.text": [{"mimetype": "text/html", "body": "<b>x</b>"}, {"body": "x"}]}, "x"),
        ("org.matrix.msc1767.message", {"org.matrix.msc1767.message": [{"body": "x"}]}, "x"),
        ("m.message", {"m.image": {}}, UNKNOWN),
    ],
)
def test_polls_reactions_and_extensible_events_have_words(kind: str, content: Any, text: str | None) -> None:
    """What a person wrote, voted or answered by a sign is handed over, or says that it cannot be read."""
    received = read_event(_event(content, kind), quoted=lambda _id: "words")
    assert (received.message.text if received else None) == text


async def test_an_answer_is_handed_over_with_what_it_answers() -> None:
    """Our own words among it, as far as this run has seen them; the server is asked for each kind of event."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        sent = (await connector.send(OutboundMessage("Delete **A** or B?"))).message_id
        server.say("B", **{"m.relates_to": {"m.in_reply_to": {"event_id": sent}}})
        server.post(
            "m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": sent, "key": "👎"}}
        )
        server.post("m.poll.start", {"m.text": [{"body": "Or C?"}]})
        await inbox.holds(3)
    words = f"{sent}: Delete **A** or B?"
    assert inbox.texts == [f"[in reply to {words}]\nB", f"[reaction 👎 to {words}]", "[poll] Or C?"]


def test_what_is_encrypted_is_told_once() -> None:
    """An edit of a message that could not be read is no second one; its relation is not encrypted."""
    edit = {"ciphertext": "…", "m.relates_to": {"rel_type": "m.replace", "event_id": "$e"}}
    assert _text(edit, "m.room.encrypted") is None


def test_a_device_that_asks_to_be_verified_has_said_nothing() -> None:
    """A client of the operator does that by itself."""
    assert _text({"msgtype": "m.key.verification.request", "body": "x wants to verify"}) is None


def test_an_encrypted_event_says_that_it_cannot_be_read() -> None:
    """Nobody waits for an answer to what was never read."""
    assert "cannot read" in (_text({"ciphertext": "…"}, "m.room.encrypted") or "")
    received = read_event(_event({"ciphertext": "…"}, "m.room.encrypted"))
    assert received is not None
    assert isinstance(received.message, UnreadableMessage)
    assert "without encryption" in received.message.notice


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.booleans(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "content",
                        "body",
                        "msgtype",
                        "m.relates_to",
                        "rel_type",
                        "event_id",
                        "m.new_content",
                        "unsigned",
                        "info",
                        "file",
                        "url",
                        "m.relations",
                        "m.replace",
                        "sender",
                        "type",
                        "origin_server_ts",
                    ]
                ),
                x,
            )
        ),
        max_leaves=20,
    )
)
def test_no_event_is_malformed_enough_to_raise(content: Any) -> None:
    """Whatever JSON a server sends, reading it ends."""
    read_event(_event(content))
    for kind in ("m.image", "m.location", "m.emote"):
        read_event(_event({"msgtype": kind, "body": "b", "info": content, "file": content, "url": content}))
    if isinstance(content, dict):
        read_event({**_event({"body": "b"}), **content}, correction=content)


async def _receive(
    server: FakeHomeserver, count: int, state_dir: Path | None = None, **settings: Any
) -> Inbox:
    """What is received of what the server already holds."""
    inbox = Inbox()
    async with connector_on(server, state_dir=state_dir, deliver_backlog=True, **settings) as connector:
        connector.subscribe(inbox)
        await inbox.holds(count)
    return inbox


async def test_an_edit_is_never_a_new_command() -> None:
    """An edit of what was handed over already is not handed over."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        original = server.say("deploy blue")
        await inbox.holds(1)
        _edit(server, original, "deploy green")
        server.say("done")
        await inbox.holds(2)
    assert inbox.texts == ["deploy blue", "done"]


async def test_a_message_corrected_while_it_waited_arrives_corrected() -> None:
    """Edited, or taken back, before it was handed over: the correction counts, but only its author's."""
    server = FakeHomeserver()
    original, taken_back, kept = server.say("rm -rf /"), server.say("oops"), server.say("kept")
    _edit(server, original, "rm -rf ./build")
    _edit(server, kept, "forged", sender="@mallory:fake.test")
    server.post("m.room.redaction", {"redacts": taken_back})
    received = await _receive(server, 2)
    assert received.texts == ["rm -rf ./build", "kept"]
    assert [one.edited for one in received.messages] == [True, False]


async def test_an_edit_bundled_by_the_server_counts() -> None:
    """Servers put the latest edit into the original's unsigned part."""
    edit = {"sender": OPERATOR, "content": {"m.new_content": {"msgtype": "m.text", "body": "after"}}}
    assert _text({"body": "before"}, unsigned={"m.relations": {"m.replace": edit}}) == "after"


async def test_a_file_arrives_with_a_path_beside_its_caption(tmp_path: Path) -> None:
    """The file is stored under the state directory, under a name that cannot leave it."""
    server = FakeHomeserver()
    server.media["m1"] = b"\x00\x01content"
    server.post(
        "m.room.message",
        {
            "msgtype": "m.image",
            "body": "what is this?",
            "filename": "../../etc/screen shot.png",
            "url": "mxc://fake.test/m1",
            "info": {"mimetype": "image/png", "size": 9},
        },
    )
    text = (await _receive(server, 1, tmp_path)).texts[0]
    caption, _break, line = text.partition("\n")
    path = Path(line.rpartition(": ")[2].rstrip("]"))
    assert caption == "what is this?"
    assert line.startswith("[image: ../../etc/screen shot.png (image/png, 9 bytes): ")
    assert path.read_bytes() == b"\x00\x01content"  # nothing else runs here
    assert path.parent == tmp_path / "media"
    assert path.name.endswith("-screen_shot.png")
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"url": "mxc://fake.test/missing"}, "mxc://fake.test/missing, not stored"),
        ({"url": "mxc://fake.test/m1", "info": {"size": 10**9}}, "larger than"),
        ({"url": "mxc://fake.test/big"}, "larger than"),
        ({"url": "https://evil.test/x"}, "not stored"),
        ({"url": "mxc://[evil.test/x"}, "not stored"),
        ({"url": "mxc://evil.test/"}, "not stored"),
        ({"file": {"url": "mxc://fake.test/m1"}}, "it is encrypted"),
    ],
)
async def test_a_file_that_is_not_stored_says_why(tmp_path: Path, content: dict[str, Any], says: str) -> None:
    """The message is handed over all the same, with the reference and the reason."""
    server = FakeHomeserver()
    server.media.update(m1=b"x", big=b"x" * 5000)
    server.post("m.room.message", {"msgtype": "m.file", "body": "f.bin", **content})
    assert says in (await _receive(server, 1, tmp_path, download_bytes=1000)).texts[0]


async def test_a_name_longer_than_a_file_system_takes_is_shortened(tmp_path: Path) -> None:
    """A file system counts bytes: a hundred ideographs are three hundred."""
    server = FakeHomeserver()
    server.media["m1"] = b"x"
    for _time in range(2):  # the second time, the directory is there
        name = "漢" * 100 + ".png"
        server.post("m.room.message", {"msgtype": "m.image", "body": name, "url": "mxc://fake.test/m1"})
    await _receive(server, 2, tmp_path)
    assert [path.suffix for path in (tmp_path / "media").iterdir()] == [".png", ".png"]


async def test_an_event_that_nobody_thought_of_holds_up_nothing() -> None:
    """What can be read of it is, and what follows arrives: anybody in a room can write anything."""
    server = FakeHomeserver()
    server.post("m.room.message", {"msgtype": ["m.text"], "body": "?"})
    server.post("m.room.message", {"msgtype": "m.text", "body": ["?"]})
    server.say("next")
    assert (await _receive(server, 3)).texts == ["?", UNKNOWN, "next"]


async def test_a_strangers_file_is_not_asked_for_before_he_is_admitted(tmp_path: Path) -> None:
    """Five files of a stranger that hang, and the operator is heard at once: nothing of theirs is loaded."""
    server = FakeHomeserver()
    server.on("GET", "/media/", silence, forever=True)
    heard: list[str] = []
    async with connector_on(server, state_dir=tmp_path, deliver_backlog=True) as connector:
        for number in range(5):
            content = {"msgtype": "m.file", "body": "f", "url": f"mxc://evil.test/{number}"}
            server.post("m.room.message", content, sender="@stranger:evil.test")
        server.say("stop")
        connector.subscribe(lambda message: heard.append(message.text))
        await eventually(lambda: "stop" in heard)
    assert heard[0] == "[file: f: mxc://evil.test/0]"
    assert server.count("GET", "/media/") == 0


@pytest.mark.parametrize("passing", [limited(1), error(502), error(504, "M_NOT_YET_UPLOADED"), silence])
async def test_an_operators_file_survives_one_passing_error(tmp_path: Path, passing: Any) -> None:
    """As everything around it is repeated."""
    server = FakeHomeserver()
    server.media["m1"] = b"x"
    server.on("GET", "/media/download", passing)
    server.post("m.room.message", {"msgtype": "m.file", "body": "f.bin", "url": "mxc://fake.test/m1"})
    assert str(tmp_path / "media") in (await _receive(server, 1, tmp_path)).texts[0]


async def test_why_a_file_is_not_stored_is_a_sentence(tmp_path: Path) -> None:
    server = FakeHomeserver()
    server.on("GET", "/media/download", error(403, "M_FORBIDDEN"), forever=True)
    server.post("m.room.message", {"msgtype": "m.file", "body": "f.bin", "url": "mxc://fake.test/m1"})
    text = (await _receive(server, 1, tmp_path)).texts[0]
    assert "not stored: " in text
    assert "HTTP 403 M_FORBIDDEN" in text


@pytest.mark.parametrize("uri", ["mxc://../config", "mxc://fake.test/..", "mxc://./x"])
async def test_a_reference_leads_to_no_other_route(tmp_path: Path, uri: str) -> None:
    server = FakeHomeserver()
    server.post("m.room.message", {"msgtype": "m.file", "body": "f.bin", "url": uri})
    assert "not stored" in (await _receive(server, 1, tmp_path)).texts[0]
    assert server.count("GET", "/media/") == 0


def _by(number: int, sender: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**_event(content, **more), "event_id": f"${number}", "sender": sender}


def _replacing(number: int, sender: str, body: str) -> dict[str, Any]:
    relation = {"rel_type": "m.replace", "event_id": "$1"}
    new = {"msgtype": "m.text", "body": body}
    return _by(number, sender, {"m.relates_to": relation, "m.new_content": new, "body": "*"})


def _taking_back(number: int, sender: str) -> dict[str, Any]:
    return _by(number, sender, {}, kind="m.room.redaction", redacts="$1")


MALLORY = "@mallory:fake.test"


@pytest.mark.parametrize(
    ("later", "words"),
    [
        ([_replacing(2, OPERATOR, "ls"), _replacing(3, MALLORY, "rm -rf ~")], "ls"),
        ([_replacing(2, MALLORY, "rm -rf ~"), _replacing(3, OPERATOR, "ls")], "ls"),
        ([_taking_back(2, OPERATOR), _replacing(3, MALLORY, "x")], None),
        ([_taking_back(2, OPERATOR), _replacing(3, OPERATOR, "x")], None),
        ([_taking_back(2, MALLORY), _replacing(3, OPERATOR, "ls")], "ls"),
        ([_replacing(2, OPERATOR, "a"), _replacing(3, OPERATOR, "b")], "b"),
    ],
)
def test_only_the_writer_decides_which_version_counts(later: list[dict[str, Any]], words: str | None) -> None:
    """A stranger's edit takes the place of nobody's, and what was taken back stays taken back."""
    original = _by(1, OPERATOR, {"msgtype": "m.text", "body": "rm -rf /"})
    found = corrections([original, *later])
    received = read_event(original, correction=found.get("$1"))
    assert (received.message.text if received else None) == words


async def test_without_a_state_directory_a_file_is_its_reference() -> None:
    """Nothing is written where nobody said that it may."""
    server = FakeHomeserver()
    server.post("m.room.message", {"msgtype": "m.file", "body": "f.bin", "url": "mxc://fake.test/m1"})
    assert (await _receive(server, 1)).texts == ["[file: f.bin: mxc://fake.test/m1]"]


async def test_stored_files_are_bounded_together(tmp_path: Path) -> None:
    """The oldest files go when all of them take more than their bound."""
    server = FakeHomeserver()
    for number in range(5):
        server.media[f"n{number}"] = bytes(5000 if number % 2 else 0)
        server.post(
            "m.room.message",
            {"msgtype": "m.file", "body": f"{number}.bin", "url": f"mxc://fake.test/n{number}"},
        )
    await _receive(server, 5, tmp_path, media_store_bytes=10_000)
    assert sorted(path.name[-5:] for path in (tmp_path / "media").iterdir()) == ["3.bin", "4.bin"]


async def test_a_store_without_room_takes_no_file(tmp_path: Path) -> None:
    """Not the empty one either, which takes its place on a disk."""
    server = FakeHomeserver()
    for number, size in enumerate((0, 1)):
        server.media[f"n{number}"] = bytes(size)
        server.post("m.room.message", {"msgtype": "m.file", "body": "f", "url": f"mxc://fake.test/n{number}"})
    inbox = await _receive(server, 2, tmp_path, media_store_bytes=1)
    assert all("not stored: larger than 1 bytes" in text for text in inbox.texts)
    assert not list((tmp_path / "media").iterdir())


async def test_a_handler_that_is_called_again_costs_no_second_download(tmp_path: Path) -> None:
    server, texts = FakeHomeserver(), []
    server.on("GET", "/media/", error(403, "M_FORBIDDEN"), forever=True)

    async def handler(message: InboundMessage) -> None:
        texts.append((await message.whole()).text)
        if len(texts) < 3:
            raise RuntimeError("not yet")

    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(handler)
        await connector.wait_ready()
        server.post("m.room.message", {"msgtype": "m.file", "body": "f", "url": "mxc://fake.test/m"})
        await eventually(lambda: len(texts) == 3)
    assert len(set(texts)) == 1
    assert server.count("GET", "/media/") == 1


async def test_a_media_server_in_trouble_does_not_hold_up_the_line(tmp_path: Path) -> None:
    """The file is given up, the message is not."""
    server = FakeHomeserver()
    server.on("GET", "/media/", error(500), forever=True)
    server.post("m.room.message", {"msgtype": "m.file", "body": "f.bin", "url": "mxc://fake.test/m1"})
    server.say("next")
    assert (await _receive(server, 2, tmp_path)).texts[1] == "next"


def _edit(server: FakeHomeserver, target: str, body: str, sender: str = OPERATOR) -> None:
    content = {
        "msgtype": "m.text",
        "body": f"* {body}",
        "m.new_content": {"msgtype": "m.text", "body": body},
        "m.relates_to": {"rel_type": "m.replace", "event_id": target},
    }
    server.post("m.room.message", content, sender=sender)
