# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over a replica."""

from __future__ import annotations

from .model import KEEP, STAY_DOWN, UP, Container, Replica


def is_up(replica: Replica) -> bool:
    """It has processes, or will have again without anybody's doing."""
    return replica.state in UP


def is_wanted(replica: Replica, container: Container) -> bool:
    """It is just what is wanted, whether it runs or not; one that the Engine failed to start or to remove is not."""
    same = (replica.name, replica.release, replica.config) == (container.name, container.release, container.config)
    return same and is_alterable(replica) and replica.state != "paused"


def is_running_of(replica: Replica, release: str) -> bool:
    """It runs, and is of this release, however it was made."""
    return replica.state == "running" and replica.release == release


def is_alterable(replica: Replica) -> bool:
    """The Engine still does something with it besides removing it."""
    return replica.state not in {"dead", "removing"}


def is_armed(replica: Replica) -> bool:
    """It comes back after a crash and after a reboot."""
    return replica.policy == KEEP


def is_retired(replica: Replica) -> bool:
    """It does not run, and will not by itself."""
    return not is_up(replica) and replica.policy == STAY_DOWN


def is_proven(replica: Replica, container: Container, well: frozenset[str], now: float) -> bool:
    """It answers rightly, and has run for as long as so many right answers in a row take."""
    least = (container.health.healthy - 1) * container.health.interval
    return replica.name in well and now - replica.started_at >= least


def has_crashed(replica: Replica, restarts: int) -> bool:
    """It ended since it had been started again so many times."""
    return replica.state != "running" or replica.restarts > restarts


def was_killed(replica: Replica) -> bool:
    """It outlived SIGTERM, and was ended by SIGKILL."""
    return replica.exit_code == 137 and not replica.oom_killed
