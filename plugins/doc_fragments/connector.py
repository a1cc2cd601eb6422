# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules that ask a connector (`CONNECTOR_ARGS` in module_utils/_connector.py)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  roster_path:
    description:
      - The roster. One without a C(connector) block means V(tmux).
      - The default is C(/etc/mosaic/roster.yaml) where O(connector) is not given either.
    type: path
  connector:
    description: A C(connector) block, in place of a roster's.
    type: dict
  credentials_path:
    description:
      - The file of mode 0600 with the connector's secrets, e.g. C(MATRIX_ACCESS_TOKEN), in the syntax of systemd's
        C(EnvironmentFile).
      - It may be missing, since some kinds need none. Without it the environment of the task is used.
    type: path
  credentials:
    description:
      - Secrets by the names they have in O(credentials_path), which they win over, e.g. C(DISCORD_BOT_TOKEN).
      - With them a secret is tried before it is written down. Empty ones are left out.
    type: dict
  settings_path:
    description:
      - The settings file of the bridge, where the connector finds tmux and trusted certificates.
      - The default one may be missing.
    type: path
    default: /etc/mosaic/settings.yaml
  delay:
    description: Seconds between two questions.
    type: float
    default: 2.0
  timeout:
    description: Seconds that one question may take.
    type: float
    default: 30.0
requirements:
  - mosaic-connectors (Python library), which the role P(mosaic.fleet.runtime#role) installs
"""
