# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback `notify`: the recap of a run told to an operator, by a connector of the controller's own."""

from __future__ import annotations

DOCUMENTATION = r"""
name: notify
type: notification
author: The mosaic.fleet authors (@mosaic-fleet)
version_added: 1.0.0
short_description: Tell an operator how a run ended
description:
  - When a playbook has ended, one message says over a chat channel how it went. It names the hosts that failed, each with the name of the
    task, those that could not be reached, and how many changed. It has no words of a task's output, which may hold what is not for a chat.
  - The channel is the controller's own. Its block and its file of secrets are named here, and neither is a host's. Take an account that no
    bridge listens with, so that the operator sees who speaks.
  - It does nothing until it is in C(callbacks_enabled) of C(ansible.cfg).
  - Whatever goes wrong with the message is one warning, and changes nothing in the result of the run.
notes:
  - A run of several playbooks is told of once after each, with the numbers so far. One that ends before its first task, as by a mistake in
    its syntax, is not told of.
  - A kind of connector that a distribution of somebody else brings is not known on the controller.
requirements:
  - On the controller, beside Ansible, what the kind of connector needs, for most of them C(httpx) (Python library).
options:
  connector_path:
    description: A file on the controller, YAML or JSON, with a block C(connector) as it stands in a roster. It holds no secret.
    type: path
    env:
      - name: MOSAIC_NOTIFY_CONNECTOR
    ini:
      - section: callback_mosaic_notify
        key: connector_path
  credentials_path:
    description:
      - The file of mode 0600 on the controller that holds the secrets of the connector, as C(MATRIX_ACCESS_TOKEN=...).
      - They come from this file and from nowhere else.
    type: path
    env:
      - name: MOSAIC_NOTIFY_CREDENTIALS
    ini:
      - section: callback_mosaic_notify
        key: credentials_path
  ca_path:
    description: A file of PEM certificates that is trusted in addition to the system's.
    type: path
    env:
      - name: MOSAIC_NOTIFY_CA
    ini:
      - section: callback_mosaic_notify
        key: ca_path
  when:
    description:
      - Which runs are told of. With V(failed) those where a host failed or could not be reached, with V(changed) also those that changed
        something.
    type: str
    choices: [always, changed, failed]
    default: always
    env:
      - name: MOSAIC_NOTIFY_WHEN
    ini:
      - section: callback_mosaic_notify
        key: when
  timeout:
    description:
      - Seconds that the message may take as a whole, at most 600. The run ends so much later at most.
      - A name server that does not answer is waited for as long as the system's resolver does (resolv.conf(5)).
    type: float
    default: 30.0
    env:
      - name: MOSAIC_NOTIFY_TIMEOUT
    ini:
      - section: callback_mosaic_notify
        key: timeout
"""

EXAMPLES = r"""
# ansible.cfg
# [defaults]
# callbacks_enabled = mosaic.fleet.notify
#
# [callback_mosaic_notify]
# connector_path = /etc/ansible/notify.yaml
# credentials_path = /etc/ansible/notify.env
# when = changed

# /etc/ansible/notify.yaml
connector:
  kind: matrix
  matrix:
    homeserver_url: https://matrix.example.org
    user_id: "@ansible:example.org"
    room_id: "!JzGCRmI0xVeBu1WPjGEUzh6nBm5Lb5EsGnJm1O9Yuyk"
"""

import asyncio
import time
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

from ..module_utils.connectors.envfile import read_env_file
from ..module_utils.connectors.environ import environ
from ..module_utils.connectors.errors import ConfigError, ConnectorError, UnreachableError
from ..module_utils.connectors.http_client import CA_PATH_VARIABLE
from ..module_utils.connectors.registry import create_connector, describe
from ..module_utils.connectors.roster.file import load_roster
from ..module_utils.connectors.secrets import redact_shapes
from ..module_utils.connectors.terminal import one_line
from ..module_utils.connectors.types import ConnectorConfig, OutboundMessage

MOST_NAMED = 20
"""Hosts that are named in a message; of more their number is told."""

