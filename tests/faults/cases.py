"""Tables of cases by name, of which some run always and the others only in the full run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest


def cases(table: Mapping[str, Any], always: Collection[str]) -> list[Any]:
    """Parameters with their names as ids; whoever renames a case is told where it was still named."""
    unknown = set(always) - set(table)
    assert not unknown, f"there is no case {unknown}"
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), id=name, marks=() if name in always else pytest.mark.full)
        for name, case in table.items()
    ]
