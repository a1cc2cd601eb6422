# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of the tasks: what no role and no playbook may do, on any host and with any inventory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from unit.laws.tasks import LISTS, ROOT, Task, optional_words, options, own_words, tasks, texts

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_PARTIAL = re.compile(
    r"""(?: \| \s* (?:first|last|min|max|random) \b   # of a sequence that may be empty
          | \[ -?[0-9]+ \]                            # an element that may be missing
          | \b groups \. [a-z_]+ \b )                 # a group that the inventory may not have
        (?! \s* \| \s* default \b )""",
    re.VERBOSE,
)


def test_what_a_task_says_can_be_said_when_nothing_is_wrong() -> None:
    """Ansible renders `fail_msg` before it looks at `that`: a message that cannot be rendered fails a host that is well."""
    optional = "|".join(sorted(optional_words()))
    unset = re.compile(rf"(?<![\w.])(?:{optional})\b(?!\s*(?:\|\s*default\b|is\s+(?:not\s+)?defined))")
    partial = []
    for task in tasks():
        speech = task.arguments("ansible.builtin.assert", "ansible.builtin.fail", "ansible.builtin.debug")
        if speech is None:
            continue
        said = [speech.get("fail_msg"), speech.get("msg"), task.body.get("vars")]
        partial += [
            f"{task}: {found}"
            for text in texts(said)
            for expression in _EXPRESSION.findall(text)
            for pattern in (_PARTIAL, unset)
            for found in pattern.findall(_QUOTED.sub("''", expression))
        ]
    assert not partial, "\n".join(partial)


_MARK = re.compile(r"\b__\w+_(?:made|marked)\b")


def test_nothing_that_a_variable_names_is_removed_unless_it_bears_our_mark() -> None:
    """Whoever writes a folder, a user or a group of his own into a variable would lose it with all that is in it."""
    removals = ("ansible.builtin.file", "ansible.builtin.user", "ansible.builtin.group")
    named = "|".join(sorted(own_words()))
    # Alone, or as one of a list; a name of ours below it, or a folder above what is named, is another thing.
    bare = re.compile(rf"(?<![\w.])(?:{named})\b(?!\s*(?:~|\|\s*dirname)|\s*}}}}[/.])")
    bold = []
    for task in tasks():
        arguments = task.arguments(*removals)
        if arguments is None or arguments.get("state") != "absent":
            continue
        names = [arguments.get("path"), arguments.get("name"), task.body.get("loop")]
        condition = " ".join(texts([task.body.get("when")]))
        bold += [
            f"{task}: {found}"
            for text in texts(names)
            for found in bare.findall(text)
            if not _MARK.search(condition)
        ]
    assert not bold, "\n".join(bold)


_LINE_END = re.compile(r"""(["'])\\[nrt]\1""")


def test_a_line_end_in_an_expression_is_one() -> None:
    """Ansible takes the backslash in an expression for one that is meant, unless YAML has made a line end of it before."""
    files = [file for pattern in ("roles/*/*/**/*.yml", "playbooks/**/*.yml") for file in ROOT.glob(pattern)]
    assert len(files) > 100
    wrong = [
        f"{file.relative_to(ROOT)}: {expression}"
        for file in files
        for text in texts(yaml.safe_load(file.read_text()))
        for expression in _EXPRESSION.findall(text)
        if _LINE_END.search(expression)
    ]
    assert not wrong, "\n".join(wrong)


_SPEECH = ("ansible.builtin.assert", "ansible.builtin.fail", "ansible.builtin.debug")


def test_a_path_of_the_controller_is_the_operators() -> None:
    """A delegated module takes a relative path from the playbook's folder, which is in the installed collection."""
    here = re.compile(r"(?:on|of) the controller|[Tt]he controller keeps")
    paths = {
        name
        for name, option in options().items()
        if here.search(" ".join(texts(option["description"]))) and option["type"] in ("str", "path")
    } | {"operator_token_file", "health_report_file", "health_page_file"}
    assert {"backup_dir", "backup_identity", "conduit_binary", "runtime_wheel_cache"} <= paths
    named = re.compile(rf"(?<![\w.])(?:{'|'.join(sorted(paths))})\b")
    used = []
    for task in tasks():
        silent = {
            name: value
            for name, value in task.body.items()
            if name not in (*_SPEECH, "when", "name", "block", "rescue", "always", "tasks")
        }
        used += [(str(task), text) for text in texts(silent) if named.search(text)]
    for file in (ROOT / "roles").glob("*/vars/main.yml"):
        held = yaml.safe_load(file.read_text()).items()
        used += [
            (f"{file.relative_to(ROOT)}: {name}", text)
            for name, value in held
            for text in texts(value)
            if named.search(text)
        ]
    loose = [where for where, text in used if "ansible.builtin.realpath" not in text]
    assert not loose, "\n".join(loose)


