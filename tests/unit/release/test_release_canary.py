"""A canary goes in steps: who serves, with which weight, how it is compared, and who may let it go on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import (
    FencedOff,
    InvalidInput,
    NotFound,
    Refused,
    Unavailable,
)
from ansible_collections.mainstay.ops.plugins.module_utils._core.wait import Pace, wait_until
from ansible_collections.mainstay.ops.plugins.module_utils._judge.fetch import Place
from ansible_collections.mainstay.ops.plugins.module_utils._release import plan
from ansible_collections.mainstay.ops.plugins.module_utils._release.approval import Approval, Decision, decided
from ansible_collections.mainstay.ops.plugins.module_utils._release.canary import (
    Course,
    Metric,
    Step,
    Synthetic,
    comparison,
    weights,
)
from ansible_collections.mainstay.ops.plugins.module_utils._release.heartbeat import Heartbeat
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal
from ansible_collections.mainstay.ops.plugins.module_utils._release.operation_checks import check_comparisons, check_jobs
from ansible_collections.mainstay.ops.plugins.module_utils._release.parts import by_share
from ansible_collections.mainstay.ops.plugins.module_utils._release.verdict import Verdict, worst

from tests.unit.release.release_found import EMPTY, HOSTS, ON_BLUE, V1, V2, fleet, replicas, servers

QUICK = Course((Step(10, "30m"), Step(50, "10m", "4h"), Step(100, "5m")))
ORDER = plan.Order("deploy", "canary", bake="2s", course=QUICK, application="shop")
NOW = 1_000_000.0
UNDER_WAY = Journal("r1", "deploy", "v2-a", "green", who="dana")


def slots(batch: Mapping[str, Any]) -> dict[str, tuple[int, list[str]]]:
    """Weight and hosts of each slot of the service api."""
    return {slot: (share["weight"], share["hosts"]) for slot, share in batch["route"]["api"]["slots"].items()}


def test_the_live_side_stays_whole_until_the_last_step() -> None:
    rollout = plan.decide(ORDER, V2, ON_BLUE)
    ten, fifty, all_of_it = rollout.batches
    assert slots(ten) == {"green": (33, ["app1"]), "blue": (100, list(HOSTS))}
    assert slots(fifty) == {"green": (100, ["app1", "app2"]), "blue": (67, list(HOSTS))}
    assert slots(all_of_it) == {"green": (100, list(HOSTS)), "blue": (0, [])}
    assert [batch["leaves"] for batch in rollout.batches] == [{}, {}, {}], "nothing is stopped while there are steps"
    assert rollout.leaves["hosts"] == list(HOSTS)


def test_the_phases_of_a_canary_end_with_one_retirement() -> None:
    rollout = plan.decide(ORDER, V2, ON_BLUE)
    starts_and_routes = [f"{verb} {n}" for n in (1, 2, 3) for verb in ("start", "route")]
    assert plan.phases(rollout, migrates=True) == ("migrate", *starts_and_routes, "retire 3")


def test_steps_are_told_with_their_share() -> None:
    told = [(step.action, step.subject) for step in plan.steps(plan.decide(ORDER, V2, ON_BLUE), ORDER).steps]
    assert told[:4] == [
        ("start", "app1"),
        ("route", "10 % of the traffic"),
        ("start", "app1 and app2"),
        ("route", "50 % of the traffic"),
    ]
    assert told[-1] == ("retire", "app1, app2 and app3")


def test_each_step_but_the_last_is_compared_and_they_share_the_false_alarms() -> None:
    ten, fifty, all_of_it = plan.decide(ORDER, V2, ON_BLUE).batches
    errors = {"name": "api_errors", "critical": True, "dry_run": False, "backends": ["shop_api"]}
    assert ten["canary"]["metrics"] == [errors]
    assert (ten["canary"]["canary"], ten["canary"]["live"]) == ("green", "blue")
    assert ten["canary"]["false_alarms"] == pytest.approx(0.01 / 3), "the step that waits for a person is compared twice"
    assert fifty["ask"] == {"promotion": "4h", "inconclusive": "0s", "another": False}
    assert (all_of_it["canary"], all_of_it["ask"]["promotion"]) == ({}, "0s"), "a person may be asked before the old release ends"
    assert [batch["spare"] for batch in (ten, all_of_it)] == [list(HOSTS), list(HOSTS)]
    assert [batch["watch"] for batch in (ten, fifty, all_of_it)] == ["30m", "10m", "5m"]
    assert (ten["entrances"], len(all_of_it["entrances"])) == ([], 2), "until then the way in leads to both releases"


def test_services_are_compared_each_by_itself_so_that_none_hides_behind_another() -> None:
    more = {"web": {**V2.services["api"], "ports": {"blue": 21300, "green": 22300}}}
    both = comparison(QUICK, {**V2.services, **more}, "shop", ON_BLUE.fleet, "green")
    assert [(metric["name"], metric["backends"]) for metric in both["metrics"]] == [
        ("api_errors", ["shop_api"]),
        ("web_errors", ["shop_web"]),
    ]


def test_synthetic_requests_go_through_every_router_while_the_canary_is_compared() -> None:
    course = replace(QUICK, synthetic=Synthetic("/products", 12.0))
    both = comparison(course, V2.services, "shop", ON_BLUE.fleet, "green")
    places = [{"url": "http://10.0.1.1/products"}, {"url": "http://10.0.1.2/products"}]
    assert both["synthetic"] == {"places": places, "rate": 12.0}
    assert "synthetic" not in comparison(QUICK, V2.services, "shop", ON_BLUE.fleet, "green")


@pytest.mark.parametrize("path", ["", "products", "/a b", "http://10.0.1.1/", "/\n", "/" + "x" * 600])
def test_a_path_for_synthetic_requests_is_one(path: str) -> None:
    with pytest.raises(InvalidInput, match="is not a path for synthetic requests"):
        Synthetic(path)


TIMES = Metric("latency", latency='shop_request_seconds_bucket{slot="$slot"}')
MONITORING = Place("http://monitoring1:9090", "deploy", "hunter22")


def test_what_prometheus_is_asked_goes_to_the_judge_as_it_is_and_without_a_password() -> None:
    """The rollout is data that anybody may see."""
    named = replace(ORDER, course=replace(QUICK, metrics=(TIMES, Metric("errors", ("api",), dry_run=True))))
    ten = plan.decide(named, V2, ON_BLUE).batches[0]
    assert ten["canary"]["metrics"] == [
        {"name": "latency", "critical": True, "dry_run": False, "latency": 'shop_request_seconds_bucket{slot="$slot"}'},
        {"name": "errors", "critical": True, "dry_run": True, "backends": ["shop_api"]},
    ]
    assert "prometheus" not in ten["canary"]
    assert ten["canary"]["slower"] == 4.0
    check_comparisons(plan.decide(named, V2, ON_BLUE), MONITORING)


def test_what_has_nothing_to_be_compared_with_takes_no_steps() -> None:
    assert [batch["canary"] for batch in plan.decide(ORDER, V1, EMPTY).batches] == [{}]
    repaired = plan.decide(ORDER, V1, replace(ON_BLUE, journal=UNDER_WAY))
    assert (repaired.kind, [batch["canary"] for batch in repaired.batches]) == ("repair", [{}])


def test_a_host_that_serves_nothing_any_more_goes_first_and_gets_no_traffic_of_the_old_release() -> None:
    there = {"app1": replicas("blue", V1), "app2": replicas("blue", V1), "app3": replicas("green", V2)}
    rollout = plan.decide(ORDER, V2, plan.Found(ON_BLUE.ledger, UNDER_WAY, fleet(there, servers("blue", HOSTS[:2]))))
    assert slots(rollout.batches[0]) == {"green": (22, ["app3"]), "blue": (100, ["app1", "app2"])}


def test_a_service_that_only_the_new_release_has_is_not_compared() -> None:
    more = {**V2.services, "web": {**V2.services["api"], "ports": {"blue": 21300, "green": 22300}}}
    release = replace(V2, services=more, images={**V2.images, "web": "r:5000/web@sha256:3"})
    first = plan.decide(ORDER, release, ON_BLUE).batches[0]
    assert first["canary"]["metrics"][0]["backends"] == ["shop_api"]
    assert first["route"]["web"]["slots"]["green"] == {"weight": 100, "count": 1, "hosts": ["app1"]}
    named = replace(ORDER, course=replace(QUICK, metrics=(Metric("errors", ("web",)),)))
    with pytest.raises(InvalidInput, match="not a service that this release and the one before it have"):
        plan.decide(named, release, ON_BLUE)


@pytest.mark.parametrize(
    ("share", "servers", "expected"),
    [
        (10, {"green": 1, "blue": 3}, {"green": 33, "blue": 100}),
        (10, {"green": 3, "blue": 3}, {"green": 11, "blue": 100}),
        (50, {"green": 2, "blue": 2}, {"green": 100, "blue": 100}),
        (90, {"green": 3, "blue": 3}, {"green": 100, "blue": 11}),
        (1, {"green": 30, "blue": 1}, {"green": 1, "blue": 100}),
        (10, {"green": 0, "blue": 3}, {"green": 100, "blue": 100}),
    ],
)
def test_weights_give_the_share_whatever_the_number_of_servers(
    share: int, servers: Mapping[str, int], expected: Mapping[str, int]
) -> None:
    assert weights("green", share, servers) == expected


@pytest.mark.parametrize("hosts", [1, 2, 3, 10])
def test_as_many_hosts_as_the_share_run_the_release(hosts: int) -> None:
    parts = by_share(QUICK, [f"app{n}" for n in range(hosts)], [])
    assert [len(part.serves) for part in parts] == [max(1, -(-hosts * share // 100)) for share in (10, 50, 100)]


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((), "must grow and end with all traffic"),
        (((50, "1m"), (10, "1m"), (100, "1m")), "must grow and end with all traffic"),
        (((10, "1m"), (50, "1m")), "must grow and end with all traffic"),
        (((0, "1m"), (100, "1m")), "0 is not a share"),
        (((101, "1m"),), "101 is not a share"),
        (((True, "1m"),), "True is not a share"),
        (((10, "soon"), (100, "1m")), "'soon' is not a watch"),
        (((10, "3d"), (100, "1m")), "not a sensible watch"),
    ],
)
def test_steps_that_make_no_canary_are_refused(steps: Sequence[tuple[Any, str]], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        Course(tuple(Step(share, watch) for share, watch in steps))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"interval": "60s"}, "age of what is stale"),
        ({"interval": "abc"}, "is not a interval"),
        ({"detects": 5.0}, "not a sensible rise"),
        ({"false_alarms": 0.9}, "not a sensible rate of false alarms"),
        ({"longer": "3d"}, "not a sensible extension"),
        ({"metrics": (Metric("errors", ("api",), critical=False),)}, "no metric is critical"),
        ({"metrics": (Metric("errors", ()),)}, "has no backends"),
        ({"metrics": (TIMES,)}, "give its address in prometheus"),
        ({"metrics": (Metric("errors"),)}, "give it backends, or requests and bad, or latency"),
        ({"metrics": (replace(TIMES, services=("api",)),)}, "has backends and latency"),
        ({"metrics": (Metric("errors", requests='a{slot="$slot"}'),)}, "has only one of requests and bad"),
        ({"metrics": (replace(TIMES, latency="a_bucket"),)}, "has no .slot"),
        ({"metrics": (replace(TIMES, latency='rate(a_bucket{slot="$slot"}[5m])'),)}, "is not a selector of counters"),
        ({"metrics": (Metric("errors", ("api",), dry_run=True),)}, "no metric is critical"),
        ({"slower": 1.0}, "not a sensible rise of the odds"),
        ({"metrics": (Metric("errors", ("api",)), Metric("errors", ("api",)))}, "need different names"),
    ],
)
def test_what_the_judge_would_refuse_is_refused_before_anything_changes(changed: dict[str, Any], why: str) -> None:
    check_comparisons(plan.decide(ORDER, V2, ON_BLUE))
    with pytest.raises(InvalidInput, match=why):
        check_comparisons(plan.decide(replace(ORDER, course=replace(QUICK, **changed)), V2, ON_BLUE))


@pytest.mark.parametrize(
    ("jobs", "why"),
    [
        ({"jobs": "many"}, "jobs of service worker: .*many"),
        ({"jobs": 3}, "missing required arguments: done"),
        ({"done": "jobs_done_total", "retries": 3}, "retries. Supported parameters include"),
        ({"done": "jobs done"}, "is not the name of a metric"),
        ({"done": "jobs_done_total", "page": "metrics?x=1"}, "an address of metrics is not one"),
    ],
)
def test_jobs_that_say_nothing_are_refused_before_anything_changes(jobs: dict[str, Any], why: str) -> None:
    check_jobs({"worker": {"jobs": {"done": "jobs_done_total", "jobs": "3"}}})
    with pytest.raises(InvalidInput, match=why):
        check_jobs({"worker": {"jobs": jobs}})


WAITS = Approval("r1", "route 1", NOW + 60)
PROMOTE, ABORT = Decision("promote", "kim", "looks good"), Decision("abort", "kim", "looks bad")


def test_whoever_is_asked_is_heard_and_written_down() -> None:
    made = decided(PROMOTE, WAITS, UNDER_WAY, is_watched=True, now=NOW)
    assert (made.told, made.phase, made.when) == ("promoted by kim: looks good", "route 1", NOW)
    unasked = decided(ABORT, None, UNDER_WAY, is_watched=True, now=NOW)
    assert (unasked.run, unasked.told) == ("r1", "aborted by kim: looks bad")


def test_a_promotion_is_of_its_step_and_an_abortion_of_all_to_come() -> None:
    promoted = decided(PROMOTE, WAITS, UNDER_WAY, is_watched=True, now=NOW)
    assert [promoted.is_about("r1", phase) for phase in ("route 1", "route 2")] == [True, False]
    aborted = decided(ABORT, promoted, UNDER_WAY, is_watched=True, now=NOW)
    assert [aborted.is_about(run, "route 2") for run in ("r1", "r2")] == [True, False]


@pytest.mark.parametrize(
    ("decision", "approval", "journal", "is_watched", "why"),
    [
        (PROMOTE, WAITS, None, True, "no run is under way"),
        (ABORT, None, UNDER_WAY, False, "was interrupted, and nobody would hear it"),
        (PROMOTE, None, UNDER_WAY, True, "does not wait for anybody now"),
        (PROMOTE, replace(WAITS, run="r0"), UNDER_WAY, True, "does not wait for anybody now"),
        (PROMOTE, replace(WAITS, until=NOW - 1), UNDER_WAY, True, "does not wait for anybody now"),
        (Decision("promote", "dana", "mine"), replace(WAITS, another=True), UNDER_WAY, True, "somebody else must promote it"),
        (PROMOTE, replace(WAITS, decision="promote", who="lee", why="fine"), UNDER_WAY, True, "does not wait for anybody now"),
        (
            ABORT,
            replace(WAITS, decision="abort", who="lee", why="bad"),
            UNDER_WAY,
            True,
            "was aborted by lee: bad, at 1970-01-01",
        ),
    ],
)
def test_what_nobody_would_hear_is_refused(
    decision: Decision, approval: Approval | None, journal: Journal | None, is_watched: bool, why: str
) -> None:
    with pytest.raises((NotFound, Refused), match=why):
        decided(decision, approval, journal, is_watched=is_watched, now=NOW)


@pytest.mark.parametrize(
    ("staying", "compared", "expected"),
    [("pass", "pass", "pass"), ("pass", "fail", "fail"), ("fail", "inconclusive", "fail"), ("inconclusive", "fail", "fail"),
     ("pass", "inconclusive", "inconclusive"), ("inconclusive", "pass", "inconclusive")],
)  # fmt: skip
def test_the_worse_of_both_decides_and_the_numbers_are_kept(staying: str, compared: str, expected: str) -> None:
    both = worst([Verdict(staying), Verdict(compared, numbers={"looks": 3}), Verdict("pass")])
    assert (both.verdict, both.numbers) == (expected, {"looks": 3})


def eventually(is_so: Callable[[], bool]) -> bool:
    return wait_until(is_so, bool, Pace(10))[0]


def test_a_beat_that_fails_for_a_moment_ends_nothing_and_one_that_fails_for_long_does() -> None:
    def watched(failing: int) -> bool:
        """Whether the watch was ended by so many beats in a row that fail."""
        beats: list[int] = []

        def beat() -> None:
            beats.append(1)
            if len(beats) <= failing:
                raise Unavailable("no space left on device")

        with contextlib.suppress(Unavailable), Heartbeat(beat, lambda: False, 0.0, listens=0.01) as heart:
            return eventually(lambda: heart.is_over() or len(beats) > failing) and heart.is_over()
        return True

    assert [watched(failing) for failing in (3, 4)] == [False, True]


def test_a_watch_is_over_when_nobody_waits_for_its_verdict() -> None:
    def watch() -> None:
        with Heartbeat(lambda: None, lambda: False, 60.0, lambda: False, listens=0.01) as heart:
            assert eventually(heart.is_over)

    with pytest.raises(Unavailable, match="is gone"):
        watch()


def test_a_heartbeat_goes_on_while_one_watches_and_ends_the_watch_when_the_lock_is_lost() -> None:
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 2:
            raise FencedOff("somebody else has it")

    def watch() -> None:
        with Heartbeat(beat, lambda: False, 0.0, listens=0.01) as heart:
            assert eventually(heart.is_over)

    with pytest.raises(FencedOff):
        watch()
    assert len(beats) == 2


def test_workers_prove_themselves_where_they_say_how() -> None:
    jobs = {"done": "jobs_done_total", "jobs": 10, "page": "/numbers"}
    release = replace(V2, services={**V2.services, "worker": {**V2.services["worker"], "jobs": jobs}})
    ten, fifty, _ = plan.decide(ORDER, release, ON_BLUE).batches
    assert ten["workers"] == [
        {"done": "jobs_done_total", "jobs": 10, "workers": [{"name": "worker 1 on app1", "url": "http://10.0.0.1:22200/numbers"}]}
    ]
    assert [page["name"] for page in fifty["workers"][0]["workers"]] == ["worker 1 on app1", "worker 1 on app2"]
    assert plan.decide(ORDER, V2, ON_BLUE).batches[0]["workers"] == []
