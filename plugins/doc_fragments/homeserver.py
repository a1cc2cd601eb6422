# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every module that talks to a homeserver (`HOMESERVER_ARGS` in module_utils/_homeserver.py)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  homeserver_url:
    description:
      - Base URL of the homeserver, with its scheme and without a path of the Matrix API.
    type: str
    required: true
  timeout:
    description:
      - Seconds that one request may take as a whole.
      - A homeserver that answers with a rate limit (HTTP 429) is waited for as long as it says, up to 60 seconds
        in all; beyond that the module fails and says how long the server wants to be left alone.
    type: float
    default: 30.0
  validate_certs:
    description:
      - Whether the TLS certificate of the homeserver must be trusted. Turn this off on a test host only.
    type: bool
    default: true
  ca_path:
    description:
      - A file of PEM certificates, on the host the module runs on, that is trusted in addition to the system's.
    type: path
requirements:
  - httpx (Python library)
notes:
  - The module runs where the credentials are used. Set C(ansible_python_interpreter) on the task or block to the
    virtual environment that has the libraries, the one that the role P(mosaic.fleet.runtime#role) makes.
"""
