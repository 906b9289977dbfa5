# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking endpoints whether they are well, for a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BAKE_INTERVAL_S = 0.25


def ask(endpoints: Sequence[Mapping[str, Any]], healthy: int, deadline: float, bake: float) -> list[Mapping[str, Any]]:
    raise ImportError
