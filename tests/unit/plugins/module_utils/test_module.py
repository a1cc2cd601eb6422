# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules share: one value for changed and diff, one way to fail."""

from __future__ import annotations

import importlib.util
import json
import sys

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils import _module
from ansible_collections.mosaic.fleet.plugins.module_utils._module import Change, run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import StateError
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.thirdparty import require
from fakes.module_arguments import patch_module_args


@pytest.fixture
def run(capsys):
    """Run a body as a module."""

    def run_once(body, arguments=None, **spec):
        with patch_module_args(arguments or {}), pytest.raises(SystemExit):
            run_module(body, argument_spec={}, **spec)
        return json.loads(capsys.readouterr().out)

    return run_once


def test_changed_and_diff_come_from_the_same_values():
    same = Change({"a": 1}, {"a": 1}, header="here")
    assert same.needed is same.result()["changed"] is False
    other = Change({"a": 1}, {"a": 2}, header="here")
    assert other.result() == {
        "changed": True,
        "diff": {
            "before": {"a": 1},
            "after": {"a": 2},
            "before_header": "here",
            "after_header": "here",
        },
    }


def test_a_body_may_be_plain_or_async(run):
    async def slow(module):
        return {"answer": module.check_mode}

    assert run(slow)["answer"] is run(lambda module: {"answer": module.check_mode})["answer"] is False


def test_every_error_of_the_library_is_one_sentence(run):
    async def body(module):
        raise StateError("The disk is full. Make room.")

    result = run(body)
    assert (result["failed"], result["msg"]) == (True, "The disk is full. Make room.")


def test_a_missing_library_is_said_with_the_interpreter(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    result = run(lambda module: {"client": require("httpx")})
    assert "required Python library (httpx)" in result["msg"]
    assert sys.executable in result["msg"]
    assert "pip install 'httpx'" in result["msg"]


def test_an_interpreter_that_is_too_old_is_said_before_the_library_is_imported(monkeypatch):
    spec = importlib.util.spec_from_file_location("_too_old", _module.__file__)
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    with pytest.raises(ImportError, match=r"Python 3\.10 or newer is expected.*ansible_python_interpreter"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