def test_a_task_without_privileges_has_none_whatever_the_inventory_says() -> None:
    """The variable `ansible_become` of an inventory beats the keyword `become`, also on the controller."""
    unprivileged = [
        task
        for task in tasks()
        if task.body.get("become") is False or task.body.get("delegate_to") == "localhost"
    ]
    assert len(unprivileged) > 20
    bold = [
        str(task)
        for task in unprivileged
        if task.body.get("become") is not False or task.vars.get("ansible_become") is not False
    ]
    assert not bold, "\n".join(bold)


_MAKERS = tuple(f"ansible.builtin.{name}" for name in ("copy", "file", "get_url", "lineinfile", "template"))


def test_what_root_makes_on_a_host_says_whose_it_is_and_who_may_read_it() -> None:
    """Left to the umask of a hardened host it would be for root alone, and the services are not root."""
    vague = []
    for task in tasks():
        arguments = task.arguments(*_MAKERS)
        if arguments is None or task.body.get("delegate_to") == "localhost":
            continue
        if "ansible.builtin.file" in task.body and arguments.get("state") not in ("directory", "touch"):
            continue
        vague += [f"{task}: {missing}" for missing in {"owner", "group", "mode"} - set(arguments)]
    assert not vague, "\n".join(vague)


_CONDITIONS = ("when", "until", "changed_when", "failed_when", "that")


def expressions(value: Any, *, bare: bool = False) -> Iterator[str]:
    """What Jinja computes in a value of YAML; a condition is an expression without braces."""
    if isinstance(value, str):
        yield from [value] if bare else _EXPRESSION.findall(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from expressions(inner, bare=bare or name in _CONDITIONS)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner, bare=bare)


def test_a_number_and_a_yes_mean_the_same_when_they_are_given_by_e() -> None:
    """`-e backup_keep=14` and `-e x=false` are texts: one compares with no number, and the other is as good as true."""
    kinds = {"bool": "bool", "int": "int|float", "float": "float"}
    casts = [
        # What is handed on or printed alone, joined to a text or made one is not computed with.
        re.compile(
            rf"(?<![\w.])(?<!\{{\{{ )(?<!~ )(?<!default\()(?:{'|'.join(names)})\b"
            rf"(?!\s*\|\s*(?:default\([^)]*\)\s*\|\s*)?(?:{cast}|string|to_json)\b)(?!\s+is\s+(?:not\s+)?defined)"
            rf"|\{{\{{ (?:{'|'.join(names)})\b(?!\s*\}}\}})(?!\s*\|\s*(?:{cast}|string|to_json|default)\b)"
        )
        for kind, cast in kinds.items()
        if (names := sorted(name for name, option in options().items() if option["type"] == kind))
    ]
    written: list[tuple[str, Any]] = [
        (str(task), {name: inner for name, inner in task.body.items() if name not in LISTS})
        for task in tasks()
    ]
    for file in ROOT.glob("roles/*/vars/main.yml"):
        written.append((str(file.relative_to(ROOT)), yaml.safe_load(file.read_text())))
    for file in ROOT.glob("roles/*/templates/*"):
        written.append((str(file.relative_to(ROOT)), file.read_text()))
    bare = [
        f"{where}: {expression}"
        for where, value in written
        for expression in expressions(value)
        if any(cast.search(_QUOTED.sub("''", expression)) for cast in casts)
    ]
    assert not bare, "\n".join(bare)


def test_a_group_that_a_pattern_found_is_put_in_by_its_number() -> None:
    """Ansible doubles the backslashes between braces: written twice, `\\1` ends up in the text as it stands."""
    held = [
        (str(task), {key: inner for key, inner in task.body.items() if key not in LISTS}) for task in tasks()
    ]
    for file in ROOT.glob("roles/*/vars/main.yml"):
        held.append((str(file.relative_to(ROOT)), yaml.safe_load(file.read_text())))
    doubled = [
        f"{where}: {expression}"
        for where, value in held
        for expression in expressions(value)
        if expression.startswith("{") and re.search(r"\\\\[0-9]", expression)
    ]
    assert not doubled, "\n".join(doubled)


