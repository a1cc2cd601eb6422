# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of a homeserver means: its JSON document, or which error it is.

Source: Matrix client-server API v1.11, "API Standards".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..border import BorderError, Foreign, read_json
from ..errors import ConnectorError
from ..exchange import Answer
from .errors import MatrixApiError, NotMatrixError, RateLimitedError, UnknownTokenError

Words = Callable[[object], str]

_ERRCODE = 60
"""Characters of a foreign error code that are shown."""


def interpret(base_url: str, what: str, answer: Answer, words: Words) -> Any:
    """The JSON document of a success; raises what anything else is.

    `what` is how errors call the request, and `words` makes a foreign sentence one that may be shown. What is
    no JSON is None. Raises `NotMatrixError`, `MatrixApiError` (`UnknownTokenError`, `RateLimitedError`).
    """
    if 300 <= answer.status < 400:
        raise NotMatrixError(
            f"{base_url} redirects {what} elsewhere (HTTP {answer.status}); a redirect is not followed "
            "with a token. Use the homeserver's own URL as homeserver_url."
        )
    try:
        document = read_json(answer.body)
    except BorderError:
        document = None
    if 200 <= answer.status < 300:
        return document
    body = Foreign(document)
    if body.text("errcode") is None and "flows" not in body:
        body = Foreign()
    if body or answer.status >= 500 or answer.status in (413, 429):
        raise _api_error(base_url, what, answer, body, words)
    raise not_matrix(base_url, what, answer.status)


def not_matrix(base_url: str, what: str, status: int) -> NotMatrixError:
    """The error for an answer that no Matrix homeserver gives."""
    return NotMatrixError(
        f"{base_url} answered {what} with HTTP {status} and no Matrix JSON object. "
        "Expected a Matrix homeserver: check the URL and the proxy in front of it.",
        status=status if 400 <= status < 500 else None,
    )


def _api_error(base_url: str, what: str, answer: Answer, body: Foreign, words: Words) -> MatrixApiError:
    status, errcode = answer.status, words(body.identifier("errcode")) or "M_UNKNOWN"
    # Without its full stop: it stands in sentences of ours, which have one.
    said = words(body.text("error")).rstrip(".")
    message = (
        f"{base_url} refused {what}: HTTP {status} {errcode[:_ERRCODE]}: {said or 'no explanation given'}."
    )
    if errcode == "M_UNKNOWN_TOKEN":
        advice = "It is expired, revoked or logged out: log in again (mosaic.fleet.matrix_user does)."
        return UnknownTokenError(f"{message} {advice}", status=status, errcode=errcode, said=said, body=body)
    if status == 429 or errcode == "M_LIMIT_EXCEEDED":
        # The body's own word first, then the header (RFC 9110, 10.2.3).
        asked = body.seconds("retry_after_ms", unit=0.001)
        return RateLimitedError(
            message,
            status=status,
            errcode="M_LIMIT_EXCEEDED",
            said=said,
            body=body,
            retry_after=answer.headers.seconds("retry-after") if asked is None else asked,
        )
    if status == 413:
        # Whoever says so: a proxy in front has bounds of its own, and says it in HTML.
        return MatrixApiError(
            f"{base_url} or the proxy in front of it does not take so much: {what} was answered with "
            f"HTTP 413 {errcode[:_ERRCODE]}. Send a smaller file or a link, or raise the bound there.",
            status=status,
            errcode="M_TOO_LARGE",
            said=said,
            body=body,
        )
    return MatrixApiError(message, status=status, errcode=errcode, said=said, body=body)


def required(answer: Foreign, key: str) -> str:
    """An id that an answer has to hold; raises `NotMatrixError`."""
    return present(answer.identifier(key), key)


def present(value: str | None, key: str) -> str:
    """What an answer has to hold as `key`; raises `NotMatrixError` where it does not."""
    if value is None:
        raise NotMatrixError(
            f"The homeserver's answer is expected to hold {key} and does not. Is it a Matrix homeserver?"
        )
    return value


def is_fatal(error: ConnectorError) -> bool:
    """Whether repeating cannot help because the account or its token is gone."""
    return isinstance(error, UnknownTokenError) or (
        isinstance(error, MatrixApiError) and error.errcode == "M_USER_DEACTIVATED"
    )
