# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/roster.md and docs/connector.schema.json from the descriptions of the kinds in the library.

Run it by `make docs` when either has changed; a test compares the pages with what this would write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from mosaic_connectors.config import parse_connector, require_complete
from mosaic_connectors.mistakes import CODES
from mosaic_connectors.registry import KNOWN_CONNECTOR_KINDS, describe
from mosaic_connectors.schema import connector_schema

KINDS = tuple(map(describe, KNOWN_CONNECTOR_KINDS))
"""Those that come with the library, whatever else is installed where this runs."""

NAMES = ", ".join(KNOWN_CONNECTOR_KINDS)

DOCS = Path(__file__).resolve().parents[1] / "docs"

HEAD = """\
<!-- Written by scripts/roster_page.py from the descriptions of the kinds (kind.py); change those, then run: make docs -->
# The roster's `connector` block

A roster is the fleet's own file, YAML or JSON (by its suffix `.json`), usually `/etc/mosaic/roster.yaml`. One block of it
is ours, the top-level key `connector`: it names the chat channel between the orchestrator and its operator. Everything
else in the file is the fleet's and stays as it is, byte for byte (a last line that was not ended is ended), whoever of us writes the block: the role
`mosaic.fleet.orchestrator`, the module `mosaic.fleet.roster_connector`, or `mosaic-connector init`, `configure` and `switch`.

A roster without the block means `kind: tmux`. A key that the schema does not know is refused. Secrets are never in a roster:
they come from the environment of the service, and a roster that holds something token-shaped is refused.

## Kinds
"""

ABOUT_KINDS = """\
A distribution of somebody else may bring further ones ([add a connector](add-a-connector.md)): where it is installed, they are
checked, explained and set up like these. `mosaic-connector init --help` lists what there is on a host.

## Keys
"""

TAIL = """\
The machine-readable form is [connector.schema.json](connector.schema.json) (JSON Schema 2020-12), and `mosaic-connector schema`
prints it with the kinds that are installed on a host; for kinds `tmux`, `discord` and `matrix` it is the one of the
fleet's design document, word for word. What a value has to look like beyond it is asked when a connector is made, and by
`validate`.

## Checking it

```console
$ mosaic-connector validate                    # all that the bridge of this host would start with
$ mosaic-connector validate ./roster.yaml      # this file alone, before it is copied anywhere
$ mosaic-connector validate ./roster.yaml --json
```

Every mistake is told, on standard error and in the form that editors jump by:

```
roster.yaml:3:9: error: connector.kind is expected to be one of NAMES, found 'matrx'. Did you mean 'matrix'?
```

| status | means |
|---|---|
| 0 | right; there may be warnings |
| 2 | the command was called wrongly |
| 78 | there are mistakes, or the file cannot be read |

With `--json` it answers on standard output, in this form and with the same status:

```json
{
  "valid": false,
  "kind": null,
  "operators": [],
  "mistakes": [
    {
      "file": "roster.yaml", "line": 3, "column": 9, "path": "connector.kind",
      "code": "wrong_value", "severity": "error",
      "message": "connector.kind is expected to be one of NAMES, found 'matrx'. Did you mean 'matrix'?",
      "expected": "one of NAMES", "found": "'matrx'", "nearest": "matrix"
    }
  ]
}
```

`line` and `column` count from 1 and are null where the whole file is meant; `expected`, `found` and `nearest` are null where
there is nothing to say. `kind` is null when there are errors.

| code | means |
|---|---|
"""


def page() -> str:
    """The text of docs/roster.md."""
    codes = "".join(f"| `{code}` | {meaning} |\n" for code, meaning in CODES.items())
    return (
        "\n".join(
            [HEAD, _kinds(), ABOUT_KINDS, _keys(), "## Examples\n", _examples(), TAIL.replace("NAMES", NAMES)]
        ).rstrip("\n")
        + f"\n{codes}"
    )


def schema() -> str:
    """The text of docs/connector.schema.json."""
    return json.dumps(connector_schema(KINDS), indent=2, ensure_ascii=False) + "\n"


def _keys() -> str:
    rows = ["| key | type | required | expected |", "|---|---|---|---|"]
    rows.append(
        f"| `connector.kind` | string | yes | one of {', '.join(f'`{kind.name}`' for kind in KINDS)} |"
    )
    for kind in KINDS:
        if kind.fields:
            rows.append(
                f"| `connector.{kind.name}` | mapping | for kind `{kind.name}` | the keys below, and no other |"
            )
        for one in kind.fields:
            needed, words = "yes" if one.required else "no", one.shape.words.replace("|", "\\|")
            rows.append(f"| `connector.{kind.name}.{one.key}` | string | {needed} | {words} |")
    return "\n".join(rows) + "\n"


def _kinds() -> str:
    rows = [
        "| kind | the operator talks by | secrets | an operator is | extra of the wheel |",
        "|---|---|---|---|---|",
    ]
    for kind in KINDS:
        secrets = ", ".join(f"`{one.variable}`" for one in kind.kept_secrets) or "none"
        who = kind.operators.shape.words if kind.operators else "whoever reaches it"
        rows.append(f"| `{kind.name}` | {kind.summary} | {secrets} | {who} | {kind.extra or 'none'} |")
    return "\n".join(rows) + "\n"


def _examples() -> str:
    texts = []
    for kind in KINDS:
        own = {kind.name: {one.key: one.example for one in kind.fields}} if kind.fields else {}
        block: dict[str, Any] = {"kind": kind.name, **own}
        require_complete(parse_connector(block))
        texts.append(f"```yaml\n{yaml.safe_dump({'connector': block}, sort_keys=False)}```\n")
    return "\n".join(texts)


if __name__ == "__main__":
    (DOCS / "roster.md").write_text(page(), encoding="utf-8")
    (DOCS / "connector.schema.json").write_text(schema(), encoding="utf-8")
