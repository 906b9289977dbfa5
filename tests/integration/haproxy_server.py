"""An HAProxy of the test's own, with replicas behind it, on loopback."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._router import haproxy, master
from ports import free_port

BROKEN = (OSError, ValueError, IndexError)
HAPROXY = "/usr/sbin/haproxy"


class Replica:
    """A small HTTP server; ``port`` stays the same over stop and start. `/slow?<s>` answers after so many seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listener: socket.socket | None = socket.create_server(("127.0.0.1", free_port()), backlog=512)
        self.port = int(self._listener.getsockname()[1])
        self.healthy = True
        self.errs_every = 0
        self.answered = 0
        self._open: set[socket.socket] = set()

    def start(self) -> None:
        self._listener = self._listener or socket.create_server(("127.0.0.1", self.port), backlog=512)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """As a killed process would: nothing listens, every connection is reset or closed."""
        if self._listener is None:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        for connection in list(self._open):
            with suppress(*BROKEN):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(*BROKEN), connection, connection.makefile("rb") as reader:
            while self._answer(connection, reader):
                pass
        self._open.discard(connection)

    def _answer(self, connection: socket.socket, reader: object) -> bool:
        line = reader.readline()  # type: ignore[attr-defined]
        if not line:
            return False
        path, length, close = line.split()[1].decode(), 0, False
        while header := reader.readline().strip().lower():  # type: ignore[attr-defined]
            if header.startswith(b"content-length:"):
                length = int(header.split(b":")[1])
            close = close or header == b"connection: close"
        reader.read(length)  # type: ignore[attr-defined]
        if path.startswith("/slow"):
            time.sleep(float(path.partition("?")[2]))
        self.answered += path != "/health"
        status = "503 Sick" if path == "/health" and not self.healthy else self._status(path)
        body = self.name.encode()
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        return not close

    def _status(self, path: str) -> str:
        is_bad = self.errs_every and path != "/health" and self.answered % self.errs_every == 0
        return "500 Broken" if is_bad else "200 OK"


@dataclass
class Fixture:
    """HAProxy with one backend `shop_api` (and more), and its replicas by server name."""

    root: Path
    port: int
    replicas: dict[str, Replica] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    checked: str = "check inter 100ms fastinter 50ms rise 2 fall 3"
    initially: str = "disabled"
    plain: str = ""
    frontend: str = "option idle-close-on-response"

    @property
    def socket(self) -> str:
        return str(self.root / "a.sock")

    @property
    def master(self) -> str:
        return str(self.root / "m.sock")

    @property
    def state_file(self) -> Path:
        return self.root / "server-state"

    @property
    def config(self) -> Path:
        return self.root / "haproxy.cfg"

    def write_config(self, backends: dict[str, list[str]]) -> None:
        text = f"""
global
  stats socket {self.socket} mode 660 level admin expose-fd listeners
  server-state-file {self.state_file}
  hard-stop-after 10s
  nbthread 2
defaults
  mode http
  load-server-state-from-file global
  timeout client 60s
  timeout server 60s
  timeout connect 1s
  timeout check 1s
  option redispatch 1
  retries 3
  http-reuse safe
  default-server {self.checked} weight 100 pool-purge-delay 1s {self.initially}
frontend f
  bind 127.0.0.1:{self.port}
  {self.frontend}
  use_backend %[path,field(2,/),map_str({self.root}/none.map,shop_api)]
"""
        for name, servers in backends.items():
            lines = "\n".join(f"  server {s} 127.0.0.1:{self._replica(name, s).port}" for s in servers)
            text += f"backend {name}\n  option httpchk GET /health\n{lines}\n"
        (self.root / "none.map").touch()
        self.plain = text
        self.config.write_text(text)

    def _replica(self, backend: str, server: str) -> Replica:
        return self.replicas.setdefault(f"{backend}/{server}", Replica(server))

    def start(self) -> None:
        command = [HAPROXY, "-W", "-S", self.master, "-f", str(self.config), "-q"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.wait_for(lambda: bool(haproxy.information(self.socket)))

    def stop(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)

    def reload(self) -> None:
        assert self.process
        self.wait_for(lambda: haproxy.answers(self.master))
        before = haproxy.information(self.socket)["Pid"]
        master.reload(self.master)
        self.wait_for(lambda: master.has_handed_over(self.master) and haproxy.information(self.socket)["Pid"] != before)

    def wait_for(self, is_done: object, timeout: float = 30) -> None:
        ends = time.monotonic() + timeout
        while time.monotonic() < ends:
            try:
                if is_done():  # type: ignore[operator]
                    return
            except Unavailable:
                pass
            time.sleep(0.02)
        raise AssertionError("did not happen")


@contextmanager
def running(root: Path, backends: dict[str, list[str]], **settings: str) -> Iterator[Fixture]:
    fixture = Fixture(root, free_port(), **settings)  # type: ignore[arg-type]
    fixture.write_config(backends)
    for replica in fixture.replicas.values():
        replica.start()
    try:
        fixture.start()
        yield fixture
    finally:
        fixture.stop()
        for replica in fixture.replicas.values():
            replica.stop()


def names(hosts: list[str], count: int) -> list[str]:
    return [f"{host}-{slot}-{n}" for host in hosts for slot in ("blue", "green") for n in range(1, count + 1)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Fixture]:
    """Two hosts with two replicas per slot of one service."""
    with running(tmp_path, {"shop_api": names(["app1", "app2"], 2)}) as fixture:
        yield fixture
