# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restores a backup into a throw-away directory and asks the server there everything."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._core.verdict import overall
from .._postgres.model import Database
from . import planted as canaries
from . import recoveries
from .beside import Home, Server
from .checks import Checked, as_rows, failed
from .fetching import told
from .planted import Canary, Counted, compared
from .prospect import look, programs, prospect
from .recovering import Recovered, Watch, asked, catalogs, recovered, restore
from .repository import gaps, reading, sound
from .restoration import Prospect
from .restorer import measures
from .soundness import amcheck, checksums
from .target import LSN, Target
from .throwaway import DATA, RUN, throwaway
from .verification import Verification, recovery_point, recovery_time


@dataclass(frozen=True)
class Live:
    """The server whose backups these are, and what is asked of it."""

    database: Database
    within: float
    switch: bool
    counts: tuple[Counted, ...] = ()


@dataclass
class Verifier:
    """What a verification has seen by now; what was committed before ``began`` must come back."""

    wanted: Verification
    workspace: Path
    live: Live | None = None
    watch: Watch = field(default_factory=Watch)
    checked: list[Checked] = field(default_factory=list)
    began: float = 0.0

    def perform(self) -> dict[str, Any]:
        """All of it; what was found is kept before anybody is told."""
        place = self.wanted.source.place
        planted = self._beside_the_files() if self.wanted.files else self._plant()
        stanza = look(place)
        ahead = prospect(self.wanted.source, self._aim(planted), stanza, self.workspace)
        if self.wanted.files:
            with self.watch.timing("files"):
                self.checked.append(gaps(stanza, ahead.there))
        with throwaway(self.workspace, place.stanza, place.user) as made:
            came_to = self._restored(self._home(made, ahead), ahead, planted)
        found = self._judged(ahead, came_to, planted)
        self._remember(found)
        return found

    def _beside_the_files(self) -> Canary | None:
        """While the canary is waited for, the records of the repositories are read; what is left of them counts as files."""
        place = self.wanted.source.place
        with reading(place, look(place)) as recorded:
            planted = self._plant()
            with self.watch.timing("files"):
                self.checked += sound(place, recorded, self.wanted.source.timeout)
        return planted

    def _plant(self) -> Canary | None:
        live, planted = self.live, None
        if live:
            planted = canaries.plant(live.database, live.counts)
            planted = canaries.await_archived(live.database, planted, live.within, switch=live.switch)
        self.began = time.time()
        return planted

    def _aim(self, planted: Canary | None) -> Target:
        """Rows are counted as of the canary; without counts everything is replayed."""
        return Target(LSN, planted.position - 1) if planted and planted.counted else self.wanted.aim

    def _home(self, made: Path, ahead: Prospect) -> Home:
        source = self.wanted.source
        version = int(ahead.version.partition(".")[0])
        return Home(made / DATA, made / RUN, programs(source, ahead.version), source.place.user, source.superuser, version)

    def _restored(self, home: Home, ahead: Prospect, planted: Canary | None) -> Recovered:
        source = self.wanted.source
        elsewhere = f"--tablespace-map-all={home.data.parent}/tablespaces"
        with self.watch.timing("restore"):
            restore(source.place, home, ahead.backup, source.processes, source.timeout, elsewhere)
        options = {**told(source.place, home, self._aim(planted), ahead.needed), "archive_mode": "off"}
        began = time.monotonic()
        with recovered(home, options, source.timeout, self.watch) as (server, came_to):
            self.checked += self._asked(server, planted)
            self.watch.seconds["recover"] = time.monotonic() - began
            with self.watch.timing("amcheck"):
                self.checked.append(amcheck(server, self.wanted.jobs, source.timeout, heapallindexed=self.wanted.thorough))
            stopping = time.monotonic()
        self.watch.seconds["stop"] = time.monotonic() - stopping
        with self.watch.timing("checksums"):
            self.checked.append(checksums(home, source.timeout))
        return came_to

    def _asked(self, server: Server, planted: Canary | None) -> Iterator[Checked]:
        yield catalogs(server)
        yield from asked(server, self.wanted.checks)
        if planted:
            yield from asked(server, [planted.check])
            yield from _counted(server, planted.counted)

    def _judged(self, ahead: Prospect, came_to: Recovered, planted: Canary | None) -> dict[str, Any]:
        lost, point = recovery_point(self.wanted.rpo, came_to.time, self.began, planted.waited if planted else None)
        taken, duration = recovery_time(self.wanted.rto, self.watch.seconds)
        self.checked += [point, duration]
        return {
            "verdict": str(overall(one.verdict for one in self.checked)),
            "checks": as_rows(self.checked),
            "backup": ahead.backup.label,
            "repository": ahead.backup.repository,
            "rpo_s": round(lost, 2) if lost is not None else None,
            "rto_s": round(taken, 2),
            "measured": {part: round(spent, 2) for part, spent in self.watch.seconds.items()},
            **measures(ahead, self.watch.seconds),
        }

    def _remember(self, found: Mapping[str, Any]) -> None:
        said = {name: value for name, value in found.items() if name not in ("checks", "measured")}
        record = {
            **said,
            "kind": recoveries.VERIFY,
            "at": time.time(),
            "stanza": self.wanted.source.place.stanza,
            "against": [one.name for one in failed(self.checked)],
            "rpo_target_s": self.wanted.rpo,
            "rto_target_s": self.wanted.rto,
        }
        store = recoveries.open_store(self.wanted.directory, self.wanted.environment)
        recoveries.remember(store, recoveries.RECOVERIES, record)


def _counted(server: Server, counted: Sequence[Counted]) -> Iterator[Checked]:
    for one in counted:
        yield compared(one, canaries.count(server.database(one.database), one))
