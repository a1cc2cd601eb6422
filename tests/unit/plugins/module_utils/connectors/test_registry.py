# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry: the design document's specification, in Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import mosaic_connectors as library
import pytest
from mosaic_connectors import (
    ConnectorConfig,
    ConnectorHealth,
    ConnectorNotImplementedError,
    OrchestratorConnector,
    SendResult,
    registry,
)


class Silent(OrchestratorConnector):
    """The smallest connector there can be."""

    def __init__(self, config: ConnectorConfig) -> None:
        self.kind = config.kind
        self.config = config

    async def send(self, message):
        return SendResult(delivered=True, message_id="x")

    def subscribe(self, handler):
        return lambda: None

    async def health(self):
        return ConnectorHealth(reachable=True, authenticated=True)

    async def aclose(self):
        return None


@pytest.fixture
def empty_registry():
    """A registry without the built-in kinds, put back as it was afterwards."""
    saved = dict(registry._factories)
    library.reset_connector_registry()
    yield
    library.reset_connector_registry()
    for kind, factory in saved.items():
        library.register_connector(kind, factory)


def test_the_three_peers_are_known():
    """Names and order are the contract's."""
    assert library.KNOWN_CONNECTOR_KINDS[:3] == ("tmux", "discord", "matrix")
    assert library.DEFAULT_CONNECTOR_KIND == "tmux"


@pytest.mark.parametrize(
    ("value", "known"), [("matrix", True), ("irc", False), (42, False), (None, False), ([], False)]
)
def test_the_guard_knows_kinds(value, known):
    """Anything may be asked about."""
    assert library.is_known_connector_kind(value) is known


def test_no_configuration_means_tmux():
    """Back-compatibility: a roster that declares nothing keeps working."""
    assert library.resolve_connector_kind() == "tmux"
    assert library.resolve_connector_kind(None) == "tmux"
    assert library.resolve_connector_kind(ConnectorConfig(kind="matrix")) == "matrix"


@pytest.mark.usefixtures("empty_registry")
def test_an_unregistered_kind_is_not_implemented_yet():
    """The error names the kind, and no configuration asks for the default one."""
    with pytest.raises(ConnectorNotImplementedError, match="not implemented yet") as caught:
        library.create_connector(ConnectorConfig(kind="matrix"))
    assert caught.value.kind == "matrix"
    with pytest.raises(ConnectorNotImplementedError) as caught:
        library.create_connector()
    assert caught.value.kind == "tmux"


@pytest.mark.usefixtures("empty_registry")
def test_a_registered_factory_is_found_and_gets_the_whole_config():
    """register, has, create."""
    assert not library.has_connector("matrix")
    library.register_connector("matrix", Silent)
    assert library.has_connector("matrix")
    config = ConnectorConfig(kind="matrix", matrix=library.MatrixConnectorConfig("https://m", "@m:m", "!r"))
    connector = library.create_connector(config)
    assert connector.kind == "matrix"
    assert connector.config is config


@pytest.mark.usefixtures("empty_registry")
def test_the_last_registration_wins():
    """A host program may replace a built-in kind."""
    library.register_connector("tmux", lambda _config: Silent(ConnectorConfig(kind="first")))
    library.register_connector("tmux", Silent)
    assert library.create_connector().kind == "tmux"


def test_an_entry_point_brings_a_kind(tmp_path, monkeypatch):
    """A distribution advertises a kind in the group `mosaic_connectors`."""
    information = tmp_path / "pigeon-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeon\nVersion: 1\n")
    (information / "entry_points.txt").write_text("[mosaic_connectors]\ncarrier-pigeon = pigeon:Pigeon\n")
    (tmp_path / "pigeon.py").write_text("def Pigeon(config):\n    return ('pigeon', config)\n")
    monkeypatch.syspath_prepend(tmp_path)
    config = ConnectorConfig(kind="carrier-pigeon")
    assert library.has_connector("carrier-pigeon")
    assert library.create_connector(config) == ("pigeon", config)
    assert not library.has_connector("smoke-signals")


@pytest.mark.parametrize(
    ("path", "text", "loaded"),
    [
        ("pigeon-1.dist-info", "[mosaic_connectors]\ncarrier-pigeon = pigeon:Pigeon\n", True),
        ("pigeon-1.egg-info", "[mosaic_connectors]\ncarrier-pigeon = pigeon:Pigeon\n", True),
        (
            "mosaic-1.dist-info",
            "[console_scripts]\nmosaic-connector = mosaic_connectors.cli.main:main\n",
            False,
        ),
        ("other-1.dist-info", None, False),
    ],
)
def test_distributions_are_read_where_one_advertises_a_kind(tmp_path, path, text, loaded):
    """To read them all takes a megabyte, which a bridge without somebody else's kinds does not pay."""
    (tmp_path / path).mkdir()
    if text:
        (tmp_path / path / "entry_points.txt").write_text(text)
    said = _kinds_of_another_process(tmp_path, tmp_path)
    assert said == {"pigeon": path.startswith("pigeon-"), "loaded": loaded}


def test_a_distribution_in_a_zip_file_may_advertise_a_kind(tmp_path):
    with ZipFile(tmp_path / "pigeon.zip", "w") as archive:
        archive.writestr("pigeon-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: pigeon\nVersion: 1\n")
        archive.writestr(
            "pigeon-1.dist-info/entry_points.txt", "[mosaic_connectors]\ncarrier-pigeon = pigeon:Pigeon\n"
        )
    said = _kinds_of_another_process(tmp_path, tmp_path / "pigeon.zip")
    assert said == {"pigeon": True, "loaded": True}


def _kinds_of_another_process(folder, path):
    """Whether a process that looks for kinds there finds the pigeon, and whether it had to read distributions."""
    (folder / "library").mkdir()
    (folder / "library" / "mosaic_connectors").symlink_to(Path(library.__file__).parent)
    program = (
        "import json, sys; sys.path[:0] = sys.argv[1:]\n"
        "from mosaic_connectors.registry import known_connector_kinds\n"
        "found = 'carrier-pigeon' in known_connector_kinds()\n"
        "print(json.dumps({'pigeon': found, 'loaded': 'importlib.metadata' in sys.modules}))"
    )
    alone = [sys.executable, "-I", "-S", "-c", program, str(path), str(folder / "library"), "/nowhere"]
    return json.loads(subprocess.run(alone, capture_output=True, text=True, check=True, timeout=60).stdout)


def test_the_built_in_kinds_are_registered_on_import():
    """Importing the library is all it takes."""
    assert library.has_connector("matrix")
    assert library.has_connector("tmux")