def test_no_diff_shows_what_is_secret() -> None:
    """A file into which secret settings go is written without a diff, whatever variables they pass through."""
    shown, seen = [], 0
    for task in tasks():
        written = task.arguments("ansible.builtin.template", "ansible.builtin.copy")
        entries = (task.arguments("mosaic.fleet.files") or {}).get("entries")
        arguments = written or {"content": entries}
        if (written is None and entries is None) or task.file.parts[-4] != "roles":
            continue
        role = task.file.parents[1]
        source = role / "templates" / str(arguments.get("src"))
        text = source.read_text() if source.is_file() else _with_sources(role, str(arguments.get("content")))
        held = yaml.safe_load((role / "vars" / "main.yml").read_text()) | (task.body.get("vars") or {})
        held |= {name: _source(role, value) for name, value in held.items()}
        reached, before = {"secret_settings"}, 0
        while len(reached) > before:
            before = len(reached)
            reached |= {name for name, value in held.items() if any(word in str(value) for word in reached)}
        if any(re.search(rf"(?<!\w){word}\b", text) for word in reached):
            seen += 1
            hidden = "secret_settings" in str(task.body.get("diff")) or task.body.get("no_log") is True
            if isinstance(entries, list):
                hidden |= not any(
                    _shows(_with_sources(role, str(entry.get("content"))), reached) for entry in entries
                )
            shown += [] if hidden else [str(task)]
    assert seen >= 3
    assert not shown, "\n".join(shown)


def _shows(content: str, reached: set[str]) -> bool:
    """Whether that of a set of files which a diff shows has a secret in it."""
    if re.match(r"{{ omit if \w+_secret_settings else", content):
        return False
    return any(re.search(rf"(?<!\w){word}\b", content) for word in reached)


def _with_sources(role: Path, text: str) -> str:
    """A text, and after it the templates that it reads."""
    sources = [role / "templates" / name for name in re.findall(r"'(\w[\w.-]*\.j2)'", text)]
    return "\n".join([text, *(source.read_text() for source in sources)])


def _source(role: Path, value: Any) -> Any:
    """A variable, or the template that it reads."""
    read = re.fullmatch(r"{{ lookup\('ansible.builtin.template', '([^']+)'\) }}", str(value))
    return (role / "templates" / read[1]).read_text() if read else value


def test_a_task_that_is_not_logged_says_all_the_same_why_it_failed() -> None:
    """`no_log` hides the reason as well. Whoever rescues the task is told it, and the modules' own words hold no secret."""
    dumb = []
    for task in tasks():
        # A module that was killed has no words that could be hidden.
        bound = task.body.get("failed_when") is False or _unanswered(task)
        fails = "ansible.builtin.set_fact" not in task.body and not bound
        if task.body.get("no_log") is True and fails and not any("rescue" in body for body in task.around):
            dumb.append(str(task))
    assert not dumb, "\n".join(dumb)


def _unanswered(task: Task) -> bool:
    """Whether it fails only where no answer came: that is what Ansible makes of a module whose process was killed."""
    return task.body.get("failed_when") == f"{task.body.get('register')}.module_stdout is defined"


_WHATEVER_COMES = {
    ("roles/orchestrator/tasks/upgrade.yml", "Check whether the operator can be reached now"),
    ("roles/orchestrator/tasks/roll_back.yml", "Restart the bridge with them"),
    ("roles/orchestrator/tasks/rotate.yml", "Restart the bridge with that again"),
    ("roles/tls_proxy/tasks/answer.yml", "Wait until it answers, with the right certificate"),
    ("roles/conduit/tasks/wait.yml", "Read what it says itself"),
    ("roles/backup/tasks/schedule_validate.yml", "Parse the time of the schedule"),
    ("roles/backup/tasks/schedule_linger.yml", "Keep the user's units when nobody is logged in"),
}
"""Tasks that are no look, or whose answer is only told: the next task says or fails all the same when there is none."""


