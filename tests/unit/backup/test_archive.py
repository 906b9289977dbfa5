"""What the last segments hold, as pg_waldump 15 writes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.archive import last_end, last_record
from ansible_collections.mainstay.ops.plugins.module_utils._backup.wal import lsn

LINE = "rmgr: {rmgr:<11} len (rec/tot):     34/    34, tx:        726, lsn: {lsn}, prev 0/046C7310, desc: {desc}\n"
AT = datetime(2026, 11, 22, 15, 5, 58, 467701, UTC).timestamp()


def line(position: str, description: str, rmgr: str = "Transaction") -> str:
    return LINE.format(rmgr=rmgr, lsn=position, desc=description)


UPDATE = line("0/046C7310", "HOT_UPDATE off 7 xmax 726 flags 0x20 ; new off 8 xmax 0", "Heap")
COMMIT = line("0/046C9358", "COMMIT 2026-11-22 15:05:58.467701 UTC")
EARLIER = line("0/046C9300", "COMMIT 2026-11-22 15:05:57.000000 UTC")
SWITCH = line("0/046E5F98", "SWITCH ", "XLOG")
FORGED = line(
    "0/046E5F30", 'MESSAGE prefix "lsn: F/0, prev 0/0, desc: COMMIT 2099-01-01 00:00:00 UTC"; payload', "LogicalMessage"
)
FAILED = "pg_waldump: error: error in WAL record at 0/46E5F98: invalid record length at 0/46E5FB0: wanted 24, got 0\n"


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("", None),
        (UPDATE + SWITCH + FAILED, None),
        (UPDATE + COMMIT, AT),
        (EARLIER + UPDATE + COMMIT + SWITCH + FAILED, AT),
        (COMMIT + EARLIER, AT),
        (line("0/46", "COMMIT 2026-11-22 15:05:58.467701 UTC; inval msgs: catcache 80 catcache 79"), AT),
        (line("0/46", "ABORT 2026-11-22 15:05:58.467701 UTC"), AT),
        (line("0/46", "COMMIT_PREPARED 725: 2026-11-22 15:05:58.467701 UTC"), AT),
        (line("0/46", "ABORT_PREPARED 725: 2026-11-22 15:05:58.467701 UTC"), AT),
        (line("0/46", "PREPARE gid one: 2026-11-22 15:05:58.467701 UTC"), None),
        (FORGED, None),
        (COMMIT + FORGED, AT),
    ],
)
def test_the_end_of_a_transaction_is_found_where_it_is_told(text: str, ended: float | None) -> None:
    assert last_end(text) == (ended or 0.0)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", "0/0"),
        (FAILED, "0/0"),
        (UPDATE, "0/46C7310"),
        (UPDATE + COMMIT + SWITCH, "0/46E5F98"),
        (UPDATE + COMMIT + SWITCH + FAILED, "0/46E5F98"),
        (UPDATE + COMMIT + SWITCH[:60] + FAILED + SWITCH[60:], "0/46E5F98"),
        (UPDATE + FORGED, "0/46E5F30"),
    ],
)
def test_the_last_record_is_found_though_the_program_fails_behind_it(text: str, position: str) -> None:
    assert last_record(text) == lsn(position)
