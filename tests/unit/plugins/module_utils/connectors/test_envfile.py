# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The env file: read as systemd reads it, written atomically, left alone when it is right."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mosaic_connectors.envfile import MAX_ENV_BYTES, read_env_file, update_env_file
from mosaic_connectors.errors import SecretError, StateError

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), max_size=40)
KEYS = st.from_regex(r"[A-Z_][A-Z0-9_]{0,10}", fullmatch=True)


@pytest.fixture
def env(tmp_path: Path) -> Path:
    return tmp_path / "connector.env"


def put(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("A=  around  ", "around"),
        ("A=in the middle", "in the middle"),
        ("A=", ""),
        ("A='single \\ quoted'", "single \\ quoted"),
        ('A="double \\"quoted\\" \\$ \\` \\\\ \\n"', 'double "quoted" $ ` \\ \\n'),
        ("A=it's", "it's"),
        ("A=back\\ slash\\\\", "back slash\\"),
        ("A=one\\\ntwo", "onetwo"),
        ('A="one\ntwo"', "one\ntwo"),
        ("A='quoted'", "quoted"),
        ("  A = spaced", "spaced"),
        ("A=first\nA=last", "last"),
        ("A=no#comment", "no#comment"),
        ("A=$HOME", "$HOME"),
        ("#A=commented\n;A=commented\n\nA=x", "x"),
        ("A=good\nA", "good"),
        ("A=x\u00a0", "x\u00a0"),
        ("A=x\x0c", "x\x0c"),
        ("A=1\r", "1"),
        ("# c \\\nA=2", "2"),
    ],
)
def test_a_line_means_what_it_means_to_systemd(env: Path, line: str, value: str) -> None:
    put(env, line + "\n")
    assert read_env_file(env) == {"A": value}
    put(env, line)
    assert read_env_file(env) == {"A": value}


