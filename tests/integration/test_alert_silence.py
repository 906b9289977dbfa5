"""alert_silence against a real Alertmanager, with alerts that are really silenced."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from alertmanager_server import PASSWORD, USERNAME, Alertmanager, alerting, await_, ends
from ansible_module import run_module
from health_servers import json_saying, silent, talking
from ports import free_port

GONE = [{"name": "alertname", "value": "ReplicaGone"}, {"name": "application", "value": "shop"}]


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    with alerting(tmp_path_factory.mktemp("alertmanager")) as server:
        server.fire(alertname="ReplicaGone", application="shop")
        server.fire(alertname="DiskFull", application="shop")
        yield server


@pytest.fixture
def url(alertmanager: Alertmanager) -> Iterator[str]:
    yield alertmanager.url
    for one in alertmanager.silences():
        alertmanager.expire(one["id"])


def silence(url: str, *flags: str, **changed: Any) -> dict[str, Any]:
    asked = {"key": "production/patching", "matchers": GONE, "duration": "1h", "comment": "app1 is patched"}
    return run_module("alert_silence", *flags, alertmanager={"url": url}, **{**asked, **changed})


def test_an_alert_is_silenced_and_rings_again(alertmanager: Alertmanager, url: str) -> None:
    assert alertmanager.state("ReplicaGone") == "active"
    predicted = silence(url, "--check")
    assert (predicted["changed"], predicted["silence"], alertmanager.silences()) == (True, {}, [])
    assert 'alertname="ReplicaGone"' in predicted["steps"][0]["subject"]
    made = silence(url)
    assert [step["action"] for step in made["steps"]] == [step["action"] for step in predicted["steps"]] == ["silence"]
    assert alertmanager.silenced_by("ReplicaGone") == [made["silence"]["id"]]
    assert alertmanager.state("ReplicaGone") == "suppressed"
    assert alertmanager.state("DiskFull") == "active", "nobody asked for that"
    assert not silence(url, "--check")["changed"]
    assert not silence(url)["changed"]
    assert silence(url, "--check", state="absent")["changed"]
    assert alertmanager.state("ReplicaGone") == "suppressed"
    gone = silence(url, state="absent")
    assert (gone["changed"], gone["silence"]) == (True, {})
    assert alertmanager.state("ReplicaGone") == "active"
    assert not silence(url, "--check", state="absent")["changed"]
    assert not silence(url, state="absent")["changed"]


def test_the_same_again_lasts_longer_and_is_no_second_one(alertmanager: Alertmanager, url: str) -> None:
    first = silence(url, duration="10m")["silence"]
    longer = silence(url, duration="2h")
    assert [step["action"] for step in longer["steps"]] == ["extend"]
    [there] = alertmanager.silences()
    assert there["id"] == first["id"] == longer["silence"]["id"]
    assert ends(there) == pytest.approx(time.time() + 7200, abs=20)


def test_other_matchers_under_the_same_key_replace_it(alertmanager: Alertmanager, url: str) -> None:
    silence(url)
    replaced = silence(url, matchers=[{"name": "alertname", "value": "Disk.*", "regex": True}])
    assert [step["action"] for step in replaced["steps"]] == ["silence", "expire"]
    assert len(alertmanager.silences()) == 1
    assert (alertmanager.state("ReplicaGone"), alertmanager.state("DiskFull")) == ("active", "suppressed")


def test_two_of_ours_and_one_of_somebody_else_do_not_mix(alertmanager: Alertmanager, url: str) -> None:
    theirs = alertmanager.silence("I know [mainstay production/patching] of it", alertname="ReplicaGone", application="shop")
    one = silence(url)["silence"]["id"]
    other = silence(url, key="production/backup")["silence"]["id"]
    assert sorted(alertmanager.silenced_by("ReplicaGone")) == sorted([theirs, one, other])
    silence(url, state="absent")
    assert sorted(alertmanager.silenced_by("ReplicaGone")) == sorted([theirs, other])
    silence(url, key="production/backup", state="absent")
    assert alertmanager.silenced_by("ReplicaGone") == [theirs]


def test_it_ends_by_itself(alertmanager: Alertmanager, url: str) -> None:
    silence(url, duration="3s")
    assert alertmanager.state("ReplicaGone") == "suppressed"
    await_(lambda: alertmanager.state("ReplicaGone") == "active")


@pytest.mark.parametrize(
    "matchers",
    [
        [],
        [{"name": "alertname", "value": ".*", "regex": True}],
        [{"name": "alertname", "value": ".+", "regex": True}],
        [{"name": "alertname", "value": "x.*|[^x].*", "regex": True}],
        [{"name": "alertname", "value": "DiskFull", "equal": False}],
        [{"name": "team", "value": ""}],
    ],
)
def test_what_would_silence_everything_is_refused(alertmanager: Alertmanager, url: str, matchers: list[dict[str, Any]]) -> None:
    refused = silence(url, matchers=matchers)
    assert (refused["failed"], refused["error"]) == (True, "InvalidInput")
    assert "every alert" in refused["msg"]
    assert alertmanager.silences() == []


def test_what_it_may_not_be_narrows_what_it_must_be(alertmanager: Alertmanager, url: str) -> None:
    alertmanager.fire(alertname="ReplicaGone", application="chat")
    matchers = [{"name": "alertname", "value": "DiskFull"}, {"name": "application", "value": "chat", "equal": False}]
    assert not silence(url, matchers=matchers)["failed"]
    assert alertmanager.state("DiskFull") == "suppressed"


def test_a_server_that_is_gone_hangs_or_is_another_is_named() -> None:
    gone = silence(f"http://127.0.0.1:{free_port()}")
    assert (gone["failed"], gone["error"]) == (True, "Unavailable")
    assert "refused" in gone["msg"]
    with talking(silent) as port:
        assert "did not answer" in silence(f"http://127.0.0.1:{port}")["msg"]
    with talking(json_saying('{"a": 1}')) as port:
        assert "as an Alertmanager does" in silence(f"http://127.0.0.1:{port}")["msg"]


def test_a_login_is_given_and_never_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    with alerting(tmp_path_factory.mktemp("locked"), locked=True) as server:
        refused = silence(server.url)
        assert (refused["failed"], refused["status"]) == (True, 401)
        asked = {"alertmanager": {"url": server.url, "username": USERNAME, "password": PASSWORD}}
        made = run_module("alert_silence", "-vvv", key="k", matchers=GONE, duration="1m", comment="c", **asked)
        assert made["changed"], made
        assert PASSWORD not in str(made)
