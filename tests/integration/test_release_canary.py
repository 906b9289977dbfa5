"""release_judge while a canary bakes beside a real HAProxy, and release_decide beside it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_module import run_module
from haproxy_server import Fixture
from registry_server import Registry, running
from release_run import Run, begun, expected
from test_canary_check import going_on, shop, through
from test_canary_latency import LATENCY, USERS, Replica
from test_canary_latency import shop as timed

COMPARED = {"canary": "green", "live": "blue", "metrics": [{"name": "errors", "backends": ["shop_api"]}], "interval": "200ms"}
QUICK = {"detects": 0.3, "power": 0.5}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running(tmp_path_factory.mktemp("registry")) as server:
        server.push("shop/api", "v1")
        yield server


@pytest.fixture
def run(tmp_path: Path, registry: Registry) -> Iterator[Run]:
    with begun(tmp_path / "state", registry) as made:
        assert made.plan()["rollout"]["kind"] == "replace"
        yield made


@contextmanager
def busy(root: Path, errs_every: int = 0) -> Iterator[tuple[Fixture, str]]:
    with shop(root, errs_every=errs_every) as (fixture, url), going_on(through(fixture), 0.02):
        yield fixture, url


def judge(run: Run, url: str, **more: Any) -> dict[str, Any]:
    """The verdict on the run's first phase, in which its one host did well."""
    planned = run.info()["journal"]["expected"][0]
    part = {"phase": planned, "hosts": ["app1"], "results": {"app1": {"phase": planned}}}
    canary = {**COMPARED, "haproxy": [{"url": url}], **more.pop("canary", {})}
    return run.call("release_judge", phases=[part], canary=canary, **more)


def decide(run: Run, decision: str, *flags: str, who: str = "kim", reason: str = "as it looks") -> dict[str, Any]:
    asked = {"environment": run.environment, "directory": str(run.directory), "decision": decision}
    return run_module("release_decide", *flags, who=who, reason=reason, **asked)


