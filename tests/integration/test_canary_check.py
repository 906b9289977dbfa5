"""canary_check beside a real HAProxy and a real Prometheus: what users feel, and what is missing, decides."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from ansible_module import run_module
from haproxy_server import Fixture, names, running
from prometheus_server import Monitoring, monitoring

SIDES = {"canary": {"slot": "green"}, "live": {"slot": "blue"}}
ERRORS = {"name": "errors", "requests": 'requests_total{slot="$slot"}', "bad_values": "5.."}
LATENCY = {"name": "latency", "buckets": 'seconds_bucket{slot="$slot"}'}


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


def through(fixture: Fixture) -> Callable[[], None]:
    def ask() -> None:
        connection = HTTPConnection("127.0.0.1", fixture.port, timeout=5)
        for _ in range(10):
            connection.request("GET", "/api/")
            connection.getresponse().read()
        connection.close()

    return ask


def by_haproxy(root: Path, errors_every: int, page: str = "", **more: Any) -> dict[str, Any]:
    """Both slots in rotation, the canary answering each so-many-th request with 500."""
    with running(root, {"shop_api": names(["app1"], 1)}, initially="") as fixture:
        fixture.replicas["shop_api/app1-green-1"].errs_every = errors_every
        statistics = f"frontend page\n  bind 127.0.0.1:{fixture.port + 1}\n  stats enable\n  stats uri {page or '/'}\n"
        fixture.config.write_text(fixture.plain + statistics)
        fixture.reload()
        asked = {"haproxy": [{"url": f"http://127.0.0.1:{fixture.port + 1}{page}"}], "interval": "200ms", **SIDES, **more}
        with going_on(through(fixture), 0.02):
            return run_module("canary_check", metrics=[{"name": "errors", "backends": ["shop_api"]}], **asked)


def test_a_canary_with_errors_is_failed_as_soon_as_that_is_known(tmp_path: Path) -> None:
    told = by_haproxy(tmp_path, 5, duration="40s")
    assert (told["failed"], told["error"], told["verdict"]) == (True, "CanaryWorse", "fail")
    assert told["seconds"] < 20, "it does not wait for the end"
    assert told["metrics"][0]["canary"]["bad"] > told["metrics"][0]["live"]["bad"] == 0
    assert told["metrics"][0]["chance"] <= 0.01
    assert "the canary does worse than the live side: errors: " in told["msg"]
    assert told["timeline"][-1]["metrics"]["errors"]["canary"][0][1] == told["metrics"][0]["canary"]["bad"]


def test_a_canary_without_errors_passes_when_there_were_enough_answers(tmp_path: Path) -> None:
    told = by_haproxy(tmp_path, 0, page="/proxy/stats", duration="3s", longer="40s")
    assert (told["failed"], told["verdict"]) == (False, "pass")
    seen = told["metrics"][0]
    assert seen["canary"]["requests"] + seen["live"]["requests"] >= seen["needed"]
    assert told["seconds"] >= 3


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitoring]:
    with monitoring(tmp_path_factory.mktemp("prometheus")) as made:
        yield made


def traffic(shop: Monitoring, *, errors: float = 0, slow: float = 0) -> Callable[[], None]:
    """A hundred answers of either side; ``errors`` and ``slow`` are the canary's."""

    def answer() -> None:
        for slot in ("blue", "green"):
            bad, late = (100 * part if slot == "green" else 0 for part in (errors, slow))
            shop.shop.add(f'requests_total{{slot="{slot}",status="200"}}', 100 - bad)
            shop.shop.add(f'requests_total{{slot="{slot}",status="500"}}', bad)
            for bound, most in (("0.1", 99 - late), ("0.5", 100 - late), ("+Inf", 100)):
                shop.shop.add(f'seconds_bucket{{slot="{slot}",le="{bound}"}}', most)

    return answer


