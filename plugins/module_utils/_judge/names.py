# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names under which results are told."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.errors import InvalidInput
from .._core.text import NAME, listed


def different(names: Sequence[str], option: str) -> None:
    """Raise ``InvalidInput`` unless there are names, each well-formed and only once."""
    if not names:
        raise InvalidInput(f"there is nothing to check: {option} is empty, and no data is never a pass")
    twice = sorted({name for name in names if names.count(NAME.check(name)) > 1})
    if twice:
        raise InvalidInput(f"{option} need different names; given more than once: {listed(twice)}")
