"""What monitoring sees of a run of release_plan, release_judge and release_settle: a real Alertmanager, and a page of metrics."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alertmanager_server import PASSWORD, USERNAME, Alertmanager, alerting, await_, ends
from ansible_collections.mainstay.ops.plugins.module_utils._edge.spec import into
from ansible_collections.mainstay.ops.plugins.module_utils._lock.model import Holder, Lease, encode
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal
from ansible_collections.mainstay.ops.plugins.module_utils._release.monitoring import Monitoring
from ansible_collections.mainstay.ops.plugins.module_utils._release.signs import Signs
from ansible_collections.mainstay.ops.plugins.module_utils._store.directory import DirectoryStore
from ansible_module import run_module
from health_servers import dripping, dripping_headers, json_saying, silent, talking
from ports import free_port
from prometheus_client.parser import text_string_to_metric_families
from registry_server import Registry, running
from release_run import EMPTY, Run, begun, expected

GONE = {"alertname": "ReplicaGone", "application": "shop"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running(tmp_path_factory.mktemp("registry")) as server:
        server.push("shop/api", "v1")
        yield server


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    with alerting(tmp_path_factory.mktemp("alertmanager"), locked=True) as server:
        server.fire(**GONE)
        server.fire(alertname="DiskFull", application="shop")
        yield server


@pytest.fixture
def run(tmp_path: Path, registry: Registry, alertmanager: Alertmanager) -> Iterator[Run]:
    with begun(tmp_path / "state", registry) as made:
        yield made
    for one in alertmanager.silences():
        alertmanager.expire(one["id"])


def watched(url: str, page: Path | None = None, *silences: Mapping[str, str]) -> dict[str, Any]:
    login = {"url": url, "username": USERNAME, "password": PASSWORD}
    return {"alertmanager": login, "silences": list(silences or (GONE,)), **({"metrics": str(page)} if page else {})}


def plan(run: Run, monitoring: Mapping[str, Any], *flags: str, **more: Any) -> dict[str, Any]:
    return run.plan(*flags, application="shop", monitoring=monitoring, **more)


def judge(run: Run, monitoring: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A verdict on all phases at once, in which the one host did well."""
    parts = [
        {"phase": name, "hosts": ["app1"], "results": {"app1": {"phase": name}}} for name in run.info()["journal"]["expected"]
    ]
    return run.call("release_judge", phases=parts, monitoring=monitoring, **more)


