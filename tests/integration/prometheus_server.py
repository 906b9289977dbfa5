"""A Prometheus of the test's own that remembers what the test says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from health_servers import free_port, running


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
