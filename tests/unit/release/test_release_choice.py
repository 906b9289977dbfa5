"""Which release a run is about, and whether old code can live with the schema that it would find."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Irreversible, NotFound
from ansible_collections.mainstay.ops.plugins.module_utils._release import choice
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Release

from tests.unit.release.release_found import V1, V2, ledger

APPLIED = {"0001_orders": False, "0002_names": True, "0010_drop": False}


def release(schema: str) -> Release:
    return Release("v1-a", "v1", {}, {}, "a", schema)


@pytest.mark.parametrize(
    ("schema", "applied", "in_the_way"),
    [
        ("0010_drop", APPLIED, ""),
        ("0002_names", APPLIED, "0010_drop"),
        ("0001_orders", {"0001_orders": False, "0002_names": True}, ""),
        ("", APPLIED, "0001_orders and 0010_drop"),
        ("0009_never_applied", {"0001_orders": False}, "0001_orders"),
        ("", {}, ""),
    ],
)
def test_old_code_is_kept_from_a_schema_that_it_cannot_live_with(
    schema: str, applied: Mapping[str, bool], in_the_way: str
) -> None:
    if not in_the_way:
        choice.refuse_irreversible(release(schema), applied, force=False)
        return
    with pytest.raises(Irreversible, match=in_the_way):
        choice.refuse_irreversible(release(schema), applied, force=False)
    choice.refuse_irreversible(release(schema), applied, force=True)


def test_a_recovery_goes_back_to_what_the_ledger_calls_live_also_if_another_was_proven_later() -> None:
    assert choice.to_recover(ledger((V1, "blue"), (V2, "green"))) == V2


def test_where_nothing_was_in_service_before_there_is_nothing_to_recover() -> None:
    with pytest.raises(NotFound, match="deploy again"):
        choice.to_recover(ledger())
