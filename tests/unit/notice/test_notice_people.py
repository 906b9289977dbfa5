"""What people are told of a run: what happens, what serves now, and what they can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.filter import people

PLACE = {
    "environment": "production",
    "application": "shop",
    "who": "dana",
    "inventories": ["/somewhere/else"],
    "operations": "ops1",
}
ROLLOUT = {"verb": "deploy", "kind": "replace", "strategy": "canary", "release": {"id": "v2-b"}, "origin": {"id": "v1-a"}}
PLANNED = {"rollout": ROLLOUT, "steps": [{"action": "start", "subject": "api", "before": "", "after": "v2-b"}]}
PART = {"share": 50, "watch": "10m", "ask": {"promotion": "4h", "inconclusive": "1h", "another": True}}
SETTLED = {"verdict": "fail", "why": "api is sick", "undone": True, "seconds": 9.5, "report": "/r.html"}


def test_a_run_that_begins_says_who_what_and_from_what() -> None:
    told = people.began(PLANNED, PLACE)
    assert (told["event"], told["subject"]) == ("begun", "production shop: deploy of v2-b begins (canary)")
    assert told["body"].splitlines() == ["started by dana, v1-a serves until then", "start api: nothing -> v2-b"]


@pytest.mark.parametrize(
    ("settled", "event", "subject", "lines"),
    [
        (SETTLED, "failed", "did not pass, v1-a serves", ["api is sick. Now v1-a serves", "report: /r.html on ops1"]),
        ({**SETTLED, "undone": False}, "failed", "did not pass, it is not undone completely", ["bring the hosts named back"]),
        ({"msg": "gone"}, "failed", "did not pass, it is not undone completely", ["could not be settled: gone"]),
        ({**SETTLED, "verdict": "pass", "report": ""}, "passed", "passed", ["v2-b serves, after 9.5 s, started by dana"]),
    ],
)
def test_the_end_says_what_serves_now(settled: dict[str, Any], event: str, subject: str, lines: list[str]) -> None:
    told = people.ended(PLANNED, PLACE, settled)
    assert (told["event"], told["subject"]) == (event, f"production shop: deploy of v2-b {subject}")
    assert [line for line in lines if line not in told["body"]] == []


def test_nothing_to_do_is_an_event_of_its_own() -> None:
    told = people.ended({**PLANNED, "rollout": {**ROLLOUT, "kind": "nothing"}}, PLACE, {})
    assert (told["event"], told["details"]["release"]) == ("nothing", "v2-b")


def test_who_is_asked_learns_how_long_and_with_which_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    place = {**PLACE, "inventories": [str(tmp_path / "inventories/prod uction"), "/somewhere/else"]}
    told = people.asking(PLANNED, place, PART, 2)
    assert (told["event"], told["subject"]) == ("asks", "production shop: deploy of v2-b waits 4h for a person in step 2")
    command = "ansible-playbook mainstay.ops.{} -i 'inventories/prod uction' -i /somewhere/else -e reason='...'"
    assert command.format("promote") in told["body"]
    assert command.format("abort") in told["body"]
    assert "must be another than who started it" in told["body"]
    unsure = people.asking(PLANNED, place, {**PART, "ask": {"promotion": "0s", "inconclusive": "1h", "another": False}}, 2)
    assert "waits 1h for a person if it proves nothing" in unsure["body"]


@pytest.mark.parametrize(
    ("ask", "asks"),
    [
        ({}, False),
        ({"promotion": "0s", "inconclusive": "0s"}, False),
        ({"promotion": "1h"}, True),
        ({"inconclusive": "5m"}, True),
    ],
)
def test_a_step_asks_if_it_pauses_or_may_have_to(ask: dict[str, Any], asks: bool) -> None:
    assert people.asks(ask) is asks
