# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archiving, put together for the module config_archive."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._core.errors import MainstayError
from .._core.plan import Plan, Step
from .._core.text import listed
from .._dump.shelf import make
from .._edge.require import BOTO3, require
from .._edge.run import Operation, Report
from .._edge.spec import Seconds, into
from . import files, mirror, pack, shelf
from .model import ENDING, STAMP, Archive, Note, Place, Shelf
from .operation_source import PLACE, away
from .plan import Found, archive_plan, current
from .taking import copied, taken

ARCHIVE_OPTIONS = {
    "name": {"type": "str", "required": True},
    "recipients": {"type": "list", "elements": "str", "required": True},
    "dest": {"type": "path", "required": True},
    "paths": {"type": "list", "elements": "str", "default": []},
    "optional_paths": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "str", "default": "90d"},
    "most_bytes": {"type": "int", "default": 67108864},
    "bucket": PLACE,
    "expire_copies": {"type": "bool", "default": True},
}


@dataclass(frozen=True)
class Terms:
    """What of an archive is written in a way of its own."""

    keep: Seconds | None = None


def _parse(params: Mapping[str, Any]) -> Archive:
    given = {"optional": params["optional_paths"], "most": params["most_bytes"], "keep": into(Terms, params).keep}
    return into(Archive, {**params, **given, "place": away(params)})


def _read(wanted: Archive) -> Found:
    collected = files.collected(wanted)
    away, trouble = _looked_away(wanted)
    return Found(
        collected,
        pack.digest(pack.manifest(wanted.name, collected.tree)),
        shelf.seen(wanted.dest, wanted.name),
        _stamp(wanted),
        time.strftime(STAMP, time.gmtime(time.time() - wanted.keep)),
        away,
        trouble,
        pack.packed(wanted.name, collected.tree),
    )


def _looked_away(wanted: Archive) -> tuple[Shelf | None, MainstayError | None]:
    """What the bucket has, or why it cannot be told: that is said in the end, because the archive need not wait for it."""
    if not wanted.place:
        return None, None
    require((BOTO3,))
    try:
        return mirror.listed(wanted.place, wanted.name), None
    except MainstayError as error:
        return None, error


def _stamp(wanted: Archive) -> str:
    """This second, or the next if there is an archive of this one."""
    while (Path(wanted.dest) / f"{wanted.name}_{(stamp := time.strftime(STAMP, time.gmtime()))}{ENDING}").exists():
        time.sleep(0.1)
    return stamp


def _apply(wanted: Archive, found: Found, planned: Plan) -> Report:
    note = current(found, wanted)
    for step in planned.steps:
        match step.action:
            case "create":
                make(step.subject)
            case "archive":
                note = taken(wanted, found)
            case "copy" | "expire_copy" if wanted.place:
                _do_away(wanted, wanted.place, step)
            case _:
                shelf.remove(step.subject)
    return _report(wanted, found, note)


def _do_away(wanted: Archive, place: Place, step: Step) -> None:
    try:
        if step.action == "copy":
            copied(wanted, place, step.data)
        else:
            mirror.remove(place, step.data)
    except MainstayError as error:
        raise _nevertheless(wanted, error) from None


def _nevertheless(wanted: Archive, error: MainstayError) -> MainstayError:
    """The error of the bucket, which does not concern what lies here."""
    return type(error)(f"{error.message}. Archives are in {wanted.dest}, and the next run copies them", **error.details)


def _predict(wanted: Archive, found: Found) -> Report:
    return _report(wanted, found, current(found, wanted))


def _report(wanted: Archive, found: Found, note: Note | None) -> Report:
    if found.trouble:
        raise _nevertheless(wanted, found.trouble)
    seen = found.collected
    told = {key: value for key, value in asdict(note).items() if key in {"sha256", "bytes", "when", "files"}} if note else {}
    lost = [f"{wanted.dest}/{name} is not what was archived, and counts no more" for name in found.shelf.damaged]
    strange = [f"{listed(seen.left_out[:5])} is neither file, directory nor link, and was left out"] if seen.left_out else []
    where = {"archive": f"{wanted.dest}/{note.file}"} if note else {}
    return {**where, **told, "absent": list(seen.absent), "left_out": list(seen.left_out), "warnings": [*lost, *strange]}


ARCHIVE = Operation(parse=_parse, read=_read, plan=archive_plan, apply=_apply, predict=_predict)
