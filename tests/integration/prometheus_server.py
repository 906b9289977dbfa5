"""A Prometheus of the test's own, and an application whose metrics it reads."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import yaml
from health_servers import free_port, running

SCRAPE = 0.2
"""Seconds between two scrapes."""


@dataclass
class Shop:
    """Counters by series, as an application shows them; ``gone`` takes the whole page away."""

    counters: dict[str, float] = field(default_factory=dict)
    gone: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, series: str, more: float = 1) -> None:
        with self.lock:
            self.counters[series] = self.counters.get(series, 0) + more

    def page(self) -> bytes:
        with self.lock:
            return "".join(f"{series} {value}\n" for series, value in self.counters.items()).encode()


@dataclass(frozen=True)
class Monitoring:
    """Where Prometheus is, and the application that it watches."""

    url: str
    shop: Shop

    def value(self, query: str) -> float | None:
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{urlencode({'query': query})}", timeout=5) as answer:
            found = json.load(answer)["data"]["result"]
        return float(found[0]["value"][1]) if found else None

    def wait_for(self, query: str, value: float) -> None:
        ends = time.monotonic() + 20
        while (seen := self.value(query)) != value:
            assert time.monotonic() < ends, f"{query} is {seen}"
            time.sleep(0.05)


@contextmanager
def monitoring(directory: Path) -> Iterator[Monitoring]:
    """Both, until the test is over."""
    shop = Shop()
    with served(shop) as target, prometheus(directory, target) as url:
        yield Monitoring(url, shop)


@contextmanager
def served(shop: Shop) -> Iterator[int]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if shop.gone else 200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(shop.page())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def remembering(directory: Path, history: str) -> Iterator[str]:
    """The address of a Prometheus that has this history, as OpenMetrics with times, and watches nothing."""
    written = directory / "history.txt"
    written.write_text(f"{history}# EOF\n")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(written), str(directory / "data")]
    subprocess.run([*command, "--max-block-duration=1440h"], check=True, capture_output=True)
    with prometheus(directory) as url:
        yield url


@contextmanager
def prometheus(directory: Path, *targets: int) -> Iterator[str]:
    port = free_port()
    config = directory / "prometheus.yml"
    job = {"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{target}" for target in targets]}]}
    times = {"scrape_interval": f"{SCRAPE * 1000:g}ms", "scrape_timeout": f"{SCRAPE * 1000:g}ms"}
    config.write_text(yaml.safe_dump({"global": times, "scrape_configs": [job]}))
    options = {
        "config.file": config,
        "storage.tsdb.path": directory / "data",
        "storage.tsdb.retention.time": "90d",
        "web.listen-address": f"127.0.0.1:{port}",
        "log.level": "error",
    }
    with running(["prometheus", *(f"--{name}={value}" for name, value in options.items())], port):
        yield f"http://127.0.0.1:{port}"
