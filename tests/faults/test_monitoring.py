"""What Prometheus and Alertmanager see of the fleet and of a deploy, read back from the real servers."""

from __future__ import annotations

import json
import os
import signal
import urllib.parse
import urllib.request
from datetime import datetime
from typing import Any

import customers
import fleet
import pytest

pytestmark = pytest.mark.fleet

PROMETHEUS = int(os.environ.get("MAINSTAY_SANDBOX_PROMETHEUS_PORT") or 18095)
ALERTMANAGER = int(os.environ.get("MAINSTAY_SANDBOX_ALERTMANAGER_PORT") or 18096)
RATE = 50
SCRAPED_S = 30


@pytest.fixture(scope="module")
def monitoring(sandbox: None) -> dict[str, Any]:
    found: dict[str, Any] = fleet.inventory("mainstay_monitoring")
    return found


@pytest.fixture(scope="module")
def ending_soon(monitoring: dict[str, Any]) -> dict[str, Any]:
    """Silences that end with the run."""
    return {"mainstay_monitoring": {**monitoring, "lingers": "0s"}}


def asked(port: int, path: str, **query: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
        return json.load(answer)


def series(query: str) -> list[dict[str, str]]:
    """The labels of what a query finds now."""
    return [one["metric"] for one in asked(PROMETHEUS, "/api/v1/query", query=query)["data"]["result"]]


def silences() -> list[Any]:
    return [one for one in asked(ALERTMANAGER, "/api/v2/silences") if one["status"]["state"] == "active"]


def alerts(name: str) -> list[Any]:
    return [one for one in asked(ALERTMANAGER, "/api/v2/alerts") if one["labels"]["alertname"] == name]


def test_everything_in_the_fleet_is_scraped(calm: fleet.Snapshot) -> None:
    fleet.until(lambda: series('up{job!="shop"} == 0') == [], SCRAPED_S)
    jobs = {"prometheus", "alertmanager", "shop", "node", "haproxy", "postgresql", "redis"}
    fleet.until(lambda: {one["job"] for one in series("up == 1")} == jobs, SCRAPED_S)
    assert {one["host"] for one in series('up{job="node"} == 1')} == {*fleet.HOSTS, "db1", "db2", "cache1", "mon1", "store1"}
    fleet.until(lambda: "db1" in {one["host"] for one in series("pg_up == 1")}, SCRAPED_S)
    assert series("redis_up == 1")
    fleet.until(lambda: {one["slot"] for one in series('up{job="shop", service="api"} == 1')} == {calm.live["slot"]}, SCRAPED_S)


def test_a_deploy_marks_itself_and_silences_the_alert_that_it_causes_for_as_long_as_that_lasts(
    calm: fleet.Snapshot, begin, monitoring: dict[str, Any]
) -> None:
    with customers.shopping(RATE) as load:
        run = begin("deploy", version=calm.next, strategy="blue_green", mainstay_bake="12s", release_keep_previous=False)
        assert run.reaches("Watch it|Judge: route 1"), run.output
        (silence,) = silences()
        assert {one["name"]: one["value"] for one in silence["matchers"]} == monitoring["silences"][0]
        assert calm.next in silence["comment"]
        fleet.until(lambda: [one["verb"] for one in series("mainstay_operation_running == 1")] == ["deploy"], SCRAPED_S)
        assert run.ends().rc == 0, run.output
        fleet.until(lambda: series("mainstay_operation_running") == [], SCRAPED_S)
        fleet.until(lambda: bool(alerts("ReplicaGone")), 40)
        assert {one["status"]["state"] for one in alerts("ReplicaGone")} == {"suppressed"}, "what it caused rings nowhere"
        fleet.until(lambda: silences() == [] and alerts("ReplicaGone") == [], 90)
    assert load.complaints == []
    assert [one["version"] for one in series("mainstay_release_info")] == [calm.next]


@pytest.mark.full
def test_a_deploy_that_is_undone_takes_its_silence_away(calm: fleet.Snapshot, ending_soon: dict[str, Any]) -> None:
    fleet.cleared("v4-never-healthy")
    services = fleet.impatient()
    assert fleet.playbook("deploy", version="v4-never-healthy", mainstay_services=services, **ending_soon).rc != 0
    assert silences() == []
    assert fleet.what_hinders() == []


@pytest.mark.full
def test_a_deploy_that_was_killed_leaves_a_silence_that_the_next_run_takes_away(
    calm: fleet.Snapshot, begin, ending_soon: dict[str, Any]
) -> None:
    run = begin("deploy", version=calm.next, **ending_soon)
    assert run.reaches("Judge: route 1"), run.output
    run.signal(signal.SIGKILL)
    run.ends()
    (left,) = silences()
    lease = float(fleet.snapshot().holder["expires"])
    assert abs(datetime.fromisoformat(left["endsAt"]).timestamp() - lease) < 2, "it ends by itself with the lease"
    assert fleet.playbook("recover", **ending_soon).rc == 0
    assert silences() == []
    fleet.until(lambda: series("mainstay_operation_running") == [], SCRAPED_S)
