"""Which limit a statement meets first."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._migration.budget import allowed, term
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import Budget, Script
from ansible_collections.mainstay.ops.plugins.module_utils._postgres.model import Limits

LIMITS = Limits(statement=10, transaction=30, deadline=600)


@pytest.mark.parametrize(
    ("spent", "left", "name", "seconds", "whole"),
    [
        (0, 600, "statement_timeout", 10, 10),
        (25, 600, "transaction_timeout", 5, 30),
        (31, 600, "transaction_timeout", -1, 30),
        (0, 4, "deadline", 4, 600),
        (0, 0, "deadline", 1, 600),
    ],
)
def test_the_narrowest_counts(spent: float, left: float, name: str, seconds: float, whole: float) -> None:
    met = term(LIMITS, spent, left)
    assert (met.name, met.left, met.whole) == (name, seconds, whole)


def test_a_file_that_asks_for_more_has_more_and_else_what_all_have() -> None:
    more = allowed(LIMITS, Script("f", "", budget=Budget(statement=90, reason="it is large")))
    assert (more.statement, more.transaction) == (90, 30)
    assert allowed(LIMITS, Script("f", "")) == LIMITS
