"""A report is one page that needs nothing but itself, and shows what logs and people wrote without becoming it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._release.dora import DAY, four
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Ledger, Performed, Release
from ansible_collections.mainstay.ops.plugins.module_utils._report import elements, page
from ansible_collections.mainstay.ops.plugins.module_utils._report.model import Four, Gate, Line, Record, Recovery
from ansible_collections.mainstay.ops.plugins.module_utils._report.plot import POINTS, plot, rates

T = 1_795_280_000.0
EVIL = '<script>alert(1)</script> \x1b[31m\x00 & "quoted"\nsecond line'


def numbers(looks: int = 11, bad: int = 1, verdict: str = "fail") -> dict[str, Any]:
    """Looks a second apart; ten answers of each side in each second, so many of the canary's bad."""
    timeline = [{"at": float(n), "metrics": {"errors": {"canary": [10 * n, bad * n], "live": [10 * n, 0]}}} for n in range(looks)]
    sides = {"canary": {"requests": 10 * looks, "bad": bad * looks}, "live": {"requests": 10 * looks, "bad": 0}}
    seen = {"name": "errors", "verdict": verdict, "chance": 0.004, "told": "10 of 110 bad", **sides}
    return {"seconds": looks - 1.0, "timeline": timeline, "metrics": [seen]}


ROUTED = Gate("route 1", "fail", EVIL, T + 20, numbers())
FAILED = Record(
    "production",
    "r1",
    "deploy",
    "v2-a",
    "dana",
    T,
    T + 84,
    "fail",
    EVIL,
    "v1-a",
    "v1-a",
    (Gate("start 1", "pass", "", T + 9), ROUTED),
)
PASSED = Record(
    "production", "r1", "deploy", "v2-a", "dana", T, T + 84, "pass", "", "v1-a", "v2-a", (Gate("start 1", "pass", "", T + 9),)
)


