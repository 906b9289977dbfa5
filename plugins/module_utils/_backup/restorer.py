# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the steps of a restore.

Whenever it is killed, the data is the old or the new, whole, and the journal says what lies about.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .._core.errors import Failed
from .._core.plan import Plan, Step
from . import recoveries
from .beside import Home
from .checks import Checked, failed
from .control import CLEAN as SHUT_DOWN
from .control import read_control
from .data import running_pid
from .exchange import exchange, rename
from .fetching import told
from .journal import forget_journal, read_journal, write_journal
from .owner import give
from .prospect import programs
from .recovering import Recovered, Watch, asked, catalogs, recovered, restore
from .restoration import DONE, READY, RESTORING, Found, Journal, Prospect, Restoration, RestoreUnfit, ServerRuns
from .restore_plan import CHECK, CLEAN, DISCARD, RECOVER, RESTORE, SWAP
from .stray import clear

CONFIGURATION = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf")
"""What the service reads that is not of the data: as it was just before, wherever it lies in the data directory."""
RUN = "mainstay-restore-"


@dataclass
class Restorer:
    """What a restore has measured and seen by now."""

    wanted: Restoration
    found: Found
    may_write: Callable[[], None]
    watch: Watch = field(default_factory=Watch)
    checked: list[Checked] = field(default_factory=list)
    came_to: Recovered | None = None
    reused: bool = False

    @property
    def data(self) -> Path:
        return Path(self.found.data.path)

    def perform(self, plan: Plan) -> None:
        actions: Mapping[str, Callable[[Step], None]] = {
            CLEAN: self._clean, RESTORE: self._restore, RECOVER: self._recover, CHECK: self._check, SWAP: self._swap,
            DISCARD: self._discard,
        }  # fmt: skip
        for step in plan.steps:
            self.may_write()
            actions[step.action](step)

    def _clean(self, step: Step) -> None:
        """Who still works there is ended first."""
        journal = self._journal()
        clear(Path(step.subject), Path(step.subject))
        _forget_run(journal)
        forget_journal(self.data)

    def _restore(self, step: Step) -> None:
        run = tempfile.mkdtemp(prefix=RUN)
        before = f"{self.data}.before-{self.found.stamp}"
        prospect = self._prospect()
        journal = Journal(self.found.stamp, RESTORING, self.wanted.aim.shown, prospect.backup.label, step.subject, before, run)
        write_journal(self.data, replace(journal, reused=self.wanted.reuse))
        source, self.reused = self.wanted.source, bool(step.data)
        with self.watch.timing("restore"):
            if step.data:
                _take_over(Path(step.data), Path(step.subject))
            restore(source.place, self._home(journal), prospect.backup, source.processes, source.timeout, reuse=self.reused)

    def _recover(self, _step: Step) -> None:
        source, home = self.wanted.source, self._home(self._journal())
        options = told(source.place, home, self.wanted.aim, self._prospect().needed)
        with self.watch.timing("recover"), recovered(home, options, source.timeout, self.watch) as (server, came_to):
            self.came_to = came_to
            self.checked = [catalogs(server), *asked(server, self.wanted.checks)]

    def _check(self, step: Step) -> None:
        """The stopped copy is the stanza's cluster, was shut down cleanly, and passed."""
        journal = self._journal()
        home = self._home(journal)
        control = read_control(home.binaries, home.data, home.user)
        if control.state != SHUT_DOWN or control.system_id != self._prospect().system_id:
            raise RestoreUnfit(
                f"{step.subject} is not fit: {control.state}, system identifier {control.system_id}; nothing was replaced"
            )
        if bad := failed(self.checked):
            words = "; ".join(f"{one.name}: {one.message}" for one in bad)
            raise RestoreUnfit(f"the restored data did not pass its checks, and nothing was replaced: {words}")
        _keep_configuration(self.data, home)
        self._remember()
        ready = replace(journal, stage=READY, inode=home.data.stat().st_ino, checkpoint=control.checkpoint)
        write_journal(self.data, replace(ready, old_checkpoint=self.found.data.checkpoint))

    def _swap(self, _step: Step) -> None:
        journal, beside = self._journal(), Path(self._journal().beside)
        if running_pid(self.data):
            raise ServerRuns(f"a server was started on {self.data} meanwhile: stop it, then run again; the restored data waits")
        before = Path(journal.before)
        if not self._is_new(journal):
            _put(beside, self.data, before)
        if beside.exists():
            rename(beside, before)
        _forget_run(journal)
        write_journal(self.data, replace(journal, stage=DONE))

    def _discard(self, step: Step) -> None:
        old = Path(step.subject)
        if running_pid(old):
            raise ServerRuns(f"a server runs on {old}: nothing of it was removed; stop it first")
        shutil.rmtree(old)

    def _is_new(self, journal: Journal) -> bool:
        return self.data.exists() and self.data.stat().st_ino == journal.inode

    def _remember(self) -> None:
        prospect, seconds = self._prospect(), self.watch.seconds
        record = {
            "stanza": self.wanted.source.place.stanza,
            "kind": recoveries.RESTORE,
            "at": time.time(),
            "backup": prospect.backup.label,
            "target": self.wanted.aim.shown,
            "reused": self.reused,
            **measures(prospect, seconds),
        }
        recoveries.remember(recoveries.open_store(self.wanted.directory, self.wanted.environment), recoveries.RECOVERIES, record)

    def _journal(self) -> Journal:
        journal = read_journal(self.data)
        if journal is None:
            raise Failed(f"the journal beside {self.data} is gone: somebody removed it; see what lies beside the data")
        return journal

    def _home(self, journal: Journal) -> Home:
        source, prospect = self.wanted.source, self._prospect()
        binaries, version = programs(source, prospect.version), int(prospect.version.partition(".")[0])
        return Home(Path(journal.beside), Path(journal.run), binaries, source.place.user, source.superuser, version)

    def _prospect(self) -> Prospect:
        if self.found.prospect is None:
            raise Failed("there is nothing to restore from")
        return self.found.prospect


def measures(prospect: Prospect, seconds: Mapping[str, float]) -> dict[str, Any]:
    """What a later forecast stands on. To start this program, to look, and to stop the copy are part of every recovery."""
    around = time.process_time() + prospect.looked_s
    other = around + seconds["recover"] - seconds["replay"] + seconds.get("stop", 0.0)
    return {
        "bytes": prospect.backup.size,
        "segments": len(prospect.needed.segments),
        "restore_s": round(seconds["restore"], 3),
        "replay_s": round(seconds["replay"], 3),
        "other_s": round(other, 3),
    }


def _take_over(kept: Path, beside: Path) -> None:
    """Journalled before: what becomes of it from here on is a restore that did not end."""
    if running_pid(kept):
        raise ServerRuns(f"a server was started on {kept} meanwhile, which is to be reused: stop it, then run again")
    rename(kept, beside)
    (beside / "postmaster.pid").unlink(missing_ok=True)


def _put(beside: Path, data: Path, before: Path) -> None:
    """An empty directory, or none, is simply replaced."""
    if not data.exists() or not any(data.iterdir()):
        beside.rename(data)
    elif not exchange(beside, data):
        rename(data, before)
        rename(beside, data)


def _forget_run(journal: Journal) -> None:
    run = Path(journal.run)
    if run.parent == Path(tempfile.gettempdir()) and run.name.startswith(RUN):
        shutil.rmtree(run, ignore_errors=True)


def _keep_configuration(data: Path, home: Home) -> None:
    for name in CONFIGURATION:
        if (data / name).is_file():
            shutil.copy2(data / name, home.data / name)
            give(home.data / name, home.user)
