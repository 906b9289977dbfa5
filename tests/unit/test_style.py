"""What of the style can be counted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PYTHON = sorted([*ROOT.glob("plugins/**/*.py"), *ROOT.glob("sandbox/**/*.py"), *ROOT.glob("bench/**/*.py")])
MODULES = sorted(ROOT.glob("plugins/modules/*.py"))
ROLES = sorted(path for path in ROOT.glob("roles/*") if path.is_dir())
PLAYBOOKS = sorted(path for path in ROOT.glob("playbooks/*.yml") if not path.name.endswith(".meta.yml"))
LONGEST_FILE = 250
LONGEST_FUNCTION = 25
LONGEST_MODULE = 60
BANNED_NAMES = {"utils", "helpers", "helper", "common", "manager", "handler", "misc"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_lines(path: Path) -> int:
    """Lines of a module that are neither documentation, nor comments, nor blank."""
    text = re.sub(r'^(DOCUMENTATION|EXAMPLES|RETURN) = r"""\n.*?^"""\n', "", path.read_text(), flags=re.S | re.M)
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file, and how many lines it has without its docstring."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = [n for n in node.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
            yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_a_module_is_an_argument_spec_and_one_call() -> None:
    assert {relative(path): lines for path in MODULES if (lines := code_lines(path)) > LONGEST_MODULE} == {}


def test_a_file_fits_in_the_head() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in PYTHON if path not in MODULES}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_a_function_is_short() -> None:
    found = [(relative(path), *function) for path in PYTHON if path not in MODULES for function in functions(path)]
    assert [function for function in found if function[-1] > LONGEST_FUNCTION] == []


def test_a_file_is_named_for_the_one_thing_in_it() -> None:
    assert [relative(path) for path in PYTHON if path.stem.lstrip("_") in BANNED_NAMES] == []


@pytest.mark.parametrize("role", ROLES, ids=relative)
def test_a_role_declares_its_arguments_and_their_defaults(role: Path) -> None:
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    options = {name for entry in specs.values() for name in entry.get("options", {})}
    required = {n for e in specs.values() for n, o in e.get("options", {}).items() if o.get("required")}
    defaults_file = role / "defaults" / "main.yml"
    defaults = set(yaml.safe_load(defaults_file.read_text()) or {}) if defaults_file.exists() else set()
    assert defaults <= options, "a default that is no argument"
    assert options - required <= defaults, "an argument that has neither a default nor is required"


@pytest.mark.parametrize("role", ROLES, ids=relative)
def test_a_role_never_defaults_its_own_variables_in_passing(role: Path) -> None:
    for path in [*role.glob("tasks/**/*.yml"), *role.glob("templates/**/*")]:
        assert not re.search(rf"\b_*{role.name}_\w+\s*\|\s*default\(", path.read_text()), relative(path)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=relative)
def test_a_playbook_reads_as_a_runbook(path: Path) -> None:
    assert 3 <= len(path.read_text().splitlines()) <= 90
    assert path.with_name(f"{path.stem}.meta.yml").exists(), "its arguments have no contract"


def test_nothing_in_a_plugin_is_called_by_the_name_that_ansible_keeps_for_translation() -> None:
    """ansible-test says the same of ``_``, a minute later."""
    named = [
        f"{relative(path)}:{node.lineno}"
        for path in ROOT.glob("plugins/**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == "_"
    ]
    assert named == []
