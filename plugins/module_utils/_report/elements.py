# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pairs, tables and links of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement

LONGEST = 200
"""Letters of a reason in an index."""


def pairs(inside: Element, told: Mapping[str, str]) -> None:
    for name, value in told.items():
        pair = SubElement(inside, "div")
        SubElement(pair, "dt").text = name
        SubElement(pair, "dd").text = value


def table(main: Element, caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Element:
    """Roles are written out, because on a phone the style lays cells under each other, and a browser then forgets them."""
    around = SubElement(main, "div", {"class": "wide", "tabindex": "0", "role": "region", "aria-label": caption})
    made = SubElement(around, "table", {"role": "table"})
    SubElement(made, "caption").text = caption
    line = SubElement(SubElement(made, "thead", {"role": "rowgroup"}), "tr", {"role": "row"})
    for head in heads:
        SubElement(line, "th", {"scope": "col", "role": "columnheader"}).text = head
    body = SubElement(made, "tbody", {"role": "rowgroup"})
    for row in rows:
        line = SubElement(body, "tr", {"role": "row"})
        for head, cell in zip(heads, row, strict=True):
            SubElement(line, "td", {"data-head": head, "role": "cell"}).text = cell
    return made


def coloured(table: Element, verdicts: Sequence[str]) -> None:
    for row, verdict in zip(table.findall("tbody/tr"), verdicts, strict=True):
        row.set("class", verdict)


def linked(cell: Element, where: str) -> None:
    link = SubElement(cell, "a", {"href": where})
    link.text, cell.text = cell.text, None


def short(why: str) -> str:
    """The beginning of a reason; the report has all of it."""
    first = why.partition("\n")[0]
    return why if len(why) <= LONGEST and first == why else f"{first[:LONGEST]} …"
