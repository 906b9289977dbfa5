# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much larger than need be a table or an index is, estimated from what ANALYZE remembers of the width of its columns.

The layout of pages is that of PostgreSQL's documentation (Database Physical Storage: Database Page Layout; B-Tree Indexes:
Implementation): 24 bytes of header a page, for each row 4 bytes of pointer and 24 of header, for each entry of an index 8. What
B-trees save by keeping equal keys once is not reckoned with, so indexes with many of these are taken for less bloated than
they are.
"""

from __future__ import annotations

import math

from .upkeep import PAGE

_PAGE_HEADER, _POINTER, _ROW_HEADER, _ENTRY_HEADER, _SPECIAL = 24, 4, 24, 8, 16


def of_table(pages: int, rows: float, width: float, fillfactor: float) -> int:
    """Bytes that a table of so many pages could do without."""
    row = _POINTER + _ROW_HEADER + _aligned(width)
    return _waste(pages, rows * row / ((PAGE - _PAGE_HEADER) * fillfactor))


def of_index(pages: int, rows: float, width: float, fillfactor: float) -> int:
    """Bytes that a B-tree of so many pages could do without; its first page holds no entries."""
    entry = _POINTER + _ENTRY_HEADER + _aligned(width)
    return _waste(pages, 1 + rows * entry / ((PAGE - _PAGE_HEADER - _SPECIAL) * fillfactor))


def _waste(pages: int, needed: float) -> int:
    return max(0, pages - math.ceil(needed)) * PAGE


def _aligned(width: float) -> int:
    return math.ceil(width / 8) * 8
