# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a check says in the end. No data is never a pass."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum, auto


class Verdict(StrEnum):
    """``pass``: it was proven. ``fail``: something spoke against it. ``inconclusive``: nothing did, but too little for a pass."""

    PASS = auto()
    FAIL = auto()
    INCONCLUSIVE = auto()


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the verdicts; of nothing, inconclusive."""
    found = set(verdicts)
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.PASS if found == {Verdict.PASS} else Verdict.INCONCLUSIVE
