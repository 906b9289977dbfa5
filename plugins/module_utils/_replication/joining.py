# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a standby shall be, and what is found before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._backup.room import Room
from .._core.errors import InvalidInput
from .._core.text import NAME
from .._postgres.model import Database
from .model import HOST_NAME, SLOT, Bounds, Instance, Local, Server


@dataclass(frozen=True)
class Membership:
    """What a standby shall be: following ``primary`` through ``slot``, gone, or back after it was a primary.

    ``members`` are the slots of all servers of the cluster.
    """

    instance: Instance
    primary: Database
    slot: str
    environment: str
    host: str
    state: str = "present"
    bounds: Bounds = field(default_factory=Bounds)
    confirm: str = ""
    members: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for slot in (self.slot, *self.members):
            SLOT.check(slot)
        NAME.check(self.environment)
        HOST_NAME.check(self.host)
        if not self.primary.host:
            raise InvalidInput("primary.host is empty: give the name or the address of the primary")

    @property
    def word(self) -> str:
        """What somebody must type who replaces data."""
        return f"{self.environment} {self.host}"


@dataclass(frozen=True)
class Rehearsal:
    """What pg_rewind said when it tried without writing: ``needed`` is False where the data can follow as it is."""

    possible: bool
    needed: bool = True
    words: str = ""


@dataclass(frozen=True)
class Joining:
    """Everything that the plan of a standby stands on; ``upstream`` is what the primary says."""

    local: Local
    upstream: Server
    stamp: str
    room: Room
    rehearsal: Rehearsal | None = None
    desired: str = ""