def settle(run: Run, monitoring: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return run.call("release_settle", monitoring=monitoring, **more)


def lease_ends(run: Run) -> float:
    return float(run.info()["lock"]["holder"]["expires"])


def samples(page: Path) -> dict[str, tuple[dict[str, str], float]]:
    """Labels and value by the name of the metric; each has one series."""
    families = text_string_to_metric_families(page.read_text())
    found = [(sample.name, (dict(sample.labels), sample.value)) for family in families for sample in family.samples]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_a_run_silences_its_alerts_and_marks_itself_while_it_lasts(run: Run, alertmanager: Alertmanager, tmp_path: Path) -> None:
    page = tmp_path / "mainstay.prom"
    monitoring = watched(alertmanager.url, page)
    assert plan(run, monitoring, "--check")["changed"]
    assert (alertmanager.silences(), page.exists()) == ([], False), "check mode silences nothing and marks nothing"
    planned = plan(run, monitoring)
    release = planned["rollout"]["release"]["id"]
    [silence] = alertmanager.silences()
    assert {one["name"]: one["value"] for one in silence["matchers"]} == GONE
    assert ends(silence) == pytest.approx(lease_ends(run), abs=1)
    assert silence["comment"].startswith(f"deploy {release} (run first) by somebody in {run.environment} [mainstay ")
    assert (alertmanager.state("ReplicaGone"), alertmanager.state("DiskFull")) == ("suppressed", "active")
    operation = {"environment": run.environment, "application": "shop", "verb": "deploy", "release": release, "run": "first"}
    begun_as = samples(page)
    assert begun_as["mainstay_operation_running"] == (operation, 1)
    assert begun_as["mainstay_operation_lease_ends_timestamp_seconds"][1] == pytest.approx(lease_ends(run), abs=0.01)
    assert "mainstay_release_info" not in begun_as, "nothing serves yet"
    assert page.stat().st_mode & 0o777 == 0o644

    judged = judge(run, monitoring, lease="10m")
    [longer] = alertmanager.silences()
    assert longer["id"] == silence["id"]
    assert ends(longer) == pytest.approx(lease_ends(run), abs=1)
    assert ends(longer) > ends(silence) + 400
    assert samples(page)["mainstay_operation_lease_ends_timestamp_seconds"][1] == pytest.approx(lease_ends(run), abs=0.01)

    settled = settle(run, monitoring)
    assert settled["verdict"] == "pass"
    assert (alertmanager.silences(), alertmanager.state("ReplicaGone")) == ([], "active")
    ended = samples(page)
    assert "mainstay_operation_running" not in ended
    assert "mainstay_operation_lease_ends_timestamp_seconds" not in ended
    assert ended["mainstay_operation_started_timestamp_seconds"] == begun_as["mainstay_operation_started_timestamp_seconds"]
    assert ended["mainstay_operation_ended_timestamp_seconds"][0] == {**operation, "verdict": "pass"}
    serves = {"environment": run.environment, "application": "shop", "release": release, "version": "v1", "slot": "blue"}
    assert ended["mainstay_release_info"] == (serves, 1)
    told = [planned, judged, settled]
    assert [one["warned"] for one in told] == ["", "", ""]
    assert PASSWORD not in json.dumps(told)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert [path.name for path in written if PASSWORD.encode() in path.read_bytes()] == []


def test_a_run_that_fails_takes_its_silences_away_too(run: Run, alertmanager: Alertmanager, tmp_path: Path) -> None:
    page = tmp_path / "mainstay.prom"
    monitoring = watched(alertmanager.url, page, GONE, {"alertname": "Slow"})
    phase = expected(plan(run, monitoring), run)[0]
    assert len(alertmanager.silences()) == 2
    sick = {"phase": phase, "hosts": ["app1"], "results": {"app1": {"phase": phase, "failed": True, "msg": "sick"}}}
    run.call("release_judge", phases=[sick], monitoring=monitoring)
    assert len(alertmanager.silences()) == 2, "going back causes alerts, too"
    assert settle(run, monitoring)["verdict"] != "pass"
    assert alertmanager.silences() == []
    assert samples(page)["mainstay_operation_ended_timestamp_seconds"][0]["verdict"] == "fail"


def test_a_silence_lingers_for_as_long_as_the_rules_of_its_alerts_look_back(run: Run, alertmanager: Alertmanager) -> None:
    monitoring = {**watched(alertmanager.url), "lingers": "90s"}
    plan(run, monitoring)
    judge(run, monitoring)
    assert settle(run, monitoring)["verdict"] == "pass"
    (left,) = alertmanager.silences()
    assert 60 < ends(left) - time.time() <= 91


def test_the_silence_lasts_while_a_release_bakes(run: Run, alertmanager: Alertmanager, tmp_path: Path) -> None:
    page = tmp_path / "mainstay.prom"
    monitoring = watched(alertmanager.url, page)
    plan(run, monitoring)
    seen: list[float] = []
    marked: list[float] = []

    def look() -> None:
        while bakes.is_alive():
            seen.append(ends(alertmanager.silences()[0]))
            marked.append(samples(page)["mainstay_operation_lease_ends_timestamp_seconds"][1])
            time.sleep(0.3)

    with talking(json_saying("{}")) as port:
        endpoints = [{"name": "api", "url": f"http://127.0.0.1:{port}/"}]
        bakes = threading.Thread(
            target=judge, args=(run, monitoring), kwargs={"endpoints": endpoints, "bake": "8s", "lease": "6s"}
        )
        bakes.start()
        look()
    assert len({round(one) for one in seen}) > 3, "each beat of the heart lets it end later"
    assert len({round(one) for one in marked}) > 3
    assert seen[-1] < time.time() + 7


def test_the_silence_of_a_killed_run_ends_with_its_lease(run: Run, alertmanager: Alertmanager, tmp_path: Path) -> None:
    page = tmp_path / "mainstay.prom"
    monitoring = watched(alertmanager.url, page)
    renewed = run_module("ops_lock", environment=run.environment, run=run.name, lease="30s", directory=str(run.directory))
    assert not renewed["failed"]
    plan(run, monitoring)
    over = lease_ends(run)
    assert (len(alertmanager.silences()), alertmanager.state("ReplicaGone")) == (1, "suppressed")
    await_(lambda: alertmanager.silences() == [], over - time.time() + 20)
    assert time.time() >= over - 0.5
    assert alertmanager.state("ReplicaGone") == "active"
    assert samples(page)["mainstay_operation_running"][0]["run"] == "first", "the mark of a dead run stands"
    assert samples(page)["mainstay_operation_lease_ends_timestamp_seconds"][1] < time.time() + 0.5, "and says that it is dead"

    following = replace(run, name="second").begin()
    plan(following, monitoring)
    assert (len(alertmanager.silences()), alertmanager.state("ReplicaGone")) == (1, "suppressed")
    assert samples(page)["mainstay_operation_running"][0]["run"] == "second"
    judge(following, monitoring)
    assert settle(following, monitoring)["verdict"] == "pass"
    assert alertmanager.silences() == []


def test_the_next_run_takes_over_what_a_dead_one_left(run: Run, alertmanager: Alertmanager) -> None:
    theirs = alertmanager.silence("mine", **GONE)
    plan(run, watched(alertmanager.url, None, GONE, {"alertname": "Slow"}))
    [left] = [
        one for one in alertmanager.silences() if {"ReplicaGone"} & {m["value"] for m in one["matchers"]} and one["id"] != theirs
    ]
    (run.directory / run.environment / "silences.json").unlink()
    following = replace(run, name="second").begin()
    plan(following, watched(alertmanager.url))
    there = {one["id"]: one for one in alertmanager.silences()}
    assert set(there) == {left["id"], theirs}, "one of the dead run's is kept, the other is wanted no more"
    assert "run second" in there[left["id"]]["comment"]
    settle(following, watched(alertmanager.url))
    assert [one["id"] for one in alertmanager.silences()] == [theirs]


def test_a_run_with_nothing_to_do_ends_what_the_last_one_could_not(run: Run, alertmanager: Alertmanager) -> None:
    release = plan(run, watched(alertmanager.url))["rollout"]["release"]["id"]
    judge(run, watched(alertmanager.url))
    assert "end by themselves" in settle(run, watched(f"http://127.0.0.1:{free_port()}"))["warned"]
    assert len(alertmanager.silences()) == 1
    api = {"service": "api", "slot": "blue"}
    serves = {
        **EMPTY,
        "replicas": {"app1": [{**api, "release": release, "state": "running"}]},
        "servers": {"proxy1": [{**api, "host": "app1", "n": 1, "in_rotation": True}]},
    }
    following = replace(run, name="second").begin()
    planned = plan(following, watched(alertmanager.url), fleet=serves)
    assert (planned["rollout"]["kind"], planned["changed"]) == ("nothing", False)
    assert alertmanager.silences() == []


def test_two_environments_leave_each_other_alone(run: Run, alertmanager: Alertmanager, tmp_path: Path) -> None:
    with begun(tmp_path / "other", run.registry) as other:
        plan(run, watched(alertmanager.url))
        plan(other, watched(alertmanager.url))
        assert len(alertmanager.silences()) == 2
        settle(run, watched(alertmanager.url))
        assert len(alertmanager.silences()) == 1
        assert other.environment in alertmanager.silences()[0]["comment"]
        settle(other, watched(alertmanager.url))
        assert alertmanager.silences() == []


def test_what_somebody_ended_by_hand_stays_ended(run: Run, alertmanager: Alertmanager) -> None:
    plan(run, watched(alertmanager.url))
    alertmanager.expire(alertmanager.silences()[0]["id"])
    assert "by hand" in judge(run, watched(alertmanager.url))["warned"]
    assert alertmanager.silences() == []
    settle(run, watched(alertmanager.url))


def echoing(sock: Any) -> None:
    """A proxy that tells in its errors what it was asked with."""
    login = "Basic ZGVwbG95ZXI6aHVudGVyMjJodW50ZXIyMg=="
    json_saying(f"Authorization: {login} {PASSWORD}", "500 Sick")(sock)


@contextmanager
def refusing() -> Iterator[int]:
    yield free_port()


@pytest.mark.parametrize(
    ("server", "told"), [(refusing, "refused"), (lambda: talking(echoing), "answered 500")], ids=["down", "sick"]
)
def test_a_sick_alertmanager_costs_a_warning(run: Run, server: Callable[[], Any], told: str) -> None:
    with server() as port:
        monitoring = watched(f"http://127.0.0.1:{port}")
        planned, judged, settled = (what(run, monitoring) for what in (plan, judge, settle))
    assert (judged["verdict"], settled["verdict"]) == ("pass", "pass")
    assert (told in planned["warned"], judged["warned"], told in settled["warned"]) == (True, "", True)
    output = json.dumps([planned, judged, settled])
    assert PASSWORD not in output
    assert "ZGVwbG95ZXI6" not in output


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (refusing, "refused"),
        (lambda: talking(silent), "did not answer"),
        (lambda: talking(dripping), "did not answer"),
        (lambda: talking(dripping_headers), "did not answer within"),
        (lambda: talking(json_saying("[1, [], {}]")), "as an Alertmanager does"),
        (lambda: talking(json_saying("[" * 100_000)), "as an Alertmanager does"),
    ],
    ids=["down", "silent", "dripping", "dripping headers", "another", "nonsense"],
)
def test_no_alertmanager_holds_a_run_up(tmp_path: Path, server: Callable[[], Any], told: str) -> None:
    """The signs alone, without Ansible, whose own seconds would hide theirs."""
    journal = Journal("first", "deploy", "v1-a", "blue", application="shop")
    store = DirectoryStore(tmp_path)
    holder = Holder("first", "dana", "deploy", time.time(), time.time() + 60)
    store.replace("lock.json", encode(Lease(1, holder)), None)
    with server() as port:
        signs = Signs(into(Monitoring, watched(f"http://127.0.0.1:{port}")), store, "production")
        assert took(lambda: signs.put_up(journal)) < 10
        assert told in signs.warnings[0]
        assert took(lambda: signs.keep(journal)) < 2, "it is not asked again so soon"
        assert took(lambda: signs.take_down("shop")) < 10
    assert len(signs.warnings) == 2


