# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The grammar of a container's options: what a user may write, and what becomes of it."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import DIGEST, IMAGE, Grammar, listed, seconds, shown

Parse = Callable[[Any, str], Any]

VARIABLE = Grammar("name of a variable", r"[A-Za-z_][A-Za-z0-9_]*", "letters, digits and underscores, no digit first", 255)
USER = Grammar("user", r"[A-Za-z0-9_][A-Za-z0-9_.\-]*(:[A-Za-z0-9_][A-Za-z0-9_.\-]*)?", "a name or number, with :group", 100)
CAPABILITY = Grammar("capability", r"[A-Z][A-Z_]+", "names such as NET_BIND_SERVICE, without CAP_", 40)
NETWORK = Grammar("network", r"[A-Za-z0-9][A-Za-z0-9_.\-]*", "the name of a Docker network", 100)
TMPFS = Grammar("tmpfs", r"/[A-Za-z0-9_./\-]+(:[a-z0-9=,]+)?", "a path with options after a colon, such as /tmp:size=64m", 200)
VOLUME = Grammar(
    "volume",
    r"[A-Za-z0-9][A-Za-z0-9_.\-]+:/[A-Za-z0-9_./\-]+(:ro)?",
    "a named volume, a path and perhaps ro, such as uploads:/data:ro; directories of the host cannot be mounted",
    300,
)
ULIMIT = Grammar("limit", r"[a-z]+", "names such as nofile", 20)
PATH = Grammar("path", r"/[!-~]*", "printable characters without spaces, beginning with a slash", 1000)
FORBIDDEN_NETWORKS = frozenset({"host", "none"})
LONGEST_TEXT = 32_000
_BYTES = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_LEAST_MEMORY = 6 << 20


def image(value: Any, noun: str) -> str:
    """``repository@digest``; a tag is refused, since what it names may change between two hosts."""
    repository, at, digest = value.partition("@") if isinstance(value, str) else ("", "", "")
    if not at:
        raise InvalidInput(f"{noun}: {shown(value)} is not pinned: write repository@sha256:..., a tag may change meaning")
    return f"{IMAGE.check(repository)}@{DIGEST.check(digest)}"


def whole(least: int, most: int) -> Parse:
    """A whole number within bounds."""

    def parse(value: Any, noun: str) -> int:
        is_whole = not isinstance(value, bool) and re.fullmatch(r"[0-9]{1,9}", str(value))
        if not is_whole or not least <= int(value) <= most:
            raise InvalidInput(f"{noun}: {shown(value)} is not allowed; write a whole number from {least} to {most}")
        return int(value)

    return parse


def texts(value: Any, noun: str) -> dict[str, str]:
    """Variables of an environment; numbers become text, truth does not, since nobody knows how it is spelled."""
    return {VARIABLE.check(name): _value(one, f"{noun}.{name}") for name, one in mapping(value, noun).items()}


def _value(value: Any, noun: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidInput(f"{noun} must be a text, not {type(value).__name__}: put it in quotes")
    if "\0" in str(value) or len(str(value)) > LONGEST_TEXT:
        raise InvalidInput(f"{noun} holds a NUL or is longer than {LONGEST_TEXT} characters")
    return str(value)


def words(value: Any, noun: str) -> tuple[str, ...]:
    """A command as a list; no shell reads it."""
    if not isinstance(value, list | tuple) or not value:
        raise InvalidInput(f"{noun}: write the command as a list of words; no shell reads it, so {shown(value)} cannot be split")
    return tuple(_value(word, noun) for word in value)


def each(grammar: Grammar) -> Parse:
    """A list in which everything follows the grammar."""

    def parse(value: Any, noun: str) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            raise InvalidInput(f"{noun} must be a list, not {shown(value)}")
        return tuple(grammar.check(one) for one in value)

    return parse


def one(grammar: Grammar) -> Parse:
    return lambda value, noun: grammar.check(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def network(value: Any, noun: str) -> str:
    if NETWORK.check(value) in FORBIDDEN_NETWORKS:
        raise InvalidInput(f"{noun}: the network {value} is not allowed; name a network that docker network ls lists")
    return str(value)


def memory(value: Any, noun: str) -> int:
    """Bytes of a size such as ``256m``."""
    match = re.fullmatch(r"([0-9]{1,15})([bkmg]?)", str(value).lower())
    size = int(match[1]) * _BYTES[match[2] or "b"] if match else 0
    if not _LEAST_MEMORY <= size <= 1 << 46:
        raise InvalidInput(f"{noun}: {shown(value)} is not a size; write a number and b, k, m or g, from 6m, such as 256m")
    return size


def cpus(value: Any, noun: str) -> float:
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", str(value)) or not 0.01 <= float(value) <= 1024:
        raise InvalidInput(f"{noun}: {shown(value)} is not a number of processors; write one from 0.01 to 1024, such as 0.5")
    return float(value)


def flag(value: Any, noun: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{noun}: {shown(value)} is neither true nor false")
    return value


def duration(least: float, most: float) -> Parse:
    """Seconds of a duration within bounds."""

    def parse(value: Any, noun: str) -> float:
        length = seconds(value, noun=noun)
        if not least <= length <= most:
            raise InvalidInput(f"{noun}: {shown(value)} is not sensible; allowed are {least:g}s to {most:g}s")
        return length

    return parse


def patience(value: Any, noun: str) -> int:
    """Whole seconds, rounded up, for which the Engine waits between SIGTERM and SIGKILL."""
    return math.ceil(float(duration(0, 3600)(value, noun)))


def numbers(value: Any, noun: str) -> dict[str, int]:
    """Limits by name."""
    return {ULIMIT.check(key): whole(0, 999_999_999)(item, f"{noun}.{key}") for key, item in mapping(value, noun).items()}


def port_list(value: Any, noun: str) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidInput(f"{noun} must be a list of ports, one for each replica, not {shown(value)}")
    return tuple(whole(1, 65535)(port, noun) for port in value)


def statuses(value: Any, noun: str) -> tuple[int, ...]:
    """One status or several."""
    several = tuple(whole(100, 599)(status, noun) for status in (value if isinstance(value, list | tuple) else [value]))
    if not several:
        raise InvalidInput(f"{noun} is empty: name at least one status, such as 200")
    return several


def address(value: Any, noun: str) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        raise InvalidInput(f"{noun}: {shown(value)} is not an IPv4 address such as 0.0.0.0 or 10.0.0.5") from None


def mapping(value: Any, noun: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{noun} must be a dictionary, not {shown(value)}")
    return value


def options(given: Any, known: Mapping[str, Parse], noun: str) -> dict[str, Any]:
    """Every option that was given, parsed; raises ``InvalidInput`` for one that is not known."""
    for key in mapping(given, noun):
        if key not in known:
            raise InvalidInput(f"{noun} has no option {shown(key)}: allowed are {listed(sorted(known))}")
    return {key: known[key](value, f"{noun}: {key}") for key, value in given.items() if value is not None}
