# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pictures of growing cost can be read by what shows them, and show every figure in its place."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.mainstay.ops.bench.plot import svg

SPACE = "{http://www.w3.org/2000/svg}"


def test_each_side_is_a_line_through_its_figures() -> None:
    text = svg("back & forth", "GB", "s", {"ours": [(0.1, 1), (1, 10)], "peer": [(0.1, 2), (1, 100)]})
    root = ElementTree.fromstring(text)
    points = [(float(one.get("cx", "")), float(one.get("cy", ""))) for one in root.iter(f"{SPACE}circle")]
    assert len(points) == 4
    (left, low), (right, middle), (_left, above), (_right, high) = points
    assert left < right
    assert low > above > middle > high, "more is further up"
    assert low - middle == middle - high, "ten times as much is a step"
    words = [one.text for one in root.iter(f"{SPACE}text")]
    assert {"back & forth", "ours", "peer", "0.1", "1", "10", "100"} <= set(words)


def test_one_size_alone_can_be_drawn() -> None:
    assert "<circle" in svg("one", "GB", "s", {"ours": [(0.1, 1)]})
