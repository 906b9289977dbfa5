"""Who may import what, as design says; see docs/architecture.md."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

UTILS = Path(__file__).parents[2] / "plugins" / "module_utils"
MODULES = UTILS.parent / "modules"
PURE = {
    "model", "plan", "ready", "choice", "batches", "verdict", "evidence", "power", "counters", "objective", "rule",
    "canary", "parts", "dora", "worker",
}  # fmt: skip
ROOMS = {
    "model": {"model"},
    "plan": {"model", "plan", "ready", "batches", "canary", "parts"},
    "ready": {"model", "ready"},
    "choice": {"model", "ready"},
    "batches": {"model", "ready"},
    "canary": {"model", "ready", "batches"},
    "dora": {"model"},
    "worker": set(),
    "parts": {"model", "batches", "canary"},
    "verdict": {"model", "ready", "router", "evidence", "power"},
    "evidence": {"model"},
    "power": {"model", "evidence"},
    "counters": {"model"},
    "objective": {"model"},
    "rule": {"model", "objective"},
}


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Every import of a file: how many dots it begins with, and what it names."""
    return tuple(pair for node in ast.walk(ast.parse(path.read_text())) for pair in _named(node))


def _named(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        yield from ((0, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        names = [node.module] if node.module else [alias.name for alias in node.names]
        yield from ((node.level, name) for name in names)


def files(package: Path) -> list[Path]:
    return [path for path in sorted(package.glob("*.py")) if path.stem != "__init__"]


def domains() -> list[Path]:
    return [path for path in sorted(UTILS.iterdir()) if path.is_dir() and path.name not in {"_core", "_edge", "__pycache__"}]


@pytest.mark.parametrize("path", files(UTILS / "_core"), ids=lambda p: p.stem)
def test_the_core_imports_the_standard_library_and_itself_only(path: Path) -> None:
    foreign = [name for level, name in imports(path) if level != 1 and name.split(".")[0] not in sys.stdlib_module_names]
    assert foreign == []


@pytest.mark.parametrize("path", [p for d in domains() for p in files(d)], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_nothing_but_the_edge_knows_ansible(path: Path) -> None:
    assert [name for _, name in imports(path) if name.split(".")[0] == "ansible"] == []


@pytest.mark.parametrize(
    "path", [p for d in domains() for p in files(d) if p.stem in PURE], ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_what_decides_is_pure(path: Path) -> None:
    """Models, plans and predicates import the standard library, the core, and rooms of their own kind."""
    for level, name in imports(path):
        room = name.split(".")[-1]
        allowed = (
            (level == 0 and name.split(".")[0] in sys.stdlib_module_names)
            or (level == 1 and room in ROOMS[path.stem])
            or (level == 2 and (name.startswith("_core") or room in ROOMS[path.stem] & PURE))
        )
        assert allowed, f"{path.parent.name}/{path.name} imports {'.' * level}{name}"


@pytest.mark.parametrize("path", [p for d in domains() for p in files(d)], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_only_the_operation_of_a_domain_meets_the_edge(path: Path) -> None:
    if path.stem.startswith("operation"):
        return
    assert [name for level, name in imports(path) if level == 2 and name.startswith("_edge")] == []


@pytest.mark.parametrize("path", files(MODULES), ids=lambda p: p.stem)
def test_a_module_imports_the_edge_and_operations_only(path: Path) -> None:
    for level, name in imports(path):
        parts = name.split(".")
        allowed = (level == 0 and name == "__future__") or (
            level == 2 and parts[0] == "module_utils" and (parts[1] == "_edge" or parts[-1].startswith("operation"))
        )
        assert allowed, f"{path.name} imports {'.' * level}{name}"
