# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How cost grows, as a small picture for ``docs/``: both axes in steps of ten, a line for each side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

Point = tuple[float, float]
WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 50, 20, 30, 40
COLOURS = ("#1f6feb", "#d1242f", "#8250df", "#1a7f37", "#9a6700")


def svg(title: str, across: str, up: str, lines: Mapping[str, Sequence[Point]]) -> str:
    """The picture; every figure must be more than 0."""
    points = [point for line in lines.values() for point in line]
    x, y = _Axis(min(p[0] for p in points), max(p[0] for p in points)), _Axis.of_tens([p[1] for p in points])
    drawn = [*_frame(title, across, up), *_ticks(x, y, sorted({p[0] for p in points}))]
    for number, (name, line) in enumerate(lines.items()):
        drawn += _line(number, name, [(_across(x, p[0]), _up(y, p[1])) for p in line])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', *drawn, "</svg>", ""])


class _Axis:
    """From where to where it goes."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = log10(low), max(log10(high), log10(low) + 0.1)

    @classmethod
    def of_tens(cls, values: Iterable[float]) -> _Axis:
        found = sorted(values)
        return cls(10.0 ** floor(log10(found[0])), 10.0 ** ceil(log10(found[-1])))

    def share(self, value: float) -> float:
        return (log10(value) - self.low) / (self.high - self.low)


def _across(axis: _Axis, value: float) -> float:
    return LEFT + 10 + axis.share(value) * (WIDTH - LEFT - RIGHT - 20)


def _up(axis: _Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM)


def _frame(title: str, across: str, up: str) -> Iterator[str]:
    yield _text(WIDTH / 2, 16, title, "middle", 'font-weight="bold"')
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, "middle")
    yield _text(14, (TOP + HEIGHT - BOTTOM) / 2, up, "middle", f'transform="rotate(-90 14 {(TOP + HEIGHT - BOTTOM) / 2:g})"')
    for x, y in ((LEFT, TOP), (WIDTH - RIGHT, HEIGHT - BOTTOM)):
        yield f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{x}" y2="{y}" stroke="#57606a"/>'


def _ticks(x: _Axis, y: _Axis, sizes: Sequence[float]) -> Iterator[str]:
    for size in sizes:
        yield _text(_across(x, size), HEIGHT - BOTTOM + 15, f"{size:g}", "middle")
    for power in range(round(y.low), round(y.high) + 1):
        at = _up(y, 10.0**power)
        yield f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="#d0d7de"/>'
        yield _text(LEFT - 6, at + 4, f"{10.0**power:g}", "end")


def _line(number: int, name: str, places: Sequence[Point]) -> Iterator[str]:
    colour = COLOURS[number % len(COLOURS)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    yield _text(LEFT + 10, TOP + 12 + 14 * number, name, "start", f'fill="{colour}"')


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'.replace(" >", ">")
