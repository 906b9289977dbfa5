"""A release that is bad is found out, undone, told apart from its environment, and refused until somebody clears it."""

from __future__ import annotations

from functools import cache
from typing import Any

import customers
import fleet
import pytest
from cases import cases
from test_hazards import refused

pytestmark = pytest.mark.fleet


@cache
def patience() -> dict[str, Any]:
    """Less of it than the inventory has, for what never becomes well anyway."""
    return {"mainstay_services": fleet.impatient(), "release_deadline": "10s", "mainstay_bake": "3s"}


BAD = {
    "v4-never-healthy": ("v4-never-healthy", "last answer 503"),
    "v4-wrong-version": ("v4-wrong-version", "v0"),
    "v4-bad-worker": ("v4-bad-worker", "shop-worker-"),
    "v4-bad-migration": ("v4-bad-migration", "0003_add_order_priority"),
}


@pytest.mark.parametrize(("version", "told"), cases(BAD, always=("v4-never-healthy", "v4-bad-migration")))
def test_a_release_that_never_becomes_well_gets_no_request_and_is_undone(calm: fleet.Snapshot, version: str, told: str) -> None:
    fleet.cleared(version)
    with customers.shopping(rate=300) as load:
        ran = fleet.playbook("deploy", version=version, strategy="rolling", **patience())
    assert ran.rc != 0, ran.output
    assert told in ran.words
    assert f"Now {calm.live['release']} serves" in ran.words
    assert load.complaints == []
    assert set(load.told["run"]["versions"]) == {calm.version}
    is_undone_and_known_bad(calm, version)


def is_undone_and_known_bad(calm: fleet.Snapshot, version: str) -> None:
    assert fleet.what_hinders() == []
    seen = fleet.snapshot()
    assert seen.running == calm.running
    assert seen.rotation == calm.rotation
    assert seen.marks[seen.releases[version]] == "bad"
    again = fleet.playbook("deploy", version=version, mainstay_services=fleet.impatient())
    refused(again, seen)
    assert f"{seen.releases[version]} is known bad" in again.words


def test_the_message_says_which_check_failed_where_what_was_answered_and_logged(calm: fleet.Snapshot) -> None:
    fleet.cleared("v4-never-healthy")
    ran = fleet.playbook("deploy", version="v4-never-healthy", strategy="blue_green", **patience())
    assert ran.rc != 0
    for told in ("app1 failed", "shop-api-", "/health", "last answer 503", "It wrote last", "listening on port"):
        assert told in ran.words
    assert "Traceback" not in ran.output


@pytest.mark.parametrize("strategy", cases({"rolling": "rolling", "blue_green": "blue_green"}, ["blue_green"]))
def test_a_release_that_becomes_sick_in_rotation_is_taken_out_again(calm: fleet.Snapshot, strategy: str) -> None:
    fleet.cleared("v4-sick-later")
    ran = fleet.playbook("deploy", version="v4-sick-later", strategy=strategy, **{**patience(), "mainstay_bake": "12s"})
    assert ran.rc != 0, ran.output
    is_undone_and_known_bad(calm, "v4-sick-later")


@pytest.mark.full
def test_what_serves_is_left_as_it_is_when_a_release_with_other_secrets_fails(calm: fleet.Snapshot) -> None:
    """The way back uses what runs: made anew, it would come up with the very secrets that may be at fault."""
    secrets = {**fleet.inventory("mainstay_secrets"), "SECRET_KEY": "another-one-of-today"}
    with customers.shopping(rate=300) as load:
        ran = fleet.playbook("deploy", version="v4-never-healthy", strategy="rolling", mainstay_secrets=secrets, **patience())
    assert ran.rc != 0, ran.output
    assert f"Now {calm.live['release']} serves" in ran.words
    assert load.complaints == []
    seen = fleet.snapshot()
    assert [r for r in seen.replicas if r.state == "running"] == [r for r in calm.replicas if r.state == "running"]


@pytest.mark.full
def test_a_release_that_becomes_sick_after_its_own_batch_stops_the_ones_after_it(calm: fleet.Snapshot) -> None:
    fleet.cleared("v4-sick-later")
    with customers.shopping(rate=100) as load:
        ran = fleet.playbook("deploy", version="v4-sick-later", strategy="rolling", **{**patience(), "mainstay_bake": "1s"})
    assert ran.rc != 0, ran.output
    is_undone_and_known_bad(calm, "v4-sick-later")
    assert calm.version in load.told["run"]["versions"]


@pytest.mark.full
def test_a_release_that_crashes_under_load_never_has_more_than_its_share(calm: fleet.Snapshot) -> None:
    fleet.cleared("v4-crashes-under-load")
    with customers.shopping(rate=600) as load:
        ran = fleet.playbook("deploy", version="v4-crashes-under-load", strategy="rolling", **patience())
    assert ran.rc != 0, ran.output
    answered = load.told["run"]["versions"]
    assert answered.get("v4-crashes-under-load", 0) <= sum(answered.values()) / 3
    is_undone_and_known_bad(calm, "v4-crashes-under-load")


@pytest.mark.full
@pytest.mark.parametrize("version", ["v4-slow-start", "v4-ignores-sigterm"])
def test_a_release_that_is_only_slow_or_stubborn_can_be_deployed_and_replaced(calm: fleet.Snapshot, version: str) -> None:
    fleet.cleared(version)
    with customers.shopping(rate=300) as load:
        for wanted in (version, calm.version):
            ran = fleet.playbook("deploy", version=wanted, strategy="blue_green")
            assert ran.rc == 0, ran.output
            assert fleet.snapshot().version == wanted
    assert load.complaints == []


@pytest.mark.full
def test_a_release_can_be_deployed_again_after_somebody_cleared_it(calm: fleet.Snapshot) -> None:
    fleet.cleared("v4-bad-migration")
    fleet.playbook("deploy", version="v4-bad-migration", **patience())
    identity = fleet.snapshot().releases["v4-bad-migration"]
    assert fleet.snapshot().marks[identity] == "bad"
    assert fleet.playbook("clear_release", release=identity, reason="tried again on purpose").rc == 0
    assert fleet.snapshot().marks[identity] == "cleared"
    ran = fleet.playbook("deploy", version="v4-bad-migration", **patience())
    assert "is known bad" not in ran.words
