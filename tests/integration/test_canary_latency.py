"""canary_check beside a real Prometheus that scrapes real exporters: what the application itself counts and times decides."""

from __future__ import annotations

import base64
import math
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_module import run_module
from health_servers import talking
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_server import Server, scraping
from test_canary_check import going_on

SIDES = {"canary": "green", "live": "blue", "interval": "200ms", "stale": "4s"}
LATENCY = {"name": "latency", "latency": 'shop_request_seconds_bucket{slot="$slot"}'}
ORDERS = {
    "name": "orders",
    "requests": 'shop_orders_total{slot="$slot"}',
    "bad": 'shop_orders_total{slot="$slot",result="refused"}',
}
USERS = "basic_auth_users:\n  deploy: $2y$05$A1fZsLYkhV0qIuPTLIUpTe3LAJ.V0tk0TmVZxyRFFsdgWPQQFysDS\n"
"""The password is hunter22."""
EACH = 20
"""Answers of a replica each time that it answers, which is twenty times in a second."""


@dataclass
class Replica:
    """Answers nobody, and counts and times it as an application does; the median in seconds."""

    median: float = 0.06
    refuses: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    buckets: tuple[float, ...] = Histogram.DEFAULT_BUCKETS

    def __post_init__(self) -> None:
        registry = CollectorRegistry()
        self._times = Histogram("shop_request_seconds", "How long answers took", registry=registry, buckets=self.buckets)
        self._orders = Counter("shop_orders", "Orders", ["result"], registry=registry)
        self._orders.labels("taken")
        for name, value in (("shop_nan", math.nan), ("shop_endless", math.inf)):
            Gauge(name, "What counts nothing", registry=registry).set(value)
        self._server, self._thread = start_http_server(0, "127.0.0.1", registry)
        self.port = self._server.server_port

    def answer(self) -> None:
        for _ in range(EACH):
            self._times.observe(self.dice.lognormvariate(0, 0.5) * self.median)
            self._orders.labels("refused" if self.dice.random() < self.refuses else "taken").inc()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass(frozen=True)
class Shop:
    """The canary, the live side, and the Prometheus that scrapes them."""

    canary: Replica
    live: Replica
    prometheus: Server


@contextmanager
def shop(root: Path, canary: Replica, live: Replica | None = None, *, busy: bool = True, users: str = "") -> Iterator[Shop]:
    beside = live or Replica(refuses=0.01, dice=random.Random(2), buckets=canary.buckets)
    targets = {"green": {"app1-green": canary.port}, "blue": {"app1-blue": beside.port}}
    with ExitStack() as stack:
        for replica in (canary, beside):
            stack.callback(replica.stop)
            if busy:
                stack.enter_context(going_on(replica.answer, 0.05))
        server = stack.enter_context(scraping(root / "prometheus", targets, every=0.5, users=users))
        time.sleep(1.5)
        yield Shop(canary, beside, server)


