"""The release's modules, as a run calls them: release_plan, release_judge, release_settle, release_info and release.

Against a real registry and a real ledger; the fleet is as playbooks describe it, one host and one router.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from registry_server import Registry, running
from release_run import Run, begun, expected


def untold(planned: dict[str, Any]) -> list[tuple[str, str]]:
    """Steps without the release's id, whose hash nobody knows before the first run has made the key that goes into it."""
    return [(step["action"], step["subject"]) for step in planned["steps"]]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running(tmp_path_factory.mktemp("registry")) as server:
        yield server


@pytest.fixture
def run(tmp_path: Path, registry: Registry) -> Iterator[Run]:
    with begun(tmp_path, registry) as made:
        yield made


def test_a_release_is_pinned_judged_and_proven(run: Run) -> None:
    digest = run.registry.push("shop/api", "v1")
    predicted = run.plan("--check")
    assert predicted["changed"], predicted
    assert run.info()["journal"] == {}, "check mode opens no journal"
    planned = run.plan()
    assert untold(planned) == untold(predicted)
    assert planned["rollout"]["release"]["services"]["api"]["image"].endswith(f"/shop/api@{digest}")
    run.judge_all(planned)
    settled = run.call("release_settle")
    assert (settled["verdict"], settled["changed"]) == ("pass", True)
    known = run.info()
    release = planned["rollout"]["release"]["id"]
    assert (known["live"]["release"], known["lock"]["holder"], known["journal"]) == (release, {}, {})
    assert known["releases"][0]["mark"]["mark"] == "proven"
    reports = run.directory / run.environment / "reports"
    assert settled["report"] == str(reports / "first.html")
    assert f"{release} serves." in (reports / "first.html").read_text()
    assert 'href="first.html"' in (reports / "index.html").read_text()
    assert json.loads((reports / "first.json").read_text())["gates"][-1]["phase"] == "retire 1"


def test_a_host_that_fails_makes_the_release_bad_until_somebody_clears_it(run: Run) -> None:
    run.registry.push("shop/api", "v1")
    planned = run.plan()
    release = planned["rollout"]["release"]["id"]
    failed = run.judge(expected(planned, run)[0], failed=True, error="Unhealthy", msg="api 1 of app1 answers 500")
    assert failed["verdict"] != "pass"
    assert "answers 500" in failed["why"]
    assert run.call("release_settle", undone=True)["verdict"] != "pass"
    run.mark(release=release, state="bad", reason="it answered 500")
    refused = replace(run, name="second").begin().plan()
    assert (refused["failed"], refused["error"]) == (True, "KnownBad")
    assert run.mark("--check", release=release, state="cleared", reason="fixed")["changed"]
    assert run.mark(release=release, state="cleared", reason="fixed")["changed"]
    assert not run.mark("--check", release=release, state="cleared", reason="fixed")["changed"]
    assert not run.mark(release=release, state="cleared", reason="fixed")["changed"]
    assert not replace(run, name="third").begin().plan()["failed"]


def test_what_failed_replicas_wrote_last_and_what_a_canary_had_stand_in_the_report(run: Run) -> None:
    run.registry.push("shop/api", "v1")
    phase = expected(run.plan(), run)[0]
    words = {"replica": "api 1", "container": "shop-api-green-1", "lines": ["no database at db1:5432"]}
    failed = {"failed": True, "error": "ReplicaCrashed", "msg": "it ended", "last_words": [words]}
    part = {"phase": phase, "hosts": ["app1"], "results": {"app1": failed}, "share": 10}
    assert run.call("release_judge", phases=[part])["why"] == "app1 failed: it ended"
    run.call("release_settle", undone=True)
    reports = run.directory / run.environment / "reports"
    gate = json.loads((reports / "first.json").read_text())["gates"][-1]
    assert (gate["share"], gate["last_words"]) == (10, [{"host": "app1", **words}])
    assert "no database at db1:5432" in (reports / "first.html").read_text()


def test_a_host_that_never_answered_is_no_pass(run: Run) -> None:
    run.registry.push("shop/api", "v1")
    phase = expected(run.plan(), run)[0]
    half = {"phase": phase, "hosts": ["app1", "app2"], "results": {"app1": {"phase": phase}}}
    judged = run.call("release_judge", phases=[half])
    assert judged["verdict"] != "pass"
    assert "app2" in judged["why"]


def test_a_result_of_another_phase_is_no_pass(run: Run) -> None:
    run.registry.push("shop/api", "v1")
    phase = expected(run.plan(), run)[0]
    judged = run.call("release_judge", phases=[{"phase": phase, "hosts": ["app1"], "results": {"app1": {"phase": "another"}}}])
    assert judged["verdict"] != "pass"


def test_phases_judged_together_are_written_down_up_to_the_first_that_did_not_pass(run: Run) -> None:
    run.registry.push("shop/api", "v1")
    names = expected(run.plan(), run)
    parts = [{"phase": name, "hosts": ["app1"], "results": {"app1": {"phase": name}}} for name in names]
    parts[1]["results"] = {"app1": {"phase": names[1], "failed": True, "msg": "port taken"}}
    judged = run.call("release_judge", phases=parts)
    assert (judged["verdict"], judged["judged"]) == ("fail", names[-1])
    assert "port taken" in judged["why"]
    written = run.info()["journal"]["phases"]
    assert [(phase["name"], phase["verdict"]) for phase in written] == [(names[0], "pass"), (names[1], "fail")]


def test_no_phase_at_all_is_refused(run: Run) -> None:
    run.registry.push("shop/api", "v1")
    run.plan()
    refused = run.call("release_judge", phases=[])
    assert (refused["failed"], refused["error"]) == (True, "InvalidInput")


def test_a_version_that_nobody_pushed_is_named(run: Run) -> None:
    refused = run.plan(version="v99")
    assert (refused["failed"], refused["error"]) == (True, "NotFound")
    assert "v99" in refused["msg"]
    assert run.info()["releases"] == []


def test_a_registry_that_nobody_trusts_is_refused(run: Run) -> None:
    refused = run.plan(registry={})
    assert (refused["failed"], refused["error"]) == (True, "Unavailable")
    assert "certificate" in refused["msg"].lower()


def test_without_the_lock_nothing_is_decided(run: Run) -> None:
    stranger = replace(run, name="stranger")
    assert stranger.plan()["failed"]
    assert run.info()["journal"] == {}
