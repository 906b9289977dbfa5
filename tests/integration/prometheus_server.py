"""A Prometheus of the test's own: one that remembers what the test says, and one that scrapes what the test shows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from health_servers import running
from ports import free_port


@dataclass(frozen=True)
class Server:
    """Where it is, and its process."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def remembering(directory: Path, history: str) -> Iterator[str]:
    """The address of a Prometheus that has this history, as OpenMetrics with times, and watches nothing."""
    written, config, data = (directory / name for name in ("history.txt", "prometheus.yml", "data"))
    written.write_text(f"{history}# EOF\n")
    config.touch()
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(written), str(data)]
    subprocess.run([*command, "--max-block-duration=1440h"], check=True, capture_output=True)
    port = free_port()
    options = {
        "config.file": config,
        "storage.tsdb.path": data,
        "storage.tsdb.retention.time": "90d",
        "web.listen-address": f"127.0.0.1:{port}",
        "log.level": "error",
    }
    with running(["prometheus", *(f"--{name}={value}" for name, value in options.items())], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def scraping(directory: Path, targets: Mapping[str, Mapping[str, int]], every: float = 1.0, users: str = "") -> Iterator[Server]:
    """A Prometheus that scrapes ports of loopback, by slot and instance, every so many seconds."""
    directory.mkdir(exist_ok=True)
    config, data, port = directory / "prometheus.yml", directory / "data", free_port()
    static = [
        {"targets": [f"127.0.0.1:{target}"], "labels": {"slot": slot, "instance": name}}
        for slot, of_slot in targets.items()
        for name, target in of_slot.items()
    ]
    timing = {"scrape_interval": f"{round(every * 1000)}ms", "scrape_timeout": f"{round(every * 900)}ms"}
    config.write_text(json.dumps({"scrape_configs": [{"job_name": "shop", **timing, "static_configs": static}]}))
    options = {"config.file": config, "storage.tsdb.path": data, "web.listen-address": f"127.0.0.1:{port}", "log.level": "error"}
    if users:
        (directory / "web.yml").write_text(users)
        options["web.config.file"] = directory / "web.yml"
    with running(["prometheus", *(f"--{name}={value}" for name, value in options.items())], port) as process:
        yield Server(f"http://127.0.0.1:{port}", process)
