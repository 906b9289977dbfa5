# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HAProxy's own counters of each server, from its page of statistics as CSV (management guide, 9.1).

A page shows both slots as of one moment, so what is compared was counted over the same time.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from .._core.errors import Unavailable
from .._router.model import identity
from .fetch import Place, get
from .model import Seen, Sides

CSV = ";csv;norefresh"
"""What is added to the address of the page, which is often ``/`` and then has no slash of its own."""

SERVER = "2"
"""The type of a row."""

ANSWERED = ("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")
"""Final answers by status. One that broke off counts here, in ``eresp`` and in ``srv_abrt``."""

Row = Mapping[str, str]


def sides(place: Place, backends: Sequence[str], slots: tuple[str, str]) -> dict[str, Sides]:
    """What the servers of both slots were sent and got wrong, by backend; raises ``Unavailable`` where one has none."""
    try:
        rows = [row for row in _rows(place) if row["type"] == SERVER and row["pxname"] in backends]
        return {f"{place.shown} {backend}": _of_backend(place, backend, slots, rows) for backend in backends}
    except (KeyError, TypeError, ValueError, csv.Error):
        raise Unavailable(f"{place.shown} does not answer as HAProxy's page of statistics does") from None


def _rows(place: Place) -> list[Row]:
    text = get(place, CSV if urlsplit(place.url).path.strip("/") else f"/{CSV}").decode("utf-8", "replace")
    if not text.startswith("# pxname,"):
        raise Unavailable(f"{place.shown} does not answer as HAProxy's page of statistics does: is the path right?")
    return list(csv.DictReader(text.removeprefix("# ").splitlines()))


def _of_backend(place: Place, backend: str, slots: tuple[str, str], rows: Sequence[Row]) -> Sides:
    canary, live = (_side([row for row in rows if row["pxname"] == backend and _slot(row) == slot]) for slot in slots)
    for slot, seen in zip(slots, (canary, live), strict=True):
        if not seen.requests:
            raise Unavailable(f"{place.shown} has no servers of the slot {slot} in {backend}")
    return canary, live


def _side(rows: Sequence[Row]) -> Seen:
    return Seen({row["svname"]: _requests(row) for row in rows}, {row["svname"]: _bad(row) for row in rows})


def _slot(row: Row) -> str:
    known = identity(row["svname"])
    return known[1] if known else ""


def _requests(row: Row) -> float:
    """Answers, and requests that got none: not taken by the server, or no answer that could be read."""
    return _sum(row, (*ANSWERED, "econ", "eresp")) - _sum(row, ("srv_abrt",))


def _bad(row: Row) -> float:
    return _sum(row, ("hrsp_5xx", "econ", "eresp"))


def _sum(row: Row, columns: tuple[str, ...]) -> float:
    return float(sum(int(row[column] or 0) for column in columns))