@pytest.mark.skipif(
    not shutil.which("systemd-run") or os.geteuid() != 0 or not Path("/run/systemd/system").exists(),
    reason="needs a running systemd",
)
def test_systemd_agrees(env: Path) -> None:
    """What we write is what a unit gets."""
    value = "a \"b\" 'c' $d `e` \\f #g ;h é"
    update_env_file(env, {"A": value})
    got = subprocess.run(
        ["systemd-run", "--pipe", "--wait", "-q", "-p", f"EnvironmentFile={env}", "printenv", "A"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert got.stdout == value + "\n"


@given(
    values=st.dictionaries(KEYS, PRINTABLE, max_size=5), others=st.dictionaries(KEYS, PRINTABLE, max_size=3)
)
@example(values={"A": '\\"$`'}, others={"B": " "})
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_what_is_written_is_read_again(
    tmp_path: Path, values: dict[str, str], others: dict[str, str]
) -> None:
    """Any printable value comes back, writing it again touches nothing, and removing all leaves the rest."""
    env = tmp_path / "connector.env"
    put(env, "# by hand\n")
    update_env_file(env, others)
    update_env_file(env, values)
    assert read_env_file(env) == {**others, **values}
    before = env.stat()
    assert update_env_file(env, values) is False
    after = env.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    update_env_file(env, dict.fromkeys(values))
    assert read_env_file(env) == {key: value for key, value in others.items() if key not in values}
    assert env.read_text().startswith("# by hand\n")


@given(text=st.text(st.sampled_from("AB=\"'\\\n #;$ x\t"), max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@pytest.mark.fault("an env file of any bytes", "read, or refused in one sentence")
def test_any_file_is_read_or_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    """And setting a key keeps the meaning of every other one."""
    env = tmp_path / "connector.env"
    put(env, text)
    before = None
    with suppress(SecretError):
        before = read_env_file(env)
    if before is None:
        with pytest.raises(SecretError, match=re.escape(str(env))):
            update_env_file(env, {"NEW": "value"})
    else:
        update_env_file(env, {"NEW": "value"})
        assert read_env_file(env) == {**before, "NEW": "value"}


def test_other_lines_stay_byte_for_byte(env: Path) -> None:
    """Comments, quoting, blank lines and continued values; the new value stands where the old one stood."""
    put(env, "# top\n\nA='1'\n  B = \"two\\\n lines\"  \n; end\nC=3")
    assert update_env_file(env, {"A": "new", "D": "4"}) is True
    assert env.read_text() == '# top\n\nA=new\n  B = "two\\\n lines"  \n; end\nC=3\nD=4\n'


def test_a_key_written_twice_is_written_once_when_it_changes(env: Path) -> None:
    put(env, "A=1\nB=2\nA=3\n")
    update_env_file(env, {"A": "4"})
    assert env.read_text() == "B=2\nA=4\n"


def test_a_new_file_has_mode_0600_and_an_old_one_keeps_its_owner(env: Path) -> None:
    update_env_file(env, {"A": "1"})
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    if os.geteuid() == 0:
        os.chown(env, 1234, 1234)
        update_env_file(env, {"A": "2"})
        assert (env.stat().st_uid, env.stat().st_gid) == (1234, 1234)


def test_a_link_is_followed_and_stays(env: Path, tmp_path: Path) -> None:
    put(env, "A=1\n")
    link = tmp_path / "link.env"
    link.symlink_to(env)
    update_env_file(link, {"A": "2"})
    assert link.is_symlink()
    assert read_env_file(env) == {"A": "2"}


def test_removing_what_is_not_there_makes_no_file(env: Path) -> None:
    assert update_env_file(env, {"A": None}) is False
    assert not env.exists()


def test_nothing_is_left_over_when_the_write_fails(
    env: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old file is whole, and no half-written one lies beside it."""
    put(env, "A=1\n")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="cannot be written: No space left on device"):
        update_env_file(env, {"A": "2"})
    assert env.read_text() == "A=1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["connector.env"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A=1\nexport B=2\n", "Line 2 .* NAME=value"),
        ("just words\n", "Line 1 .* NAME=value"),
        ("A=1\n\nB='open\n", "line 3 .* never finished"),
        ("A=1\nB=x\\", "line 2 .* never finished"),
    ],
)
def test_a_file_in_another_syntax_is_refused(env: Path, text: str, sentence: str) -> None:
    put(env, text)
    with pytest.raises(SecretError, match=sentence):
        read_env_file(env)
    with pytest.raises(SecretError, match=sentence):
        update_env_file(env, {"A": "2"})


def test_a_file_that_is_no_text_is_refused(env: Path) -> None:
    env.write_bytes(b"A=\xff\n")
    env.chmod(0o600)
    with pytest.raises(SecretError, match="UTF-8"):
        read_env_file(env)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_open_to_others_is_refused(env: Path, mode: int) -> None:
    put(env, "A=secret-value\n", mode)
    with pytest.raises(SecretError, match="chmod 600") as error:
        read_env_file(env)
    assert "secret-value" not in str(error.value)


def test_a_missing_file_is_an_error_unless_it_may_be_missing(env: Path) -> None:
    with pytest.raises(SecretError, match="does not exist"):
        read_env_file(env)
    assert read_env_file(env, missing_ok=True) == {}


def test_a_directory_in_the_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="cannot be read"):
        read_env_file(tmp_path)


@pytest.mark.parametrize(("key", "value"), [("A", "two\nlines"), ("A", "nul\0"), ("not a key", "x")])
def test_what_the_syntax_cannot_carry_is_refused(env: Path, key: str, value: str) -> None:
    with pytest.raises(SecretError):
        update_env_file(env, {key: value})
    assert not env.exists()


def test_a_carriage_return_ends_a_line_as_it_does_to_systemd(env: Path) -> None:
    """An old Mac's file has as many variables as lines; one of Windows no empty ones."""
    env.write_bytes(b"A=1\rB=2\r\nC='3\r'\r\n")
    env.chmod(0o600)
    assert read_env_file(env) == {"A": "1", "B": "2", "C": "3\r"}


def test_what_is_no_file_of_secrets_is_refused_unread(env: Path) -> None:
    """A pipe would be waited for, and a huge file read to its end."""
    os.mkfifo(env, 0o600)
    with pytest.raises(SecretError, match="no regular file"):
        read_env_file(env)
    env.unlink()
    put(env, "#" * (MAX_ENV_BYTES + 1))
    with pytest.raises(SecretError, match="larger than"):
        read_env_file(env)