@contextmanager
def beside(work: Callable[[], dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Does the work while the block runs, and has its result in the list afterwards."""
    made: list[dict[str, Any]] = []
    worker = threading.Thread(target=lambda: made.append(work()))
    worker.start()
    yield made
    worker.join()


def waits(run: Run) -> bool:
    """Whether a person is asked; looked up in the store, because only the store is there while the run watches."""
    document = run.directory / run.environment / "approval.json"
    return document.exists() and bool(json.loads(document.read_text())["phase"])


def lease_left(run: Run) -> float:
    """Seconds for which the lock is still held."""
    lock = json.loads((run.directory / run.environment / "lock.json").read_text())
    return float(lock["holder"]["expires"]) - time.time()


def eventually(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.1)


def test_a_canary_that_errs_fails_the_phase_at_once_and_is_to_blame(run: Run, tmp_path: Path) -> None:
    with busy(tmp_path, errs_every=5) as (_fixture, url):
        began = time.monotonic()
        told = judge(run, url, bake="60s")
    assert (told["verdict"], told["blames_release"]) == ("fail", True)
    assert time.monotonic() - began < 30, "it does not wait for the end"
    assert "the canary does worse than the live side: errors: " in told["why"]
    assert told["numbers"]["timeline"], "for the report"
    assert run.info()["journal"]["phases"][0]["verdict"] == "fail"


def test_an_endpoint_that_falls_ill_ends_the_comparison_too(run: Run, tmp_path: Path) -> None:
    with busy(tmp_path) as (fixture, url):
        port = fixture.replicas["shop_api/app1-green-1"].port
        sick = threading.Timer(4, fixture.replicas["shop_api/app1-green-1"].stop)
        sick.start()
        began = time.monotonic()
        told = judge(run, url, bake="60s", endpoints=[{"name": "api", "url": f"http://127.0.0.1:{port}/health"}])
    assert told["verdict"] != "pass"
    assert "api: " in told["why"]
    assert time.monotonic() - began < 55, "it does not wait for the end of the bake"


def test_a_good_canary_passes_and_the_lock_is_kept_all_the_while(run: Run, tmp_path: Path) -> None:
    with (
        busy(tmp_path) as (_fixture, url),
        beside(lambda: judge(run, url, bake="10s", lease="4s", canary={**QUICK, "longer": "30s"})) as judged,
    ):
        eventually(lambda: lease_left(run) <= 4)
        time.sleep(4)
        left = lease_left(run)
    assert 0 < left <= 4, "a run that is killed while it watches gives up the lock soon"
    assert (judged[0]["verdict"], judged[0]["numbers"]["metrics"][0]["verdict"]) == ("pass", "pass")


def test_without_traffic_nothing_is_promoted(run: Run, tmp_path: Path) -> None:
    with shop(tmp_path) as (_fixture, url):
        told = judge(run, url, bake="1s", canary={"longer": "1s"})
    assert (told["verdict"], told["blames_release"]) == ("inconclusive", False)


def test_a_person_lets_a_step_go_on(run: Run, tmp_path: Path) -> None:
    with busy(tmp_path) as (_fixture, url):
        ask = {"promotion": "60s", "another": True}
        early = decide(run, "promote")
        with beside(lambda: judge(run, url, bake="2s", ask=ask, canary={**QUICK, "longer": "30s"})) as judged:
            eventually(lambda: waits(run))
            assert "reason" in decide(run, "promote", reason="x")["msg"]
            assert decide(run, "promote", "--check")["changed"]
            assert decide(run, "promote")["approval"]["why"] == "as it looks"
    assert (early["error"], decide(run, "promote")["error"]) == ("Refused", "Refused")
    assert (judged[0]["verdict"], judged[0]["why"]) == ("pass", "promoted by kim: as it looks")


def test_nobody_answers_in_time(run: Run, tmp_path: Path) -> None:
    with busy(tmp_path) as (_fixture, url):
        told = judge(run, url, bake="2s", ask={"promotion": "2s"}, canary={**QUICK, "longer": "30s"})
    assert (told["verdict"], told["blames_release"]) == ("inconclusive", False)
    assert "nobody promoted it within 2 s" in told["why"]


def test_a_canary_that_turns_bad_while_a_person_is_asked_is_failed(run: Run, tmp_path: Path) -> None:
    ask = {"promotion": "60s"}
    with (
        busy(tmp_path) as (fixture, url),
        beside(lambda: judge(run, url, bake="2s", ask=ask, canary={**QUICK, "longer": "30s"})) as judged,
    ):
        eventually(lambda: waits(run))
        time.sleep(2)
        fixture.replicas["shop_api/app1-green-1"].errs_every = 3
    assert (judged[0]["verdict"], judged[0]["blames_release"]) == ("fail", True)


def test_whoever_aborts_is_heard_at_once_and_the_release_is_not_to_blame(run: Run, tmp_path: Path) -> None:
    with busy(tmp_path) as (_fixture, url):
        began = time.monotonic()
        with beside(lambda: judge(run, url, bake="60s")) as judged:
            time.sleep(2)
            assert decide(run, "abort", reason="support calls")["changed"]
    assert time.monotonic() - began < 55, "it does not wait for the end of the bake"
    assert (judged[0]["verdict"], judged[0]["blames_release"]) == ("fail", False)
    assert judged[0]["why"] == "aborted by kim: support calls"


def test_a_run_that_lost_its_lock_watches_no_longer(run: Run, tmp_path: Path) -> None:
    with busy(tmp_path) as (_fixture, url):
        began = time.monotonic()
        with beside(lambda: judge(run, url, bake="60s", lease="4s")) as judged:
            time.sleep(2)
            place = {"environment": run.environment, "directory": str(run.directory)}
            run_module("ops_lock", state="absent", force=True, **place)
    assert time.monotonic() - began < 55, "it does not wait for the end of the bake"
    assert judged[0]["error"] == "FencedOff"
    assert decide(run, "abort")["error"] == "Refused", "nobody would hear it"


def test_a_judge_whose_run_was_killed_watches_no_longer_and_lets_the_lock_go(run: Run, tmp_path: Path) -> None:
    with busy(tmp_path) as (_fixture, url):
        ansible = begin_to_judge(run, url)
        eventually(lambda: len(judges(run)) > 0 and lease_left(run) <= 4)
        ansible.kill()
        ansible.wait()
        eventually(lambda: not judges(run))
        eventually(lambda: bool(run.info()["lock"]["lapsed"]))
    assert run.info()["journal"]["phases"] == [], "nobody would have acted on a verdict"


def begin_to_judge(run: Run, url: str) -> subprocess.Popen[bytes]:
    """The judge at work for a minute, as Ansible starts it."""
    phase = run.info()["journal"]["expected"][0]
    asked = {
        "run": run.name,
        "fence": {"environment": run.environment, "token": run.token},
        "directory": str(run.directory),
        "phases": [{"phase": phase, "hosts": ["app1"], "results": {"app1": {"phase": phase}}}],
        "canary": {**COMPARED, "haproxy": [{"url": url}]},
        "bake": "60s",
        "lease": "4s",
    }
    command = ["ansible", "localhost", "-m", "mainstay.ops.release_judge", "-a", json.dumps(asked)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def judges(run: Run) -> list[str]:
    """Processes that hold the environment's fence, as a judge does while it watches."""
    fence = Path("/var/lib/mainstay", run.environment)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found += [process.name for link in (process / "fd").iterdir() if fence in Path(os.readlink(link)).parents]
    return found


def test_a_canary_that_is_slower_fails_the_phase_and_the_password_of_prometheus_is_written_nowhere(
    run: Run, tmp_path: Path
) -> None:
    metrics = [{**LATENCY, "name": "api_latency"}]
    with timed(tmp_path, Replica(median=0.12, refuses=0.01), users=USERS) as seen:
        prometheus = {"url": seen.prometheus.url, "username": "deploy", "password": "hunter22"}
        planned = run.plan("--check", strategy="canary", application="shop", canary={"prometheus": prometheus})
        told = judge(run, "http://127.0.0.1:9", bake="60s", canary={"metrics": metrics, "prometheus": prometheus, "stale": "4s"})
    assert (told["verdict"], told["blames_release"]) == ("fail", True), told
    side = told["numbers"]["metrics"][0]["canary"]
    assert side["p99"] > side["p50"] > 0.05
    written = "".join(path.read_text(errors="replace") for path in run.directory.rglob("*") if path.is_file())
    assert "api_latency" in written
    assert "hunter22" not in f"{planned}{told}{written}"


def test_the_steps_of_a_canary_are_planned_where_something_serves(run: Run) -> None:
    assert expected({"rollout": {"kind": "replace"}}, run) == ["start 1", "route 1", "retire 1"]
    asked = {"strategy": "canary", "application": "shop", "canary": {"steps": [{"share": 50}, {"share": 20}, {"share": 100}]}}
    refused = replace(run, name="second").plan("--check", **asked)
    assert (refused["error"], "must grow" in refused["msg"]) == ("InvalidInput", True)
