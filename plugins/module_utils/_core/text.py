# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The grammar of every name that an operator may type, and how long texts and durations are written."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import InvalidInput


@dataclass(frozen=True)
class Grammar:
    """What a kind of name looks like, in a form for machines and one for people."""

    noun: str
    pattern: str
    allowed: str
    longest: int

    def check(self, value: object) -> str:
        """Return ``value`` if it is well-formed, raise ``InvalidInput`` otherwise."""
        if not isinstance(value, str) or len(value) > self.longest or not re.fullmatch(self.pattern, value):
            raise InvalidInput(f"{shown(value)} is not a {self.noun}: allowed are {self.allowed}")
        return value


VERSION = Grammar(
    "version",
    r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}",
    "1 to 128 letters, digits, dots, dashes and underscores, not beginning with a dot or a dash",
    128,
)
NAME = Grammar(
    "name",
    r"[a-z][a-z0-9_\-]{0,62}",
    "1 to 63 lower-case letters, digits, dashes and underscores, beginning with a letter",
    63,
)
IMAGE = Grammar(
    "image repository",
    r"[a-z0-9][a-z0-9.\-]*(:[0-9]{1,5})?(/[a-z0-9]+([._\-]+[a-z0-9]+)*)*",
    "a registry, an optional port and a path in lower case, such as registry.example.com:5000/shop/api",
    255,
)
DIGEST = Grammar("digest", r"sha256:[0-9a-f]{64}", "sha256: and 64 hexadecimal digits", 71)

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def shown(value: object, longest: int = 60) -> str:
    """A value as it may be printed: quoted, without control characters, cut."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"


def seconds(value: object, *, noun: str = "duration") -> float:
    """Seconds of a duration such as ``500ms``, ``30s``, ``5m``, ``1h``, ``2d``; a bare number is seconds."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)?", str(value))
    if not match:
        raise InvalidInput(f"{shown(value)} is not a {noun}: write a number and a unit such as 500ms, 30s, 5m, 1h or 2d")
    return float(match[1]) * _UNITS[match[2] or "s"]


SLOWEST, FASTEST = 0.01, 10_000


def rate(value: object, *, noun: str = "rate") -> float:
    """How many a second: a number from one in 100 seconds to 10,000."""
    text = "" if isinstance(value, bool) else str(value)
    if not re.fullmatch(r"[0-9]{1,5}(?:\.[0-9]{1,6})?", text) or not SLOWEST <= float(text) <= FASTEST:
        raise InvalidInput(f"{shown(value)} is not a {noun}: write how many a second, a number from {SLOWEST:g} to {FASTEST}")
    return float(text)


def moment(when: float) -> str:
    """Seconds since the epoch as a date and a time of UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(when))


def listed(items: Iterable[str]) -> str:
    """``a, b and c``, or ``nothing``."""
    names = list(items)
    if not names:
        return "nothing"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced; short ones are left alone, they would match everywhere."""
    for secret in sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text


def choice(value: str, among: Mapping[str, object], noun: str) -> str:
    """Return ``value`` if it is a key of ``among``; the error names what is allowed."""
    if value not in among:
        raise InvalidInput(f"{shown(value)} is not a {noun}: choose {listed(sorted(among)).replace(' and ', ' or ')}")
    return value


def reason(text: str) -> str:
    """Why somebody overrides a guard, as it is written down."""
    if not text.isprintable() or not 3 <= len(text.strip()) <= 500:
        raise InvalidInput(f"{shown(text)} is not a reason: write a sentence of 3 to 500 printable characters")
    return text.strip()


def within(noun: str, value: float, least: float, most: float) -> float:
    """The value if it lies between the two, which are allowed; raises ``InvalidInput`` otherwise."""
    if not least <= value <= most:
        raise InvalidInput(f"{value:g} is not a sensible {noun}: allowed are {least:g} to {most:g}")
    return value
