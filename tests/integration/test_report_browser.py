"""Reports in a browser: complete by themselves, and readable on a phone, in the dark, on paper and by ear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from chromium_browser import BROKEN, CUT, LABELS, TEXTS, chromium, contrast, outline, touching
from playwright.sync_api import Browser, BrowserContext, Page
from report_pages import PAGES, written

EVERY = sorted(PAGES)
WITH_PLOTS = ("failed_canary", "passed_canary")
PHONE, NARROWEST, TABLET, WIDE = 375, 320, 768, 1200
PAPER = 680
"""Pixels of A4 between its margins."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return written(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def usual(browser: Browser) -> BrowserContext:
    """As people have their browser: with scripts and a network."""
    return browser.new_context()


@pytest.fixture(scope="module")
def pages(browser: Browser, addresses: dict[str, str]) -> dict[str, Page]:
    """Every report in a tab of its own, in a browser that runs no scripts and reaches nobody."""
    context = browser.new_context(offline=True, java_script_enabled=False)
    tabs = {name: context.new_page() for name in addresses}
    for name, tab in tabs.items():
        tab.goto(addresses[name])
    return tabs


def looked_at(page: Page, width: int, scheme: str = "light", media: str = "screen") -> Page:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", media="print" if media == "print" else "screen")
    return page


@pytest.mark.parametrize("name", EVERY)
def test_a_page_asks_for_nothing_and_says_the_same_to_a_browser_without_scripts_and_network(
    usual: BrowserContext, addresses: dict[str, str], pages: dict[str, Page], name: str
) -> None:
    page = usual.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(addresses[name])
    told = looked_at(page, WIDE).inner_text("main")
    assert [address for address in asked if not address.startswith("data:")] == [addresses[name]]
    assert said == []
    assert page.title() != "taken over"
    assert len(told) > 100
    assert looked_at(pages[name], WIDE).inner_text("main") == told
    page.close()


