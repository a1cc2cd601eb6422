#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: send
short_description: Say something to the operator over the fleet's own line
version_added: 1.0.0
description:
  - Hands a message to the bridge of an orchestrator's host, which sends it over the channel of the roster. It runs on that host, as root,
    as the orchestrator's user, or as a member of the socket's group.
  - A message has a key, and the same key is one message, however often it is said and by which play. The bridge remembers the last 2,000
    keys that were sent, and every one that waits or is a dead letter.
  - The module succeeds when the message is on the bridge's disk. It is sent as soon as the channel is up.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
options:
  text:
    description: The message. It is not looked at again where its key is known.
    type: str
    required: true
  key:
    description:
      - What makes the message one message, up to 64 letters, digits and dots, underscores, colons and dashes, with a letter or digit first.
      - Put into it what the message is about, e.g. the version that was rolled out. The command's C(--id) is the same thing.
    type: str
    required: true
  thread_id:
    description: The thread to answer in, as the channel knows it.
    type: str
  attachments:
    description: Files on the host, and URLs, that go with the message.
    type: list
    elements: str
    default: []
  socket_path:
    description: The bridge's socket, C(socket_path) of its settings.
    type: path
    default: /run/mosaic-connector/connector.sock
  wait:
    description:
      - Seconds to wait until the message is delivered, 3600 at most. With V(0) the module ends when it is accepted.
      - A message that still waits after them is no failure, and RV(state) says V(waiting).
    type: float
    default: 0.0
  patience:
    description: Seconds that a bridge which restarts is waited for, 3600 at most.
    type: float
    default: 15.0
seealso:
  - module: mosaic.fleet.connector_health
"""

EXAMPLES = r"""
- name: Tell the operator that the new version runs
  mosaic.fleet.send:
    key: "rollout-{{ app_version }}"
    text: "Version {{ app_version }} runs on {{ ansible_play_hosts | length }} hosts."

- name: Send a report and wait until it is there
  mosaic.fleet.send:
    key: "report-{{ now(utc=true).date() }}"
    text: Here is the report of this night.
    attachments: [/var/lib/reports/night.pdf]
    wait: 60
  register: __said
  failed_when: __said.state != "sent"
"""

RETURN = r"""
id:
  description: The number of the message in the bridge's outbox; null in check mode where it would be accepted.
  returned: success
  type: int
  sample: 17
state:
  description:
    - V(waiting) for what is on the bridge's disk, V(sent) for what the channel has, V(dropped) for what somebody gave up by hand.
    - Null in check mode where it would be accepted.
  returned: success
  type: str
  sample: sent
message_id:
  description: What the channel calls the message; null where it has not got it.
  returned: success
  type: str
  sample: "$h0A8BbqQYd1Kq9cRk9sJ0bW4G5N4x1C9q0yqjM2xJcE"
"""

import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._module import Change, run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.bridge.client import attach, call
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import (
    ConfigError,
    ConnectorError,
)

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
LONGEST = 3600.0


def check(params: dict) -> None:
    """Refuse what the bridge would refuse, before any file is handed over."""
    if not KEY.fullmatch(params["key"]):
        raise ConfigError(
            "key is expected to be up to 64 letters, digits and . _ : - that begin with a letter or digit, "
            f"found {params['key'][:80]!r}. Replace the other characters, e.g. by -."
        )
    if not params["text"].strip():
        raise ConfigError("text is expected to say something and is empty. Give the message.")
    for name in ("wait", "patience"):
        if not 0 <= params[name] <= LONGEST:
            raise ConfigError(
                f"{name} is expected to be 0 to {LONGEST:g} seconds, found {params[name]}. Correct it."
            )


def ask(params: dict, request: dict) -> dict:
    """One request and its answer; what is waited for is bounded."""
    wait = request.get("wait", 0.0)
    return call(params["socket_path"], request, patience=params["patience"], answer_timeout=30.0 + wait)


def look(params: dict) -> dict | None:
    """The message that has the key, as the bridge remembers it."""
    entries = ask(params, {"op": "outbox", "all": True, "txn": params["key"]})["entries"]
    return next((one for one in entries if one.get("txn") == params["key"]), None)


def handed_over(params: dict, attachment: str) -> str:
    """A URL as it is; a file goes to the bridge whole."""
    if "://" in attachment:
        return attachment
    path = Path(attachment)
    if not path.is_file():  # a pipe would be waited for without an end
        raise ConfigError(
            f"attachments is expected to name files and URLs, and {attachment} is no file. Correct it."
        )
    try:
        return attach(params["socket_path"], path, patience=params["patience"])
    except OSError as error:
        raise ConfigError(f"{attachment} cannot be read: {error.strerror}. Check who may read it.") from error


def say(params: dict, attachments: list) -> dict:
    """Say it under its key, and wait as long as was asked; a key that is known is not said again."""
    request = {"op": "send", "txn": params["key"], "text": params["text"], "thread": params["thread_id"]}
    return ask(params, {**request, "attachments": attachments, "wait": params["wait"]})


def body(module: AnsibleModule) -> dict:
    params = module.params
    check(params)
    found = look(params)
    absent = {"key": params["key"], "state": "absent"}
    present = {"key": params["key"], "state": "accepted"}
    change = Change(present if found else absent, present, params["socket_path"])
    if not module.check_mode and (found is None or (found["state"] == "waiting" and params["wait"])):
        attachments = [] if found else [handed_over(params, one) for one in params["attachments"]]
        found = say(params, attachments)
    if found and found["state"] == "dead":
        raise ConnectorError(
            f"The message {params['key']} was not delivered: {found['detail']} It is kept as dead letter {found['id']}: "
            f"mend that, and run mosaic-connector retry {found['id']} on the host."
        )
    return {**change.result(), **{name: (found or {}).get(name) for name in ("id", "state", "message_id")}}


def main() -> None:
    run_module(
        body,
        argument_spec={
            "text": {"type": "str", "required": True},
            "key": {"type": "str", "required": True, "no_log": False},
            "thread_id": {"type": "str"},
            "attachments": {"type": "list", "elements": "str", "default": []},
            "socket_path": {"type": "path", "default": "/run/mosaic-connector/connector.sock"},
            "wait": {"type": "float", "default": 0.0},
            "patience": {"type": "float", "default": 15.0},
        },
    )


if __name__ == "__main__":
    main()
