"""Who may import what, as design says; see docs/architecture.md."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

UTILS = Path(__file__).parents[2] / "plugins" / "module_utils"
MODULES = UTILS.parent / "modules"
PURE = {
    "model", "plan", "ready", "choice", "batches", "verdict", "evidence", "power", "counters", "objective", "rule", "canary",
    "parts", "dora", "worker", "histogram", "latency", "scrapes", "channels", "words", "delivery", "info", "config", "wal",
    "target", "reach", "forecast", "room", "choose", "checks", "said", "restoration", "restore_plan", "statement", "blocking",
    "findings", "upkeep", "wear", "care", "bloat", "diagnosis", "verification", "contents", "segments", "freshness",
    "completeness", "protection", "archiving", "remarks", "hazards", "safety", "swap", "age", "told", "handover", "joining",
    "baseline", "trouble", "descent", "refused", "reuse", "spoken", "works", "answers", "writer",
}  # fmt: skip
ROOMS = {
    "model": {"model"},
    "plan": {
        "model", "plan", "ready", "batches", "canary", "parts", "blocking", "safety", "choice", "hazards", "baseline", "descent",
        "refused", "restore_plan", "joining",
    },
    "ready": {"model", "ready"},
    "choice": {"model", "ready"},
    "joining": {"model", "room"},
    "handover": {"model", "ready", "wal"},
    "swap": {"model", "ready"},
    "age": {"model", "ready"},
    "told": {"model"},
    "batches": {"model", "ready"},
    "canary": {"model", "ready", "batches"},
    "dora": {"model"},
    "works": {"model"},
    "worker": set(),
    "writer": {"model"},
    "parts": {"model", "batches", "canary"},
    "verdict": {
        "model", "ready", "router", "evidence", "power", "counters", "freshness", "completeness", "protection", "archiving",
    },
    "evidence": {"model", "wal"},
    "power": {"model", "evidence"},
    "counters": {"model"},
    "objective": {"model"},
    "rule": {"model", "objective"},
    "histogram": {"model"},
    "latency": {"model", "evidence", "power", "verdict", "histogram"},
    "scrapes": set(),
    "channels": {"model"},
    "words": {"model"},
    "delivery": set(),
    "info": {"model"},
    "config": {"model"},
    "wal": set(),
    "target": {"wal"},
    "reach": {"wal"},
    "forecast": set(),
    "room": {"wal"},
    "choose": {"model", "target", "wal"},
    "checks": {"model"},
    "said": set(),
    "restoration": {"model", "checks", "forecast", "reach", "room", "target"},
    "restore_plan": {"model", "reach", "restoration", "reuse", "room", "target", "wal"},
    "reuse": {"restoration"},
    "verification": {"model", "checks", "restoration", "target"},
    "statement": set(),
    "blocking": {"model"},
    "findings": {"model", "ready", "blocking"},
    "upkeep": set(),
    "wear": {"upkeep"},
    "care": {"model", "upkeep", "wear"},
    "bloat": {"upkeep"},
    "diagnosis": {"model", "upkeep", "wear"},
    "contents": {"model"},
    "segments": {"wal"},
    "freshness": {"model", "evidence"},
    "completeness": {"model", "evidence", "segments", "wal"},
    "protection": {"model", "ready", "evidence"},
    "archiving": {"evidence"},
    "remarks": {"model"},
    "hazards": {"model"},
    "safety": {"model", "hazards", "refused"},
    "baseline": {"model", "ready", "refused"},
    "trouble": {"model", "ready", "refused"},
    "descent": {"model", "refused"},
    "refused": set(),
    "spoken": set(),
    "answers": {"model"},
}  # fmt: skip


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


def foreign(paths: Iterable[Path], is_allowed: Callable[[Path, int, str], bool]) -> list[str]:
    """Imports that are not allowed; one test for all files, because a thousand small ones take seconds."""
    return [
        f"{path.parent.name}/{path.name} imports {'.' * level}{name}"
        for path in paths
        for level, name in imports(path)
        if not is_allowed(path, level, name)
    ]


def of_domains() -> list[Path]:
    return [path for domain in domains() for path in files(domain)]


def is_standard(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names


def test_the_core_imports_the_standard_library_and_itself_only() -> None:
    assert foreign(files(UTILS / "_core"), lambda _path, level, name: level == 1 or is_standard(name)) == []


def test_nothing_but_the_edge_knows_ansible() -> None:
    assert foreign(of_domains(), lambda _path, _level, name: name.split(".")[0] != "ansible") == []


def test_what_decides_is_pure() -> None:
    """Models, plans and predicates import the standard library, the core, and rooms of their own kind."""

    def is_pure(path: Path, level: int, name: str) -> bool:
        rooms, room = ROOMS[path.stem], name.split(".")[-1]
        if level == 2:
            return name.startswith("_core") or room in rooms & PURE
        return room in rooms if level == 1 else level == 0 and is_standard(name)

    pure = [path for path in of_domains() if path.stem in PURE]
    assert len(pure) > 20
    assert foreign(pure, is_pure) == []


def test_only_the_operation_of_a_domain_meets_the_edge() -> None:
    others = [path for path in of_domains() if not path.stem.startswith("operation")]
    assert foreign(others, lambda _path, level, name: level != 2 or not name.startswith("_edge")) == []


def test_a_module_imports_the_edge_and_operations_only() -> None:
    def is_thin(_path: Path, level: int, name: str) -> bool:
        parts = name.split(".")
        if level == 0:
            return name == "__future__"
        return level == 2 and parts[0] == "module_utils" and (parts[1] == "_edge" or parts[-1].startswith("operation"))

    assert foreign(files(MODULES), is_thin) == []
