"""The worst verdict counts, and no verdict at all is no pass."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict, overall


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ((), Verdict.INCONCLUSIVE),
        ((Verdict.PASS, Verdict.PASS), Verdict.PASS),
        ((Verdict.PASS, Verdict.INCONCLUSIVE), Verdict.INCONCLUSIVE),
        ((Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.PASS), Verdict.FAIL),
    ],
)
def test_the_worst_counts(verdicts: tuple[Verdict, ...], worst: Verdict) -> None:
    assert overall(verdicts) is worst
