# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules share: argument specs, one value for `changed` and `diff`, one way to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .connectors.errors import ConnectorError, MissingLibraryError

HOMESERVER_ARGS: dict[str, dict[str, Any]] = {
    "homeserver_url": {"type": "str", "required": True},
    "timeout": {"type": "float", "default": 30.0},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}
"""Options of every module that talks to a homeserver (documented by the fragment `homeserver`)."""


@dataclass(frozen=True)
class Change:
    """What a module found and what it leaves: `changed` and `diff` come from the same two values."""

    before: Mapping[str, Any] | str
    after: Mapping[str, Any] | str
    header: str = field(default="", compare=False)

    @property
    def needed(self) -> bool:
        """Whether anything has to be done at all."""
        return self.before != self.after

    def result(self) -> dict[str, Any]:
        """`changed` and `diff` for `exit_json`."""
        diff: dict[str, Any] = {"before": self.before, "after": self.after}
        if self.header:
            diff.update(before_header=self.header, after_header=self.header)
        return {"changed": self.needed, "diff": diff}


Body = Callable[[AnsibleModule], dict[str, Any] | Awaitable[dict[str, Any]]]
"""The look, plan and apply of a module; what it returns goes to `exit_json`."""


def run_module(body: Body, **spec: Any) -> None:
    """Run a module's body, plain or async on one event loop, and end as Ansible expects it.

    `spec` is what `AnsibleModule` takes. Every error of the library becomes one clear sentence;
    none of them contains a secret.
    """
    module = AnsibleModule(supports_check_mode=True, **spec)
    try:
        result = body(module)
        if isawaitable(result):
            result = asyncio.run(_finish(result))
    except MissingLibraryError as error:
        module.fail_json(msg=f"{missing_required_lib(error.library)} {error}")
    except ConnectorError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


async def _finish(result: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return await result
