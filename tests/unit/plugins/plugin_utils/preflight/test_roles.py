# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, and the sentence that each gets; and what is right, which gets none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.kind import Kind
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.registry import descriptions
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight import checks, connector
from hypothesis import given
from hypothesis import strategies as st
from unit.plugins.plugin_utils.preflight.asked import ROOT, SPECS, values, wrong

RIGHT: dict[str, dict[str, Any]] = {
    "backup": {"backup_recipients": ["age1abc", "ssh-ed25519 AAAA me"]},
    "backup.restore": {"backup_identity": "key"},
    "backup.schedule": {"backup_schedule": "*-*-* 02:00"},
    "conduit": {"conduit_server_name": "fleet.example", "conduit_sha256": "0" * 64},
    "runtime": {},
    "synapse": {"synapse_server_name": "fleet.example"},
    "tls_proxy": {"tls_proxy_names": ["chat.example"]},
    "orchestrator": {},
}
MATRIX: dict[str, Any] = {
    "orchestrator_connector": "matrix",
    "orchestrator_operators": ["@me:hs.example"],
    "orchestrator_matrix_homeserver_url": "https://hs.example",
    "orchestrator_matrix_room_alias": "#fleet:hs.example",
    "orchestrator_matrix_user_id": "@mos-3:hs.example",
}
DISCORD: dict[str, Any] = {
    "orchestrator_connector": "discord",
    "orchestrator_operators": ["123456789012345679"],
    "orchestrator_discord_channel_id": "123456789012345678",
    "orchestrator_discord_token": "abc.def",
}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
ACME = {"tls_proxy_certificate": "acme"}
FEDERATED = {"synapse_federation": True, "synapse_federation_domain_whitelist": ["hs.example"]}

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("backup", {"backup_recipients": []}, "is expected to name the public key of age"),
    (
        "backup",
        {"backup_recipients": ["AGE-SECRET-KEY-1X"]},
        "1 of 1 do not. Put public keys there, never private ones.",
    ),
    ("backup", {"backup_keep": "-1"}, "backup_keep is expected to be 0, to keep all"),
    ("backup", {"backup_keep": "all"}, 'backup_keep must be a whole number, but is "all".'),
    ("backup.restore", {"backup_identity": ""}, "backup_identity is expected to be a file on the controller"),
    ("backup.schedule", {"backup_schedule": "02:00\n03:00"}, "backup_schedule must be one line, but is"),
    (
        "backup.schedule",
        {"backup_schedule_name": "../x"},
        "backup_schedule_name must be of letters, digits, _ and -",
    ),
    (
        "backup.schedule",
        {"backup_schedule_environment": {"A KEY": 1}},
        "backup_schedule_environment must be a mapping of names to texts or numbers, but on",
    ),
    (
        "orchestrator",
        {"orchestrator_helpers_environment": {"A-KEY": "1"}},
        "orchestrator_helpers_environment must be a mapping of names to texts or numbers, but on",
    ),
    ("runtime", {"runtime_pip_extra_args": ["-i", "https://me:hush@pip.example"]}, "must hold no password"),
    (
        "runtime",
        {"runtime_wheelhouse": "/nowhere"},
        "with wheels in it, and /nowhere is none. Make it by pip download",
    ),
    ("runtime", {"runtime_extra_packages": ["https://me:hush@pip.example/x.whl"]}, "must hold no password"),
    *(
        (
            "orchestrator",
            {
                "orchestrator_connector": "dropbox",
                "runtime_extra_packages": ["mosaic-dropbox"],
                "orchestrator_connector_secrets": {name: secret},
            },
            f"orchestrator_connector_secrets.{name} is expected to {what}",
        )
        for name, secret, what in (
            ("box key", "a", "have the name of a variable"),
            ("SPACE", "a b", "be a text of printable ASCII"),
            ("LINES", "a\nb", "be a text of printable ASCII"),
            ("NUMBER", 5, "be a text of printable ASCII"),
            ("QUOTE", "a'b", "be a text of printable ASCII"),
        )
    ),
    ("orchestrator", {"orchestrator_connector": "dropbox"}, "its distribution in runtime_extra_packages"),
    (
        "orchestrator",
        {"orchestrator_connector": "dropbox", "runtime_extra_packages": []},
        "its distribution in runtime_extra_packages",
    ),
    ("runtime", {"runtime_venv": "venv"}, 'runtime_venv must be a path that begins with /, but is "venv".'),
    ("runtime", {"runtime_state": "absnt"}, 'runtime_state must be present or absent, but is "absnt".'),
    ("conduit", {"conduit_server_name": "a b"}, "conduit_server_name is expected to be a host name"),
    (
        "conduit",
        {"conduit_server_name": "fleet.example\n"},
        "conduit_server_name is expected to be a host name",
    ),
    ("conduit", {"conduit_port": 0}, "conduit_port must be a port, from 1 to 65535, but is 0."),
    ("conduit", {"conduit_registration_token": ""}, "conduit_registration_token is empty"),
    ("conduit", {"conduit_settings": {"port": 1, "address": ""}}, "and holds address, port."),
    ("conduit", {"conduit_settings": {"max_request": 1}}, "Conduit does not know max_request,"),
    ("conduit", {"conduit_settings": {"turn": {"secrte": 1}}}, "Conduit does not know secrte,"),
    (
        "conduit",
        {"conduit_settings": {"media": "/srv"}},
        "Each of media in conduit_settings must be a mapping.",
    ),
    ("conduit", {"conduit_settings": {"media": {"path": "/srv"}}}, "media.path is expected to be below"),
    (
        "conduit",
        {"conduit_secret_settings": {"jwt_secret": 5}},
        "is expected to be a text, and one is a number",
    ),
    (
        "conduit",
        {"conduit_version": "newest"},
        'conduit_version must be a version, such as 0.10.16, but is "newest".',
    ),
    ("conduit", {"conduit_version": "0.10.9"}, "Conduit 0.10.9 has known security holes"),
    ("conduit", {"conduit_rate_limits": {"preset": "x"}}, "conduit_rate_limits needs Conduit 0.11 or newer"),
    (
        "conduit",
        {"conduit_sha256": "0" * 63},
        "conduit_sha256 is expected to be the SHA-256 of upstream's Conduit",
    ),
    (
        "conduit",
        {"conduit_sha256": "", "conduit_url": "https://me:hush@a.example/c"},
        "SHA-256 of https://a.example/c",
    ),
    ("conduit", {"conduit_binary": "/none"}, "conduit_binary is expected to be a file on the controller"),
    ("conduit", {"conduit_binary": __file__}, "is expected to have the SHA-256 0000"),
    ("conduit", {"conduit_database_backend": "rocks"}, 'must be rocksdb or sqlite, but is "rocks".'),
    ("synapse", {"synapse_server_name": "https://a"}, "synapse_server_name is expected to be a host name"),
    ("synapse", {"synapse_bind_addresses": []}, "is expected to name one address at least"),
    ("synapse", {"synapse_federation": "yes"}, "synapse_federation is on, and"),
    (
        "synapse",
        FEDERATED | {"synapse_federation": "no"},
        "names homeservers to talk to, and synapse_federation",
    ),
    (
        "synapse",
        FEDERATED | {"synapse_federation_domain_whitelist": ["*"]},
        "Synapse knows no wildcards here.",
    ),
    ("synapse", FEDERATED | {"synapse_federation_authorities": ["/a.pem"]}, "its text and not its path"),
    ("synapse", {"synapse_federation_authorities": [PEM]}, "synapse_federation_authorities is given, and"),
    ("synapse", {"synapse_workers": "9"}, "synapse_workers is expected to be a number from 0 to 8"),
    ("synapse", {"synapse_workers": 2}, "several processes cannot share a database of sqlite"),
    (
        "synapse",
        {"synapse_workers": 2, "synapse_database": "postgresql", "synapse_worker_port": "8007"},
        "The workers are expected to have ports of their own",
    ),
    ("synapse", {"synapse_secret_settings": {"redis": {}}}, "has no variable for, and hold redis."),
    (
        "synapse",
        {"synapse_settings": {"matrix_authentication_service": {"enabled": True}}},
        "hands the accounts over to a Matrix Authentication Service",
    ),
    (
        "synapse",
        {"synapse_message_lifetime": "90 days"},
        "synapse_message_lifetime: a lifetime is expected to be",
    ),
    ("synapse", {"synapse_max_upload_size": "50MB"}, "synapse_max_upload_size: a lifetime is expected"),
    (
        "synapse",
        {"synapse_database": "mysql"},
        'synapse_database must be sqlite or postgresql, but is "mysql".',
    ),
    (
        "tls_proxy",
        {"tls_proxy_names": ["10.0.0.1"]},
        "tls_proxy_names is expected to hold one host name or more",
    ),
    (
        "tls_proxy",
        {"tls_proxy_names": "chat.example"},
        'tls_proxy_names must be a list, but is the text "chat.example".',
    ),
    ("tls_proxy", {"tls_proxy_workers": ["nonsense"]}, 'as 127.0.0.1:8008, found "nonsense".'),
    ("tls_proxy", {"tls_proxy_addresses": ["eth0"]}, "is expected to hold addresses of the host"),
    (
        "tls_proxy",
        {"tls_proxy_https_port": 80, "tls_proxy_redirect_http": True},
        "each another one, found 80, 80.",
    ),
    ("tls_proxy", {"tls_proxy_max_body": 1}, "tls_proxy_max_body is expected to be 65536 bytes"),
    ("tls_proxy", {"tls_proxy_public_url": "http://a"}, "is expected to be https:// and a host name"),
    ("tls_proxy", {"tls_proxy_certificate": "files"}, "are expected to be paths on the host"),
    ("tls_proxy", {"tls_proxy_key_path": "/k.pem"}, "which is expected to be files then, is internal."),
    ("tls_proxy", ACME | {"tls_proxy_names": ["chat"]}, "a name that the whole world looks up, found chat."),
    ("tls_proxy", ACME | {"tls_proxy_https_port": 8443}, "the authority looks at port 443 or 80"),
    (
        "tls_proxy",
        ACME | {"tls_proxy_acme_directory": "a"},
        "tls_proxy_acme_directory is expected to be a URL",
    ),
    ("orchestrator", {"orchestrator_connector": "discrod"}, "found 'discrod'. Did you mean 'discord'?"),
    (
        "orchestrator",
        {"orchestrator_connector": "../x", "runtime_extra_packages": ["x"]},
        "orchestrator_connector is expected to be one of",
    ),
    (
        "orchestrator",
        {"orchestrator_home": "/home"},
        "orchestrator_home must be a folder of the orchestrator's own",
    ),
    (
        "orchestrator",
        {"orchestrator_home": "/srv/mos/", "orchestrator_roster_path": "/srv/mos/roster.yaml"},
        "/srv/mos/roster.yaml on mos-1 must be in a folder of root's",
    ),
    ("orchestrator", {"orchestrator_command": " "}, "orchestrator_command is expected to be the command"),
    (
        "orchestrator",
        {"orchestrator_agent": "codex", "orchestrator_command": "exec codex"},
        "both say what runs on mos-1: codex and 'exec codex'. Leave one of them out;",
    ),
    ("orchestrator", {"orchestrator_agent_flags": ["-m", "x"]}, "and orchestrator_agent names no program."),
    (
        "orchestrator",
        {"orchestrator_agent": "claude", "orchestrator_agent_flags": ["--settings=/x.json"]},
        "orchestrator_agent_flags on mos-1 has --settings, which the role gives itself:",
    ),
    (
        "orchestrator",
        {
            "orchestrator_agent": "copilot",
            "orchestrator_environment": {"COPILOT_CUSTOM_INSTRUCTIONS_DIRS": "/x"},
        },
        "orchestrator_environment on mos-1 has COPILOT_CUSTOM_INSTRUCTIONS_DIRS, which the role gives copilot itself:",
    ),
    ("orchestrator", {"orchestrator_matrix_deactivate": "maybe"}, 'must be true or false, but is "maybe".'),
    (
        "orchestrator",
        {key: value for key, value in MATRIX.items() if "homeserver_url" not in key},
        "orchestrator_matrix_homeserver_url is expected and missing.",
    ),
    (
        "orchestrator",
        MATRIX | {"orchestrator_matrix_user_id": "mos"},
        "orchestrator_matrix_user_id is expected to be a full Matrix user id such as @mos:example.org, found 'mos'.",
    ),
    (
        "orchestrator",
        MATRIX | {"orchestrator_operators": ["me"]},
        "Each of orchestrator_operators is expected to be a full Matrix user id such as @alice:example.org, found 'me'.",
    ),
    (
        "orchestrator",
        MATRIX | {"orchestrator_matrix_user_id": "@MOS-3:hs.example"},
        "Write @mos-3:hs.example, or",
    ),
    (
        "orchestrator",
        MATRIX | {"orchestrator_matrix_homeserver_url": "hs:8008"},
        "orchestrator_matrix_homeserver_url is expected to be a base URL such as https://matrix.example.org, found 'hs:8008'.",
    ),
    (
        "orchestrator",
        MATRIX | {"orchestrator_matrix_homeserver_url": "https://me:hush@hs.example"},
        "looks like a secret stands in orchestrator_matrix_homeserver_url",
    ),
    (
        "orchestrator",
        MATRIX | {"orchestrator_matrix_room_alias": "fleet"},
        "orchestrator_matrix_room_alias or orchestrator_matrix_room_id is expected to be a room id (!…) or an alias",
    ),
    (
        "orchestrator",
        MATRIX | {"orchestrator_matrix_ca_certificate": PEM},
        "is expected to say where it is to be written",
    ),
    (
        "orchestrator",
        DISCORD | {"orchestrator_discord_channel_id": "7"},
        "orchestrator_discord_channel_id is expected to be the number of a Discord channel, 15 to 21 digits",
    ),
    (
        "orchestrator",
        DISCORD | {"orchestrator_discord_channel_id": "123456789012345678\n"},
        "the number of a Discord channel",
    ),
    (
        "orchestrator",
        DISCORD | {"orchestrator_operators": ["123456789012345679\n"]},
        "the number of a Discord user, 15 to 21 digits",
    ),
    (
        "orchestrator",
        DISCORD | {"orchestrator_operators": ["@op:x"]},
        "the number of a Discord user, 15 to 21 digits in quotes, found '@op:x'.",
    ),
    (
        "orchestrator",
        DISCORD | {"orchestrator_discord_token": "ab\ncd"},
        "orchestrator_discord_token is expected to be a text of printable ASCII",
    ),
    (
        "orchestrator",
        DISCORD | {"orchestrator_discord_api_url": "ftp://a"},
        "orchestrator_discord_api_url is expected to be a URL that begins with https:// or http://",
    ),
]


