# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the steps of a standby. Whenever it is killed, what lies there is the old data or the new, or says that it is neither."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .._backup.stray import clear
from .._core.plan import Plan, Step
from .._core.wait import Pace, wait_until
from .._postgres.postgres import session
from . import copying, instance, markers
from .joining import Joining, Membership
from .model import FENCED, REMOVED, Record, ReplicationFailed, ReplicaTooFarBehind, Server
from .plan import AWAIT, CLEAN, CONFIGURE, COPY, DROP, FENCE, REWIND, SLOT, START, STOP, SWAP, TIDY
from .ready import caught_up, lag_told
from .replicated import LIMITS, psql, remote

LOOK_S = 0.3
UNUSED = """
DO $$ DECLARE one name; BEGIN
  FOR one IN SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT active
    AND slot_name IN (@members@) LOOP
    BEGIN PERFORM pg_drop_replication_slot(one); EXCEPTION WHEN object_in_use THEN NULL; END;
  END LOOP;
END $$
"""
"""Whoever still follows may connect in the same moment, and keeps its slot; so do strangers, such as a reader of the log."""


@dataclass
class Joiner:
    """What is at work on a standby."""

    wanted: Membership
    found: Joining
    may_write: Callable[[], None]
    tidies: bool = False

    @property
    def data(self) -> Path:
        return Path(self.wanted.instance.data)

    def perform(self, plan: Plan) -> None:
        actions: Mapping[str, Callable[[Step], None]] = {
            CLEAN: self._clean, SLOT: self._slot, COPY: self._copy, REWIND: self._rewind, CONFIGURE: self._configure,
            STOP: self._stop, SWAP: self._swap, START: self._start, AWAIT: self._await, FENCE: self._fence, DROP: self._drop,
            TIDY: self._tidy,
        }  # fmt: skip
        self.tidies = any(step.action == TIDY for step in plan.steps)
        for step in plan.steps:
            self.may_write()
            actions[step.action](step)

    def _clean(self, step: Step) -> None:
        clear(Path(step.subject), Path(step.subject))

    def _slot(self, step: Step) -> None:
        """Reserved at once, so that the log from here on is kept."""
        with session(self.wanted.primary, LIMITS) as connection:
            connection.execute(b"SELECT pg_create_physical_replication_slot(%s, true)", (step.subject,))

    def _copy(self, step: Step) -> None:
        wanted, upstream = self.wanted, self.found.upstream
        copying.copy(wanted.instance, wanted.primary, wanted.slot, Path(step.subject), upstream.version, upstream.system_id)

    def _rewind(self, _step: Step) -> None:
        """Masked from before it begins: what was only stopped would be started at the next boot, half rewound."""
        local = self.found.local
        instance.mask(self.wanted.instance)
        copying.rewind(self.wanted.instance, self.wanted.primary, local)
        markers.write_record(self.data, Record(FENCED, time.time(), local.record.proof if local.record else None))

    def _configure(self, step: Step) -> None:
        wanted, place = self.wanted, Path(step.subject)
        markers.write_passfile(wanted.instance, self.data, wanted.primary)
        markers.follow(wanted.instance, place, self.found.desired, wanted.slot)
        markers.make_standby(wanted.instance, place)
        if self.found.local.server and place == self.data:
            instance.reload(wanted.instance)

    def _stop(self, _step: Step) -> None:
        """From before it stops, it can only come up as a standby."""
        markers.make_standby(self.wanted.instance, self.data)
        instance.stop(self.wanted.instance)

    def _swap(self, _step: Step) -> None:
        stamp = self.found.stamp
        copying.swap(self.wanted.instance, Path(f"{self.data}.standby-{stamp}"), Path(f"{self.data}.before-{stamp}"))
        markers.forget_record(self.data)

    def _start(self, _step: Step) -> None:
        """The record stays until it is tidied: where a run is killed in between, or the start fails, the next one does that."""
        if not self.tidies:
            markers.forget_record(self.data)
        elif not markers.read_record(self.data):
            markers.write_record(self.data, Record(FENCED, time.time()))
        instance.unmask(self.wanted.instance)
        instance.start(self.wanted.instance)

    def _await(self, _step: Step) -> None:
        wanted = self.wanted
        done, seen = wait_until(self._upstream, self._is_there, Pace(wanted.bounds.within, LOOK_S))
        if not done:
            raise ReplicaTooFarBehind(
                f"the standby on {wanted.host} did not come within {wanted.bounds.lag} bytes of its primary in "
                f"{wanted.bounds.within:g} s: {lag_told(seen, wanted.slot)}. See its log, then run again"
            )

    def _fence(self, _step: Step) -> None:
        markers.make_standby(self.wanted.instance, self.data)
        markers.write_record(self.data, Record(REMOVED, time.time()))
        instance.mask(self.wanted.instance)

    def _drop(self, step: Step) -> None:
        """The connection of a standby that was stopped may be noticed a moment later."""
        wait_until(self._upstream, lambda seen: not _is_active(seen, step.subject), Pace(30, LOOK_S))
        with session(self.wanted.primary, LIMITS) as connection:
            connection.execute(b"SELECT pg_drop_replication_slot(%s)", (step.subject,))

    def _tidy(self, _step: Step) -> None:
        """Slots survive a switch, and would have a standby keep its log for servers that follow another one now."""
        if self.wanted.members:
            unused = UNUSED.replace("@members@", ", ".join(f"'{slot}'" for slot in self.wanted.members))
            code, text = psql(self.wanted.instance, instance.binaries(self.wanted.instance), unused)
            if code:
                raise ReplicationFailed(f"could not drop unused slots on {self.data}: {' '.join(text.split())[:300]}; run again")
        markers.forget_record(self.data)

    def _upstream(self) -> Server:
        return remote(self.wanted.primary)

    def _is_there(self, seen: Server) -> bool:
        return caught_up(seen, self.wanted.slot, self.wanted.bounds)


def _is_active(seen: Server, slot: str) -> bool:
    found = seen.slot_named(slot)
    return found is not None and found.active
