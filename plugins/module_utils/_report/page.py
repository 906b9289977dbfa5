# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports as pages that need nothing but themselves.

Every text goes into an element of the standard library's tree, which escapes it, so nothing that a log or a person wrote can
become part of the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from .._core.text import moment
from .model import Four, Gate, Line, Record
from .plot import plot
from .style import STYLE

NONE_YET = "nothing to count yet"
NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def report(record: Record) -> str:
    """The page of one operation."""
    title = f"{record.verb} {record.asked}: {record.verdict}"
    main = _main(title, f"{record.environment} · {title}")
    SubElement(main.body, "p", {"class": f"lead {record.verdict}"}).text = record.sentence
    _facts(main.body, record)
    _timeline(main.body, record)
    watched = [gate for gate in record.gates if gate.numbers]
    if watched:
        _comparison(main.body, watched)
    SubElement(SubElement(main.body, "p"), "a", {"href": "index.html"}).text = f"All operations of {record.environment}"
    return main.text


def index(environment: str, numbers: Four, lines: Sequence[Line]) -> str:
    """The page of an environment."""
    title = f"Operations of {environment}"
    main = _main(title, title)
    _four(main.body, numbers)
    SubElement(main.body, "h2").text = "What ran"
    rows = [(moment(x.when), x.verb, x.asked, x.who, _took(x.seconds), x.verdict, x.fate, x.why) for x in lines]
    table = _table(
        main.body,
        "The last operations, newest first",
        ("When", "What", "Release", "Who", "Took", "Verdict", "Known as", "Why"),
        rows,
    )
    _coloured(table, [line.verdict for line in lines])
    for row, line in zip(table.findall("tbody/tr"), lines, strict=True):
        if line.report:
            _linked(row[2], line.report)
    return main.text


class _Page:
    """A document under way."""

    def __init__(self, document: Element, body: Element) -> None:
        self._document, self.body = document, body

    @property
    def text(self) -> str:
        for element in self._document.iter():
            element.text = element.text and "".join(sign for sign in element.text if sign.isprintable() or sign == "\n")
        return f"<!doctype html>\n{tostring(self._document, encoding='unicode', method='html')}\n"


def _main(title: str, heading: str) -> _Page:
    document = Element("html", {"lang": "en"})
    head = SubElement(document, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": NOTHING_FROM_ELSEWHERE})
    SubElement(head, "link", {"rel": "icon", "href": "data:,"})
    SubElement(head, "title").text = title
    SubElement(head, "style").text = STYLE
    main = SubElement(SubElement(document, "body"), "main")
    SubElement(main, "h1").text = heading
    return _Page(document, main)


def _facts(main: Element, record: Record) -> None:
    facts = {
        "Before": record.before or "nothing",
        "Asked for": record.asked,
        "Serves now": record.now or "not known, going back is not complete",
        "Who": record.who or "not said",
        "Began": moment(record.started),
        "Took": _took(record.seconds),
        "Run": record.run,
    }
    _pairs(SubElement(main, "dl"), facts)


def _timeline(main: Element, record: Record) -> None:
    SubElement(main, "h2").text = "Phases"
    rows, last = [], record.started
    for gate in record.gates:
        rows.append((gate.phase, gate.verdict, f"{gate.at - record.started:.1f} s", f"{gate.at - last:.1f} s", gate.why))
        last = gate.at
    table = _table(main, "Every phase that was judged", ("Phase", "Verdict", "Judged at", "After", "Why"), rows)
    _coloured(table, [gate.verdict for gate in record.gates])


def _comparison(main: Element, gates: Sequence[Gate]) -> None:
    SubElement(main, "h2").text = "The canary and the live side"
    legend = SubElement(main, "p", {"class": "legend"})
    for side in ("canary", "live"):
        SubElement(legend, "span", {"class": side}).text = side
    for metric in dict.fromkeys(one["name"] for gate in gates for one in gate.numbers["metrics"]):
        figure = SubElement(main, "figure")
        SubElement(figure, "figcaption").text = f"{metric}: bad answers of both sides"
        figure.append(plot([gate for gate in gates if any(one["name"] == metric for one in gate.numbers["metrics"])], metric))
    rows = [
        (gate.phase, one["name"], one["verdict"], _share(one["canary"]), _share(one["live"]), f"{one['chance']:.2g}")
        for gate in gates
        for one in gate.numbers["metrics"]
    ]
    heads = ("Phase", "Metric", "Verdict", "Canary", "Live side", "As bad by chance, at most")
    _coloured(_table(main, "What was counted", heads, rows), [row[2] for row in rows])


def _share(count: dict[str, int]) -> str:
    asked, bad = count["requests"], count["bad"]
    return f"{bad} of {asked} bad ({bad / asked:.2%})" if asked else "no answers"


def _four(main: Element, numbers: Four) -> None:
    SubElement(main, "h2").text = "The last day" if numbers.days < 1.5 else f"The last {numbers.days:.0f} days"
    told = {
        "Deployments": f"{numbers.a_week:.1f} a week",
        "Lead time": NONE_YET if numbers.lead_time is None else _took(numbers.lead_time),
        "Change failure rate": NONE_YET if numbers.failures is None else f"{numbers.failures:.0%} of {numbers.deploys}",
        "Time to restore": NONE_YET if numbers.restore is None else _took(numbers.restore),
    }
    _pairs(SubElement(main, "dl", {"class": "four"}), told)


def _pairs(inside: Element, told: Mapping[str, str]) -> None:
    for name, value in told.items():
        pair = SubElement(inside, "div")
        SubElement(pair, "dt").text = name
        SubElement(pair, "dd").text = value


def _table(main: Element, caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Element:
    """Roles are written out, because on a phone the style lays cells under each other, and a browser then forgets them."""
    around = SubElement(main, "div", {"class": "wide", "tabindex": "0", "role": "region", "aria-label": caption})
    table = SubElement(around, "table", {"role": "table"})
    SubElement(table, "caption").text = caption
    line = SubElement(SubElement(table, "thead", {"role": "rowgroup"}), "tr", {"role": "row"})
    for head in heads:
        SubElement(line, "th", {"scope": "col", "role": "columnheader"}).text = head
    body = SubElement(table, "tbody", {"role": "rowgroup"})
    for row in rows:
        line = SubElement(body, "tr", {"role": "row"})
        for head, cell in zip(heads, row, strict=True):
            SubElement(line, "td", {"data-head": head, "role": "cell"}).text = cell
    return table


def _coloured(table: Element, verdicts: Sequence[str]) -> None:
    for row, verdict in zip(table.findall("tbody/tr"), verdicts, strict=True):
        row.set("class", verdict)


def _linked(cell: Element, where: str) -> None:
    link = SubElement(cell, "a", {"href": where})
    link.text, cell.text = cell.text, None


def _took(seconds: float) -> str:
    """A duration in the two units that tell most."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    first = next(n for n, (_name, size) in enumerate(units) if seconds >= size)
    (big, size), (small, part) = units[first : first + 2]
    return f"{int(seconds // size)} {big} {int(seconds % size // part)} {small}"