class Outline(HTMLParser):
    """What a screen reader goes by: headings, captions, roles; and whatever would be asked for elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asks: list[str] = []
        self.roles: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.roles += [value or "" for name, value in attrs if name == "role"]
        self.asks += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


@pytest.mark.parametrize(
    "text",
    [page.report(FAILED), page.report(PASSED), page.index("production", Four(30, 0, 0, None, None, None), [], Recovery(T))],
)
def test_a_page_asks_for_nothing_and_has_an_outline(text: str) -> None:
    seen = Outline(text)
    assert [where for where in seen.asks if where != "index.html"] == ["data:,"], "a browser asks for an icon unless it has one"
    assert "script" not in seen.tags
    assert not re.search(r"url\(|@import|https?://", text)
    assert (seen.tags.count("h1"), seen.tags.count("caption")) == (1, seen.tags.count("table"))
    assert seen.roles.count("table") == seen.tags.count("table")
    assert '<html lang="en">' in text


def test_what_a_log_says_is_shown_and_never_becomes_the_page() -> None:
    text = page.report(FAILED)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x1b" not in text
    assert "\x00" not in text
    assert "second line" in text


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (PASSED, "v2-a serves."),
        (FAILED, "v2-a did not pass (fail). v1-a serves. Why: <script>"),
        (
            Record("p", "r", "deploy", "v2-a", "", T, T, "inconclusive", "app1 unreachable", "v1-a", ""),
            "Going back to v1-a is not complete. Why: app1 unreachable. Next: run the playbook recover",
        ),
        (Record("p", "r", "deploy", "v1-a", "", T, T, "fail", "sick", "", ""), "Nothing served before it. Why: sick. Next: mend"),
        (Record("p", "r", "deploy", "v2-a", "", T, T, "inconclusive", "", "v1-a", "v1-a"), "v1-a serves. Next: nothing speaks"),
    ],
)
def test_the_first_sentence_says_what_one_needs_first(record: Record, told: str) -> None:
    assert told in record.sentence
    shown = page.report(record)
    assert all(html.escape(part, quote=False) in shown for part in (record.outcome, record.advice))


def test_a_plot_shows_the_rate_between_looks_and_tells_it_in_words() -> None:
    assert [(round(rate.at - T, 1), rate.rate) for rate in rates(ROUTED, "errors", "canary")][:2] == [(11.0, 0.1), (12.0, 0.1)]
    assert {rate.rate for rate in rates(ROUTED, "errors", "live")} == {0.0}
    drawing = plot([ROUTED], "errors")
    assert [line.get("class") for line in drawing.findall("polyline")] == ["canary", "live"]
    assert "10 of 110 bad" in (drawing.findtext("title") or "")
    assert len(drawing.findall("line[@class='mark fail']")) == 1


def test_a_long_watch_is_thinned_and_one_without_looks_is_empty() -> None:
    assert len(rates(Gate("route 1", "pass", "", T, numbers(looks=500)), "errors", "canary")) <= POINTS + POINTS // 4
    assert rates(Gate("route 1", "pass", "", T, numbers(looks=1)), "errors", "canary") == []


def test_an_index_links_the_reports_that_are_there() -> None:
    lines = [Line(T, "deploy", f"v{n}-a", "dana", "pass", "", 61.0, "proven", report) for n, report in enumerate(("r1.html", ""))]
    text = page.index("production", Four(30, 14, 3.2, 19800.0, 0.07, 84.0), lines, Recovery(T))
    assert [where for where in Outline(text).asks if where != "data:,"] == ["r1.html"]
    for told in ("3.2 a week", "5 h 30 min", "7% of 14", "1 min 24 s", "1 min 1 s"):
        assert told in text


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("sick", "sick"),
        ("sick\nsecond line", "sick …"),
        ("x" * elements.LONGEST, "x" * elements.LONGEST),
        ("x" * 999, "x" * elements.LONGEST + " …"),
    ],
)
def test_an_index_tells_the_beginning_of_a_reason(why: str, told: str) -> None:
    text = page.index(
        "production", Four(30, 0, 0, None, None, None), [Line(T, "deploy", "v1", "", "fail", why, 1, "", "")], Recovery(T)
    )
    assert f'data-head="Why" role="cell">{told}</td>' in text


def test_what_replicas_said_last_is_told_once_for_each_and_as_it_was_when_it_failed() -> None:
    said = {"host": "app1", "replica": "api 1", "container": "shop-api-green-1", "lines": ["no database", EVIL]}
    failed = Gate("start 1", "fail", "sick", T + 9, last_words=[said])
    undone = Gate(
        "undo retire", "pass", "", T + 12, last_words=[{**said, "lines": ["bye"]}, {**said, "host": "app2", "lines": []}]
    )
    text = page.report(replace(FAILED, gates=(failed, undone)))
    assert text.count("<h3>api 1 on app1, container shop-api-green-1</h3>") == 1
    assert "no database\n&lt;script&gt;" in text
    assert "<pre>It wrote nothing.</pre>" in text
    assert "bye" not in text
    assert "said last" not in page.report(PASSED)


def ledger(*operations: tuple[str, str, str, float, float]) -> Ledger:
    """Verb, release, verdict, when it began and when it ended, in days."""
    done = tuple(
        Performed("r", verb, "x", "blue", verdict, asked, "", "", began * DAY, ended * DAY)
        for verb, asked, verdict, began, ended in operations
    )
    return Ledger({name: Release(name, name, {}, {}, "", when=0.0) for name in ("a", "b")}, {}, done)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ((), (0, 0.0, None, None, None)),
        ([("deploy", "a", "pass", 0, 7), ("deploy", "b", "pass", 13, 14)], (2, 2.0, 10.5, 0.0, None)),
        ([("deploy", "a", "fail", 6, 7), ("deploy", "a", "pass", 13, 14)], (2, 1.0, 14.0, 0.5, 1.0)),
        ([("deploy", "a", "pass", 6, 7), ("rollback", "b", "pass", 8, 9)], (1, 1.0, 7.0, 1.0, 2.0)),
        ([("deploy", "a", "pass", 6, 7), *[("rollback", "b", "pass", 8, 9)] * 2], (1, 1.0, 7.0, 1.0, 2.0)),
    ],
)
def test_the_four_key_metrics(
    operations: Sequence[tuple[str, str, str, float, float]], expected: tuple[float | None, ...]
) -> None:
    found = four(ledger(*operations), 14 * DAY)
    lead, restore = (value and value / DAY for value in (found.lead_time, found.restore))
    assert (found.deploys, found.a_week, lead, found.failures, restore) == expected
