"""What replication_info says of a server."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._replication.model import Local, Record
from ansible_collections.mainstay.ops.plugins.module_utils._replication.operation_server import described

from tests.unit.replication.replication_found import fenced, primary, standby, stopped


@pytest.mark.parametrize(
    ("local", "told"),
    [
        (primary(), False),
        (primary(is_standby=True), True),
        (primary(record=Record("fenced", 1.0)), True),
        (primary(record=Record("promoting", 1.0)), False),
        (standby(), False),
        (stopped(), False),
        (fenced(), True),
    ],
)
def test_it_is_fenced_if_it_comes_up_as_a_standby_though_it_was_none(local: Local, told: bool) -> None:
    assert described(local)["fenced"] is told


def test_a_standby_that_was_taken_away_is_none_that_was_a_primary() -> None:
    assert [described(fenced(stage))["removed"] for stage in ("fenced", "rewinding", "removed")] == [False, False, True]
