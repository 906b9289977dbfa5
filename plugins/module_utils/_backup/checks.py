# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an application asks of restored data, and what must come out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .._core.errors import InvalidInput, MainstayError
from .._core.text import NAME, shown
from .._core.verdict import Verdict
from .._postgres.model import ROLE

LONGEST_QUERY = 10_000


@dataclass(frozen=True)
class Check:
    """A query whose first value must be ``expect``, as text, or at least the number ``least``."""

    name: str
    query: str
    database: str = "postgres"
    expect: str | None = None
    least: float | None = None

    def __post_init__(self) -> None:
        NAME.check(self.name)
        ROLE.check(self.database)
        if not self.query.strip() or len(self.query) > LONGEST_QUERY or "\0" in self.query:
            raise InvalidInput(f"the check {self.name} needs a query of 1 to {LONGEST_QUERY} characters")
        if (self.expect is None) == (self.least is None):
            raise InvalidInput(f"the check {self.name} needs either expect or least")


@dataclass(frozen=True)
class Checked:
    """What a check saw, and what is to be thought of it."""

    name: str
    verdict: Verdict
    message: str


def judged(check: Check, value: object) -> Checked:
    """The verdict on the value that the query gave."""
    if value is None:
        return Checked(check.name, Verdict.FAIL, "the query gave nothing")
    if check.expect is not None:
        good, wanted = str(value) == check.expect, shown(check.expect)
    else:
        good, wanted = _number(value) >= (check.least or 0.0), f"at least {check.least:g}"
    return Checked(check.name, Verdict.PASS if good else Verdict.FAIL, f"{shown(str(value))}, wanted {wanted}")


def refused(name: str, error: MainstayError) -> Checked:
    """The verdict where a query could not be answered at all."""
    return Checked(name, Verdict.FAIL, error.message)


def failed(checks: Iterable[Checked]) -> list[Checked]:
    return [one for one in checks if one.verdict is not Verdict.PASS]


def as_rows(checks: Iterable[Checked]) -> list[dict[str, Any]]:
    return [{"name": one.name, "verdict": str(one.verdict), "message": one.message} for one in checks]


def _number(value: object) -> float:
    """Not a number is less than every other."""
    try:
        return float(str(value))
    except ValueError:
        return float("-inf")
