# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role orchestrator: its kind of connector, and its paths and its command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from .. import foreign, session
from ..speech import whole
from ..values import Values, obey

_ROOMS = Path(__file__).parents[1] / "kinds"
KINDS = {
    **{
        path.stem: import_module(f"..kinds.{path.stem}", __package__)
        for path in sorted(_ROOMS.glob("[a-z]*.py"))
    },
    "tmux": None,
}
"""The kinds that the role can provision, each with what it needs: whoever may use its socket is tmux's operator."""
_FOLDERS = ("/var/lib/mosaic-connector", "/run/mosaic-connector", "/run/mosaic-orchestrator")


def kind(values: Values) -> Iterator[str]:
    """There is such a kind, and it has what it needs."""
    name = values["orchestrator_connector"]
    if name not in KINDS:
        yield from foreign.missing(values, list(KINDS))
        yield from foreign.secrets(values)


def operators(values: Values) -> Iterator[str]:
    """Those of another kind may stand beside ours, but not alone."""
    if not (room := KINDS.get(values["orchestrator_connector"])):
        return
    others = [one for one in values["orchestrator_operators"] if not whole(room.OPERATOR, one)]
    if others != values["orchestrator_operators"]:
        known = [kind.OPERATOR for kind in KINDS.values() if kind]
        others = [one for one in others if not any(whole(pattern, one) for pattern in known)]
    yield from room.operators(values, others)


def home(values: Values) -> Iterator[str]:
    """The home is the orchestrator's own."""
    if not re.match("/[^/]+/+[^/]", found := values["orchestrator_home"]):
        yield (
            f"orchestrator_home must be a folder of the orchestrator's own, such as /var/lib/mosaic, but is {found}. Name another one."
        )


def exposed(values: Values) -> Iterator[str]:
    """Whoever owns a folder may put a link to anything into it, which root would follow."""
    folders = (values["orchestrator_home"].rstrip("/"), *_FOLDERS)
    wrong = [
        path
        for path in (values["orchestrator_roster_path"], values["orchestrator_matrix_ca_path"])
        if path.startswith(tuple(f"{folder}/" for folder in folders))
    ]
    if wrong:
        yield (
            f"{' and '.join(wrong)} on {values.host} must be in a folder of root's, but is below one that belongs to "
            f"{values['orchestrator_user']}. Choose another path as orchestrator_roster_path or orchestrator_matrix_ca_path."
        )


def command(values: Values) -> Iterator[str]:
    """Something runs in the session."""
    if not values["orchestrator_command"].strip():
        yield "orchestrator_command is expected to be the command of the orchestrator and is empty. Leave it out for a shell."


def _of_its_kind(values: Values) -> Iterator[str]:
    if room := KINDS.get(values["orchestrator_connector"]):
        yield from obey(room.VARIABLES, values)


def warnings(values: Values) -> Iterator[str]:
    """What is no mistake, and yet may not be meant."""
    if KINDS.get(values["orchestrator_connector"]) and not values["orchestrator_operators"]:
        yield f"orchestrator_operators is empty on {values.host}: nobody will be listened to."


VARIABLES = (kind, _of_its_kind, operators, home, exposed, command, *session.VARIABLES)
