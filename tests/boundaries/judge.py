# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a fleet is what an undisturbed run makes of it."""

from __future__ import annotations

import re
from typing import Any

from look import OLDER

Look = dict[str, Any]
ANSIBLES_OWN = re.compile(r"/root/\.ansible|/tmp/ansible_[\w.]+_payload_\w+(/|$)")
SAME = ("kind", "mode", "owner", "digest")


def expected(first: Look, second: Look) -> Look:
    """What two undisturbed runs have in common: what differs between them is another each time."""
    return {host: _host(first[host], second[host]) for host in first}


def _host(first: Look, second: Look) -> Look:
    files: dict[str, Any] = {}
    for path in first["files"].keys() | second["files"].keys():
        one, other = first["files"].get(path), second["files"].get(path)
        if one is None or other is None:
            files[path] = None  # it may be there, and may not
            continue
        common = {name: value for name, value in one.items() if other.get(name) == value}
        files[path] = common
    units = {name: told for name, told in first["units"].items() if second["units"].get(name) == told}
    return {"files": files, "units": units, "server": first["server"]}


def differences(wanted: Look, found: Look) -> list[str]:
    """What is not as it should be, a sentence each."""
    told: list[str] = []
    for host, here in wanted.items():
        waits = removed_later(found[host])
        files = {path: file for path, file in found[host]["files"].items() if not _named(path, waits)}
        told += [f"{host}: {line}" for line in _files(_ours(here["files"]), _ours(files))]
        told += [f"{host}: {line}" for line in _units(here["units"], found[host])]
        told += [f"{host}: {line}" for line in _server(here["server"], found[host]["server"])]
    return told


def removed_later(found: Look) -> list[str]:
    """The folders of killed runs that the host itself will remove: a timer of each one's name is set."""
    timers = (
        name.removesuffix(".timer") for name, told in found["units"].items() if "ActiveState=active" in told
    )
    return [name for name in timers if name.startswith("mosaic-backup.")]


def _ours(files: Look) -> Look:
    """All but what Ansible and its modules leave in their own temporary folders when they are killed, unless it holds a secret."""
    return {
        path: file
        for path, file in files.items()
        if not ANSIBLES_OWN.match(path) or (file or {}).get("secret")
    }


def _named(text: str, names: list[str]) -> bool:
    return any(name in text for name in names)


def _files(wanted: Look, found: Look) -> list[str]:
    told = []
    for path in sorted(wanted.keys() | found.keys()):
        if path in wanted and wanted[path] is None:
            continue
        if path not in found:
            told.append(f"{path} is missing")
        elif path not in wanted:
            told.append(f"{path} is left over{', and holds a secret' if found[path].get('secret') else ''}")
        else:
            told += [
                f"{path} has the {name} {found[path].get(name)}, not {wanted[path][name]}"
                for name in (*SAME, *(["names"] if "digest" not in wanted[path] else []))
                if name in wanted[path] and found[path].get(name) != wanted[path][name]
            ]
    return told


def _units(wanted: Look, host: Look) -> list[str]:
    waits = removed_later(host)
    found = {name: told for name, told in host["units"].items() if not _named(name, waits)}
    names = sorted(wanted.keys() | found.keys())
    return [
        f"{name} is {found.get(name, 'not there')}, not {wanted.get(name, 'there')}"
        for name in names
        # What is newly started is never worse than what was to be started again already.
        if found.get(name) not in (wanted.get(name), (wanted.get(name) or "").removesuffix(OLDER) or None)
    ]


def _server(wanted: Look, found: Look) -> list[str]:
    told = [
        f"the {what} are {found.get(what)}, not {wanted[what]}"
        for what in wanted
        if what != "open" and found.get(what) != wanted[what]
    ]
    return told + [f"registration is open: {entry}" for entry in found.get("open", [])]


def units_differ(wanted: Look, found: Look) -> list[str]:
    """Of that, what takes its time."""
    return [line for host in wanted for line in _units(wanted[host]["units"], found[host])]


def aftermath(found: Look, *, provisioned: bool, guarded: bool) -> list[str]:
    """What a run that was cut must not leave, even if there is no next one."""
    told = []
    for host, here in found.items():
        for entry in here["server"].get("open", []):
            if entry["for"] is None:
                told.append(f"{host}: registration is open without an end")
        bridge = here["units"].get("mosaic-connector.service", "ActiveState=active")  # it has none
        waits = any(
            name.endswith(".timer") and "ActiveState=active" in told for name, told in here["units"].items()
        )
        if provisioned and not (
            "ActiveState=active" in bridge or "ActiveState=activating" in bridge or waits
        ):
            told.append(f"{host}: the bridge is stopped, and nothing will start it ({bridge})")
        server = here["units"].get("mosaic-synapse.service", "ActiveState=active")
        if guarded and not ("ActiveState=active" in server or "ActiveState=activating" in server or waits):
            told.append(f"{host}: the homeserver is stopped, and nothing will start it ({server})")
    return told
