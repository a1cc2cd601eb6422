# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses are Slack's own: the token goes to no other, nor does a file of the orchestrator's."""

from __future__ import annotations

from urllib.parse import urlsplit

_SLACK = ".slack.com"


def is_slacks(url: str, api_url: str) -> bool:
    """Whether an address is on a host of Slack's, by TLS, or on that of the API which is configured."""
    try:
        parts, api = urlsplit(url), urlsplit(api_url)
        port = parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
        return True
    return parts.scheme == "https" and port in (None, 443) and (parts.hostname or "").endswith(_SLACK)
