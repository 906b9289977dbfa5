# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over silences and what they match."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .model import Matcher, Silence, Silencing

STRANGERS = ("a", "Z9", "-", "0", "qX", "kubernetes:Pod_7", "ä ö", "x.y/z-1", "#")
"""Values that have nothing in common: a regex that takes all of them takes anything."""
GIVE = 0.1
"""Part of its duration by which a silence may end earlier or later than wanted before it is worth a change."""


def narrows(matcher: Matcher) -> bool:
    """Whether it leaves most alerts out. What a label must not be leaves most in."""
    if not matcher.equal or not matcher.value:
        return False
    if not matcher.regex:
        return True
    return not re.fullmatch(matcher.value, "") and not all(re.fullmatch(matcher.value, value) for value in STRANGERS)


def matches_everything(matchers: Iterable[Matcher]) -> bool:
    return not any(narrows(matcher) for matcher in matchers)


def is_live(silence: Silence) -> bool:
    """It silences, or is going to."""
    return silence.state in ("active", "pending")


def matches_the_same(silence: Silence, matchers: Iterable[Matcher]) -> bool:
    return sorted(silence.matchers) == sorted(matchers)


def is_as_wanted(silence: Silence, wanted: Silencing, now: float) -> bool:
    """It says the same, and ends about when it shall."""
    return silence.comment == wanted.marked and abs(silence.ends - now - wanted.seconds) <= GIVE * wanted.seconds
