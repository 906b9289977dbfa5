"""People are told of a run on the fleet, and a server of theirs that is silent changes nothing of it."""

from __future__ import annotations

import fleet
import pytest
from notice_servers import silent, web
from test_bad_releases import patience

pytestmark = pytest.mark.fleet
EVENTS = ["begun", "asks", "passed", "failed", "nothing"]


def hook(port: int) -> dict[str, object]:
    return {"channel": "webhook", "url": f"http://127.0.0.1:{port}/", "events": EVENTS}


@pytest.mark.full
def test_a_release_that_never_becomes_well_is_told_of_with_what_serves(calm: fleet.Snapshot) -> None:
    fleet.cleared("v4-never-healthy")
    with web(None) as people, silent() as nobody:
        notices = [hook(people.port), hook(nobody)]
        ran = fleet.playbook("deploy", version="v4-never-healthy", strategy="rolling", mainstay_notices=notices, **patience())
    assert ran.rc == 2, ran.output
    assert "the notice to webhook (entry 2 of mainstay_notices) was not sent" in ran.words
    begun, failed = [one["body"] for one in people.asked]
    assert (begun["event"], failed["event"]) == ("begun", "failed")
    assert f"Now {calm.live['release']} serves" in failed["body"]
    assert fleet.what_hinders() == []


def test_a_canary_that_waits_tells_people_before_it_does(calm: fleet.Snapshot, begin) -> None:
    course = {"steps": [{"share": 20, "watch": "1s", "pause": "3m"}, {"share": 100}], "longer": "90s", "interval": "500ms"}
    with web(None) as people:
        run = begin("deploy", version=calm.next, strategy="canary", mainstay_canary=course, mainstay_notices=[hook(people.port)])
        fleet.until(lambda: [one["body"]["event"] for one in people.asked] == ["begun", "asks"], 120)
        assert run.reaches("Judge: route 1"), run.output
        assert fleet.playbook("abort", reason="checkout looks wrong").rc == 0
        assert run.ends().rc == 2
    assert "mainstay.ops.promote" in people.asked[1]["body"]["body"]
    assert people.asked[2]["body"]["event"] == "failed"
    assert "checkout looks wrong" in people.asked[2]["body"]["body"]