LONGEST = 600.0


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """What Ansible looks for in a callback plugin."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "mosaic.fleet.notify"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._playbook = "A playbook"
        self._began = time.monotonic()
        self._failed_at: dict[str, str] = {}

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Note what runs, and since when."""
        self._playbook = Path(str(playbook._file_name)).name
        self._began = time.monotonic()

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note where a host failed; whether it did in the end is told by the numbers."""
        if not ignore_errors:
            host = getattr(result, "host", None) or result._host  # before ansible-core 2.19 it is not public
            self._failed_at[host.get_name()] = str(result.task_name)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Tell how it ended; a failure to is one warning."""
        try:
            recap = Recap(stats)
            if not recap.is_wanted(self.get_option("when")):
                return
            seconds = int(time.monotonic() - self._began)
            self._tell(recap.text(self._playbook, seconds, self._failed_at))
        except ConnectorError as error:
            self._warn(str(error))
        except Exception as error:
            # Its words may be of any layer below, and hold anything.
            self._warn(f"an unexpected {type(error).__name__}. Report it, with what was configured.")

    def _tell(self, text: str) -> None:
        timeout = self.get_option("timeout")
        if not 0 < timeout <= LONGEST:
            raise ConfigError(
                f"timeout is expected to be above 0 and at most {LONGEST:g} seconds, found {timeout}. Correct it."
            )
        config = self._connector()
        with environ(self._environment(config)):
            asyncio.run(_send(config, text, timeout))

    def _connector(self) -> ConnectorConfig:
        path = self.get_option("connector_path")
        if not path:
            raise ConfigError(
                "connector_path is expected to name the file with the connector's block, and is not set. Set it in "
                "the section callback_mosaic_notify of ansible.cfg, or by MOSAIC_NOTIFY_CONNECTOR."
            )
        roster = load_roster(path)
        roster.require_complete()
        if roster.connector is None:
            raise ConfigError(f"{path} is expected to have a block connector, and has none. Write one.")
        return roster.connector

    def _environment(self, config: ConnectorConfig) -> dict[str, str]:
        """The secrets of the named file, and none that the controller's environment may hold."""
        variables = {secret.variable: "" for secret in describe(config.kind).secrets}
        if self.get_option("credentials_path"):
            variables.update(read_env_file(self.get_option("credentials_path")))
        if self.get_option("ca_path"):
            variables[CA_PATH_VARIABLE] = self.get_option("ca_path")
        return variables

    def _warn(self, why: str) -> None:
        self._display.warning(f"mosaic.fleet.notify: the operator was not told how the run ended: {why}")


class Recap:
    """How a run ended, by the numbers of its hosts."""

    def __init__(self, stats: Any) -> None:
        """Take the numbers that Ansible counted."""
        numbers = {str(host): stats.summarize(host) for host in sorted(stats.processed)}
        self.hosts = len(numbers)
        self.unreachable = [host for host, one in numbers.items() if one["unreachable"]]
        self.failed = [host for host, one in numbers.items() if one["failures"] and not one["unreachable"]]
        self.changed = [host for host, one in numbers.items() if one["changed"]]

    def is_wanted(self, when: str) -> bool:
        """Whether `when` asks for a message about such a run."""
        wrong = bool(self.failed or self.unreachable)
        return when == "always" or wrong or (when == "changed" and bool(self.changed))

    def text(self, playbook: str, seconds: int, failed_at: dict[str, str]) -> str:
        """The message: a verdict, a line for each host that is not well, and the numbers."""
        checked = " (check mode)" if context.CLIARGS.get("check") else ""
        wrong = len(self.failed) + len(self.unreachable)
        verdict = f"failed on {wrong} of {self.hosts} hosts" if wrong else f"ended well on {self.hosts} hosts"
        if not self.hosts:
            verdict = "ran on no host"
        named = [f"{one}: could not be reached" for one in self.unreachable]
        named += [f"{one}: failed at: {failed_at.get(one, 'an unnamed task')}" for one in self.failed]
        lines = [_harmless(one) for one in (f"{playbook}{checked} {verdict}", *named[:MOST_NAMED])]
        if len(named) > MOST_NAMED:
            lines.append(f"and {len(named) - MOST_NAMED} more")
        return "\n".join([*lines, f"{len(self.changed)} changed, in {seconds // 60} min {seconds % 60} s"])


def _harmless(text: str) -> str:
    return one_line(redact_shapes(text), 300)


async def _send(config: ConnectorConfig, text: str, timeout: float) -> None:
    """Send it within so many seconds; raises `ConnectorError`."""
    try:
        await asyncio.wait_for(_sent(config, text), timeout)
    except asyncio.TimeoutError as error:
        raise UnreachableError(
            f"the {config.kind} connector did not take the message within {timeout:g} seconds. Look whether its far side runs."
        ) from error


async def _sent(config: ConnectorConfig, text: str) -> None:
    async with create_connector(config) as connector:
        result = await connector.send(OutboundMessage(text))
    if not result.delivered:
        raise UnreachableError(result.error or f"the {config.kind} connector gives no reason.")
