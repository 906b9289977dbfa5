"""How sessions leave reaches the routers, whichever way a run goes: a table of strategies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._release import batches, plan
from ansible_collections.mainstay.ops.plugins.module_utils._release.choice import as_of_today
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Release
from ansible_collections.mainstay.ops.plugins.module_utils._release.ready import check_services

from tests.unit.release.release_found import ON_BLUE, SERVICES, V1, V2, ledger

LEAVING = {"drain_timeout": "60s", "spread": "20s", "drain_rate": 50}


def leaving(release: Release, **options: Any) -> Release:
    return replace(release, services={**SERVICES, "api": {**SERVICES["api"], **options}})


def told(route: Mapping[str, Any]) -> dict[str, Any]:
    return {option: value for option, value in route["api"].items() if option not in ("slots", "state")}


@pytest.mark.parametrize(
    "order",
    [
        plan.Order("deploy", "rolling", "1", keep_previous=False),
        plan.Order("deploy", "blue_green"),
        plan.Order("deploy", "canary", application="shop"),
        plan.Order("rollback", "blue_green"),
        plan.Order("rollback", "rolling", "1", keep_previous=False),
    ],
    ids=lambda order: f"{order.verb} {order.strategy}",
)
def test_every_route_there_and_back_says_how_sessions_leave_and_who_shares_the_rate(order: plan.Order) -> None:
    rollout = plan.decide(order, leaving(V2, **LEAVING), ON_BLUE)
    routes = [*(batch["route"] for batch in rollout.batches), rollout.undo["route"]]
    assert [told(route) for route in routes] == [{**LEAVING, "routers": 2}] * (len(rollout.batches) + 1)


def test_without_a_rate_there_is_nothing_to_share() -> None:
    rollout = plan.decide(plan.Order("deploy", "blue_green"), leaving(V2, spread="5s"), ON_BLUE)
    assert told(rollout.batches[0]["route"]) == {"spread": "5s"}


def test_who_leaves_a_release_that_failed_leaves_as_that_one_says() -> None:
    before = replace(ON_BLUE, ledger=ledger((leaving(V1, drain_timeout="5s", drain_rate=1), "blue")))
    rollout = plan.decide(plan.Order("deploy", "blue_green"), leaving(V2, drain_rate=50), before)
    assert told(rollout.undo["route"]) == {"drain_rate": 50, "routers": 2}


def test_a_rollback_brings_back_neither_the_size_nor_how_sessions_leave() -> None:
    recorded = leaving(V1, replicas=1, memory="64m", drain_timeout="5s", spread="5s")
    today = {"api": {**SERVICES["api"], "replicas": 3, "memory": "1g", "drain_rate": 50}}
    api = as_of_today(recorded, today).services["api"]
    assert api == {**SERVICES["api"], "replicas": 3, "memory": "64m", "drain_rate": 50}


def test_a_service_that_is_no_more_leaves_as_it_was_recorded() -> None:
    recorded = leaving(V1, **LEAVING)
    assert as_of_today(recorded, {}).services == recorded.services


def test_a_container_knows_nothing_of_it() -> None:
    assert set(LEAVING) & set(batches.started(leaving(V2, **LEAVING), "green")["api"]) == set()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"drain_rate": 0}, "0 is not a drain_rate of service api: write how many a second, a number from 0.01 to 10000"),
        ({"drain_rate": -5}, "-5 is not a drain_rate"),
        ({"drain_rate": "many"}, "'many' is not a drain_rate"),
        ({"drain_rate": 10**9}, "1000000000 is not a drain_rate"),
        ({"drain_rate": None}, "None is not a drain_rate"),
        ({"spread": "soon"}, "'soon' is not a spread of service api"),
        ({"spread": "40s"}, "service api: a spread of 40 s does not fit in its drain_timeout, 30 s"),
    ],
)
def test_what_routers_would_refuse_is_refused_before_anything_changes(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        check_services({"api": {**SERVICES["api"], **options}})
