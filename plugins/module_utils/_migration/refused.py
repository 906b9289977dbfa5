# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why nothing runs, or no more does.

Refused
├── OnStandby            the server is a standby, which only replays what its primary did
├── WrongServer          another server answers than the one that was meant, or that the plan was made for
├── TurnTaken            another runner is at work on the same history
├── Unfinished           a migration began outside a transaction and did not finish
├── ChecksumChanged      a file was edited after it had been applied
├── OutOfOrder           a file is older than what was applied already
├── ChangedMeanwhile     what is to be repaired is not what was shown
├── Unconfirmed          a repair that nobody confirmed by typed words
├── StillNeeded          code that serves needs what would be taken away
├── NoBaseline           there is no schema to take over, or its history has begun already
├── UnsafeMigration      a statement would stall the application, or break code that runs
└── Unlinted             squawk is missing, so nobody knows whether a pending migration is safe
"""

from __future__ import annotations

from .._core.errors import Refused


class OnStandby(Refused):
    """The server is a standby."""


class WrongServer(Refused):
    """Another server answers than the one that was meant, or that the plan was made for."""


class TurnTaken(Refused):
    """Another runner is at work on the same history."""


class Unfinished(Refused):
    """A migration began outside a transaction and did not finish."""


class ChecksumChanged(Refused):
    """A file was edited after it had been applied."""


class OutOfOrder(Refused):
    """A file is older than what was applied already."""


class ChangedMeanwhile(Refused):
    """What is to be repaired is not what was shown."""


class Unconfirmed(Refused):
    """A repair that nobody confirmed by typed words."""


class StillNeeded(Refused):
    """Code that serves needs what would be taken away."""


class NoBaseline(Refused):
    """There is no schema to take over, or its history has begun already."""


class UnsafeMigration(Refused):
    """A statement would stall the application, or break code that runs."""


class Unlinted(Refused):
    """Squawk is missing, so nobody knows whether a pending migration is safe."""
