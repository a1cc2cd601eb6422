# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every answer may come from a flag or a variable; a secret never comes from an argument."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from mosaic_connectors.errors import SecretError
from mosaic_connectors.kind import Question
from mosaic_connectors.matrix.kind import PASSWORD
from mosaic_connectors.setup.questions import (
    KIND,
    OPERATOR,
    Answers,
    add_question_arguments,
    plain_questions,
    secret_questions,
)

HIDDEN = "hunter2-hunter2"


def parsed(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_question_arguments(parser)
    return parser.parse_args(list(flags))


@pytest.mark.parametrize("question", [KIND, *plain_questions()], ids=lambda question: question.key)
def test_a_flag_goes_before_the_variable_and_both_before_nothing(question: Question) -> None:
    environ, flag = (
        {question.variable: "from the environment"},
        "tmux" if question is KIND else "from the flag",
    )
    assert Answers(parsed(question.flag, flag), environ).given(question) == flag
    assert Answers(parsed(), environ).given(question) == "from the environment"
    assert Answers(parsed(), {question.variable: ""}).given(question) is None


def test_an_option_of_two_kinds_tells_what_it_means_for_each() -> None:
    parser = argparse.ArgumentParser()
    add_question_arguments(parser)
    (told,) = [one.help for one in parser._actions if "--channel-id" in one.option_strings]
    assert "Discord channel (DISCORD_CHANNEL_ID); id of the Slack channel (SLACK_CHANNEL_ID)" in str(told)


def test_several_operators_are_one_answer() -> None:
    assert Answers(parsed("--operator", "@a:b", "--operator", "@c:d"), {}).given(OPERATOR) == "@a:b,@c:d"


@pytest.mark.parametrize(
    "secret", [*(f"--{one.key.replace('_', '-')}" for one in secret_questions()), "--token"]
)
@pytest.mark.parametrize("joined", [True, False])
def test_a_secret_as_argument_is_refused_and_not_repeated(
    secret: str, joined: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*([f"{secret}={HIDDEN}"] if joined else [secret, HIDDEN]))
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert f"{secret} is not taken: everybody on this host can read an argument." in said
    assert "-file FILE (or the variable " in said
    assert HIDDEN not in said


def test_an_option_that_two_kinds_share_is_told_for_both(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in (["--help"], ["--bot-token", HIDDEN], ["--token", HIDDEN]):
        with pytest.raises(SystemExit):
            parsed(*asked)
        told = capsys.readouterr()
        assert "DISCORD_BOT_TOKEN" in told.out + told.err
        assert "TELEGRAM_BOT_TOKEN" in told.out + told.err


def test_a_secret_comes_from_a_file_that_others_may_not_read(tmp_path: Path) -> None:
    place = tmp_path / "password"
    place.write_text(f"{HIDDEN}\n")
    place.chmod(0o600)
    found = Answers(parsed("--password-file", str(place)), {"MATRIX_PASSWORD": "other"}).secret(PASSWORD)
    assert found is not None
    assert found.reveal() == HIDDEN
    place.chmod(0o644)
    with pytest.raises(SecretError, match="mode 0600, and has 0644"):
        Answers(parsed("--password-file", str(place)), {}).secret(PASSWORD)
