# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets: where they come from, and how they are kept from being seen."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from .errors import SecretError
from .files import read_regular

_LONGEST = 4096

OPEN_TO_OTHERS = 0o077
"""What a file with secrets must not have among its permissions, whatever it is called."""

# Shapes of the credentials that people paste by mistake and that belong to no kind: of GitHub (gh., github_pat_), of
# other chats (xox.-), of model providers (sk-), JSON web tokens, PEM keys. Those of a kind are in its description.
_TOKEN_SHAPES = (
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abprs]-[A-Za-z0-9-]{10,})",
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"\bsk-[A-Za-z0-9_-]{16,}",
)
_CREDENTIALS_IN_URL = re.compile(r"^[a-z][a-z0-9+.-]*://[^/@\s]*:([^/@\s]*)@", re.IGNORECASE)
_CREDENTIAL_IN_QUERY = re.compile(
    r"[?&](?:access_token|token|password|secret)=(\{\{[^{}]*\}\}|[^&#]*)", re.IGNORECASE
)
# What stands where somebody else puts the secret in: a shell's, a template's, a manual's.
_PLACEHOLDER = re.compile(r"\$\{[^{}]*\}|\$[A-Za-z_][A-Za-z0-9_]*|\{\{[^{}]*\}\}|\{[^{}]*\}|<[^<>]*>")


class Secret:
    """A secret value that prints as `***`; `reveal()` is the one way to its text."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one place that must send it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled: it must not reach a file or another process unseen")


def secret_from_environment(name: str, environ: Mapping[str, str] | None = None) -> Secret:
    """Read the secret `name` from the environment.

    Raises `SecretError` when it is missing, empty, or has white space or control characters in
    it, which no token has and which would end up in a header.
    """
    value = (os.environ if environ is None else environ).get(name, "")
    if not value:
        raise SecretError(
            f"The environment variable {name} is expected to hold the secret and is "
            f"{'empty' if name in (os.environ if environ is None else environ) else 'not set'}. "
            "Put it in the 0600 environment file of the service, or export it; it never belongs in the roster."
        )
    if any(character.isspace() or not character.isprintable() for character in value):
        raise SecretError(
            f"The environment variable {name} holds white space or control characters, which no token has. "
            "Check for a trailing line break or quotes in the environment file."
        )
    return Secret(value)


def secret_from_file(path: str) -> Secret:
    """Read the secret that is a file's only line.

    Raises `SecretError` when the file is missing, unreadable, open to others, or holds no secret.
    """
    try:
        content, facts = read_regular(path, _LONGEST)
        value = content.decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(
            f"{path} is expected to hold a secret and cannot be read: "
            f"{getattr(error, 'strerror', None) or 'it is no text'}. Check the path and who may read it."
        ) from error
    mode = stat.S_IMODE(facts.st_mode)
    if mode & OPEN_TO_OTHERS:
        raise SecretError(
            f"{path} holds a secret and is expected to have mode 0600, and has {mode:04o}, "
            f"so others may have read it. Run chmod 600 {path}, and replace the secret."
        )
    if len(content) > _LONGEST or not value or not value.isprintable():
        raise SecretError(f"{path} is expected to hold a secret as its only line and does not. Correct it.")
    return Secret(value)


def authorization(scheme: str, token: Secret, what: str) -> str:
    """The value of an Authorization header with `token`, which errors call `what`.

    Raises `SecretError` for characters that no token has: the layers below would quote it in their errors.
    """
    value = token.reveal()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise SecretError(
            f"{what} holds white space or characters that no token has. "
            "Check for a line break, quotes or a paste gone wrong where it is kept."
        )
    return f"{scheme} {value}"


def looks_like_secret(value: str) -> bool:
    """Whether a piece of configuration looks like a credential that does not belong there."""
    if any(shape.search(value) for shape in _shapes()):
        return True
    found = [*_CREDENTIALS_IN_URL.findall(value), *_CREDENTIAL_IN_QUERY.findall(value)]
    return any(not _PLACEHOLDER.fullmatch(secret) for secret in found)


def find_secret(document: Any, path: str = "") -> str | None:
    """The dotted path of the first token-shaped value (or key) in a document, or None."""
    if isinstance(document, str):
        return (path or "(the document itself)") if looks_like_secret(document) else None
    if isinstance(document, Mapping):
        for key, value in document.items():
            where = f"{path}.{key}" if path else str(key)
            if isinstance(key, str) and looks_like_secret(key):
                return f"{path}.(a key)" if path else "(a key)"
            found = find_secret(value, where)
            if found:
                return found
    elif isinstance(document, (list, tuple)):
        for index, value in enumerate(document):
            found = find_secret(value, f"{path}[{index}]")
            if found:
                return found
    return None


def shown(value: object, limit: int = 80) -> str:
    """A piece of configuration as an error quotes it: cut, and not at all where it looks like a credential."""
    text = repr(value)
    if find_secret(value) or looks_like_secret(text):
        return "something that looks like a secret and is not repeated here"
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def redact(text: str, secrets: Iterable[Secret | None]) -> str:
    """`text` with every given secret replaced by `***`."""
    for secret in secrets:
        if secret is not None and secret.reveal():
            text = text.replace(secret.reveal(), "***")
    return text


def redact_shapes(text: str) -> str:
    """`text` with everything that has the shape of a credential replaced by as many asterisks."""
    for shape in _shapes():
        text = shape.sub(lambda match: "*" * len(match[0]), text)
    return text


def secret_spans(text: str) -> list[tuple[int, int]]:
    """Where in `text` something has the shape of a credential: begin and end of each."""
    return [match.span() for shape in _shapes() for match in shape.finditer(text)]


def _shapes() -> tuple[re.Pattern[str], ...]:
    """The shapes of all credentials that are known, those of every kind among them."""
    from .registry import token_shapes

    return _compiled(token_shapes())


@lru_cache(maxsize=2)
def _compiled(shapes: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, (*_TOKEN_SHAPES, *shapes)))
