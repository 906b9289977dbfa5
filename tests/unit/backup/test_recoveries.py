"""From which earlier recoveries the time of the next one is foretold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup import recoveries
from ansible_collections.mainstay.ops.plugins.module_utils._store.directory import DirectoryStore

VERIFIED: dict[str, Any] = {"kind": "verify", "restore_s": 1.0}
RESTORED: dict[str, Any] = {"kind": "restore", "restore_s": 2.0, "reused": False}
REUSED: dict[str, Any] = {"kind": "restore", "restore_s": 3.0, "reused": True}


def remembered(directory: Path, *known: dict[str, Any]) -> DirectoryStore:
    store = recoveries.open_store(str(directory), "test")
    for one in known:
        recoveries.remember(store, recoveries.RECOVERIES, {"stanza": "main", **dict.fromkeys(recoveries.MEASURES, 1), **one})
    return store


@pytest.mark.parametrize(
    ("known", "reused", "chosen"),
    [
        ([], False, []),
        ([VERIFIED], False, [1]),
        ([VERIFIED, RESTORED, VERIFIED], False, [2]),
        ([VERIFIED, REUSED], False, [1]),
        ([VERIFIED, RESTORED, REUSED], False, [2]),
        ([VERIFIED, RESTORED, REUSED], True, [3]),
        ([VERIFIED, RESTORED], True, [2]),
        ([VERIFIED], True, [1]),
        ([{**RESTORED, "stanza": "other"}, VERIFIED], False, [1]),
        ([{**RESTORED, "bytes": None}, VERIFIED], False, [1]),
    ],
)
def test_a_recovery_is_foretold_from_those_that_were_most_like_it(
    tmp_path: Path, known: list[dict[str, Any]], reused: bool, chosen: list[float]
) -> None:
    assert [one.restore_s for one in recoveries.measured(remembered(tmp_path, *known), "main", reused=reused)] == chosen
