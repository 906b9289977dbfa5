# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing configuration back, put together for the module config_restore."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import NotFound, Refused
from .._core.plan import Plan
from .._core.text import listed
from .._edge.run import Operation, Report
from .._edge.spec import FENCE, into
from .._fence.fence import Fence, check
from . import mirror, pack, sealed, shelf
from .model import LATEST, STAMP, ArchiveDamaged, Note, Restore, Shelf
from .operation_source import SOURCE, lying, source
from .plan import Opened, differences, restore_plan, selected
from .restoring import brought_back, kept, live

RESTORE_OPTIONS = {
    **SOURCE,
    "identity": {"type": "str", "required": True, "no_log": True},
    "archive": {"type": "str", "default": LATEST},
    "paths": {"type": "list", "elements": "str", "default": []},
    "to": {"type": "path"},
    "replace": {"type": "bool", "default": False},
    "kept": {"type": "path", "default": "/var/lib/mainstay/replaced"},
    "environment": {"type": "str", "default": ""},
    "confirm": {"type": "str", "default": ""},
    "most_bytes": {"type": "int", "default": 67108864},
    "fence": {"type": "dict", "options": FENCE},
}


@dataclass(frozen=True)
class Request:
    """What is to be brought back, and the fence under which it is."""

    restore: Restore
    fence: Fence | None = None


def _parse(params: Mapping[str, Any]) -> Request:
    restore = into(Restore, {**params, "source": source(params), "most": params["most_bytes"]})
    if restore.replace and restore.confirm != restore.word:
        raise Refused(
            f"files of {restore.source.name} in {restore.environment} would be replaced by those of an archive. First look "
            f'at what differs, without replace; if you mean it, give confirm: "{restore.word}"',
            confirm=restore.word,
        )
    return Request(restore, into(Fence, params["fence"]) if params["fence"] else None)


def _read(wanted: Request) -> Opened:
    restore = wanted.restore
    note = _chosen(restore, lying(restore.source, verify=False))
    content = mirror.fetched(restore.source.place, note) if restore.source.place else shelf.fetched(restore.source.dest, note)
    if not mirror.is_whole(content, note):
        raise ArchiveDamaged(f"{note.file} is not what was archived: it is cut, or a bit of it is not as it was. {_advice()}")
    tree = pack.unpacked(sealed.opened(content, restore.identity), restore.source.name, restore.most)
    return Opened(note, tree, live(restore, selected(restore, tree)), time.strftime(STAMP, time.gmtime()))


def _chosen(wanted: Restore, found: Shelf) -> Note:
    """The archive that is named; the latest must not be an older one because the latest is damaged."""
    names = [note.file for note in found.archives]
    last = max([*names, *found.damaged], default="")
    file = last if wanted.archive == LATEST else wanted.archive
    if file and file in found.damaged:
        raise ArchiveDamaged(f"{file} is not what was archived, or has no note beside it. {_advice()}")
    if file not in names:
        raise NotFound(f"there is no archive {file or 'of ' + wanted.source.name}, only {listed(names[-5:])}")
    return found.archives[names.index(file)]


def _advice() -> str:
    return "Nothing was touched: take its copy from the bucket or the directory, or name another archive"


def _plan(wanted: Request, found: Opened) -> Plan:
    return restore_plan(wanted.restore, found)


def _apply(wanted: Request, found: Opened, planned: Plan) -> Report:
    pairs = [step.data for step in planned.steps if step.action == "restore"]

    def may_swap() -> None:
        if wanted.fence:
            check(wanted.fence)

    brought_back(wanted.restore, pairs, found.tree.contents, found.stamp, may_swap)
    is_kept = any(step.action == "keep" for step in planned.steps)
    return {**_predict(wanted, found), "kept": kept(wanted.restore, found.stamp) if is_kept else ""}


def _predict(wanted: Request, found: Opened) -> Report:
    return {"archive": found.note.file, "when": found.note.when, "differences": differences(wanted.restore, found), "kept": ""}


RESTORE = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_predict)
