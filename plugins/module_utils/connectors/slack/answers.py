# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of Slack's Web API means: its document, or which error it is.

Source: Slack Web API, "Evaluating responses", "Rate limits".
"""

from __future__ import annotations

from collections.abc import Callable

from ..border import BorderError, Foreign, read_json
from ..exchange import Answer
from .errors import TOKEN_ERRORS, NotSlackError, SlackApiError, SlackLimitError, SlackTokenError
from .kind import API_URL_VARIABLE

Words = Callable[[object], str]

_ADVICE = {
    "not_in_channel": "The app is not in the channel: write /invite and its name there.",
    "channel_not_found": "There is no such channel, or it is private and the app is not in it: correct channel_id, "
    "or write /invite and the app's name there.",
    "is_archived": "The channel is archived: bring it back, or name another one as channel_id.",
    "restricted_action": "A rule of the workspace keeps the app from posting there: its admins can change it.",
    "msg_too_long": "Send a shorter text.",
}

_LIMITED = ("ratelimited", "rate_limited", "message_limit_exceeded")
_WRONG_TYPE = "not_allowed_token_type"


def interpret(base_url: str, what: str, variable: str, answer: Answer, words: Words) -> Foreign:
    """The document of a success; raises what anything else is.

    `what` is how errors call the request, `variable` holds its token, and `words` makes a foreign sentence one that
    may be shown. Raises `NotSlackError`, `SlackApiError` (`SlackTokenError`, `SlackLimitError`).
    """
    try:
        body = Foreign(read_json(answer.body))
    except BorderError:
        body = Foreign()
    status, code = answer.status, words(body.identifier("error"))
    if status == 200 and body.is_true("ok"):
        return body
    if status == 429 or code in _LIMITED:
        asked = answer.headers.seconds("retry-after")
        raise SlackLimitError(
            f"Slack limits {what} and wants {'some' if asked is None else f'{asked:.0f}'} seconds of quiet.",
            status=status,
            code=code,
            retry_after=asked,
        )
    if code in TOKEN_ERRORS or code == _WRONG_TYPE:
        raise SlackTokenError(_dead(variable, code), status=status, code=code)
    if code == "missing_scope":
        needed = words(body.text("needed"))
        raise SlackApiError(
            f"Slack refused {what}: the app lacks the scope {needed or '(it does not say which)'}. Add it in the app's "
            "settings (OAuth & Permissions) and install the app again.",
            status=status,
            code=code,
            needed=needed,
        )
    if code:
        advice = _ADVICE.get(code, "")
        raise SlackApiError(f"Slack refused {what}: {code}. {advice}".rstrip(), status=status, code=code)
    if status == 413:
        # Whoever says so: a proxy in front has bounds of its own, and says it in HTML.
        raise SlackApiError(
            f"Slack or a proxy in front of it does not take so much: {what} was answered with HTTP 413. "
            "Send a smaller file or a link.",
            status=status,
        )
    raise NotSlackError(
        f"{base_url} answered {what} with HTTP {status} and not as Slack's API does. "
        f"Check {API_URL_VARIABLE} and the proxies between.",
        status=status if status >= 400 else None,
    )


def _dead(variable: str, code: str) -> str:
    if code == _WRONG_TYPE:
        return (
            f"Slack refuses the token in {variable}: it is of another type ({code}). The app-level token begins with "
            "xapp-, the bot's with xoxb-: look whether the two were put into each other's place."
        )
    return (
        f"Slack refuses the token in {variable} ({code}). Make a new one in the app's settings and put it into "
        f"{variable}."
    )
