"""Numbers that an operator writes: what is taken, and what is refused in words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._core.text import rate
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(("value", "expected"), [(50, 50.0), ("50", 50.0), (0.5, 0.5), ("0.01", 0.01), (10_000, 10_000.0)])
def test_a_rate_is_how_many_a_second(value: object, expected: float) -> None:
    assert rate(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        0,
        "0",
        0.0,
        0.009,
        -1,
        "-1",
        10_001,
        1e6,
        1e-9,
        "1e3",
        "many",
        "",
        None,
        True,
        float("nan"),
        float("inf"),
        "50/s",
        [50],
        "٥",
    ],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"is not a drain_rate: write how many a second, a number from 0\.01 to 10000"):
        rate(value, noun="drain_rate")


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text())
def test_whatever_is_taken_is_within_bounds(value: object) -> None:
    with suppress(InvalidInput):
        assert 0.01 <= rate(value) <= 10_000