def by_prometheus(shop: Monitoring, *metrics: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = {"duration": "3s", "interval": "300ms", "stale": "2s", "prometheus": {"url": shop.url}, **SIDES, **more}
    return run_module("canary_check", metrics=list(metrics), **asked)


def seen_once(shop: Monitoring) -> None:
    """Prometheus knows both sides."""
    traffic(shop)()
    shop.wait_for('count(seconds_bucket{le="+Inf"})', 2)


@pytest.mark.parametrize(("trouble", "metric"), [({"errors": 0.2}, ERRORS), ({"slow": 0.2}, LATENCY)], ids=["errors", "latency"])
def test_errors_and_latency_fail_a_canary(watched: Monitoring, trouble: dict[str, float], metric: dict[str, Any]) -> None:
    seen_once(watched)
    with going_on(traffic(watched, **trouble), 0.1):
        told = by_prometheus(watched, ERRORS, LATENCY, duration="30s")
    verdicts = {one["name"]: one["verdict"] for one in told["metrics"]}
    assert told["verdict"] == verdicts[metric["name"]] == "fail"
    assert [name for name, verdict in verdicts.items() if verdict == "fail"] == [metric["name"]]


def test_equal_sides_pass(watched: Monitoring) -> None:
    seen_once(watched)
    with going_on(traffic(watched), 0.1):
        told = by_prometheus(watched, ERRORS, LATENCY, longer="30s")
    assert told["verdict"] == "pass"


def test_a_metric_that_is_not_critical_is_told_and_changes_nothing(watched: Monitoring) -> None:
    seen_once(watched)
    with going_on(traffic(watched, slow=0.3), 0.1):
        told = by_prometheus(watched, ERRORS, {**LATENCY, "critical": False}, longer="30s")
    assert (told["verdict"], told["metrics"][1]["verdict"]) == ("pass", "fail")


def test_no_traffic_is_inconclusive(watched: Monitoring) -> None:
    seen_once(watched)
    told = by_prometheus(watched, ERRORS)
    assert (told["failed"], told["error"], told["verdict"]) == (True, "NotProven", "inconclusive")
    assert "no new answers on one side or both" in told["msg"]


def test_metrics_that_end_prove_nothing_of_what_was_before(watched: Monitoring) -> None:
    """Enough was seen for a pass when the application stops to show its metrics."""
    seen_once(watched)

    def ends() -> None:
        time.sleep(4)
        watched.shop.gone = True

    breaker = threading.Thread(target=ends)
    try:
        with going_on(traffic(watched), 0.02):
            breaker.start()
            told = by_prometheus(watched, ERRORS, duration="10s")
    finally:
        breaker.join()
        watched.shop.gone = False
    seen = told["metrics"][0]
    assert seen["canary"]["requests"] + seen["live"]["requests"] >= seen["needed"]
    assert (told["verdict"], told["error"]) == ("inconclusive", "NotProven")
    assert "has nothing for" in told["msg"]


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        ({**ERRORS, "requests": 'sum(requests_total{slot="$slot"})'}, "has the label status"),
        ({**ERRORS, "requests": 'missing_total{slot="$slot"}'}, "has nothing for"),
        ({"name": "errors", "requests": ERRORS["requests"], "bad": 'missing_total{slot="$slot"}'}, "has nothing for"),
        ({"name": "errors", "requests": ERRORS["requests"], "bad": "vector(0) / 0"}, "says nan"),
        ({**ERRORS, "requests": 'requests_total{slot="$slot"}[1m]'}, "gives a matrix"),
        ({**ERRORS, "requests": 'requests_total{slot="$slot"'}, "answered 400"),
        ({**LATENCY, "buckets": 'requests_total{slot="$slot"}'}, "has no bound"),
    ],
)
def test_what_cannot_be_read_is_inconclusive_and_says_why(watched: Monitoring, metric: dict[str, Any], why: str) -> None:
    seen_once(watched)
    told = by_prometheus(watched, metric, duration="0s")
    assert told["verdict"] == "inconclusive"
    assert why in told["msg"]


def test_a_server_that_is_not_there_is_inconclusive() -> None:
    told = run_module("canary_check", metrics=[ERRORS], prometheus={"url": "http://127.0.0.1:9"}, duration="0s", **SIDES)
    assert (told["verdict"], told["error"]) == ("inconclusive", "NotProven")
    assert "did not answer" in told["msg"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"metrics": []}, "metrics is empty"),
        ({"metrics": [ERRORS, ERRORS]}, "different names"),
        ({"metrics": [{**ERRORS, "critical": False}]}, "no metric is critical"),
        ({"metrics": [{"name": "errors"}]}, "give it one of backends"),
        ({"metrics": [{**ERRORS, "buckets": "x"}]}, "give it one of backends"),
        ({"metrics": [{"name": "errors", "bad_values": "5.."}]}, "requests is the query"),
        ({"metrics": [{**ERRORS, "bad_values": "5("}]}, "no regular expression"),
        ({"metrics": [{**ERRORS, "requests": "x{$tier}"}]}, "names $tier"),
        ({"metrics": [{"name": "errors", "backends": ["shop_api"]}]}, "needs the option haproxy"),
        ({"live": {"slot": "green"}}, "compared with themselves"),
        ({"prometheus": {"url": "http://me:hunter22@127.0.0.1"}}, "without credentials"),
        ({"prometheus": {"url": "file:///etc/passwd"}}, "allowed is http"),
        ({"false_alarms": 0.9}, "allowed are"),
        ({"interval": "1 fortnight"}, "500ms, 30s, 5m"),
    ],
)
def test_bad_input_says_what_is_allowed(more: dict[str, Any], why: str) -> None:
    asked = {"metrics": [ERRORS], "prometheus": {"url": "http://127.0.0.1:9"}, **SIDES, **more}
    told = run_module("canary_check", duration="0s", **asked) if "interval" not in more else run_module("canary_check", **asked)
    assert (told["failed"], told["error"]) == (True, "InvalidInput")
    assert why in told["msg"]
    assert "hunter22" not in str(told)
