# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of so many gigabytes with a repository as we configure it and one with pgBackRest's own defaults."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backup_server import AS_POSTGRES, STANZA, Backed, archive_command, backed
from migration_server import result, start

BYTES_A_ROW = 286
"""With its share of the index, as PostgreSQL 15 lays it out."""
LONGEST_S = 3600.0
DURABLE = "fsync = on\nmax_wal_size = 4GB\n"
TABLES = 20
FILL = """
CREATE TABLE filler{table} AS
SELECT i AS id, clock_timestamp() AS at, md5(random()::text) AS a, md5(random()::text) || md5(random()::text) AS b,
    repeat('x', 100) AS c
FROM generate_series(1, {rows}) i
"""
CHANGE = "UPDATE filler1 SET a = md5(a)"
STOCK = """\
[global]
repo1-path={root}/stock
log-path={root}/log
lock-path={root}/stock-lock
spool-path={root}/stock-spool
log-level-console=off

[{stanza}]
pg1-path={data}
pg1-port={port}
pg1-socket-path={socket}
"""


@dataclass(frozen=True)
class Filled:
    """A server that archives into both repositories, and where our modules keep their state."""

    backed: Backed
    state: Path

    @property
    def stock(self) -> Path:
        return self.backed.root / "stock.conf"

    def module(self, name: str, **given: Any) -> dict[str, Any]:
        """What a module of ours returned, run as a process like on a target."""
        done = result(start(name, {**self.backed.place, **given}), timeout=LONGEST_S)
        assert not done.get("failed"), done
        return done

    def restored(self, **given: Any) -> dict[str, Any]:
        return self.module("backup_restore", **self._ours, host="bench", confirm="bench bench", **given)

    def verified(self, **given: Any) -> dict[str, Any]:
        """The backup is proven with a row that must come back."""
        canary = {"database": self.backed.server.database("postgres"), "switch_wal": True}
        return self.module("backup_verify", **self._ours, canary=canary, **given)

    def pgbackrest(self, *arguments: str, config: Path | None = None) -> None:
        """The bare program, as its documentation has it called."""
        command = ["pgbackrest", f"--config={config or self.backed.config}", f"--stanza={STANZA}", *arguments]
        subprocess.run([*AS_POSTGRES, *command], check=True, capture_output=True, cwd="/", timeout=LONGEST_S)

    def change(self) -> None:
        """One table of twenty, of which the change then lies in the archive."""
        self.backed.sql(CHANGE)
        self.backed.switch()
        self.settle()

    def settle(self) -> None:
        """Nothing waits to be written, by the server or by the kernel, so that nobody pays for another."""
        self.backed.sql("CHECKPOINT")
        waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name ~ '^[0-9A-F]{24}[.]ready$'"
        while self.backed.sql(waiting):
            time.sleep(0.1)
        os.sync()

    def start(self) -> None:
        """Until it is a primary; it archives nothing, so that every restore goes along the same timeline."""
        log = f"{self.backed.data.parent}/log"
        options = ["-t", "3600", "-o", "-c archive_mode=off", "-l", log, "-w", "start"]
        self.backed.server.run("pg_ctl", "-D", str(self.backed.data), *options)
        while self.backed.sql("SELECT pg_is_in_recovery()"):
            time.sleep(0.01)

    def forget(self) -> None:
        """Whatever data restores have put aside."""
        for path in self.backed.data.parent.glob("data.before-*"):
            shutil.rmtree(path)
        os.sync()

    @property
    def _ours(self) -> dict[str, Any]:
        return {"environment": "bench", "directory": str(self.state)}


@contextmanager
def filled(gigabytes: float) -> Iterator[Filled]:
    """A cluster whose data takes about so many gigabytes (10^9 bytes), at rest."""
    with backed(options="archive-async=y\n", settings=DURABLE) as made, tempfile.TemporaryDirectory() as state:
        cluster = Filled(made, Path(state))
        rows = max(1000, int((gigabytes * 1e9 - 22e6) / BYTES_A_ROW / TABLES))
        for table in range(1, TABLES + 1):
            made.sql(FILL.format(table=table, rows=rows))
            made.sql(f"CREATE UNIQUE INDEX ON filler{table} (id)")
        made.sql("VACUUM ANALYZE")
        _add_stock(cluster)
        cluster.settle()
        yield cluster


def _add_stock(cluster: Filled) -> None:
    """The second repository, and everything archived into both from now on."""
    made = cluster.backed
    text = STOCK.format(root=made.root, stanza=STANZA, data=made.data, port=made.server.port, socket=made.server.root)
    cluster.stock.write_text(text)
    shutil.chown(cluster.stock, "postgres", "postgres")
    ours = archive_command(made.root)
    made.set("archive_command", f"{ours} && {ours.replace(str(made.config), str(cluster.stock))}")
    cluster.pgbackrest("stanza-create", config=cluster.stock)
