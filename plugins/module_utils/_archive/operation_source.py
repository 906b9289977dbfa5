# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that say where archives lie, which the modules share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._bucket.operation_place import BUCKET, place
from .._edge.require import BOTO3, require
from .._edge.spec import into
from . import mirror, shelf
from .model import Place, Shelf, Source

PLACE = {
    "type": "dict",
    "options": {**BUCKET, "prefix": {"type": "str"}},
}
SOURCE = {
    "name": {"type": "str", "required": True},
    "dest": {"type": "path"},
    "bucket": PLACE,
}


def away(params: Mapping[str, Any]) -> Place | None:
    """The bucket with its prefix, None where none is given."""
    given = params["bucket"]
    return into(Place, {**given, "bucket": place(given)}) if given else None


def source(params: Mapping[str, Any]) -> Source:
    return into(Source, {**params, "place": away(params)})


def lying(wanted: Source, *, verify: bool) -> Shelf:
    """What lies there; a directory is always read to the last byte, a bucket with ``verify`` only."""
    if wanted.place is None:
        return shelf.seen(wanted.dest, wanted.name)
    require((BOTO3,))
    return mirror.seen(wanted.place, wanted.name, verify=verify)
