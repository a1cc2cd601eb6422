# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connector that the variables name, judged by the description of its kind, as the roster and the wizard judge it.

What comes with the library is described on the controller as well. A kind that a distribution brings is described where
that is installed, on the host alone, and is asked there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from ...module_utils.connectors.config import all_mistakes, check_kind, operator_doubts
from ...module_utils.connectors.discovery import built_in
from ...module_utils.connectors.errors import ConfigError
from ...module_utils.connectors.kind import Kind, Shape, is_name
from ...module_utils.connectors.registry import describe, descriptions
from ...module_utils.connectors.secrets import find_secret, shown
from .speech import whole
from .values import Values, obey

_KIND, _BLOCK, _SECRETS = (
    "orchestrator_connector",
    "orchestrator_connector_settings",
    "orchestrator_connector_secrets",
)
_ROOMS = {
    path.stem: import_module(f".kinds.{path.stem}", __package__)
    for path in sorted((Path(__file__).parent / "kinds").glob("[a-z]*.py"))
}
_IN_A_FILE = r"[!#-&(-\[\]-~]*"
"""What can stand in the file of the service as it is."""


def described(values: Values) -> Kind | None:
    """The description of the kind; None for one that does not come with the library."""
    name = values[_KIND]
    return describe(name) if name in built_in() else None


def _block(values: Values, kind: Kind) -> dict[Any, Any]:
    """What is said of the block: by variables of the kind's own, where the role has some, or by the one for all the others."""
    if (room := _ROOMS.get(kind.name)) is None:
        return {_plain(key): _plain(value) for key, value in values[_BLOCK].items()}
    said = {key: [one for one in map(values.__getitem__, names) if one] for key, names in room.FIELDS.items()}
    return {key: _plain(found[0]) for key, found in said.items() if found}


def variables_of(block: Mapping[str, Any]) -> dict[str, Any]:
    """The role's variables that say a roster's block, which is a right one: the other way round."""
    name = str(block["kind"])
    said = block.get(name) or {}
    if (room := _ROOMS.get(name)) is None:
        return {_KIND: name, **({_BLOCK: dict(said)} if said else {})}
    # Where two variables say a key, the first is the address and the last the id.
    which = {
        key: names[0] if str(said[key]).startswith("#") else names[-1] for key, names in room.FIELDS.items()
    }
    return {_KIND: name, **{which[key]: value for key, value in said.items()}}


def _plain(value: Any) -> Any:
    """A value as the roster will have it: since 2.19 Ansible's own are of other classes, which know where they come from."""
    for plain in (str, int, float):
        if isinstance(value, plain) and not isinstance(value, bool):
            return plain(value)
    return value


def _name(kind: Kind, key: str) -> str:
    """Which variable says a key of the block."""
    room = _ROOMS.get(kind.name)
    return " or ".join(room.FIELDS[key]) if room else f"{_BLOCK}.{key}"


def known(values: Values) -> Iterator[str]:
    """There is such a kind, or something is installed that may bring it."""
    name = values[_KIND]
    if name in built_in() or (is_name(name) and values.says("runtime_extra_packages")):
        return
    try:
        check_kind(name)
    except ConfigError as error:
        yield f"{str(error).replace('connector.kind', _KIND, 1)} A kind of somebody else's needs its distribution in runtime_extra_packages."


def block(values: Values) -> Iterator[str]:
    """The block is one that the roster may hold, and that a connector can be made of."""
    kind = described(values)
    if kind is None or not kind.fields:
        return
    said = _block(values, kind)
    if leaked := find_secret(said):
        yield (
            f"Something that looks like a secret stands in {_name(kind, leaked)} of {values.host}, which is for the roster. Secrets never "
            "go there: take it out, and revoke it."
        )
        return
    for mistake in all_mistakes({"kind": kind.name, kind.name: said}):
        key = str(mistake.expected if mistake.code == "missing_key" else mistake.loc[-1])
        yield str(mistake).replace(f"connector.{kind.name}.{key}", _name(kind, key), 1)


def environment(values: Values) -> Iterator[str]:
    """Each variable is one that the kind reads, and can stand in the file of the service as it is; no secret is shown."""
    kind = described(values)
    if room := _ROOMS.get(kind.name) if kind else None:
        for variable, name in room.ENVIRONMENT.items():
            yield from obey(
                (_own,), values, kind, variable, name
            )  # for itself, whatever is wrong with another one
        return
    for variable, value in values[_SECRETS].items():
        where = f"{_SECRETS}.{variable}"
        known_here = _readable(kind)
        if known_here and variable not in known_here:
            nearest = get_close_matches(str(variable), known_here, n=1)
            hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
            yield f"{where} is not a known key. Known here: {', '.join(known_here)}.{hint}"
        elif not whole("[A-Z][A-Z0-9_]*", str(variable)):
            yield f"{where} is expected to have the name of a variable, such as DROPBOX_KEY: capital letters, digits and _. Correct it."
        else:
            yield from _unfit(values, kind, variable, where, value)


def _own(values: Values, kind: Kind, variable: str, name: str) -> Iterator[str]:
    yield from _unfit(values, kind, variable, name, values[name])


def _unfit(values: Values, kind: Kind | None, variable: str, where: str, value: Any) -> Iterator[str]:
    text = value.strip() if isinstance(value, str) else None
    shape = _readable(kind).get(variable)
    if text is None or not whole(_IN_A_FILE, text):
        yield (
            f"{where} is expected to be a text of printable ASCII without white space, quotes and backslashes, and is none on "
            f"{values.host}. Correct it."
        )
    elif text and shape and not shape.fits(text):
        yield f"{where} is expected to be {shape.words}, found {shown(text)}. Correct it."


def _readable(kind: Kind | None) -> dict[str, Shape | None]:
    """The variables that a kind reads, and what those that are no secrets look like."""
    if kind is None:
        return {}
    return {one.variable: None for one in kind.kept_secrets} | {
        one.variable: one.shape for one in kind.environment
    }


def operators(values: Values) -> Iterator[str]:
    """Those of another kind may stand beside this one's, but not alone."""
    kind = described(values)
    if kind is None or kind.operators is None:
        return
    listed = values["orchestrator_operators"]
    strangers = [one for one in listed if not kind.operators.shape.fits(one)]
    if strangers != listed:
        others = [other.operators.shape for other in descriptions() if other.operators]
        strangers = [one for one in strangers if not any(shape.fits(one) for shape in others)]
    if strangers:
        yield (
            f"Each of orchestrator_operators is expected to be {kind.operators.shape.words}, found "
            f"{', '.join(map(shown, strangers))}. Correct it."
        )


def further(values: Values) -> Iterator[str]:
    """What the role needs besides, of the variables that it has for this kind."""
    if room := _ROOMS.get(values[_KIND]):
        yield from obey(room.RULES, values)


def warnings(values: Values) -> Iterator[str]:
    """What is no mistake, and yet may not be meant."""
    kind = described(values)
    if kind is None:
        return
    listed = values["orchestrator_operators"]
    if kind.operators and not listed:
        yield f"orchestrator_operators is empty on {values.host}: nobody will be listened to."
    for index, doubt in operator_doubts(kind.name, listed, _block(values, kind)):
        if kind.operators and kind.operators.shape.fits(listed[index]):
            yield f"orchestrator_operators on {values.host}: {doubt}"
    if kind.name in _ROOMS or not kind.fields:
        for name in (_BLOCK, _SECRETS):
            if values[name]:
                yield f"{name} on {values.host} is for other kinds, and {kind.name} makes nothing of it."


RULES = (known, block, environment, operators, further)
