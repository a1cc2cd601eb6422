# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers the other tests stand on are what they say."""

from __future__ import annotations

from urllib.error import HTTPError

import pytest
from integration.synapse import Synapse


def _send_twenty(server: Synapse) -> None:
    account = server.register("fixture_probe")
    room_id = server.create_room(account)
    for number in range(20):
        path = f"/_matrix/client/v3/rooms/{room_id}/send/m.room.message/{number}"
        server.call("PUT", path, {"msgtype": "m.text", "body": "x"}, token=account.access_token)


def test_the_raised_flavour_takes_a_burst(synapse: Synapse) -> None:
    """Twenty messages in a row are accepted."""
    _send_twenty(synapse)


def test_the_default_flavour_limits_a_burst(synapse_default_limits: Synapse) -> None:
    """Twenty messages in a row meet the limit Synapse is shipped with."""
    with pytest.raises(HTTPError, match="429"):
        _send_twenty(synapse_default_limits)


def test_a_server_keeps_its_data_across_a_restart(own_synapse: Synapse) -> None:
    """Stop and start: the account and its token are still there, on the same URL."""
    account = own_synapse.register("keeper")
    own_synapse.stop()
    own_synapse.start()
    found = own_synapse.call("GET", "/_matrix/client/v3/account/whoami", token=account.access_token)
    assert found["user_id"] == account.user_id
