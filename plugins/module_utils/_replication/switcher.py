# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the steps of a handover, and looks for what proves one."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .._backup.control import read_control
from .._backup.owner import said
from .._backup.wal import lsn, lsn_text
from .._core.errors import MainstayError
from .._core.plan import Plan
from .._core.wait import Pace, wait_until
from .._postgres.model import Database
from . import instance, markers
from .handover import FENCE, FLUSH, HOOK, PROMOTE, PROVE, RELEASE, RESUME, SETTLE, STOP, Scene, Switch
from .model import FENCED, PRIMARY, PROMOTING, SHUT_DOWN, Local, NotFenced, PrimaryRuns, Proof, Record, ReplicationFailed, Server
from .ready import has_replayed
from .replicated import here, psql, remote

SHUTDOWN = "CHECKPOINT_SHUTDOWN"
LOOK_S = 0.05
HOOK_S = 300.0


@dataclass
class Switcher:
    """What is at work on a primary, or on one to be; ``at`` is when it stopped taking writes, or began to."""

    wanted: Switch
    found: Scene
    may_write: Callable[[], None]
    at: float = 0.0

    @property
    def data(self) -> Path:
        return Path(self.wanted.instance.data)

    def perform(self, plan: Plan) -> None:
        actions: Mapping[str, Callable[[], None]] = {
            FLUSH: self._flush, FENCE: self._fence, STOP: self._stop, PROVE: self._prove, HOOK: self._hook,
            PROMOTE: self._promote, SETTLE: self._settle, RELEASE: self._release, RESUME: self._resume,
        }  # fmt: skip
        for step in plan.steps:
            self.may_write()
            actions[step.action]()

    def _flush(self) -> None:
        program = instance.binaries(self.wanted.instance)
        code, text = psql(self.wanted.instance, program, "CHECKPOINT", self.wanted.instance.timeout)
        if code:
            raise ReplicationFailed(f"the server on {self.data} did not do a CHECKPOINT: {' '.join(text.split())[:300]}")

    def _fence(self) -> None:
        """The signal first: whatever comes after it, a start makes a standby."""
        markers.make_standby(self.wanted.instance, self.data)
        markers.write_record(self.data, Record(FENCED, time.time()))
        if not self.found.local.pid:
            instance.mask(self.wanted.instance)

    def _stop(self) -> None:
        """Masked only when it is stopped: systemd forgets how to stop what is masked."""
        self.at = time.time()
        markers.write_record(self.data, Record(FENCED, self.at))
        instance.stop(self.wanted.instance)
        instance.mask(self.wanted.instance)

    def _prove(self) -> None:
        control = read_control(instance.binaries(self.wanted.instance), self.data, self.wanted.instance.user)
        if control.state not in SHUT_DOWN:
            raise NotFenced(
                f"the server on {self.data} is stopped and fenced, but was not shut down cleanly ({control.state}): where its "
                "log ends is not known, so nobody may take its place yet. state: resumed lets it take writes again"
            )
        record = markers.read_record(self.data)
        at = record.at if record else time.time()
        proof = Proof(control.system_id, control.timeline, lsn(control.checkpoint))
        markers.write_record(self.data, Record(FENCED, at, proof))
        instance.mask(self.wanted.instance)

    def _hook(self) -> None:
        """Its word is all that there is, so anything but success is none; and nobody may answer as primary afterwards."""
        command = self.wanted.hook
        code, text = said(pwd.getpwuid(os.geteuid()).pw_name, command, HOOK_S)
        if code:
            raise NotFenced(
                f"{command[0]} ended with {code}, so {self.wanted.lost} may still take writes: {' '.join(text.split())[:300]}. "
                "Nothing was promoted"
            )
        rival = answer(self.wanted.primary)
        if rival and not rival.in_recovery:
            raise PrimaryRuns(f"{self.wanted.lost} takes writes though {command[0]} said that it is fenced; nothing was promoted")

    def _promote(self) -> None:
        markers.write_record(self.data, Record(PROMOTING, time.time()))
        instance.promote(self.wanted.instance)
        self.at = time.time()

    def _settle(self) -> None:
        """Only a checkpoint writes the new timeline into the control file, where pg_rewind on the others looks for it."""
        self._flush()
        markers.forget_record(self.data)

    def _release(self) -> None:
        """The record stays until it runs, so that a run that is killed goes on; the proof goes, for there will be more log."""
        local = self.found.local
        instance.unmask(self.wanted.instance)
        if local.role != PRIMARY:
            markers.write_record(self.data, Record(FENCED, local.record.at if local.record else time.time()))
        markers.make_primary(self.data)
        if local.role == PRIMARY:
            markers.forget_record(self.data)

    def _resume(self) -> None:
        instance.start(self.wanted.instance)
        markers.forget_record(self.data)
        self.at = time.time()


def answer(database: Database | None) -> Server | None:
    """What a server says, None where it does not, or not so that it could be understood."""
    try:
        return remote(database) if database else None
    except MainstayError:
        return None


def replayed(wanted: Switch, seen: Local) -> Local:
    """The candidate once it has replayed what the old primary wrote last, or as it was seen last."""
    proof = wanted.proof
    if proof is None or seen.server is None or not seen.server.in_recovery:
        return seen
    program = instance.binaries(wanted.instance)
    pace = Pace(min(wanted.bounds.within, wanted.instance.timeout), LOOK_S)
    done, _last = wait_until(lambda: here(wanted.instance, program), lambda server: has_replayed(server, proof), pace)
    return instance.local(wanted.instance) if done else seen


def is_end(wanted: Switch) -> bool:
    """The log that came here holds a shutdown where the old primary is said to have ended."""
    proof = wanted.proof
    if proof is None:
        return False
    where = ["-p", f"{wanted.instance.data}/pg_wal", "-t", str(proof.timeline), "-s", lsn_text(proof.checkpoint), "-n", "1"]
    _code, text = said(wanted.instance.user, [str(instance.binaries(wanted.instance) / "pg_waldump"), *where], 60)
    return SHUTDOWN in text
