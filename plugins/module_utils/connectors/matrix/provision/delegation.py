# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Homeservers that leave their accounts to an authentication service, such as the Matrix Authentication Service.

There nobody registers at the homeserver, and its shared secret is off; a token has to be issued by the service.

Source: Matrix client-server API v1.15, "Server metadata discovery"; MSC2965 for the older paths.
"""

from __future__ import annotations

from ...errors import ConfigError
from ..errors import MatrixApiError, NotMatrixError, RateLimitedError
from ..http import MatrixHttp
from ..identifiers import split_user_id
from .uia import PASSWORD

_METADATA = (
    "/_matrix/client/v1/auth_metadata",
    "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata",
    "/_matrix/client/unstable/org.matrix.msc2965/auth_issuer",
)


class DelegatedError(ConfigError):
    """The accounts of the homeserver are kept by an authentication service, out of our reach."""


async def delegated_issuer(http: MatrixHttp) -> str | None:
    """The URL of the service that keeps the homeserver's accounts; None where it keeps them itself."""
    for path in _METADATA:
        try:
            answer = await http.request("GET", path, authenticated=False)
        except RateLimitedError:
            raise
        except (MatrixApiError, NotMatrixError):
            continue  # a server that knows nothing of such services says so in its own way
        issuer = answer.words("issuer")
        if issuer:
            return issuer
    return None


async def takes_passwords(http: MatrixHttp) -> bool:
    """Whether the homeserver, or its service in its name, lets one log in by password."""
    try:
        answer = await http.request("GET", "/_matrix/client/v3/login", authenticated=False)
    except RateLimitedError:
        raise
    except (MatrixApiError, NotMatrixError):
        return False
    return any(flow.identifier("type") == PASSWORD for flow in answer.objects("flows"))


def no_way_in(user_id: str, issuer: str, device_id: str) -> DelegatedError:
    """Why an account of such a homeserver cannot be made usable from here, and what to do."""
    return DelegatedError(
        f"The homeserver leaves its accounts to an authentication service ({issuer}), where {user_id} cannot be "
        "registered or logged in from here. Have a token issued there (mas-cli manage issue-compatibility-token "
        f"{split_user_id(user_id)[0]} {device_id}), and give it as access_token (role orchestrator: "
        "orchestrator_matrix_access_token)."
    )


async def check_can_be_deactivated(http: MatrixHttp, user_id: str) -> None:
    """Raise `DelegatedError` where only an authentication service can deactivate an account."""
    issuer = await delegated_issuer(http)
    if issuer is not None:
        raise DelegatedError(
            f"The homeserver leaves its accounts to an authentication service ({issuer}), which alone can deactivate "
            f"{user_id}. Do it there (mas-cli manage lock-user --deactivate {split_user_id(user_id)[0]}), and remove "
            "the lines of the account from the credentials file."
        )
