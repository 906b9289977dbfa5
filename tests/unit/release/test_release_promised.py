"""Which runs must show that users get what was promised to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._release import plan
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Release
from ansible_collections.mainstay.ops.plugins.module_utils._release.promised import is_gated

from tests.unit.release.release_found import EMPTY, ON_BLUE, V1, V2

ORDER = plan.Order("deploy", "rolling", "1", keep_previous=False)


@pytest.mark.parametrize(
    ("verb", "release", "found", "gated"),
    [
        ("deploy", V2, ON_BLUE, True),
        ("rollback", V2, ON_BLUE, False),
        ("recover", V2, ON_BLUE, False),
        ("deploy", V1, ON_BLUE, False),  # it serves already
        ("deploy", V1, EMPTY, False),  # nobody was promised anything
    ],
)
def test_only_new_code_in_place_of_what_serves_is_gated(verb: str, release: Release, found: plan.Found, gated: bool) -> None:
    order = replace(ORDER, verb=verb)
    assert is_gated(order, plan.decide(order, release, found)) is gated
