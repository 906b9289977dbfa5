"""The gate of a deploy on what users were promised, beside a real Prometheus."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ports import free_port
from prometheus_server import remembering
from registry_server import Registry, running
from release_run import Run, begun, expected
from test_slo_check import history, objective

WHY = "this release is the remedy"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running(tmp_path_factory.mktemp("registry")) as server:
        for version in ("v1", "v2"):
            server.push("shop/api", version)
        yield server


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with remembering(tmp_path_factory.mktemp("prometheus"), history(time.time())) as url:
        yield url


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[Run]:
    """The next run of an environment in which v1 serves."""
    with begun(tmp_path_factory.mktemp("state"), registry) as first:
        first.judge_all(first.plan())
        first.call("release_settle")
        yield first.begin()


@pytest.fixture
def run(tmp_path: Path, serving: Run) -> Run:
    """With a state of its own."""
    shutil.copytree(serving.directory, tmp_path / "state")
    return replace(serving, directory=tmp_path / "state")


def slo(url: str, *shops: str) -> dict[str, Any]:
    return {"prometheus": {"url": url}, "objectives": [objective(shop, name=shop) for shop in shops]}


def judged(run: Run, promised: dict[str, Any], **more: Any) -> dict[str, Any]:
    phase = run.info()["journal"]["expected"][0]
    part = {"phase": phase, "hosts": ["app1"], "results": {"app1": {"phase": phase}}}
    return run.call("release_judge", phases=[part], slo=promised, **more)


def test_promises_that_are_kept_let_a_deploy_begin(run: Run, prometheus: str) -> None:
    told = run.plan(version="v2", slo=slo(prometheus, "steady"))
    assert (told["failed"], told["rollout"]["gated"], told["rollout"]["tolerated"]) == (False, True, [])


@pytest.mark.parametrize("flags", [(), ("--check",)])
def test_a_budget_that_is_spent_refuses_new_code_and_gives_back_the_lock(
    run: Run, prometheus: str, flags: tuple[str, ...]
) -> None:
    ledger = run.directory / run.environment / "ledger.jsonl"
    before = ledger.read_bytes()
    told = run.plan(*flags, version="v2", slo=slo(prometheus, "steady", "spent"))
    assert (told["failed"], told["error"]) == (True, "BudgetSpent")
    assert "spent: the error budget of 30d is spent, 4.0" in told["msg"]
    assert "-e override=" in told["msg"]
    assert (run.info()["journal"], ledger.read_bytes()) == ({}, before)
    assert bool(run.info()["lock"]["holder"]) == bool(flags)  # --check never had it


def test_a_prometheus_that_does_not_answer_keeps_the_gate_shut(run: Run) -> None:
    told = run.plan(version="v2", slo=slo(f"http://127.0.0.1:{free_port()}", "steady"))
    assert (told["failed"], told["error"]) == (True, "NotProven")


def test_a_reason_opens_the_gate_and_is_written_down(run: Run, prometheus: str) -> None:
    planned = run.plan(version="v2", slo=slo(prometheus, "steady", "spent"), override=WHY)
    assert planned["rollout"]["tolerated"] == ["spent"]
    for phase in expected(planned, run):
        run.judge(phase)
    run.call("release_settle")
    assert run.info()["operations"][-1]["override"] == WHY


def test_a_reason_that_was_not_needed_is_none(run: Run, prometheus: str) -> None:
    run.plan(version="v2", slo=slo(prometheus, "steady"), override=WHY)
    assert run.info()["journal"]["override"] == ""


@pytest.mark.parametrize("verb", ["deploy", "rollback"])
def test_what_makes_it_better_is_not_asked(run: Run, prometheus: str, verb: str) -> None:
    rollout = run.plan(verb=verb, version="v1", slo=slo(prometheus, "spent"))["rollout"]
    assert (rollout["kind"], rollout["gated"]) == ("repair", False)


def test_the_first_release_is_not_asked(tmp_path: Path, registry: Registry, prometheus: str) -> None:
    with begun(tmp_path / "state", registry) as first:
        assert first.plan(slo=slo(prometheus, "spent"))["rollout"]["gated"] is False


def test_a_promise_that_breaks_while_it_is_watched_undoes_it_without_blame(run: Run, prometheus: str) -> None:
    assert not run.plan(version="v2", slo=slo(prometheus, "steady"))["failed"]
    began = time.monotonic()
    told = judged(run, slo(prometheus, "steady", "burning"), bake="5m")
    assert (told["verdict"], told["blames_release"]) == ("fail", False)
    assert "burning: 89% of the error budget" in told["why"]
    assert time.monotonic() - began < 100


def test_promises_that_are_kept_pass_after_the_whole_watch(run: Run, prometheus: str) -> None:
    assert not run.plan(version="v2", slo=slo(prometheus, "steady"))["failed"]
    began = time.monotonic()
    assert judged(run, slo(prometheus, "steady"), bake="2s")["verdict"] == "pass"
    assert time.monotonic() - began >= 2


def test_what_was_broken_before_and_overridden_does_not_count(run: Run, prometheus: str) -> None:
    run.plan(version="v2", slo=slo(prometheus, "steady", "spent"), override=WHY)
    assert judged(run, slo(prometheus, "steady", "spent"), bake="1s")["verdict"] == "pass"


def test_bad_input_says_what_is_allowed_before_anything_changes(run: Run) -> None:
    for asked, why in (
        ({"slo": {"prometheus": {"url": "http://127.0.0.1:9"}}}, "nothing to check"),
        ({"slo": slo("http://127.0.0.1:9", "steady") | {"every": "0s"}}, "pause between two looks"),
        ({"override": "x"}, "is not a reason"),
    ):
        told = run.plan("--check", version="v2", **asked)
        assert (told["failed"], told["error"]) == (True, "InvalidInput")
        assert why in told["msg"]
