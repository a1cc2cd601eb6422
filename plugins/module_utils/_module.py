# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules share: one value for `changed` and `diff`, one way to fail. It travels with each, and brings little along."""

from __future__ import annotations

import platform
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

OLDEST_PYTHON = (3, 10)

if sys.version_info < OLDEST_PYTHON:
    # Said before the library is imported, which would fail here and not say why.
    raise ImportError(
        f"Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is expected, and {sys.executable} is "
        f"{platform.python_version()}. Set ansible_python_interpreter to a newer one on this task, e.g. to "
        "the virtual environment that the role mosaic.fleet.runtime makes."
    )

from ._library import is_sentence  # noqa: E402
from .connectors.errors import ConnectorError, MissingLibraryError  # noqa: E402
from .connectors.secrets import Secret  # noqa: E402


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


def run_module(
    body: Callable[[AnsibleModule], dict[str, Any] | Awaitable[dict[str, Any]]], **spec: Any
) -> None:
    """Run a module's body, plain or async on one event loop, and end as Ansible expects it.

    The body is the module's look, plan and apply; what it returns goes to `exit_json`.

    `spec` is what `AnsibleModule` takes. Every error of the library becomes one clear sentence;
    none of them contains a secret.
    """
    module = AnsibleModule(supports_check_mode=True, **spec)
    try:
        result = body(module)
        if isawaitable(result):
            import asyncio  # which takes as long as all the rest: most modules on a host have no need of it

            result = asyncio.run(_finish(result))
    except MissingLibraryError as error:
        module.fail_json(msg=f"{missing_required_lib(error.library)} {error}")
    except ConnectorError as error:
        module.fail_json(msg=str(error))
    except Exception as error:
        if not is_sentence(error):
            raise
        module.fail_json(msg=str(error))
    if not module._diff:
        # Ansible would not show it, but keep it in what is registered and print it all the same at -v.
        result.pop("diff", None)
    module.exit_json(**result)


async def _finish(result: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return await result


def hide(module: AnsibleModule, secret: Secret | None) -> Secret | None:
    """Have Ansible mask a secret that did not come in as an option, should it ever be printed."""
    if secret is not None:
        module.no_log_values.add(secret.reveal())
    return secret