def test_no_answer_is_not_taken_for_an_answer() -> None:
    """A look whose module was killed would say of a host that there is nothing on it; a task that reads a state fails then."""
    credulous = {
        (str(task.file.relative_to(ROOT)), task.body.get("name"))
        for task in tasks()
        # health.yml tells of a host whatever can be told.
        if task.body.get("failed_when") is False
        and "register" in task.body
        and task.file.name != "health.yml"
    }
    assert credulous == _WHATEVER_COMES


def test_a_secret_passes_through_no_temporary_file() -> None:
    """`copy` and `template` carry a file to the host, and one of a killed run stays, here and there; arguments go through a pipe."""
    carried = []
    for task in tasks():
        arguments = task.arguments("ansible.builtin.copy", "ansible.builtin.template")
        if arguments is None or arguments.get("remote_src") or task.body.get("no_log") is not True:
            continue
        # What the operator asked for, on his own machine.
        carried += [] if task.body.get("delegate_to") == "localhost" else [str(task)]
    assert not carried, "\n".join(carried)


def test_an_unchanged_run_leaves_systemd_alone() -> None:
    """Units are read again when they have changed, and failures are forgotten where there are some."""
    restless = []
    for task in tasks():
        service = task.arguments("ansible.builtin.systemd_service") or {}
        command = task.arguments("ansible.builtin.command") or {}
        rereads = service.get("state") == "started" and service.get("daemon_reload") is True
        forgets = "reset-failed" in " ".join(texts(command)) and "when" not in task.body
        restless += [str(task)] if rereads or forgets else []
    assert not restless, "\n".join(restless)


def test_a_pattern_ends_where_the_text_ends() -> None:
    """`$` lets a line end follow, and a block of YAML ends with one: what is refused in the middle would pass at the end."""
    held = [
        (str(task), {key: inner for key, inner in task.body.items() if key not in LISTS}) for task in tasks()
    ]
    for file in ROOT.glob("roles/*/vars/main.yml"):
        held.append((str(file.relative_to(ROOT)), yaml.safe_load(file.read_text())))
    matched = re.compile(r"""match['"]?[,(] ?(['"])(.*?)\1|^(\^.*)$""", re.DOTALL)
    open_ended = [
        f"{where}: {pattern}"
        for where, value in held
        for text in texts(value)
        for _unused, called, alone in matched.findall(text)
        if "$" in (pattern := called or alone)
    ]
    assert not open_ended, "\n".join(open_ended)


def test_a_text_is_no_condition() -> None:
    """Since Ansible 2.19 a condition must be true or false, and an empty text is neither."""
    names = "|".join(sorted(name for name, option in options().items() if option["type"] != "bool"))
    bare = re.compile(rf"(?:^|\band\s+|\bor\s+)(?:{names})\s*(?:$|\band\b|\bor\b)")
    conditions = [
        (task, expression)
        for task in tasks()
        for expression in expressions(
            {name: value for name, value in task.body.items() if name not in LISTS}, bare=False
        )
        if not expression.startswith("{")
    ]
    assert len(conditions) > 250
    loose = [f"{task}: {expression}" for task, expression in conditions if bare.search(expression)]
    assert not loose, "\n".join(loose)


def test_a_part_of_a_role_is_run_by_its_tag() -> None:
    """What includes a part bears its tag and hands it on; the looks and checks that every part needs are always run."""
    known = {"always", "install", "configure", "service", "verify"}
    wrong, seen = [], 0
    for task in tasks():
        if task.file.parts[-2] != "tasks" or task.file.name not in ("main.yml", "present.yml"):
            continue
        role = task.file.parts[-3]
        removal = "remov" in str(task.body.get("name", "")).lower()
        if role == "backup" or removal or any(name in task.body for name in LISTS):
            continue
        seen += 1
        around = {tag for body in task.around for tag in body.get("tags") or []}
        own = set(task.body.get("tags") or []) | around
        included = task.arguments("ansible.builtin.include_tasks") or {}
        handed = {(included.get("apply") or {}).get("tags")} - {None}
        if (
            not own
            or not own <= known
            or not handed <= own
            or (included and not handed | around | (own & {"always"}))
        ):
            wrong.append(str(task))
    assert seen > 30
    assert not wrong, "\n".join(wrong)