@pytest.mark.parametrize(("entry", "given", "sentence"), CASES, ids=lambda value: str(value)[:60])
def test_a_mistake_is_told_once_and_in_a_sentence(entry: str, given: dict[str, Any], sentence: str) -> None:
    told = wrong(entry, **(RIGHT[entry] | given))
    assert len(told) == 1, told
    assert sentence in told[0]
    assert "hush" not in told[0]


@pytest.mark.parametrize("entry", RIGHT)
def test_what_is_right_is_taken(entry: str) -> None:
    assert wrong(entry, **RIGHT[entry]) == []


@pytest.mark.parametrize("kind", [MATRIX, DISCORD], ids=["matrix", "discord"])
def test_people_of_another_kind_may_stand_beside_ours(kind: dict[str, Any]) -> None:
    """So that switching the kind is a change of one variable."""
    assert (
        wrong("orchestrator", **kind | {"orchestrator_operators": ["@me:hs.example", "123456789012345679"]})
        == []
    )


def test_a_token_may_end_with_a_line_end() -> None:
    """A block of YAML, as a vault makes it, ends with one."""
    assert wrong("orchestrator", **DISCORD | {"orchestrator_discord_token": "abc.def\n"}) == []


def test_an_account_that_exists_may_have_capitals_in_its_name() -> None:
    """A homeserver lowers the name of a new one without a word, which would be another account than the roster says."""
    old = {"orchestrator_matrix_user_id": "@MOS-3:hs.example", "orchestrator_matrix_password": "hush"}
    assert wrong("orchestrator", **MATRIX | old) == []