def checked(seen: Shop, *metrics: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = {"prometheus": {"url": seen.prometheus.url}, "duration": "5s", **SIDES, **more}
    return run_module("canary_check", metrics=list(metrics), **asked)


def test_a_canary_that_is_slower_is_failed_as_soon_as_that_is_known(tmp_path: Path) -> None:
    with shop(tmp_path, Replica(median=0.09, refuses=0.01)) as seen:
        told = checked(seen, LATENCY, {**ORDERS, "critical": False}, duration="40s")
    assert (told["failed"], told["error"], told["verdict"]) == (True, "CanaryWorse", "fail"), told["msg"]
    assert told["seconds"] < 20, "it does not wait for the end"
    latency, orders = told["metrics"]
    assert latency["canary"]["p99"] > latency["live"]["p99"] > latency["live"]["p50"] > 0.03
    assert (latency["kind"], orders["kind"], orders["verdict"]) == ("latency", "errors", orders["verdict"])
    assert orders["verdict"] != "fail"
    assert "took" in told["msg"]
    assert told["timeline"][-1]["metrics"]["latency"]["canary"] == latency["canary"]


def test_a_canary_that_is_as_fast_and_errs_as_seldom_passes(tmp_path: Path) -> None:
    with shop(tmp_path, Replica(refuses=0.01)) as seen:
        told = checked(seen, LATENCY, ORDERS, longer="40s")
    assert (told["failed"], told["verdict"]) == (False, "pass"), told
    assert told["metrics"][0]["canary"]["requests"] + told["metrics"][0]["live"]["requests"] >= told["metrics"][0]["needed"]


def test_a_canary_that_errs_by_the_applications_own_counters_is_failed(tmp_path: Path) -> None:
    with shop(tmp_path, Replica(refuses=0.2)) as seen:
        told = checked(seen, ORDERS, {**LATENCY, "dry_run": True}, duration="40s")
    assert (told["verdict"], told["metrics"][1]["verdict"]) == ("fail", told["metrics"][1]["verdict"])
    assert "dry run" in told["metrics"][1]["told"]
    assert "latency" not in told["msg"]


def test_what_is_tried_changes_nothing_and_says_what_it_would_have(tmp_path: Path) -> None:
    with shop(tmp_path, Replica(median=0.12, refuses=0.01)) as seen:
        told = checked(seen, ORDERS, {**LATENCY, "dry_run": True}, duration="8s", longer="40s")
    assert (told["failed"], told["verdict"], told["metrics"][1]["verdict"]) == (False, "pass", "fail")
    assert told["metrics"][1]["told"].startswith("dry run, the verdict would be fail: ")


@pytest.mark.parametrize("which", ["prometheus", "canary"])
def test_what_dies_while_it_is_watched_proves_nothing(tmp_path: Path, which: str) -> None:
    with shop(tmp_path, Replica(refuses=0.01)) as seen:
        ends = threading.Timer(20, {"prometheus": seen.prometheus.process.terminate, "canary": seen.canary.stop}[which])
        ends.start()
        told = checked(seen, LATENCY, duration="28s")
        ends.join()
    assert (told["verdict"], told["error"]) == ("inconclusive", "NotProven")
    assert ("did not answer" if which == "prometheus" else "has scraped nothing within 4 s") in told["msg"]
    assert told["metrics"][0]["canary"]["requests"] >= 100, "it was seen before"


@pytest.mark.parametrize(
    ("asked", "busy", "why"),
    [
        (LATENCY, False, "since the watch began: no new answers of the canary"),
        ({"name": "x", "latency": 'nothing_bucket{slot="$slot"}'}, True, "has scraped nothing within 4 s"),
        ({"name": "x", "latency": 'shop_request_seconds_count{slot="$slot"}'}, True, "name the _bucket series"),
        ({"name": "x", "latency": '{slot="$slot",__name__=~"shop_request_seconds_(count|sum)"}'}, True, "with the same labels"),
        ({**ORDERS, "bad": 'shop_orders_total{slot="$slot",result="lost"}'}, True, "has nothing for"),
        ({**ORDERS, "bad": 'shop_nan{slot="$slot"}'}, True, "a value that counts nothing"),
        ({**ORDERS, "requests": 'shop_endless{slot="$slot"}'}, True, "a value that counts nothing"),
    ],
)
def test_what_cannot_be_read_is_inconclusive_and_says_why(tmp_path: Path, asked: dict[str, Any], busy: bool, why: str) -> None:
    with shop(tmp_path, Replica(refuses=0.01), busy=busy) as seen:
        told = checked(seen, asked, duration="5s")
    assert (told["verdict"], told["error"]) == ("inconclusive", "NotProven")
    assert why in told["msg"]


def test_a_histogram_that_is_too_coarse_proves_nothing_and_says_so(tmp_path: Path) -> None:
    with shop(tmp_path, Replica(buckets=(1.0, 10.0))) as seen:
        told = checked(seen, LATENCY, duration="6s")
    assert told["verdict"] == "inconclusive"
    assert "use finer buckets" in told["msg"]


def test_a_password_is_sent_and_never_shown(tmp_path: Path) -> None:
    with shop(tmp_path, Replica(refuses=0.01), users=USERS) as seen:
        right = {"url": seen.prometheus.url, "username": "deploy", "password": "hunter22"}
        told = [
            run_module("canary_check", "-vvvv", metrics=[LATENCY], prometheus=place, duration="6s", longer="20s", **SIDES)
            for place in (right, {**right, "password": "hunter23"})
        ]
    assert [one["verdict"] for one in told] == ["pass", "inconclusive"]
    assert "answered 401" in told[1]["msg"]
    assert "hunter2" not in str(told)


def echoing(sock: socket.socket) -> None:
    """Refuses, and says who asked, in a password's own letters and in those of HTTP."""
    login = base64.b64encode(b"deploy:hunter22").decode()
    body = f"Basic {login} (deploy:hunter22) may not"
    sock.sendall(f"HTTP/1.1 403 No\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


def test_a_server_that_says_with_which_password_it_was_asked_is_not_repeated() -> None:
    with talking(echoing) as port:
        place = {"url": f"http://127.0.0.1:{port}", "username": "deploy", "password": "hunter22"}
        told = run_module("canary_check", metrics=[LATENCY], prometheus=place, duration="0s", **SIDES)
    assert "answered 403: " in told["msg"]
    assert "may not" in told["msg"]
    assert "hunter22" not in str(told)
    assert "ZGVwbG95" not in str(told)


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        ({"name": "x"}, "one of the following is required: backends, requests, latency"),
        ({**LATENCY, "backends": ["shop_api"]}, "mutually exclusive"),
        ({**LATENCY, "requests": 'a{slot="$slot"}', "bad": 'b{slot="$slot"}'}, "mutually exclusive"),
        ({"name": "x", "requests": 'a{slot="$slot"}'}, "required together: requests, bad"),
        ({"name": "x", "latency": 'sum by (le) (a_bucket{slot="$slot"})'}, "is not a selector of counters"),
        ({"name": "x", "latency": 'a_bucket{slot="$slot"}[5m]'}, "is not a selector of counters"),
        ({"name": "x", "latency": "a_bucket"}, "has no $slot"),
        ({**LATENCY, "dry_run": True}, "no metric is critical"),
    ],
)
def test_bad_input_says_what_is_allowed(metric: dict[str, Any], why: str) -> None:
    told = run_module("canary_check", metrics=[metric], prometheus={"url": "http://127.0.0.1:9"}, duration="0s", **SIDES)
    assert told["failed"]
    assert why in told["msg"]


def test_a_metric_of_prometheus_needs_one() -> None:
    told = run_module("canary_check", metrics=[LATENCY], duration="0s", **SIDES)
    assert "give its address in prometheus" in told["msg"]