def test_a_file_to_include_is_no_option() -> None:
    """Ansible takes a bare name with an `=` in it, as a lookup's has, for options, and the run ends there."""
    included = (
        "ansible.builtin.include_tasks",
        "ansible.builtin.import_tasks",
        "ansible.builtin.include_vars",
    )
    bare = [
        str(task)
        for task in tasks()
        for given in [task.arguments(*included)]
        if "=" in str((given or {}).get(""))
    ]
    assert not bare, "\n".join(bare)


_NO_IMPERATIVE = (
    *("Ask", "Ask,", "Be", "Bring", "Decide", "Do", "Expect", "Get", "Give", "Go", "Have", "It", "Know"),
    *("Let", "Look", "Not", "Refuse", "Say", "See", "Tell", "The"),
)


def test_a_task_is_named_by_what_it_does_and_to_what() -> None:
    """An imperative and its object, as whoever reads Ansible's output expects: "Install the packages"."""
    named = [(task, str(task.body["name"]).split()) for task in tasks() if task.body.get("name")]
    assert len(named) > 600
    odd = [str(task) for task, words in named if words[0] in _NO_IMPERATIVE or not words[0][0].isupper()]
    assert not odd, "\n".join(odd)


def test_so_is_a_task_of_a_scenario() -> None:
    """Their output is what is read when one has failed."""
    named = [
        (file.relative_to(ROOT), name.strip("'\""))
        for file in sorted((ROOT / "extensions" / "molecule").glob("*/**/*.yml"))
        if file.name != "molecule.yml" and "fleet" not in file.parts
        for name in re.findall(r"^\s*- name: (.+)$", file.read_text(), re.M)
    ]
    assert len(named) > 600
    odd = [
        f"{file}: {name}" for file, name in named if name.split()[0] in (*_NO_IMPERATIVE, "Never", "Accept")
    ]
    assert not odd, "\n".join(odd)


def test_a_name_of_our_own_is_given_a_value_somewhere() -> None:
    """A `__name` that stands nowhere but where it is read fails the hosts that come to that task, and no others."""
    files = [file for folder in ("roles", "playbooks") for file in (ROOT / folder).rglob("*.[yj]*")]
    text = "\n".join(file.read_text() for file in files)
    read = set(re.findall(r"(?<!\w)__[a-z]\w*[a-z](?!\w)", text)) - {"__version__"}
    given = re.findall(
        r"^\s*(?:- )?(__\w+):|\{(__\w+):|(?:register|_var|set_fact): (__\w+)|\b(?:for|set) (__\w+)",
        text,
        re.M,
    )
    assert sorted(read - {name for names in given for name in names}) == []


UPLOADS = {
    "playbooks/health.yml: Write it down as a page": "what anybody may read, on the controller",
    "playbooks/health.yml: Write it down for a monitor": "what anybody may read, on the controller",
    "roles/conduit/tasks/obtain.yml: Copy it from the controller": "a public program",
    "roles/conduit/tasks/roll_back.yml: Note it for a run that goes on from here": "versions and a path",
    "roles/conduit/tasks/upgrade.yml: Note it for a run that goes on from here": "versions and a path",
    "roles/runtime/tasks/wheel.yml: Copy it to the host": "the library",
    "roles/runtime/tasks/wheelhouse.yml: Unpack it there": "libraries",
    "roles/synapse/tasks/roll_back.yml: Note it for a run that goes on from here": "versions and a path",
    "roles/synapse/tasks/upgrade.yml: Note it for a run that goes on from here": "versions and a path",
    "roles/synapse/tasks/worker_units.yml: Write what runs Redis": "a unit",
    "roles/synapse/tasks/worker_units.yml: Write what runs a worker": "a unit",
    "roles/synapse/tasks/workers.yml: Write the configuration of new workers, which leaves the others alone": "ports",
    "roles/synapse/tasks/workers.yml: Write the configuration of the workers that stay": "ports",
}
"""What is brought by way of Ansible's temporary folders, and why it may stay there when Ansible is killed."""


def test_what_ansible_leaves_when_it_is_killed_is_no_secret() -> None:
    """A file from the controller waits in `~/.ansible/tmp` until its module takes it, and nobody looks there again."""
    modules = [f"ansible.builtin.{name}" for name in ("copy", "template", "unarchive", "assemble", "script")]
    waiting = set()
    for task in tasks():
        given = task.arguments(*modules)
        if given and not given.get("remote_src") and "ansible_remote_tmp" not in task.vars:
            waiting.add(str(task))
    assert waiting == set(UPLOADS)
