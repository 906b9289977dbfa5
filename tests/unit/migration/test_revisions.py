"""What of an Alembic directory is applied."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import Applied, Found, Migration, Script
from ansible_collections.mainstay.ops.plugins.module_utils._migration.revisions import reconciled

PARENTS = {"a": (), "b": ("a",), "c": ("b",)}
FILES = tuple(Migration(version, "m", version, Script(f"{version}.py", "")) for version in PARENTS)


@pytest.mark.parametrize(
    ("sentence", "heads", "rows", "expected"),
    [
        ("nothing", [], [], []),
        ("the head and all below it", ["b"], [], ["a", "b"]),
        ("a row that the version table denies does not count", ["a"], ["a", "b"], ["a"]),
        ("a newer release's head, and what our history knows", ["z"], ["a", "b", "z"], ["a", "b", "z"]),
        ("a newest row stands for all below it", ["z"], ["c", "z"], ["a", "b", "c", "z"]),
        ("a head that nobody knows", ["z"], [], ["z"]),
        ("a revision that is gone and not the head", ["b"], ["x"], ["a", "b"]),
    ],
)
def test_the_version_table_is_the_truth(sentence: str, heads: list[str], rows: list[str], expected: list[str]) -> None:
    history = Found(tuple(Applied(version, "m", number=7) for version in rows))
    found = reconciled(FILES, PARENTS, heads, history)
    assert [row.version for row in found.history] == expected, sentence
    assert {row.number for row in found.history} <= {0}
