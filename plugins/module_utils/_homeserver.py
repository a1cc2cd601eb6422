# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules matrix_* share: the homeserver's options and client, and secrets that come in by an option or a file."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ._module import hide
from .connectors.envfile import read_env_file
from .connectors.errors import ConfigError, SecretError
from .connectors.matrix.kind import MATRIX_ACCESS_TOKEN
from .connectors.matrix.provision.patient_http import PatientHttp
from .connectors.secrets import Secret, secret_from_file

HOMESERVER_ARGS: dict[str, dict[str, Any]] = {
    "homeserver_url": {"type": "str", "required": True},
    "timeout": {"type": "float", "default": 30.0},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}
"""Options of every module that talks to a homeserver (documented by the fragment `homeserver`)."""


def homeserver(module: AnsibleModule, token: Secret | None = None) -> PatientHttp:
    """A client for the homeserver that the module's options name."""
    client = PatientHttp(
        module.params["homeserver_url"],
        access_token=hide(module, token),
        timeout=module.params["timeout"],
        validate_certs=module.params["validate_certs"],
        ca_path=module.params["ca_path"],
    )
    client.on_notice = module.warn
    return client


def stored_token(module: AnsibleModule) -> Secret:
    """The access token in the file that `credentials_path` names."""
    path = module.params["credentials_path"]
    token = read_env_file(path).get(MATRIX_ACCESS_TOKEN)
    if not token:
        raise SecretError(
            f"The credentials file {path} is expected to hold {MATRIX_ACCESS_TOKEN} and does not. "
            "Let matrix_user log in first, or put the token there."
        )
    return Secret(token)


def secret_option(module: AnsibleModule, name: str) -> Secret | None:
    """The secret given as the option `name`, or in the file that `<name>_path` names."""
    value = module.params[name]
    if value is not None and not value:
        raise ConfigError(f"{name} is expected to be a secret and is empty. Give one, or leave {name} out.")
    if value:
        return Secret(value)
    path = module.params.get(f"{name}_path")
    return hide(module, secret_from_file(path)) if path else None


def check_secrets_stay_apart(module: AnsibleModule, *results: str | None) -> None:
    """Refuse a secret that occurs in what the module returns, which Ansible would return masked."""
    for secret in module.no_log_values:
        if any(secret in result for result in results if result):
            raise ConfigError(
                "A secret given to this task is part of a name it returns (a user id, a device id, an alias), "
                "so anybody could guess it, and Ansible would mask the name. Choose another secret."
            )
