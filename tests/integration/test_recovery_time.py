"""What a restore foretells of its time is what it takes; in ``make test-faults`` at 0.1, 1 and 5 GB."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from backup_server import Backed, backed
from migration_server import result, start

FULL = bool(os.environ.get("MAINSTAY_FULL"))
SIZES_MB = (100, 1000, 5000) if FULL else (30,)
LEAST, MOST = (0.75, 1.25) if FULL else (0.1, 10)
"""Foretold by taken; the short test shares its processors, and only sees that the figure is of this recovery."""
LONGEST_S = 3600
BYTES_A_ROW = 280
FILL = """
CREATE TABLE filler AS SELECT i AS id, md5(i::text) AS a, md5((i + 1)::text) || md5((i + 2)::text) AS b, repeat('x', 100) AS c
FROM generate_series(1, {rows}) i
"""
CHANGE = "UPDATE filler SET a = md5(a) WHERE id <= {rows} / 20"


@dataclass(frozen=True)
class Grown:
    """A cluster of some size that is backed up, and changed since."""

    cluster: Backed
    state: Path

    def call(self, module: str, **given: Any) -> dict[str, Any]:
        asked = {**self.cluster.place, "environment": "test", "directory": str(self.state), **given}
        done = result(start(module, asked), timeout=LONGEST_S)
        assert not done.get("failed"), done
        return done

    def verify(self) -> dict[str, Any]:
        os.sync()  # of 5 GB much is still being written, and a verification would be slower than the restores that it foretells
        database = self.cluster.server.database("postgres")
        return self.call("backup_verify", canary={"database": database, "switch_wal": True}, files=False)

    def restore(self) -> tuple[float, float]:
        """The seconds that were foretold, and those that it took from the call to its end."""
        before = {"host": "db1", "confirm": "test db1"}
        foretold = self.call("backup_restore", **before, state="foreseen")["prospect"]["seconds"]
        os.sync()
        began = time.monotonic()
        done = self.call("backup_restore", **before)
        took = time.monotonic() - began
        print(f"foretold {foretold} s, took {took:.1f} s: {done['measured']}")
        self.call("backup_restore", **before, state="discarded")
        return foretold, took

    def serve(self) -> None:
        """For a moment, archiving nothing, so that there is something to be restored again."""
        data = self.cluster.data
        self.cluster.server.run("pg_ctl", "-D", str(data), "-o", "-c archive_mode=off", "-l", f"{data.parent}/log", "-w", "start")
        self.cluster.stop()


@pytest.fixture(params=SIZES_MB, ids=lambda megabytes: f"{megabytes} MB")
def grown(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Grown]:
    rows = (request.param - 22) * 1_000_000 // BYTES_A_ROW
    with backed(options="archive-async=y\n", settings="fsync = on\nmax_wal_size = 4GB\n") as cluster:
        cluster.sql(FILL.format(rows=rows))
        cluster.sql("CREATE UNIQUE INDEX ON filler (id)")
        cluster.sql("VACUUM ANALYZE")  # or autovacuum does it beside the first verification, which then takes five times as long
        made = Grown(cluster, tmp_path)
        taken = result(start("backup_take", {**cluster.place, "type": "full"}), timeout=LONGEST_S)
        assert not taken.get("failed"), taken
        cluster.sql(CHANGE.format(rows=rows))
        cluster.switch()
        yield made


def test_a_restore_takes_as_long_as_was_foretold(grown: Grown) -> None:
    """From verifications, then from restores too; the middle one counts, for a machine has its moods."""
    grown.verify()
    grown.verify()
    grown.cluster.stop()
    shares = []
    for _ in range(3):
        foretold, took = grown.restore()
        shares.append(foretold / took)
        grown.serve()
    assert LEAST <= median(shares) <= MOST, f"foretold {', '.join(f'{share:.0%}' for share in shares)} of the time taken"
