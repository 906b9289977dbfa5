"""When a server on restored data may be asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.beside import says_ready

WRITTEN = "4711\n/data.restore-s\n1795359958\n5432\n/tmp/run\n\n  1234 56\n"
"""postmaster.pid as PostgreSQL 10 and later write it; what it is doing follows."""


@pytest.mark.parametrize(
    ("text", "is_ready"),
    [
        (None, False),
        ("", False),
        (WRITTEN, False),
        (f"{WRITTEN}starting\n", False),
        (f"{WRITTEN}stopping\n", False),
        (f"{WRITTEN}standby \n", False),
        (f"{WRITTEN}ready   \n", True),
        ("4711\n/data.restore-s\n1795359958\n5432\n/tmp/already\n", False),
    ],
)
def test_a_server_is_ready_when_its_own_file_says_so(text: str | None, is_ready: bool, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "postmaster.pid").write_text(text)
    assert says_ready(tmp_path) == is_ready
