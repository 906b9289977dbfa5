# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies in a repository by name, size and time, as ``pgbackrest repo-ls`` lists it. Nothing is read but the listing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .._core.errors import Corrupt

SEGMENT = re.compile(r"(?:.*/)?([0-9A-F]{24})-[0-9a-f]{40}(?:\.[a-z0-9]+)?")
MANIFEST = re.compile(r"backup\.manifest(\.copy)?")


@dataclass(frozen=True)
class File:
    """Bytes, and seconds since the epoch."""

    size: int
    time: int


def files(text: str) -> Mapping[str, File]:
    """Every file by its path below what was listed; raises ``Corrupt``."""
    try:
        found = json.loads(text or "{}")
        return {name: File(one["size"], one["time"]) for name, one in found.items() if one["type"] == "file"}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Corrupt(f"pgbackrest repo-ls wrote no listing ({type(error).__name__}): see which version is installed") from None


def segments(listed: Mapping[str, File]) -> Mapping[str, File]:
    """The whole segments of the write-ahead log in the listing of an archive, by their names."""
    return {match[1]: file for name, file in listed.items() if (match := SEGMENT.fullmatch(name))}


def stored(listed: Mapping[str, File]) -> Mapping[str, int]:
    """How many bytes lie there of each backup, by label, as pgBackRest counts them: without its manifest."""
    sizes: Counter[str] = Counter()
    for name, file in listed.items():
        label, _slash, rest = name.partition("/")
        if rest and not MANIFEST.fullmatch(rest):
            sizes[label] += file.size
    return sizes


def manifests(listed: Mapping[str, File]) -> frozenset[str]:
    """The labels whose manifest is there and not empty."""
    return frozenset(name.partition("/")[0] for name, file in listed.items() if name.endswith("/backup.manifest") and file.size)
