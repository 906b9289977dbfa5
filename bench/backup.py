# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows ``backup``, ``restore`` and ``verify``: our modules beside bare pgBackRest, by size of the database.

Ours are modules run as processes, like on a target; what SSH costs is the matter of other rows. Every figure begins at rest:
the server has written its checkpoint, the archive all segments, and the kernel its pages.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filled_cluster import Filled, filled
from plot import svg
from row import Measured, Row, measure, row, seconds

ALL = ("backup", "verify", "restore")
"""In the order in which they are measured: what was restored archives nothing, and nothing on it can be verified."""
PLOTS = Path(__file__).parent.parent / "docs" / "benchmarks"
STOCK, BARE = "pgBackRest's defaults", "bare pgBackRest, same options"
BY_HAND, WHOLE = "bare pgbackrest restore and start", "our full restore"
VERIFY = "pgbackrest verify"
Sides = Mapping[str, Measured]


def rows(runs: int, ids: Sequence[str] = ALL, sizes: Sequence[float] = (0.1,)) -> Iterator[Row]:
    """The rows that are asked for, at each size in GB; of more sizes than one a plot is drawn."""
    found: dict[str, dict[float, Sides]] = {id: {} for id in ALL if id in ids}
    for size in sizes:
        with filled(size) as cluster:
            for id in found:
                found[id][size] = MEASURED[id](cluster, runs)
                yield from ROWS[id](f"{id}, {size:g} GB", found[id][size])
    if len(sizes) > 1:
        for id, by_size in found.items():
            draw(id, by_size)


def draw(id: str, by_size: Mapping[float, Sides]) -> Path:
    """Seconds by size, every side a line."""
    names = next(iter(by_size.values()))
    lines = {name: [(size, sides[name].median) for size, sides in sorted(by_size.items())] for name in names}
    PLOTS.mkdir(exist_ok=True)
    path = PLOTS / f"{id}.svg"
    path.write_text(svg(id, "GB of database", "seconds, median", lines))
    return path


def backups(cluster: Filled, runs: int) -> Sides:
    """A full backup, from the call to its end; expiring what is too old is part of all sides."""
    sides: Mapping[str, Callable[[], object]] = {
        "ours": partial(cluster.module, "backup_take", type="full"),
        STOCK: partial(cluster.pgbackrest, "backup", "--type=full", "--repo1-retention-full=2", config=cluster.stock),
        BARE: partial(cluster.pgbackrest, "backup", "--type=full"),
    }
    return _measured(runs, {name: partial(_at_rest, cluster, side) for name, side in sides.items()})


def restores(cluster: Filled, runs: int) -> Sides:
    """From the call until a primary answers. The data of before is removed by hand for the bare side, which is not counted."""
    cluster.module("backup_take", type="full")
    cluster.change()
    restoring = Restores(cluster)
    cluster.backed.stop()
    return _measured(runs, {"ours": restoring.ours, BY_HAND: restoring.bare, "ours, reusing": restoring.reusing})


def verifications(cluster: Filled, runs: int) -> Sides:
    """One backup in the repository, proven by us; of it the checksum part, and pgBackRest's own."""
    cluster.module("backup_take", type="full")
    proofs = Proofs(cluster)
    bare = partial(_at_rest, cluster, partial(cluster.pgbackrest, "verify"))
    return _measured(runs, {"the whole proof": proofs.whole, "ours, checksums": proofs.files, VERIFY: bare})


@dataclass(frozen=True)
class Restores:
    """Each begins with the server stopped, its data there and nothing put aside; so it ends, too."""

    cluster: Filled

    def ours(self) -> float:
        self.cluster.forget()
        return self._timed(self.cluster.restored)

    def reusing(self) -> float:
        """After a full one, which put aside the data that is reused."""
        [kept] = self.cluster.backed.data.parent.glob("data.before-*")
        return self._timed(partial(self.cluster.restored, reuse=str(kept)))

    def bare(self) -> float:
        aside = self.cluster.backed.root / "aside"
        self.cluster.backed.data.rename(aside)
        shutil.rmtree(aside)
        return self._timed(partial(self.cluster.pgbackrest, "restore"))

    def _timed(self, restore: Callable[[], object]) -> float:
        began = time.perf_counter()
        restore()
        self.cluster.start()
        took = time.perf_counter() - began
        self.cluster.backed.stop()
        return took


class Proofs:
    """Of one run both figures are told, one after the other."""

    def __init__(self, cluster: Filled) -> None:
        self.cluster = cluster
        self.files_s = 0.0

    def whole(self) -> float:
        return _at_rest(self.cluster, self._prove)

    def files(self) -> float:
        return self.files_s

    def _prove(self) -> None:
        self.files_s = self.cluster.verified()["measured"]["files"]


def backup_rows(name: str, sides: Sides) -> list[Row]:
    beside = partial(row, name, sides["ours"], unit="s")
    return [beside(sides[STOCK], goal="0.40x", against=STOCK), beside(sides[BARE], goal="1.05x or less", against=BARE)]


def restore_rows(name: str, sides: Sides) -> list[Row]:
    again = row(f"{name}, reusing", sides["ours, reusing"], sides["ours"], goal="0.40x", unit="s", against=WHOLE)
    return [row(name, sides["ours"], sides[BY_HAND], goal="1.05x + 2 s", unit="s", against=BY_HAND), again]


def verify_rows(name: str, sides: Sides) -> list[Row]:
    whole = row(f"{name}, the whole proof", sides["the whole proof"], sides[VERIFY], goal="-", unit="s", against=VERIFY)
    return [row(name, sides["ours, checksums"], sides[VERIFY], goal="1.1x or less", unit="s", against=VERIFY), whole]


MEASURED: Mapping[str, Callable[[Filled, int], Sides]] = {"backup": backups, "restore": restores, "verify": verifications}
ROWS: Mapping[str, Callable[[str, Sides], list[Row]]] = {"backup": backup_rows, "restore": restore_rows, "verify": verify_rows}


def _measured(runs: int, sides: Mapping[str, Callable[[], float]]) -> Sides:
    return dict(zip(sides, measure(runs, *sides.values()), strict=True))


def _at_rest(cluster: Filled, work: Callable[[], object]) -> float:
    cluster.settle()
    return seconds(work)
