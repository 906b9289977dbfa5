"""canary_check beside a real HAProxy: what users feel, and what is missing, decides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Any

import pytest
from ansible_module import run_module
from haproxy_server import Fixture, names, running
from ports import free_port

SIDES = {"canary": "green", "live": "blue"}
ERRORS = {"name": "errors", "backends": ["shop_api"]}


@contextmanager
def going_on(work: Callable[[], None], pause: float) -> Iterator[None]:
    """Does something again and again beside the test."""
    over = threading.Event()

    def loop() -> None:
        while not over.wait(pause):
            work()

    worker = threading.Thread(target=loop)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def through(fixture: Fixture, path: str = "/api/") -> Callable[[], None]:
    def ask() -> None:
        with closing(HTTPConnection("127.0.0.1", fixture.port, timeout=5)) as connection, suppress(RemoteDisconnected):
            for _ in range(10):
                connection.request("GET", path)
                connection.getresponse().read()

    return ask


@contextmanager
def shop(root: Path, *, errs_every: int = 0, page: str = "") -> Iterator[tuple[Fixture, str]]:
    """Both slots in rotation, the canary answering each so-many-th request with 500; and the address of the page."""
    with running(root, {"shop_api": names(["app1"], 1)}, initially="") as fixture:
        fixture.replicas["shop_api/app1-green-1"].errs_every = errs_every
        yield fixture, with_page(fixture, page)


def with_page(fixture: Fixture, path: str = "") -> str:
    """The address of the page with the counters that HAProxy shows from now on."""
    port = free_port()
    page = f"frontend page\n  bind 127.0.0.1:{port}\n  stats enable\n  stats uri {path or '/'}\n"
    fixture.config.write_text(fixture.plain + page)
    fixture.reload()
    return f"http://127.0.0.1:{port}{path}"


def checked(url: str, metrics: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    asked = {"haproxy": [{"url": url}], "interval": "200ms", "stale": "3s", **SIDES, **more}
    return run_module("canary_check", metrics=metrics or [ERRORS], **asked)


def by_haproxy(root: Path, errs_every: int, page: str = "", **more: Any) -> dict[str, Any]:
    with shop(root, errs_every=errs_every, page=page) as (fixture, url), going_on(through(fixture), 0.02):
        return checked(url, **more)


def test_a_canary_with_errors_is_failed_as_soon_as_that_is_known(tmp_path: Path) -> None:
    told = by_haproxy(tmp_path, 5, duration="40s")
    assert (told["failed"], told["error"], told["verdict"]) == (True, "CanaryWorse", "fail")
    assert told["seconds"] < 20, "it does not wait for the end"
    assert told["metrics"][0]["canary"]["bad"] > told["metrics"][0]["live"]["bad"] == 0
    assert told["metrics"][0]["chance"] <= 0.01
    assert "the canary does worse than the live side: errors: " in told["msg"]
    assert told["timeline"][-1]["metrics"]["errors"]["canary"][1] == told["metrics"][0]["canary"]["bad"]


def test_a_canary_without_errors_passes_when_there_were_enough_answers(tmp_path: Path) -> None:
    told = by_haproxy(tmp_path, 0, page="/proxy/stats", duration="3s", longer="40s")
    assert (told["failed"], told["verdict"]) == (False, "pass")
    seen = told["metrics"][0]
    assert seen["canary"]["requests"] + seen["live"]["requests"] >= seen["needed"]
    assert told["seconds"] >= 3


def test_no_traffic_is_inconclusive(tmp_path: Path) -> None:
    with shop(tmp_path) as (_fixture, url):
        told = checked(url, duration="1s")
    assert (told["failed"], told["error"], told["verdict"]) == (True, "NotProven", "inconclusive")
    assert "since the watch began: no new answers of the canary" in told["msg"]


def test_requests_of_our_own_stand_in_for_traffic(tmp_path: Path) -> None:
    with shop(tmp_path) as (fixture, url):
        own = {"places": [{"url": f"http://127.0.0.1:{fixture.port}/api/"}], "rate": 60}
        told = checked(url, duration="2s", longer="40s", detects=0.3, power=0.5, synthetic=own)
    assert (told["failed"], told["verdict"]) == (False, "pass"), told


def test_a_canary_that_stops_to_answer_has_not_passed(tmp_path: Path) -> None:
    """Enough was seen for a pass when its replica ends, and HAProxy sends everybody to the live side."""
    with shop(tmp_path) as (fixture, url):
        ends = threading.Timer(5, fixture.replicas["shop_api/app1-green-1"].stop)
        with going_on(through(fixture), 0.005):
            ends.start()
            told = checked(url, duration="14s", power=0.5, detects=0.2)
    seen = told["metrics"][0]
    assert seen["canary"]["requests"] + seen["live"]["requests"] >= seen["needed"]
    assert told["verdict"] != "pass"


def test_a_reload_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    with shop(tmp_path) as (fixture, url):
        reload = threading.Timer(3, fixture.reload)
        with going_on(through(fixture), 0.02):
            reload.start()
            told = checked(url, duration="6s", longer="40s")
    reload.join()
    assert told["verdict"] == "pass"
    assert told["metrics"][0]["canary"]["bad"] == 0


def test_a_metric_that_is_not_critical_is_told_and_changes_nothing(tmp_path: Path) -> None:
    with running(tmp_path, {"shop_api": names(["app1"], 1), "shop_chat": names(["app1"], 1)}, initially="") as fixture:
        fixture.replicas["shop_chat/app1-green-1"].errs_every = 3
        (tmp_path / "none.map").write_text("chat shop_chat\n")
        url = with_page(fixture)
        chat = {"name": "chat", "backends": ["shop_chat"], "critical": False}
        with going_on(through(fixture), 0.02), going_on(through(fixture, "/chat/"), 0.05):
            told = checked(url, [ERRORS, chat], duration="6s", longer="40s")
    assert [told["verdict"], *(one["verdict"] for one in told["metrics"])] == ["pass", "pass", "fail"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"metrics": [{"name": "errors", "backends": ["shop_web"]}]}, "has no servers of the slot green in shop_web"),
        ({"haproxy": [{"url": "http://127.0.0.1:9"}]}, "did not answer"),
    ],
)
def test_what_cannot_be_read_is_inconclusive_and_says_why(tmp_path: Path, more: dict[str, Any], why: str) -> None:
    with shop(tmp_path) as (_fixture, url):
        told = checked(url, duration="0s", **more)
    assert (told["verdict"], told["error"]) == ("inconclusive", "NotProven")
    assert why in told["msg"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"metrics": [{**ERRORS, "critical": False}]}, "no metric is critical"),
        ({"metrics": [ERRORS, ERRORS]}, "different names"),
        ({"metrics": [{"name": "errors", "backends": []}]}, "has no backends"),
        ({"metrics": [{"name": "errors", "backends": ["a b"]}]}, "is not a name"),
        ({"haproxy": []}, "haproxy is empty"),
        ({"live": "green"}, "compared with themselves"),
        ({"haproxy": [{"url": "admin:hunter22@proxy1:8404"}]}, "have options of their own"),
        ({"haproxy": [{"url": "http://:hunter22@127.0.0.1:9"}]}, "have options of their own"),
        ({"haproxy": [{"url": "http://a:hunter#22@h"}]}, "have options of their own"),
        ({"haproxy": [{"url": "http://[::1"}]}, "allowed are http"),
        ({"haproxy": [{"url": "file:///etc/passwd"}]}, "allowed are http"),
        ({"haproxy": [{"url": "http://h:abc"}]}, "allowed are http"),
        ({"haproxy": [{"url": "http://h", "password": "hunter22"}]}, "has no username"),
        ({"false_alarms": 0.9}, "allowed are"),
        ({"interval": "1 fortnight"}, "500ms, 30s, 5m"),
    ],
)
def test_bad_input_says_what_is_allowed(more: dict[str, Any], why: str) -> None:
    told = checked("http://127.0.0.1:9", duration="0s", **more)
    assert (told["failed"], told["error"]) == (True, "InvalidInput")
    assert why in told["msg"]
    assert "hunter" not in str(told)
