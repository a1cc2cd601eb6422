# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `to_toml`: a mapping of tables as a TOML document."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: to_toml
author: the mosaic.fleet authors
version_added: 1.0.0
short_description: A mapping of tables as a TOML document
description:
  - Writes every table with one line for each of its keys, in the order given. What is nested deeper becomes an inline table.
  - TOML knows no null, so a key without a value is left out.
  - A string stays a string, even if it is all digits.
positional: _input
options:
  _input:
    description: The tables by name, each a mapping.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write a configuration
  ansible.builtin.copy:
    content: "{{ {'global': {'server_name': 'fleet.example', 'port': 8008}} | mosaic.fleet.to_toml }}"
    dest: /etc/example.toml
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The document.
  type: str
  sample: "[global]\nserver_name = \"fleet.example\"\nport = 8008\n"
"""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
# JSON may leave these as they are, TOML may not.
_CONTROL = re.compile(r"\x7f")


def to_toml(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The TOML document of `tables`; raises `AnsibleFilterError` for what TOML cannot say."""
    if not isinstance(tables, Mapping) or not all(isinstance(table, Mapping) for table in tables.values()):
        raise AnsibleFilterError("to_toml expects a mapping of tables, each of them a mapping.")
    return "\n".join(f"[{_key(name)}]\n{_lines(table)}" for name, table in tables.items())


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{pair}\n" for pair in _pairs(table))


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items() if value is not None]


def _key(key: object) -> str:
    text = str(key)
    return text if _BARE_KEY.match(text) else _string(text)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return repr(float(value))
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        pairs = _pairs(value)
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(item) for item in value)}]"
    raise AnsibleFilterError(
        f"to_toml expects texts, numbers, booleans, lists and mappings, found a {type(value).__name__}."
    )


def _string(text: str) -> str:
    # A basic string of TOML is a string of JSON, as long as no surrogate pairs are written.
    return _CONTROL.sub(r"\\u007f", json.dumps(str(text), ensure_ascii=False))


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"to_toml": to_toml}
