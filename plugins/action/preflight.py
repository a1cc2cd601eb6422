# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action `preflight`: every mistake of the variables at once, before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display

from ..plugin_utils.preflight import checks, fleet
from ..plugin_utils.preflight.report import report
from ..plugin_utils.preflight.specs import Specs
from ..plugin_utils.preflight.values import Values, WrongError

ROOT = Path(__file__).resolve().parents[2]
HOMESERVER = "homeserver"
"""The role that a host's `homeserver_implementation` names."""
_SHOWS_LINES = (2, 19)
"""From this ansible-core on a failure's message is shown in lines; before, as one line of JSON."""
_OF_THE_PLAY = ("hostvars", "playbook_dir", "ansible_check_mode", "ansible_diff_mode", "ansible_version")
"""What a host's variables do not hold of themselves, and a template may read."""


class ActionModule(ActionBase):  # type: ignore[misc]
    """What Ansible looks for in an action plugin; it asks no host."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """All the mistakes as `mistakes`, and as one message where there are some."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _ignored, given = self.validate_argument_spec(
            argument_spec={
                "roles": {"type": "list", "elements": "str", "default": []},
                "playbook": {"type": "str"},
                "groups": {"type": "dict", "default": {}},
                "look": {"type": "dict"},
                "checks": {
                    "type": "list",
                    "elements": "str",
                    "choices": list(checks.ASPECTS),
                    "default": list(checks.ASPECTS),
                },
            },
            mutually_exclusive=[("playbook", "roles"), ("playbook", "look")],
        )
        everything = task_vars or {}
        specs = Specs(ROOT, self._loader.load_from_file)
        found = (
            self._of_playbook(given, specs, everything)
            if given["playbook"]
            else "\n".join(dict.fromkeys(self._of_roles(given, specs, everything)))
        )
        if found:
            if tuple(map(int, __version__.split(".")[:2])) < _SHOWS_LINES:
                Display().error(found, wrap_text=False)
            result.update(failed=True, msg=found)
        return {**result, "changed": False}

    def _of_roles(self, given: dict[str, Any], specs: Specs, variables: dict[str, Any]) -> Iterator[str]:
        options = {role: checks.options_of(role, specs) for role in given["roles"]}
        every = {name: option for of_role in options.values() for name, option in of_role.items()}
        values = Values(
            variables["inventory_hostname"], every | specs.words(), variables, self._templar.template
        )
        look = given["look"]
        for role, of_role in options.items():
            if "variables" in given["checks"]:
                yield from checks.of_variables(role, values, of_role)
                yield from checks.of_names(values, specs.names_of(role), specs)
                self._warn(role, values)
            for aspect in ("data", "program"):
                if look is not None and aspect in given["checks"]:
                    yield from checks.of_look(role, values, look, aspect)

    def _of_playbook(self, given: dict[str, Any], specs: Specs, variables: dict[str, Any]) -> str:
        words = specs.words()
        wanted = {entry for of_group in given["groups"].values() for entry in of_group} - {HOMESERVER}
        entries = {entry: checks.options_of(entry, specs) for entry in {*checks.ROLES, *wanted}}
        every = words | {name: option for options in entries.values() for name, option in options.items()}

        @cache
        def of(host: str) -> Values:
            return Values(host, every, *self._variables(host, variables, every))

        groups = variables["groups"]
        run = fleet.Fleet(given["playbook"], variables["ansible_play_hosts_all"], groups, of)
        known = specs.names()
        by_host: dict[str, list[str]] = {}
        for host in run.hosts:
            values = of(host)
            wrong = [*values.mistakes(words), *checks.of_names(values, known, specs)]
            for entry in self._roles_of(host, given["groups"], groups, values):
                wrong += checks.of_variables(entry, values, entries[entry])
                self._warn(entry, values)
            by_host[host] = list(dict.fromkeys([*wrong, *fleet.of_host(run, host)]))
        return report(list(fleet.of_run(run)), by_host)

    @staticmethod
    def _roles_of(
        host: str, wanted: Mapping[str, list[str]], groups: Mapping[str, list[str]], values: Values
    ) -> Iterator[str]:
        """Each role that the host gets, once."""
        roles = [
            role for group, of_group in wanted.items() if host in groups.get(group, ()) for role in of_group
        ]
        for role in dict.fromkeys(roles):
            if role != HOMESERVER:
                yield role
                continue
            try:
                yield values["homeserver_implementation"]
            except WrongError:
                continue  # said already

    def _variables(
        self, host: str, here: dict[str, Any], options: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Any]:
        """What play, inventory and command line say of a host, and how to render it, with the roles' defaults below it."""
        given = {**here["hostvars"].raw_get(host), **self._of_play(here, options)}
        defaults = {name: option.default for name, option in options.items() if option.default is not None}
        play = {name: here[name] for name in _OF_THE_PLAY if name in here}
        templar = self._templar.copy_with_new_env(available_variables={**defaults, **given, **play})
        return given, templar.template

    @staticmethod
    def _of_play(here: dict[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """The variables that the play has for all its hosts, as `vars` of an import_playbook are."""
        of_this_host = here["hostvars"].raw_get(here["inventory_hostname"])
        return {
            name: here[name]
            for name in options.keys() & here.keys()
            if name not in of_this_host or of_this_host[name] != here[name]
        }

    @staticmethod
    def _warn(role: str, values: Values) -> None:
        for sentence in checks.warnings(role, values):
            Display().warning(sentence)
