# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports as pages that need nothing but themselves.

Every text goes into an element of the standard library's tree, which escapes it, so nothing that a log or a person wrote can
become part of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from .._core.text import moment
from . import latency_plot, recovery_section
from .course import drawn, spans, took
from .elements import coloured, linked, pairs, short, table
from .model import Four, Gate, Line, Record, Recovery
from .plot import plot
from .style import STYLE

NONE_YET = "nothing to count yet"
NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def report(record: Record) -> str:
    """The page of one operation."""
    title = f"{record.verb} {record.asked}: {record.verdict}"
    main = _main(title, f"{record.environment} · {title}")
    _lead(main.body, record)
    _facts(main.body, record)
    _timeline(main.body, record)
    watched = [gate for gate in record.gates if gate.numbers]
    if watched:
        _comparison(main.body, watched)
    if record.accepted:
        _accepted(main.body, record)
    if record.last_words:
        _last_words(main.body, record)
    SubElement(SubElement(main.body, "p"), "a", {"href": "index.html"}).text = f"All operations of {record.environment}"
    return main.text


def index(environment: str, numbers: Four, lines: Sequence[Line], recovery: Recovery) -> str:
    """The page of an environment."""
    title = f"Operations of {environment}"
    main = _main(title, title)
    _four(main.body, numbers)
    recovery_section.write(main.body, recovery)
    SubElement(main.body, "h2").text = "What ran"
    rows = [(moment(x.when), x.verb, x.asked, x.who, took(x.seconds), x.verdict, x.fate, short(x.why)) for x in lines]
    rows_of = table(
        main.body,
        "The last operations, newest first",
        ("When", "What", "Release", "Who", "Took", "Verdict", "Known as", "Why"),
        rows,
    )
    coloured(rows_of, [line.verdict for line in lines])
    for row, line in zip(rows_of.findall("tbody/tr"), lines, strict=True):
        if line.report:
            linked(row[2], line.report)
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


def _lead(main: Element, record: Record) -> None:
    """First what users get, then why, then what to do."""
    lead = SubElement(main, "div", {"class": f"lead {record.verdict}"})
    for kind, told in (("outcome", record.outcome), ("why", record.reason), ("next", record.advice)):
        if told:
            SubElement(lead, "p", {"class": kind}).text = told


def _facts(main: Element, record: Record) -> None:
    facts = {
        "Before": record.before or "nothing",
        "Asked for": record.asked,
        "Serves now": record.now or ("not known, going back is not complete" if record.before else "nothing"),
        "Who": record.who or "not said",
        "Began": moment(record.started),
        "Took": took(record.seconds),
        "Run": record.run,
    }
    if record.override:
        facts["Deployed in spite of broken promises"] = record.override
    pairs(SubElement(main, "dl"), facts)


def _last_words(main: Element, record: Record) -> None:
    SubElement(main, "h2").text = "What replicas of it wrote last"
    for words in record.last_words:
        SubElement(main, "h3").text = f"{words['replica']} on {words['host']}, container {words['container']}"
        SubElement(main, "pre").text = "\n".join(words["lines"]) or "It wrote nothing."


def _accepted(main: Element, record: Record) -> None:
    SubElement(main, "h2").text = "What its migrations do on purpose"
    rows = [(str(one["file"]), str(one["line"] or "all"), str(one["rule"]), str(one["reason"])) for one in record.accepted]
    table(
        main,
        f"Rules that were broken, released by {record.who or 'nobody who said so'}",
        ("File", "Line", "Rule", "Because"),
        rows,
    )


def _timeline(main: Element, record: Record) -> None:
    SubElement(main, "h2").text = "Phases"
    course = spans(record)
    rows = [(_named(one.gate), one.gate.verdict, took(one.ended), one.told, one.gate.why) for one in course]
    rows_of = table(main, "Every phase that was judged", ("Phase", "Verdict", "Judged after", "Took", "Why"), rows)
    coloured(rows_of, [one.gate.verdict for one in course])
    for row, one in zip(rows_of.findall("tbody/tr"), course, strict=True):
        row[3].append(drawn(one, record.seconds))


def _named(gate: Gate) -> str:
    return f"{gate.phase}, {gate.share} %" if gate.share else gate.phase


def _comparison(main: Element, gates: Sequence[Gate]) -> None:
    SubElement(main, "h2").text = "The canary and the live side"
    legend = SubElement(main, "p", {"class": "legend"})
    for side in ("canary", "live"):
        SubElement(legend, "span", {"class": side}).text = side
    for metric in dict.fromkeys(one["name"] for gate in gates for one in gate.numbers["metrics"]):
        _figure(main, metric, [gate for gate in gates if any(one["name"] == metric for one in gate.numbers["metrics"])])
    rows = [
        (gate.phase, one["name"], one["verdict"], _share(one["canary"]), _share(one["live"]), f"{one['chance']:.2g}")
        for gate in gates
        for one in gate.numbers["metrics"]
    ]
    heads = ("Phase", "Metric", "Verdict", "Canary", "Live side", "As bad by chance, at most")
    coloured(table(main, "What was counted", heads, rows), [row[2] for row in rows])


def _figure(main: Element, metric: str, gates: Sequence[Gate]) -> None:
    of_times = any(one["name"] == metric and one.get("kind") == latency_plot.KIND for one in gates[0].numbers["metrics"])
    figure = SubElement(main, "figure")
    caption = latency_plot.caption(metric, gates) if of_times else f"{metric}: bad answers of both sides"
    SubElement(figure, "figcaption").text = caption
    figure.append(latency_plot.plot(gates, metric) if of_times else plot(gates, metric))


def _share(count: dict[str, int]) -> str:
    if "bad" not in count:
        return latency_plot.told(count)
    asked, bad = count["requests"], count["bad"]
    return f"{bad} of {asked} bad ({bad / asked:.2%})" if asked else "no answers"


def _four(main: Element, numbers: Four) -> None:
    SubElement(main, "h2").text = "The last day" if numbers.days < 1.5 else f"The last {numbers.days:.0f} days"
    told = {
        "Deployments": f"{numbers.a_week:.1f} a week",
        "Lead time": NONE_YET if numbers.lead_time is None else took(numbers.lead_time),
        "Change failure rate": NONE_YET if numbers.failures is None else f"{numbers.failures:.0%} of {numbers.deploys}",
        "Time to restore": NONE_YET if numbers.restore is None else took(numbers.restore),
    }
    pairs(SubElement(main, "dl", {"class": "four"}), told)
