"""worker_check against pages that the Prometheus client itself serves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_module import run_module
from ports import free_port
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

NAMED = {"done": "jobs_done_total", "failed": "jobs_failed_total", "heartbeat": "beat", "waiting": "jobs_waiting"}


@dataclass
class Page:
    """A worker's page of metrics, and what makes it look busy."""

    url: str
    done: Counter
    failed: Counter
    beat: Gauge
    waiting: Gauge
    over: threading.Event = field(default_factory=threading.Event)

    def works(self, once: Callable[[], None]) -> None:
        def loop() -> None:
            while not self.over.wait(0.05):
                once()

        threading.Thread(target=loop, daemon=True).start()


@pytest.fixture
def page() -> Iterator[Page]:
    registry, port = CollectorRegistry(), free_port()
    server, thread = start_http_server(port, "127.0.0.1", registry)
    made = Page(
        f"http://127.0.0.1:{port}/metrics",
        Counter("jobs_done", "done", ["version"], registry=registry),
        Counter("jobs_failed", "failed", registry=registry),
        Gauge("beat", "beat", registry=registry),
        Gauge("jobs_waiting", "waiting", registry=registry),
    )
    yield made
    made.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def checked(page: Page, **more: Any) -> dict[str, Any]:
    asked = {"workers": [{"name": "w1", "url": page.url}], "interval": "200ms", **NAMED, **more}
    return run_module("worker_check", **asked)


@contextmanager
def busy(page: Page, *, fails: bool = False) -> Iterator[None]:
    def once() -> None:
        page.done.labels("v1").inc()
        page.beat.set_to_current_time()
        if fails:
            page.failed.inc()

    page.works(once)
    yield


def test_a_worker_that_works_passes_as_soon_as_it_has_done_enough(page: Page) -> None:
    with busy(page):
        told = checked(page, jobs=10, longer="30s", lag=5)
    assert (told["failed"], told["verdict"], told["changed"]) == (False, "pass", False)
    assert told["workers"][0]["done"] >= 10
    assert told["seconds"] < 20


def test_a_worker_that_loses_jobs_is_failed_in_the_end(page: Page) -> None:
    with busy(page, fails=True):
        told = checked(page, jobs=10, duration="3s")
    assert (told["failed"], told["error"], told["verdict"]) == (True, "WorkerAtFault", "fail")
    assert "w1: " in told["msg"]
    assert "jobs failed" in told["msg"]
    assert told["seconds"] >= 3


def test_a_worker_whose_heart_stops_is_failed_at_once(page: Page) -> None:
    page.done.labels("v1").inc(5)
    told = checked(page, jobs=0, stale="1s", duration="50s")
    assert (told["error"], told["verdict"]) == ("WorkerAtFault", "fail")
    assert "no heartbeat for" in told["msg"]
    assert told["seconds"] < 30


def test_a_worker_that_does_nothing_is_inconclusive(page: Page) -> None:
    page.done.labels("v1").inc(5)
    idle = checked(page, jobs=1, longer="1s")
    assert (idle["error"], idle["workers"][0]["told"]) == ("NotProven", "0 of 1 jobs seen")
    only_told = checked(page, jobs=1, longer="1s", must_pass=False)
    assert (only_told["failed"], only_told["verdict"]) == (False, "inconclusive")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"done": "no_such_metric"}, "its page has no no_such_metric"),
        ({"workers": [{"name": "w1", "url": "http://127.0.0.1:9/metrics"}]}, "did not answer"),
    ],
)
def test_what_cannot_be_read_is_inconclusive_and_says_why(page: Page, changed: dict[str, Any], why: str) -> None:
    told = checked(page, **{**NAMED, **changed, "longer": "0s"})
    assert (told["failed"], told["verdict"]) == (True, "inconclusive")
    assert why in told["msg"]
