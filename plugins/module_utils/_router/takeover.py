# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A reload that is over when it returns: the new process runs the wanted configuration and nobody else takes commands."""

from __future__ import annotations

from dataclasses import dataclass

from .._core.errors import Unavailable
from .._core.wait import Pace, wait_until
from . import haproxy, master

LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Seen:
    """Which configuration answers, whether it is alone, and whether the master gave up."""

    mark: str = ""
    alone: bool = False
    failed: bool = False


def take_over(socket: str, master_socket: str, mark: str, timeout: float) -> Seen:
    """Reload and wait; the last thing seen says whether it worked."""
    wait_until(lambda: haproxy.answers(master_socket), bool, Pace(timeout, LOOK_EVERY))
    before = master.failures(master_socket)
    master.reload(master_socket)
    _done, seen = wait_until(
        lambda: _look(socket, master_socket, before),
        lambda seen: seen.failed or (seen.alone and seen.mark == mark),
        Pace(timeout, LOOK_EVERY),
    )
    return seen


def _look(socket: str, master_socket: str, before: int) -> Seen:
    """While the master starts again, it answers nobody."""
    try:
        failed = master.failures(master_socket) > before
        return Seen(haproxy.information(socket).get("description", ""), master.has_handed_over(master_socket), failed)
    except Unavailable:
        return Seen()