def took(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def test_an_alertmanager_that_comes_back_is_told_then(run: Run, alertmanager: Alertmanager) -> None:
    plan(run, watched(f"http://127.0.0.1:{free_port()}"))
    document = run.directory / run.environment / "silences.json"
    document.write_text(json.dumps({**json.loads(document.read_text()), "quiet_until": 0}))
    judge(run, watched(alertmanager.url))
    assert len(alertmanager.silences()) == 1
    settle(run, watched(alertmanager.url))
    assert alertmanager.silences() == []


@pytest.mark.parametrize("what", ["somebody else's", "a link", "no directory"])
def test_a_page_that_cannot_be_written_is_a_warning(run: Run, tmp_path: Path, what: str) -> None:
    page = tmp_path / ("pages/mainstay.prom" if what == "no directory" else "mainstay.prom")
    other = tmp_path / "other.prom"
    other.write_text("up 1\n")
    if what == "a link":
        page.symlink_to(other)
    elif what == "somebody else's":
        page.write_text("up 1\n")
    told = plan(run, {"metrics": str(page)})["warned"]
    assert "not marked" in told
    assert other.read_text() == "up 1\n"
    assert not page.exists() or page.read_text() == "up 1\n"


def test_what_makes_no_sense_is_refused_before_anything_changes(run: Run) -> None:
    refused = plan(run, watched("http://localhost:1", None, {"application": "shop"}))
    assert (refused["failed"], refused["error"]) == (True, "InvalidInput")
    assert "names no alert" in refused["msg"]
    assert run.info()["journal"] == {}
