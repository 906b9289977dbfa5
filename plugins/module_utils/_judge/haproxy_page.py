# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HAProxy's own counters of each server, from its page of statistics as CSV (management guide, 9.1)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from .._core.errors import Unavailable
from .._core.text import listed
from .._router.model import identity
from .fetch import Place, get
from .model import Labels, Seen

CSV = ";csv;norefresh"
"""What is added to the address of the page, which is often ``/`` and then has no slash of its own."""

SERVER = "2"
"""The type of a row."""

ANSWERED = ("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")
BROKEN = ("econ", "eresp")
"""Requests that a server did not take, or did not answer to the end."""


def errors(place: Place, backends: tuple[str, ...], slots: tuple[str, str]) -> tuple[Seen, Seen]:
    """Requests that the servers of each slot were sent, and those that ended in an error of the server; one look for both."""
    rows = [row for row in _servers(place) if row["pxname"] in backends]
    one, other = (_side(place, backends, slot, [row for row in rows if _slot(row) == slot]) for slot in slots)
    return one, other


def _side(place: Place, backends: tuple[str, ...], slot: str, rows: list[Mapping[str, str]]) -> Seen:
    if not rows:
        raise Unavailable(f"{place.shown} has no servers of the slot {slot} in {listed(backends)}")
    requests = {_labels(place, row): _sum(row, (*ANSWERED, *BROKEN)) for row in rows}
    return Seen(requests, ({_labels(place, row): _sum(row, ("hrsp_5xx", *BROKEN)) for row in rows},))


def _servers(place: Place) -> Iterator[Mapping[str, str]]:
    text = get(place, CSV if urlsplit(place.url).path.strip("/") else f"/{CSV}").decode("utf-8", "replace")
    if not text.startswith("# pxname,"):
        raise Unavailable(f"{place.shown} does not answer as HAProxy's page of statistics does: is the path right?")
    return (row for row in csv.DictReader(text.removeprefix("# ").splitlines()) if row["type"] == SERVER)


def _slot(row: Mapping[str, str]) -> str:
    known = identity(row["svname"])
    return known[1] if known else ""


def _labels(place: Place, row: Mapping[str, str]) -> Labels:
    return (("router", place.shown), ("backend", row["pxname"]), ("server", row["svname"]))


def _sum(row: Mapping[str, str], columns: tuple[str, ...]) -> float:
    return float(sum(int(row[column] or 0) for column in columns))