def test_a_host_name_with_capitals_simply_works_where_no_account_has_it() -> None:
    assert wrong("orchestrator", host="MOS-3", **DISCORD) == []


def test_all_of_it_is_told_at_once() -> None:
    told = wrong(
        "orchestrator", orchestrator_connector="matrix", orchestrator_home="/x", orchestrator_command=""
    )
    assert len(told) == 5


def test_nothing_is_asked_of_what_is_to_go_but_whose_data_it_is() -> None:
    going = {"conduit_state": "absent", "conduit_server_name": "hs.example", "conduit_remove_data": "true"}
    look = {"server_name": "hs.example"}
    assert wrong("conduit", **going) == []
    said = list(checks.of_look("conduit", values("conduit", **going), look, "data"))
    assert len(said) == 1
    assert 'conduit_remove_data_of is expected to repeat that name, found ""' in said[0]
    for spared in ({"conduit_remove_data_of": "hs.example"}, {"conduit_remove_data": "false"}):
        assert list(checks.of_look("conduit", values("conduit", **going | spared), look, "data")) == []


CONDUIT = {
    "machine": "x86_64",
    "resolver": True,
    "executable": "ab",
    "version": "0.10.16",
    "stamp": f"{'0' * 64} ab",
    "server_name": "fleet.example",
    "database": ["rocksdb"],
}
SYNAPSE = {"server_name": "fleet.example", "engine": "sqlite3", "postgresql": "", "version": "1.163.2"}
SCALED = {"synapse_database": "postgresql"}
CADDY = {"version": "2.6.2", "taken": [], "unfit": ""}
FOUND: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "conduit",
        CONDUIT | {"server_name": "a.example"},
        {},
        "mos-1 is called a.example, and conduit_server_name says",
    ),
    ("conduit", CONDUIT | {"database": ["sqlite"]}, {}, "cannot move from one to the other: give sqlite"),
    ("conduit", CONDUIT | {"resolver": False}, {}, "does not start without an /etc/resolv.conf"),
    (
        "conduit",
        CONDUIT | {"version": "0.11.0"},
        {},
        "mos-1 has Conduit 0.11.0, and conduit_version says 0.10.16.",
    ),
    (
        "conduit",
        CONDUIT | {"version": "0.10.15"},
        {},
        "says that it is 0.10.15, and conduit_version says 0.10.16.",
    ),
    ("conduit", CONDUIT | {"machine": "riscv64"}, {}, "for x86_64 and aarch64, and mos-1 is riscv64."),
    (
        "synapse",
        SYNAPSE | {"server_name": "a.example"},
        {},
        "mos-1 is called a.example, and synapse_server_name says",
    ),
    ("synapse", SYNAPSE, SCALED, "Give sqlite, or move the data first"),
    ("synapse", SYNAPSE | {"engine": "psycopg2"}, {}, "There is no way back from postgresql"),
    (
        "synapse",
        SYNAPSE | {"engine": "psycopg2", "postgresql": "LATIN1 C C root\n"},
        SCALED,
        "and has LATIN1 C C root. Rename it or drop it",
    ),
    (
        "synapse",
        SYNAPSE | {"version": "1.164.0"},
        {},
        "mos-1 has Synapse 1.164.0, and synapse_version says 1.163.2.",
    ),
    ("tls_proxy", CADDY | {"taken": ["443 by nginx"]}, {}, "there is taken: 443 by nginx. Stop that program"),
    (
        "tls_proxy",
        CADDY | {"unfit": "it is over"},
        {},
        "that is good for chat.example, and it is over. Correct",
    ),
    ("tls_proxy", CADDY | {"version": "2.4.0"}, {}, "Caddy 2.6 or newer is expected"),
    ("tls_proxy", CADDY | {"version": ""}, {"tls_proxy_packages": []}, "tls_proxy_packages is empty"),
    (
        "runtime",
        {"python": ""},
        {"runtime_python": "python2.7"},
        "3.10 or newer as python2.7, and there is none.",
    ),
    ("runtime", {"python": "3.9"}, {}, "has 3.9. Install it, or name another interpreter by runtime_python."),
]


