# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/roster.md and docs/connector.schema.json from the schema and the checks in the library.

Run it by `make docs` when either has changed; a test compares the pages with what this would write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from mosaic_connectors.config import FIELDS, parse_connector, require_complete
from mosaic_connectors.mistakes import CODES
from mosaic_connectors.schema import CONNECTOR_SCHEMA

DOCS = Path(__file__).resolve().parents[1] / "docs"

HEAD = """\
<!-- Written by scripts/roster_page.py from the schema; change that, then run: make docs -->
# The roster's `connector` block

A roster is the fleet's own file, YAML or JSON (by its suffix `.json`), usually `/etc/mosaic/roster.yaml`. One block of it
is ours, the top-level key `connector`: it names the chat channel between the orchestrator and its operator. Everything
else in the file is the fleet's and stays as it is, byte for byte (a last line that was not ended is ended), whoever of us writes the block: the role
`mosaic.fleet.orchestrator`, the module `mosaic.fleet.roster_connector`, or `mosaic-connector init`, `configure` and `switch`.

A roster without the block means `kind: tmux`. A key that the schema does not know is refused. Secrets are never in a roster:
they come from the environment of the service, and a roster that holds something token-shaped is refused.

## Keys
"""

TAIL = """\
The machine-readable form is [connector.schema.json](connector.schema.json) (JSON Schema 2020-12); it is the one of the fleet's
design document, word for word. What a value has to look like beyond it is asked when a connector is made, and by `validate`.

## Checking it

```console
$ mosaic-connector validate                    # all that the bridge of this host would start with
$ mosaic-connector validate ./roster.yaml      # this file alone, before it is copied anywhere
$ mosaic-connector validate ./roster.yaml --json
```

Every mistake is told, on standard error and in the form that editors jump by:

```
roster.yaml:3:9: error: connector.kind is expected to be one of tmux, discord, matrix, found 'matrx'. Did you mean 'matrix'?
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
      "message": "connector.kind is expected to be one of tmux, discord, matrix, found 'matrx'. Did you mean 'matrix'?",
      "expected": "one of tmux, discord, matrix", "found": "'matrx'", "nearest": "matrix"
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
    return "\n".join([HEAD, _keys(), "## Examples\n", _examples(), TAIL]).rstrip("\n") + f"\n{codes}"


def schema() -> str:
    """The text of docs/connector.schema.json."""
    return json.dumps(CONNECTOR_SCHEMA, indent=2, ensure_ascii=False) + "\n"


def _keys() -> str:
    rows = ["| key | type | required | expected |", "|---|---|---|---|"]
    kinds = ", ".join(f"`{kind}`" for kind in CONNECTOR_SCHEMA["properties"]["kind"]["enum"])
    rows.append(f"| `connector.kind` | string | yes | one of {kinds} |")
    for name, block in CONNECTOR_SCHEMA["properties"].items():
        if block.get("type") != "object":
            continue
        rows.append(f"| `connector.{name}` | mapping | for kind `{name}` | exactly the keys below |")
        for key, value in block["properties"].items():
            needed = "yes" if key in block["required"] else "no"
            rows.append(f"| `connector.{name}.{key}` | {value['type']} | {needed} | {_expected(name, key)} |")
    return "\n".join(rows) + "\n"


def _expected(name: str, key: str) -> str:
    return FIELDS[name][key][1].replace("|", "\\|")


def _examples() -> str:
    examples: list[dict[str, Any]] = [
        {"kind": "tmux"},
        {
            "kind": "matrix",
            "matrix": {
                "homeserver_url": "https://matrix.example.internal",
                "user_id": "@mos:example.internal",
                "room_id": "!abc:example.internal",
            },
        },
        {"kind": "discord", "discord": {"channel_id": "1234567890123456789"}},
    ]
    texts = []
    for block in examples:
        require_complete(parse_connector(block))
        texts.append(f"```yaml\n{yaml.safe_dump({'connector': block}, sort_keys=False)}```\n")
    return "\n".join(texts)


if __name__ == "__main__":
    (DOCS / "roster.md").write_text(page(), encoding="utf-8")
    (DOCS / "connector.schema.json").write_text(schema(), encoding="utf-8")
