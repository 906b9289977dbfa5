"""Two members of a Patroni that answers as a test says: for answers that a sound cluster does not give when it is wanted to.

The documents are those of Patroni 3.0.2 (patroni/api.py, ``poll_failover_result`` and ``is_failover_possible`` for a switch).
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Fake:
    """``answer`` is the status and the text to a switch after ``pondered`` seconds, None for a connection that breaks.

    ``then`` leads ``later`` seconds after it was asked, and nobody until then.
    """

    answer: tuple[int, str] | None = (200, "Successfully switched over")
    then: str = "db2"
    later: float = 0.0
    pondered: float = 0.0
    names: tuple[str, ...] = ("db1", "db2")
    url: str = ""
    switched_at: float | None = None
    asked: list[str] = field(default_factory=list)
    logins: set[str] = field(default_factory=set)

    @property
    def leader(self) -> str:
        if self.switched_at is None:
            return "db1"
        return self.then if time.monotonic() >= self.switched_at else ""

    def cluster(self) -> dict[str, Any]:
        return {
            "members": [
                {"name": name, "role": "leader" if name == self.leader else "replica", "state": "running",
                 "api_url": f"{self.url}/{name}/patroni"}
                for name in self.names
            ]
        }  # fmt: skip

    def member(self, name: str) -> dict[str, Any]:
        common = {"state": "running", "timeline": 1, "patroni": {"version": "3.0.2", "scope": "shop"}}
        if name != self.leader:
            return {**common, "role": "replica", "xlog": {"received_location": 5, "replayed_location": 5}}
        followers = [{"application_name": other, "state": "streaming"} for other in self.names if other != name]
        return {**common, "role": "master", "xlog": {"location": 5}, "replication": followers}


@contextmanager
def fake(tls: ssl.SSLContext | None = None, **given: Any) -> Iterator[Fake]:
    made = Fake(**given)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, *path = self.path.split("/")
            if path[0] in made.names:
                made.logins.add(self.headers.get("Authorization", ""))
                return self.say(200, json.dumps(made.member(path[0])))
            return self.say(200, json.dumps(made.cluster() if path[0] == "cluster" else {}))

        def do_POST(self) -> None:
            made.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            made.switched_at = time.monotonic() + made.later
            time.sleep(made.pondered)
            if made.answer:
                self.say(*made.answer)
            else:
                self.close_connection = True

        def say(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http{'s' if tls else ''}://localhost:{server.server_port}"
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()
