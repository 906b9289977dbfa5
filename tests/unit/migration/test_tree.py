"""Directories read with limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, NotFound
from ansible_collections.mainstay.ops.plugins.module_utils._migration import tree


def test_files_are_read_and_hidden_ones_and_readmes_are_not(tmp_path: Path) -> None:
    (tmp_path / "0001_a.up.sql").write_bytes(b"SELECT 1;\r\n")
    (tmp_path / ".gitkeep").touch()
    (tmp_path / "README.md").touch()
    assert tree.read(tmp_path, nested=False) == {"0001_a.up.sql": "SELECT 1;\r\n"}


def test_directories_count_only_where_they_may(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions/a.py").write_text("x")
    assert tree.read(tmp_path, nested=True) == {"versions/a.py": "x"}
    with pytest.raises(InvalidInput, match="not a regular file"):
        tree.read(tmp_path, nested=False)


def test_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_a.up.sql").symlink_to("/etc/passwd")
    with pytest.raises(InvalidInput, match="no links"):
        tree.read(tmp_path, nested=True)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_a.up.sql").write_bytes(b"SELECT '\xff'")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        tree.read(tmp_path, nested=False)


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_a.up.sql").write_bytes(b"x" * (tree.LARGEST_FILE + 1))
    with pytest.raises(InvalidInput, match="bytes: allowed are"):
        tree.read(tmp_path, nested=False)


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        tree.read(tmp_path / "nope", nested=False)


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "a//x", "", ".", "a\0b"])
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        tree.write({name: "x"}, tmp_path / "in")


def test_files_that_came_as_a_parameter_are_held_to_the_limits() -> None:
    with pytest.raises(InvalidInput, match="text only"):
        tree.checked({"a": 1})
    with pytest.raises(InvalidInput, match="allowed are"):
        tree.checked({"a": "x" * (tree.LARGEST_FILE + 1)})
