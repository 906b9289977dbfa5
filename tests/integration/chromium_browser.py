"""Debian's Chromium without a window, and what it makes of pages: colours, sizes, boxes and what a screen reader is told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

TEXTS = """() => {
  const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const behind = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
  const told = (e, style, text) => {
    const drawn = e.namespaceURI.endsWith('svg');
    return {text: text.slice(0, 60), size: parseFloat(style.fontSize) * (drawn ? e.getScreenCTM().a : 1),
      colour: drawn ? style.fill : style.color, behind: behind(e)};
  };
  const seen = [];
  for (const e of document.body.querySelectorAll('*')) {
    if (!e.getClientRects().length || e.closest('title')) continue;
    if (own(e)) seen.push(told(e, getComputedStyle(e), e.textContent));
    const before = getComputedStyle(e, '::before');
    if (!['none', 'normal', '""'].includes(before.content)) seen.push(told(e, before, before.content));
  }
  return seen;
}"""
"""Everything that can be read, with its size on the screen and its colours."""
CUT = """() => [...document.querySelectorAll('h1,h2,h3,p,pre,dt,dd,td,th,caption,figcaption,li')].filter(e => {
  const hidden = e.closest('thead') && getComputedStyle(e.closest('thead')).position === 'absolute';
  const inline = getComputedStyle(e).display === 'inline';
  return !hidden && !inline && e.scrollWidth > e.clientWidth + 1;
}).map(e => e.tagName + ' ' + e.textContent.slice(0, 40))"""
"""Boxes whose text is wider than they are."""
BROKEN = """() => [...document.querySelectorAll('td[data-head=Verdict], td[data-head=What], th')].flatMap(e =>
  [...e.childNodes].filter(n => n.nodeType === 3).flatMap(n => [...n.data.matchAll(/\\S+/g)].filter(word => {
    const range = document.createRange(); range.setStart(n, word.index); range.setEnd(n, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map(word => word[0])))"""
"""Short words that are broken over two lines."""
LABELS = """() => [...document.querySelectorAll('figure svg')].map(svg => {
  const box = r => ({left: r.left, right: r.right, top: r.top, bottom: r.bottom});
  return {frame: box(svg.getBoundingClientRect()),
    texts: [...svg.querySelectorAll('text')].map(t => ({text: t.textContent, ...box(t.getBoundingClientRect())}))};
})"""
"""Where the texts of each drawing are."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser; root, as which most pipelines run, has to do without Chromium's own sandbox."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        browser.close()


def outline(page: Page) -> list[dict[str, Any]]:
    """What a screen reader is told, in its order: role, name, and level of headings."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", ""),
            "level": next((one["value"]["value"] for one in node.get("properties", ()) if one["name"] == "level"), None),
        }
        for node in nodes
        if not node["ignored"]
    ]


def contrast(one: str, other: str) -> float:
    """From 1 to 21. Source: WCAG 2.2, "contrast ratio" and "relative luminance"."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(part) / 255) for part in re.findall(r"\d+", colour)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def touching(boxes: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of texts that lie over each other by more than a hair."""
    hair = 1
    return [
        (one["text"], other["text"])
        for n, one in enumerate(boxes)
        for other in boxes[n + 1 :]
        if min(one["right"], other["right"]) - max(one["left"], other["left"]) > hair
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > hair
    ]
