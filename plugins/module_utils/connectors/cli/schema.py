# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector schema`: the JSON Schema of the roster's `connector` block, for editors and other programs."""

from __future__ import annotations

import argparse

from .common import say_json

EXAMPLES = """\
examples:
  mosaic-connector schema > connector.schema.json
  mosaic-connector schema | jq '.properties.kind.enum'

It is JSON Schema 2020-12, and holds every kind that is installed here. What a value has to look like beyond it
is checked by: mosaic-connector validate
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""
    del parser


def run(options: argparse.Namespace) -> int:
    """Print it; returns 0."""
    from ..schema import connector_schema

    del options
    say_json(connector_schema())
    return 0