def found(role: str, look: dict[str, Any], **given: Any) -> list[str]:
    """What of a role does not go together with what is on the host."""
    these = values(role, **(RIGHT[role] | given))
    return [
        sentence for aspect in ("data", "program") for sentence in checks.of_look(role, these, look, aspect)
    ]


@pytest.mark.parametrize(("role", "look", "given", "sentence"), FOUND, ids=lambda value: str(value)[-60:])
def test_what_does_not_go_with_the_host_is_told(
    role: str, look: dict[str, Any], given: dict[str, Any], sentence: str
) -> None:
    told = found(role, look, **given)
    assert len(told) == 1, told
    assert sentence in told[0]


@pytest.mark.parametrize(
    ("role", "look"),
    [
        ("conduit", CONDUIT),
        (
            "conduit",
            CONDUIT | {"executable": "", "version": "", "stamp": "", "server_name": "", "database": []},
        ),
        ("synapse", SYNAPSE),
        ("synapse", dict.fromkeys(SYNAPSE, "")),
        ("tls_proxy", CADDY),
        ("tls_proxy", CADDY | {"version": ""}),
        ("runtime", {"python": "3.10"}),
    ],
)
def test_a_host_that_is_as_it_should_be_or_new_is_taken(role: str, look: dict[str, Any]) -> None:
    assert found(role, look) == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["turn", "media", "path"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("entry", RIGHT)
@given(data=st.data())
def test_whatever_stands_in_a_variable_is_right_or_told_in_sentences(entry: str, data: st.DataObject) -> None:
    """And never a traceback."""
    options = checks.options_of(entry, SPECS)
    given_values = data.draw(st.dictionaries(st.sampled_from(sorted(options)), ANYTHING, max_size=6))
    for sentence in wrong(entry, **(RIGHT[entry] | given_values)):
        assert sentence.strip()


def of_kind(kind: Kind, block: dict[str, str], environment: dict[str, str]) -> dict[str, Any]:
    """The variables that say this for a kind: its own, where the role has some, or those for all the others."""
    named: dict[str, Any] = {
        "orchestrator_connector": kind.name,
        "orchestrator_operators": [kind.operators.example] if kind.operators else [],
    }
    room = connector._ROOMS.get(kind.name)
    if room is None:
        return named | {
            "orchestrator_connector_settings": block,
            "orchestrator_connector_secrets": environment,
        }
    return (
        named
        | {room.FIELDS[key][0]: value for key, value in block.items()}
        | {room.ENVIRONMENT[variable]: value for variable, value in environment.items()}
    )


def examples(kind: Kind) -> tuple[dict[str, str], dict[str, str]]:
    """The block that the description of a kind shows, and a secret for each that it reads."""
    block = {one.key: one.example for one in kind.fields}
    return block, {one.variable: "abc.def\n" for one in kind.kept_secrets}


each_kind = pytest.mark.parametrize("kind", descriptions(), ids=lambda kind: kind.name)


@each_kind
def test_what_a_description_shows_is_taken(kind: Kind) -> None:
    assert wrong("orchestrator", **of_kind(kind, *examples(kind))) == []


@each_kind
def test_a_mistake_in_a_block_is_told_in_the_words_of_the_description(kind: Kind) -> None:
    block, secrets = examples(kind)
    for one in kind.fields:
        (told,) = wrong("orchestrator", **of_kind(kind, {**block, one.key: "none at all"}, secrets))
        assert f" is expected to be {one.shape.words}, found 'none at all'." in told
        assert told.startswith("orchestrator_")
        left = {key: value for key, value in block.items() if key != one.key}
        missing = wrong("orchestrator", **of_kind(kind, left, secrets))
        assert [" is expected and missing. Add it." in told for told in missing] == [True] * one.required


@each_kind
def test_what_a_kind_reads_of_the_environment_is_told_of_without_its_value(kind: Kind) -> None:
    block, secrets = examples(kind)
    for variable in (*secrets, *(one.variable for one in kind.environment)):
        (told,) = wrong("orchestrator", **of_kind(kind, block, {**secrets, variable: "hush hush"}))
        assert "is expected to be a text of printable ASCII" in told
        assert "hush" not in told
    if kind.fields and kind.name not in connector._ROOMS:
        variable = next(iter(secrets))
        (told,) = wrong("orchestrator", **of_kind(kind, block, {f"{variable}S": "hush"}))
        assert f"Did you mean {variable!r}?" in told


def test_every_role_has_its_checks() -> None:
    assert sorted(checks.ROLES) == sorted(
        path.parent.parent.name for path in Path(ROOT, "roles").glob("*/tasks/main.yml")
    )
