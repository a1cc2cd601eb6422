# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a monitor is shown: every series from the first scrape, the same names in the rules and the dashboard, and a probe."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes.homeserver import FakeHomeserver
from fakes.matrix import connector_on, eventually
from mosaic_connectors import InboundMessage
from mosaic_connectors.bridge.counters import PREFIX, Counters
from mosaic_connectors.bridge.gauges import read_gauges
from mosaic_connectors.bridge.metrics import MetricsServer
from mosaic_connectors.bridge.series import COUNTERS, GAUGES
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.settings import Settings
from mosaic_connectors.tmux.pane import Outcome

ROOT = Path(__file__).parents[6]
LIBRARY = ROOT / "plugins" / "module_utils" / "connectors"
MONITORING = ROOT / "roles" / "orchestrator" / "files" / "monitoring"
NAMES = {f"{PREFIX}_{name}_total" for name in COUNTERS} | {f"{PREFIX}_{name}" for name in GAUGES}


def counted() -> list[tuple[str, str | None]]:
    """What any part of the bridge counts: the series, and the name of its label."""
    calls = [
        node
        for file in sorted((LIBRARY / "bridge").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("counters.add")
    ]
    names = [
        (word.value, call.keywords[0].arg if call.keywords else None)
        for call in calls
        for word in ast.walk(call.args[0])
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    ]
    return sorted(names, key=str)


def test_what_is_counted_is_described_and_what_is_described_is_counted() -> None:
    assert {name for name, _label in counted()} == set(COUNTERS)
    assert all(COUNTERS[name].label == label for name, label in counted())
    assert COUNTERS["delivered"].values == tuple(outcome.value for outcome in Outcome)


def test_every_series_has_its_words_and_a_value_before_anything_happened() -> None:
    lines = Counters().exposition(dict.fromkeys(GAUGES, 0.0)).splitlines()
    for name in NAMES:
        assert any(line.startswith(f"# HELP {name} ") for line in lines)
        assert any(re.fullmatch(rf"{name}(\{{.+\}})? 0", line) for line in lines), name


def test_a_value_that_nobody_foresaw_is_shown_and_breaks_no_line() -> None:
    counters = Counters()
    counters.add("delivered", outcome='sub"mitted\n')
    counters.add("delivered", outcome="unverified")
    shown = counters.exposition({"up": 1.0, "start_timestamp_seconds": 1_700_000_000.25}).splitlines()
    assert counters.total("delivered") == 2
    assert f'{PREFIX}_delivered_total{{outcome="sub\\"mitted\\n"}} 1' in shown
    assert f'{PREFIX}_delivered_total{{outcome="unverified"}} 1' in shown
    assert f"{PREFIX}_start_timestamp_seconds 1700000000.25" in shown


async def ask(port: int, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head, _gap, body = (await asyncio.wait_for(reader.read(), 20)).decode().partition("\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body


def port_of(server: MetricsServer) -> int:
    """Where it listens, that was to take any port."""
    assert server._server is not None
    return int(server._server.sockets[0].getsockname()[1])


async def test_a_bridge_tells_of_its_line_and_of_what_waits_for_a_human(tmp_path: Path) -> None:
    """Without a session in tmux the operator's words are held: that is shown with its times, and is no illness."""
    server, began = FakeHomeserver(), time.time()
    settings = Settings(
        socket_path=str(tmp_path / "s"),
        tmux_socket=str(tmp_path / "t"),
        operators=("@op:x",),
        metrics_port=0,
        hold_interval=60.0,
        stop_timeout=0.1,
        health_interval=0.2,
    )
    bridge = Bridge(settings, connector_on(server, state_dir=tmp_path), tmp_path)
    assert set(read_gauges(bridge)) == set(GAUGES)
    assert read_gauges(bridge)["last_contact_timestamp_seconds"] == 0
    running = asyncio.ensure_future(bridge.run())
    await eventually(lambda: bridge.monitor.ready)
    port = port_of(bridge.metrics)
    assert await ask(port, "/healthz") == (200, "ok\n")
    bridge.inbox.accept("matrix", InboundMessage("words", "@op:x", "2026-01-01T00:00:00Z", message_id="$1"))
    bridge.deliverer.wake()
    await eventually(lambda: bridge.deliverer.holding is not None)
    shown = dict(
        line.rsplit(" ", 1) for line in (await ask(port, "/metrics"))[1].splitlines() if line[0] != "#"
    )
    for name in ("last_contact", "inbox_oldest", "inbox_held_since", "outbox_oldest", "questions_oldest"):
        told = float(shown[f"{PREFIX}_{name}_timestamp_seconds"])
        waits = name in ("last_contact", "inbox_oldest", "inbox_held_since")
        assert began <= told <= time.time() if waits else told == 0, name
    assert await ask(port, "/healthz") == (200, "ok\n")
    server.down = True
    await eventually(lambda: not bridge.monitor.health.reachable)
    assert await ask(port, "/healthz") == (503, "the channel is unreachable\n")
    bridge._stop.set()
    assert await running == 0


def queries() -> list[tuple[str, str]]:
    """Every query of the rules and of the dashboard, with where it stands."""
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    board: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    hosts = [
        (one["name"], one["query"]["query"]) for one in board["templating"]["list"] if one["type"] == "query"
    ]
    return [
        *((rule["alert"], rule["expr"]) for rule in rules),
        *((panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]),
        *hosts,
    ]


@pytest.mark.parametrize(("place", "query"), queries())
def test_a_query_names_only_what_the_bridge_shows(place: str, query: str) -> None:
    """A series that is called otherwise is an alert that never comes."""
    named = set(re.findall(rf"{PREFIX}_\w+", query))
    assert named or 'up{job="mosaic-connector"}' in query
    assert named <= NAMES
    assert [query.count(one) for one in "({["] == [query.count(one) for one in ")}]"]


def test_every_rule_says_how_bad_it_is_and_what_to_do() -> None:
    for rule in yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert "$labels.instance" in rule["annotations"]["summary"]


def test_a_rule_that_tells_a_time_has_one_for_its_value() -> None:
    """The value of `A and B` is that of A: with `held == 1` in front, what waited for an hour was said to wait for a second."""
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    timed = [rule["expr"] for rule in rules if "humanizeDuration" in json.dumps(rule)]
    assert timed
    assert [expr for expr in timed if not expr.startswith("(time() - ")] == []


def test_every_rule_is_seen_to_fire_by_the_gate() -> None:
    """`make gates ARGS=rules` gives promtool a bridge that is well, and one for each rule that is not."""
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    shown = yaml.safe_load((ROOT / "tests" / "monitoring" / "alerts.yml").read_text())["tests"]
    fired = [one["alertname"] for test in shown for one in test["alert_rule_test"] if one["exp_alerts"]]
    assert sorted(fired) == sorted(rule["alert"] for rule in rules)
