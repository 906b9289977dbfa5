# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the server beside is brought its log: much of it is fetched ahead, little of it segment by segment.

What is fetched ahead pgBackRest looks for every tenth of a second and then more and more seldom, while it brings a segment of
a repository nearby in 0.04 s when it does nothing else. So fetching ahead can only pay for a long row, and never does at its end:
there the server asks twice for a segment that is not there, then again for the last one, and for histories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .beside import Home
from .model import Place
from .pgbackrest import PROGRAM
from .reach import Reach
from .target import Target, recovery_options
from .wal import segment_name

FEW = 12
"""Segments up to which none is fetched ahead. Of a repository nearby, on two cores, ten are replayed sooner that way, sixteen and
fifty about as soon; of one far away each would cost its round trips."""
LAST = 2
"""Of a longer row, those that are not."""


def told(place: Place, home: Home, aim: Target, needed: Reach) -> Mapping[str, str]:
    """The settings that say where to recover to, and how to get there."""
    return {**recovery_options(aim, needed.timeline), "restore_command": restore_command(place, home, needed)}


def restore_command(place: Place, home: Home, needed: Reach) -> str:
    """Both ways bring the same, whatever is asked for, so a log that grew since is followed to its end.

    It fetches ahead, whatever the configuration says, into a place of its own: the live server archives under a lock in the
    usual one, and pgBackRest takes no such place without fetching ahead.
    """
    program = f"exec {PROGRAM} --config={place.config} --stanza={place.stanza} --pg1-path={home.data}"
    alone = f'{program} --no-archive-async archive-get %f "%p"'
    ahead = f'{program} --archive-async --spool-path={home.run} --lock-path={home.run} archive-get %f "%p"'
    return f"case %f in {'|'.join(_alone(needed))}) {alone} ;; *) {ahead} ;; esac"


def _alone(needed: Reach) -> Iterator[str]:
    """Patterns of the shell; the timeline is left open, for the server asks for a segment on each that may hold it."""
    yield "*.history"
    numbers = [segment.number for segment in needed.segments]
    chosen = numbers if len(numbers) <= FEW else numbers[-LAST:]
    for number in (*chosen, *(last + 1 for last in chosen[-1:])):
        yield f"*{segment_name(0, number, needed.size)[8:]}"
