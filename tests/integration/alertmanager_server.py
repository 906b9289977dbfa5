"""An Alertmanager of the test's own, which notifies nobody."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from health_servers import running
from ports import free_port

USERNAME, PASSWORD = "deployer", "hunter22hunter22"
HASH = "$2b$05$abcdefghijklmnopqrstuuj9KbBqXiuigCuGtxjVVvCPKx05YHv3O"
"""Of the password, by bcrypt."""


@dataclass(frozen=True)
class Alertmanager:
    url: str

    def fire(self, **labels: str) -> None:
        """An alert, as Prometheus sends it."""
        self.ask("/api/v2/alerts", [{"labels": labels}])

    def state(self, alertname: str) -> str:
        return str(self._status(alertname)["state"])

    def silenced_by(self, alertname: str) -> list[str]:
        return list(self._status(alertname)["silencedBy"])

    def silences(self, state: str = "active") -> list[dict[str, Any]]:
        return [one for one in self.ask("/api/v2/silences") if one["status"]["state"] == state]

    def silence(self, comment: str, **labels: str) -> str:
        """A silence of somebody's."""
        matchers = [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in labels.items()]
        times = {"startsAt": written(time.time()), "endsAt": written(time.time() + 3600)}
        return str(
            self.ask("/api/v2/silences", {"matchers": matchers, "comment": comment, "createdBy": "kim", **times})["silenceID"]
        )

    def expire(self, identity: str) -> None:
        self.ask(f"/api/v2/silence/{identity}", method="DELETE")

    def ask(self, path: str, document: Any = None, method: str | None = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        login = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, body, headers, method=method)) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def _status(self, alertname: str) -> dict[str, Any]:
        await_(lambda: bool(self._alerts(alertname)))
        return dict(self._alerts(alertname)[0]["status"])

    def _alerts(self, alertname: str) -> list[dict[str, Any]]:
        return [one for one in self.ask("/api/v2/alerts") if one["labels"]["alertname"] == alertname]


def ends(silence: dict[str, Any]) -> float:
    return datetime.fromisoformat(silence["endsAt"]).timestamp()


def written(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).isoformat()


def await_(is_so: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.1)


@contextmanager
def alerting(directory: Path, port: int = 0, *, locked: bool = False) -> Iterator[Alertmanager]:
    """One that forgets nothing while its directory is there; ``locked`` wants a login."""
    directory.mkdir(exist_ok=True)
    config, web = directory / "alertmanager.yml", directory / "web.yml"
    config.write_text("route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n")
    web.write_text(f"basic_auth_users: {{ {USERNAME}: {HASH} }}\n" if locked else "")
    port = port or free_port()
    options = {
        "config.file": config,
        "web.config.file": web,
        "storage.path": directory / "data",
        "web.listen-address": f"127.0.0.1:{port}",
        "cluster.listen-address": "",
        "log.level": "error",
    }
    with running(["prometheus-alertmanager", *(f"--{name}={value}" for name, value in options.items())], port):
        yield Alertmanager(f"http://127.0.0.1:{port}")
