"""A canary gets a part of the traffic first; users, people and a kill -9 decide what becomes of it."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import customers
import fleet
import pytest
from cases import cases

pytestmark = pytest.mark.fleet

RATE = 300
PATIENT = {"longer": "90s", "interval": "500ms"}
STEPS = ({"share": 10, "watch": "6s"}, {"share": 50, "watch": "4s"}, {"share": 100, "watch": "2s"})
SIGNALS = {
    "SIGKILL at Judge: route 1": ("Judge: route 1", 1, signal.SIGKILL),
    "SIGTERM at Start replicas 2": ("Start replicas", 2, signal.SIGTERM),
    "SIGKILL at Move traffic 2": ("Move traffic", 2, signal.SIGKILL),
    "SIGHUP at Judge: route 2": ("Judge: route 2", 1, signal.SIGHUP),
    "SIGKILL at Move traffic 3": ("Move traffic", 3, signal.SIGKILL),
    "SIGINT at Judge: route 3": ("Judge: route 3", 1, signal.SIGINT),
    "SIGKILL at Stop replicas": ("Stop replicas", 1, signal.SIGKILL),
}


def canary(steps: Sequence[dict[str, Any]] = STEPS) -> dict[str, Any]:
    return {"strategy": "canary", "mainstay_canary": {"steps": list(steps), **PATIENT}}


@pytest.mark.parametrize(("step", "times", "number"), cases(SIGNALS, ["SIGKILL at Judge: route 1"]))
def test_a_canary_that_is_killed_loses_no_request_and_the_next_run_goes_through(
    calm: fleet.Snapshot, begin, step: str, times: int, number: signal.Signals
) -> None:
    wanted = calm.next
    with customers.shopping(RATE) as load:
        run = begin("deploy", version=wanted, **canary())
        assert run.reaches(step, times), run.output
        time.sleep(2)
        run.signal(number)
        assert run.ends().rc != 0
        load.phase("killed")
        again = fleet.playbook("deploy", version=wanted, **canary())
        assert again.rc == 0, again.output
        assert fleet.what_hinders() == []
    assert load.complaints == []
    if "route 1" in step:
        answered = load.told["run"]["versions"]
        assert 0 < answered[wanted] < 0.2 * sum(answered.values()), "the first step has a tenth of the traffic"
    before = fleet.snapshot()
    once_more = fleet.playbook("deploy", version=wanted, **canary())
    assert "it is in service already, nothing was to be done" in once_more.words, once_more.output
    assert fleet.snapshot() == before


def test_a_canary_that_errs_in_five_of_a_hundred_loses_its_traffic_at_once_and_is_undone(calm: fleet.Snapshot) -> None:
    fleet.cleared("v4-errs-sometimes")
    with customers.shopping(RATE) as load, watching() as seen:
        ran = fleet.playbook("deploy", version="v4-errs-sometimes", **canary([{"share": 10, "watch": "120s"}, *STEPS[1:]]))
    assert ran.rc != 0, ran.output
    assert "the canary does worse than the live side: api_errors: " in ran.words
    assert f"Now {calm.live['release']} serves" in ran.words
    assert all("errs in 5 of 100 requests" in complaint for complaint in load.complaints)
    answered = load.told["run"]
    assert answered["failed"] < 0.02 * answered["count"], "the canary never had more than its tenth of the traffic"
    print(f"verdict after {seen.judged - seen.routed:.1f} s, traffic gone {seen.gone - seen.judged:.1f} s after it")
    assert seen.gone - seen.judged < 20, "2 s on a machine that has nothing else to do; the watch goes on for 120 s"
    assert fleet.what_hinders() == []
    after = fleet.snapshot()
    assert (after.live["release"], after.rotation) == (calm.live["release"], calm.rotation)
    assert after.marks[after.releases["v4-errs-sometimes"]] == "bad"


@pytest.mark.full
def test_a_canary_that_is_slow_in_four_of_a_hundred_is_undone_although_nothing_fails(calm: fleet.Snapshot) -> None:
    fleet.cleared("v4-slow-sometimes")
    metrics = [
        {"name": "api_errors", "services": ["api"]},
        {"name": "api_latency", "latency": 'shop_http_request_seconds_bucket{service="api", slot="$slot"}'},
    ]
    prometheus = {"url": fleet.inventory("mainstay_monitoring")["alertmanager"]["url"].replace("9093", "9090")}
    steps = [{"share": 50, "watch": "120s"}, {"share": 100, "watch": "2s"}]
    asked = {**canary(steps)["mainstay_canary"], "metrics": metrics, "prometheus": prometheus}
    with customers.shopping(RATE) as load:
        ran = fleet.playbook("deploy", version="v4-slow-sometimes", strategy="canary", mainstay_canary=asked)
    assert ran.rc != 0, ran.output
    assert "the canary does worse than the live side: api_latency: " in ran.words
    assert load.complaints == []
    assert fleet.what_hinders() == []
    after = fleet.snapshot()
    assert (after.live["release"], after.rotation) == (calm.live["release"], calm.rotation)
    assert after.marks[after.releases["v4-slow-sometimes"]] == "bad"


@pytest.mark.full
@pytest.mark.parametrize("strategy", ["rolling", "canary"])
def test_a_release_whose_worker_loses_jobs_is_undone_as_a_whole(calm: fleet.Snapshot, strategy: str) -> None:
    fleet.cleared("v4-drops-jobs")
    services = fleet.inventory("mainstay_services")
    services["worker"]["jobs"]["jobs"] = 5
    with customers.shopping(RATE) as load:
        ran = fleet.playbook("deploy", version="v4-drops-jobs", **{**canary(), "strategy": strategy}, mainstay_services=services)
    assert ran.rc != 0, ran.output
    assert "jobs failed" in ran.words
    assert load.complaints == []
    assert fleet.what_hinders() == []
    after = fleet.snapshot()
    assert (after.live["release"], after.rotation) == (calm.live["release"], calm.rotation)
    assert after.marks[after.releases["v4-drops-jobs"]] == "bad"


@pytest.mark.full
def test_people_let_a_canary_go_on_and_end_it(calm: fleet.Snapshot, begin) -> None:
    steps = [{"share": 20, "watch": "1s", "pause": "3m"}, {"share": 60, "watch": "1s", "pause": "3m"}, {"share": 100}]
    with customers.shopping(RATE) as load:
        run = begin("deploy", version=calm.next, **canary(steps))
        fleet.until(lambda: waits_after() == "route 1", 120)
        told = fleet.playbook("promote", reason="support sees no complaints")
        assert told.rc == 0, told.output
        fleet.until(lambda: waits_after() == "route 2", 120)
        assert fleet.playbook("abort", reason="checkout looks wrong").rc == 0
        ended = run.ends()
    assert ended.rc != 0
    assert "checkout looks wrong" in ended.words
    assert load.complaints == []
    assert fleet.what_hinders() == []
    seen = fleet.snapshot()
    assert (seen.live["release"], seen.rotation) == (calm.live["release"], calm.rotation)
    assert seen.marks.get(seen.releases[calm.next]) != "bad", "nobody has seen it at fault"
    assert "no run is under way" in fleet.playbook("abort", reason="and once more").words


def waits_after() -> str:
    """The phase after which a person is asked; "" while nobody is."""
    approval = json.loads(fleet.stored("approval.json") or "{}")
    is_open = approval.get("run", "none") == fleet.snapshot().holder.get("run") and not approval["decision"]
    return str(approval["phase"]) if is_open else ""


@dataclass
class Seen:
    """When a canary came into rotation, when the journal said that it failed, and when no router routed it any more."""

    routed: float = 0.0
    judged: float = 0.0
    gone: float = 0.0

    def look(self, green: str) -> None:
        now = time.monotonic()
        routed = any(f"-{green}-" in server for port in fleet.ROUTERS.values() for server in fleet.rotation(port))
        if routed and not self.routed:
            self.routed = now
        phases = json.loads(fleet.stored("journal.json") or "{}").get("phases", ())
        if not self.judged and any(phase["name"] == "route 1" for phase in phases):
            self.judged = now
        if self.routed and not routed and not self.gone:
            self.gone = now


@contextmanager
def watching() -> Iterator[Seen]:
    """Looks at the routers and the journal while the block runs."""
    seen, over = Seen(), threading.Event()
    idle = "green" if fleet.snapshot().live["slot"] == "blue" else "blue"

    def watch() -> None:
        while not over.wait(0.1):
            seen.look(idle)

    worker = threading.Thread(target=watch)
    worker.start()
    try:
        yield seen
    finally:
        over.set()
        worker.join()
