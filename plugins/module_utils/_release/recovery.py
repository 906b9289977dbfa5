# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a recovery does that no other run does: nothing, where no run was interrupted, and else it tells of that run."""

from __future__ import annotations

from .model import INCONCLUSIVE, SLOTS, Journal, Ledger, Performed, Release
from .plan import NOTHING, Rollout

NOBODY = Release("nothing", "", {}, {}, "")


def calm(known: Ledger) -> Rollout:
    """No run was interrupted, so neither the schema nor any host is asked for: a timer repairs nothing of its own accord."""
    live = known.live
    release = known.releases.get(live.release, NOBODY) if live else NOBODY
    slot = live.slot if live else SLOTS[0]
    return Rollout(NOTHING, release, slot, None, "", recover=False, batches=(), undo={}, retire=(), leaves={})


def ended(interrupted: Journal, now: float) -> Performed:
    """The interrupted run as an operation that did not pass; what it was to replace is still what serves."""
    return Performed(
        run=interrupted.run,
        verb=interrupted.verb,
        release=interrupted.origin,
        slot=interrupted.origin_slot,
        verdict=INCONCLUSIVE,
        asked=interrupted.release,
        why="it was interrupted, and taken back",
        who=interrupted.who,
        started=interrupted.started,
        when=now,
        override=interrupted.override,
    )