@pytest.mark.parametrize("width", [NARROWEST, PHONE, TABLET, WIDE])
@pytest.mark.parametrize("name", EVERY)
def test_nobody_has_to_scroll_sideways_and_nothing_is_cut(pages: dict[str, Page], name: str, width: int) -> None:
    page = looked_at(pages[name], width)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert page.evaluate(CUT) == []
    assert page.evaluate(BROKEN) == []
    if width in (NARROWEST, PHONE, WIDE):
        assert page.evaluate("[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth).length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROWEST, PHONE, WIDE])
@pytest.mark.parametrize("name", EVERY)
def test_every_text_is_large_and_stands_out(pages: dict[str, Page], name: str, width: int, scheme: str) -> None:
    texts = looked_at(pages[name], width, scheme).evaluate(TEXTS)
    assert len(texts) > 8
    assert {text["behind"] for text in texts} & {"rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 25, 28)"}
    assert [text for text in texts if text["size"] < 12] == []
    assert [text for text in texts if contrast(text["colour"], text["behind"]) < 4.5] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", WITH_PLOTS)
def test_the_lines_of_both_sides_differ_by_more_than_their_colour(pages: dict[str, Page], name: str, scheme: str) -> None:
    page = looked_at(pages[name], WIDE, scheme)
    drawn = page.evaluate(
        """() => [...document.querySelectorAll('polyline')].map(line => {
          const style = getComputedStyle(line), box = line.getBBox();
          return {side: line.classList[0], colour: style.stroke, dashes: style.strokeDasharray, width: box.width};
        })"""
    )
    sides = {line["side"]: (line["colour"], line["dashes"]) for line in drawn}
    assert sides.keys() == {"canary", "live"}
    assert all(line["width"] > 10 for line in drawn)
    assert all(one != other for one, other in zip(sides["canary"], sides["live"], strict=True))
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(contrast(colour, paper) >= 3 for colour, _dashes in sides.values())


@pytest.mark.parametrize(
    ("name", "switches"), [("passed_canary", ["10 %", "50 %", "100 %"]), ("failed_canary", ["10 %", "50 %", "fail"])]
)
@pytest.mark.parametrize("width", [NARROWEST, PHONE, TABLET, WIDE])
def test_every_change_of_the_traffic_is_marked_and_no_label_covers_another(
    pages: dict[str, Page], name: str, switches: list[str], width: int
) -> None:
    drawings = looked_at(pages[name], width).evaluate(LABELS)
    assert len(drawings) == 2
    for drawing in drawings:
        frame, texts = drawing["frame"], drawing["texts"]
        assert [text["text"] for text in texts if text["text"] in {"10 %", "50 %", "100 %", "fail"}] == switches
        assert touching(texts) == []
        assert [t for t in texts if t["left"] < frame["left"] - 1 or t["right"] > frame["right"] + 1] == []
        assert [t for t in texts if t["top"] < frame["top"] - 1 or t["bottom"] > frame["bottom"] + 1] == []


@pytest.mark.parametrize("width", [NARROWEST, PHONE, TABLET, WIDE])
@pytest.mark.parametrize("name", ["index", "first_index"])
def test_what_was_measured_of_recovery_is_drawn_within_its_frame_and_no_label_covers_another(
    pages: dict[str, Page], name: str, width: int
) -> None:
    drawings = looked_at(pages[name], width).evaluate(LABELS)
    assert len(drawings) == 2
    for drawing in drawings:
        frame, texts = drawing["frame"], [text for text in drawing["texts"] if text["text"]]
        assert touching(texts) == []
        assert [t for t in texts if t["left"] < frame["left"] - 1 or t["right"] > frame["right"] + 1] == []
        assert [t for t in texts if t["top"] < frame["top"] - 1 or t["bottom"] > frame["bottom"] + 1] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_target_and_what_missed_it_stand_out(pages: dict[str, Page], scheme: str) -> None:
    page = looked_at(pages["index"], WIDE, scheme)
    drawn = page.evaluate(
        """() => Object.fromEntries(['polyline.measured', 'line.target', 'circle.measured', 'circle.over'].map(one => {
          const style = getComputedStyle(document.querySelector(one));
          return [one, {colour: one.startsWith('circle') ? style.fill : style.stroke, dashes: style.strokeDasharray}];
        }))"""
    )
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(contrast(line["colour"], paper) >= 3 for line in drawn.values())
    assert drawn["polyline.measured"] != drawn["line.target"]
    assert drawn["line.target"]["dashes"] != drawn["polyline.measured"]["dashes"]
    assert drawn["circle.over"] != drawn["circle.measured"]
    assert page.locator("circle.over").count() == 6, "so often more than 5 minutes would have been lost"


@pytest.mark.parametrize("name", EVERY)
def test_on_paper_everything_is_there_in_black_on_white(pages: dict[str, Page], name: str) -> None:
    page = looked_at(pages[name], PAPER, "dark", "print")
    texts = page.evaluate(TEXTS)
    assert {text["behind"] for text in texts} <= {"rgb(255, 255, 255)", "rgb(243, 245, 247)"}
    assert [text for text in texts if contrast(text["colour"], text["behind"]) < 4.5] == []
    assert (
        page.evaluate("[...document.querySelectorAll('table')].filter(e => e.scrollWidth > e.parentElement.clientWidth).length")
        == 0
    )
    assert page.evaluate(CUT) == []
    assert page.evaluate(BROKEN) == []
    assert page.evaluate("[...document.querySelectorAll('.wide')].every(e => getComputedStyle(e).overflowX === 'visible')")


@pytest.mark.parametrize(
    ("name", "fewest", "most"), [("passed_canary", 1, 3), ("failed_canary", 2, 4), ("rolling", 1, 2), ("index", 5, 28)]
)
def test_it_prints_on_a_sensible_number_of_pages(pages: dict[str, Page], name: str, fewest: int, most: int) -> None:
    printed = looked_at(pages[name], WIDE, "dark", "print").pdf(format="A4")
    assert fewest <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= most


@pytest.mark.parametrize("width", [PHONE, WIDE])
@pytest.mark.parametrize("name", EVERY)
def test_a_screen_reader_is_told_what_there_is(pages: dict[str, Page], name: str, width: int) -> None:
    page = looked_at(pages[name], width)
    told = outline(page)
    roles = [one["role"] for one in told]
    levels = [one["level"] for one in told if one["role"] == "heading"]
    assert roles.count("main") == 1
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title()
    tables = page.locator("table").count()
    assert tables == len([one for one in told if one["role"] == "table" and one["name"]]) > 0
    assert roles.count("columnheader") == page.locator("th").count() > 0
    assert roles.count("cell") == page.locator("td" if width == WIDE else "td:not(:empty)").count()
    images = [one for one in told if one["role"] in ("image", "img")]
    assert len(images) == page.locator("figure").count()
    assert all(len(one["name"]) > 40 for one in images)


@pytest.mark.parametrize("name", EVERY)
def test_whatever_scrolls_can_be_reached_with_the_keyboard_and_has_a_name(pages: dict[str, Page], name: str) -> None:
    page = looked_at(pages[name], 660)
    page.evaluate("document.activeElement.blur()")
    scrolls = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)"
        " && e.scrollWidth > e.clientWidth).map(e => e.getAttribute('aria-label'))"
    )
    reached = []
    for _press in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert all(scrolls)
    assert set(scrolls) <= set(reached)
    assert scrolls or name in ("empty_index", "rolling", "passed_canary")


@pytest.mark.parametrize("name", ["failed_canary", "crashed"])
@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_who_is_called_at_night_sees_first_what_serves_and_what_to_do(pages: dict[str, Page], name: str, width: int) -> None:
    page = looked_at(pages[name], width)
    outcome, advice = page.locator(".outcome"), page.locator(".next")
    assert "did not pass" in outcome.inner_text()
    boxes = [place.bounding_box() for place in (outcome, advice)]
    assert all(box and box["y"] + box["height"] < 844 for box in boxes), "it stands on the first screen of a phone of 390 x 844"
    assert "no database at db1:5432" in page.locator("pre").first.inner_text()
