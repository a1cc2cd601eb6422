# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that comes with a message is stored, and no address of Discord's, which dies within a day, is handed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.discord import FakeDiscord, until
from fakes.discord_line import Inbox, listening
from mosaic_connectors.discord.files import is_discords


async def test_files_are_stored_when_they_are_asked_for_and_once(fake: FakeDiscord, tmp_path: Path) -> None:
    """Those of one name stay apart, a forwarded one is stored, too, and a name leads nowhere."""
    inbox = Inbox()
    pasted = [fake.world.add_file("image.png", data) for data in (b"one", b"two")]
    pasted[1]["content_type"] = "audio/ogg"  # as a voice message has it
    forwarded = {"message": {"content": "", "attachments": [fake.world.add_file("../old.txt", b"three")]}}
    forwarded["message"]["attachments"][0]["url"] = pasted[0]["url"]
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.post("see", attachments=pasted, message_snapshots=[forwarded])
        await until(lambda: inbox)
        assert fake.rest.downloads == 0
        whole = await inbox[0].whole()
        assert await inbox[0].whole() is whole
        assert fake.rest.downloads == 3
    stored = {path: path.read_bytes() for path in (tmp_path / "media").iterdir()}
    assert sorted(stored.values()) == [b"one", b"one", b"two"]
    assert whole.text.startswith("see\n[forwarded] [file: ../old.txt (text/plain, 5 bytes): ")
    assert all(f": {path}]" in whole.text for path in stored)
    assert "http" not in inbox[0].text + whole.text
    assert [Path(one.path).read_bytes() for one in whole.recordings] == [b"two"]


async def test_what_is_not_stored_says_why_and_names_no_address(fake: FakeDiscord, tmp_path: Path) -> None:
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path, download_bytes=100):
        large, lying = fake.world.add_file("large", b"x" * 101), fake.world.add_file("lying", b"x" * 101)
        lying["size"] = 3
        elsewhere, expired = fake.world.add_file("elsewhere", b"1"), fake.world.add_file("expired", b"1")
        elsewhere["url"] = "http://169.254.169.254/cdn.discordapp.com"
        expired["url"] = expired["url"].replace("hm=0", "hm=1")
        fake.post("", attachments=[large, lying, elsewhere, expired, {"id": 7}])
        await until(lambda: inbox)
        text = (await inbox[0].whole()).text
    assert text.count("not stored: larger than 100 bytes") == 2
    assert text.count("is none of Discord's") == 2
    assert "its address has expired: HTTP 404" in text
    assert "http:" not in text
    assert not (tmp_path / "media").exists()
    inbox.clear()
    async with listening(fake, inbox):
        fake.post("", attachments=[large])
        await until(lambda: inbox)
        assert "there is no state directory" in (await inbox[0].whole()).text


async def test_a_file_that_does_not_come_keeps_no_other_back(fake: FakeDiscord, tmp_path: Path) -> None:
    """What came in time is told by its path, and what did not is not waited for."""
    inbox = Inbox()
    fake.rest.stuck_downloads = {"stuck.txt"}
    async with listening(fake, inbox, state_dir=tmp_path, files_timeout=1.5):
        files = [fake.world.add_file(name, b"one") for name in ("in time.txt", "stuck.txt", "later.txt")]
        fake.post("see", attachments=files)
        await until(lambda: inbox)
        _see, first, *others = (await inbox[0].whole()).text.splitlines()
    (stored,) = (tmp_path / "media").iterdir()
    assert first.endswith(f": {stored}]")
    assert all("the files of one message have 1.5 seconds" in one for one in others)
    assert len(others) == 2


async def test_a_download_that_breaks_is_repeated_and_files_of_unread_messages_stay(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    """A new file makes no room at the cost of what nobody has read."""

    class Reader(Inbox):
        def needing_files(self) -> list[str]:
            return [message.message_id or "" for message in self[:1]]

    inbox = Reader()
    fake.rest.broken_downloads = 2
    async with listening(fake, inbox, state_dir=tmp_path, media_store_files=1):
        fake.post("", attachments=[fake.world.add_file("one.txt", b"one")])
        fake.post("", attachments=[fake.world.add_file("two.txt", b"two")])
        await until(lambda: len(inbox) == 2)
        first, second = [(await message.whole()).text for message in inbox]
    (stored,) = (tmp_path / "media").iterdir()
    assert stored.read_bytes() == b"one"
    assert str(stored) in first
    assert "nobody has read yet" in second


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/x?ex=1", True),
        ("https://media.discordapp.net/x", True),
        ("https://cdn.discordapp.com:8443/x", False),
        ("http://cdn.discordapp.com/x", False),
        ("https://cdn.discordapp.com@evil.example/x", False),
        ("https://evilcdn.discordapp.com/x", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_files_are_fetched_from_discords_hosts_alone(url: str, ours: bool) -> None:
    assert is_discords(url, "https://discord.com/api/v10") is ours
