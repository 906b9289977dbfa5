# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What archives there are, put together for the module config_archive_info."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._edge.run import Reading, Report
from .model import Note, Source
from .operation_source import SOURCE, lying, source

INFO_OPTIONS = {**SOURCE, "verify": {"type": "bool", "default": False}}


@dataclass(frozen=True)
class Question:
    """Whose archives, and whether those of a bucket are read to the last byte."""

    source: Source
    verify: bool = False


def _parse(params: Mapping[str, Any]) -> Question:
    return Question(source(params), params["verify"])


def _read(wanted: Question) -> Report:
    found = lying(wanted.source, verify=wanted.verify)
    return {"archives": [_told(note) for note in found.archives], "damaged": list(found.damaged)}


def _told(note: Note) -> dict[str, Any]:
    """All but what would let one try secrets."""
    return {**{key: value for key, value in asdict(note).items() if key != "content"}, "recipients": list(note.recipients)}


INFO = Reading(parse=_parse, read=_read)
