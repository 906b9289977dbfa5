"""Debian's Patroni with an etcd on loopback: a synchronous cluster of db1, db2 and db3, of which db3 must never lead."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import yaml
from backup_server import AS_POSTGRES
from migration_server import BINARIES, as_postgres, eventually
from ports import free_port

USERNAME, PASSWORD = "operator", "the-password-of-a-test"
SCOPE = "shop"
DYNAMIC: dict[str, Any] = {
    "ttl": 20,
    "loop_wait": 1,
    "retry_timeout": 3,
    "synchronous_mode": True,
    "postgresql": {
        "use_pg_rewind": True,
        "use_slots": True,
        "parameters": {"max_connections": 40, "wal_log_hints": "on", "max_standby_streaming_delay": -1},
    },
}


@dataclass
class Node:
    """A member: where it is, and its Patroni while it runs."""

    name: str
    root: Path
    port: int = field(default_factory=free_port)
    rest: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.rest}"

    @property
    def data(self) -> Path:
        return self.root / self.name

    def start(self) -> None:
        self.process = _started(self.root / f"{self.name}.log", "patroni", str(self.root / f"{self.name}.yml"))

    def kill(self) -> None:
        """Patroni and its PostgreSQL, as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        if (self.data / "postmaster.pid").exists():
            as_postgres(str(BINARIES / "pg_ctl"), "-D", str(self.data), "-m", "immediate", "-w", "stop", check=False)

    def connect(self) -> psycopg.Connection[Any]:
        where = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres application_name=test connect_timeout=3"
        return psycopg.connect(where, autocommit=True)

    def sql(self, statement: str) -> Any:
        """The first field of the first row."""
        with self.connect() as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


@dataclass
class Patroni:
    """The cluster of a test."""

    root: Path
    nodes: dict[str, Node]
    etcd: int

    def option(self, *names: str, **changes: Any) -> dict[str, Any]:
        """The option ``patroni`` of the modules, with the addresses of these members or of all."""
        urls = [self.nodes[name].url for name in names or self.nodes]
        return {"urls": urls, "username": USERNAME, "password": PASSWORD, **changes}

    def view(self) -> dict[str, Any]:
        """What the first member that answers says of the cluster."""
        for node in self.nodes.values():
            try:
                with urllib.request.urlopen(f"{node.url}/cluster", timeout=5) as answer:
                    found: dict[str, Any] = json.load(answer)
                    return found
            except OSError:
                continue
        return {"members": []}

    def asked(self, method: str, path: str, document: Any = None) -> int:
        """Ask the leader past our modules; the status of its answer."""
        login = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        body = json.dumps(document).encode() if document is not None else None
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        asked = urllib.request.Request(f"{self.nodes[self.leader()].url}{path}", body, headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return int(answer.status)

    def roles(self) -> dict[str, str]:
        """The role of each member that runs."""
        return {one["name"]: one["role"] for one in self.view()["members"] if one["state"] in ("running", "streaming")}

    def leader(self) -> str:
        return next((name for name, role in self.roles().items() if role == "leader"), "")

    def standby(self) -> str:
        """The one for which commits wait."""
        return next((name for name, role in self.roles().items() if role == "sync_standby"), "")

    def is_calm(self) -> bool:
        roles, timelines = self.roles(), {one.get("timeline") for one in self.view()["members"]}
        return (
            sorted(roles.values()) == ["leader", "replica", "sync_standby"] and roles["db3"] == "replica" and len(timelines) == 1
        )

    def calm(self) -> None:
        """Every member up, db1 or db2 in the lead, and the other one the synchronous standby that streams."""
        for node in self.nodes.values():
            if node.process is None:
                node.start()
        if not eventually(self._is_at_rest, 90):
            raise AssertionError(f"the cluster does not come to rest: {self.view()}\n{self.logs()}")

    def _is_at_rest(self) -> bool:
        try:
            return self.is_calm() and self._streams() == 2
        except (psycopg.Error, KeyError):
            return False

    def _streams(self) -> int:
        found = self.nodes[self.leader()].sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
        return int(found)

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-2000:]}" for path in sorted(self.root.glob("*.log")))


@contextmanager
def patroni() -> Iterator[Patroni]:
    """The cluster, at rest."""
    root = Path(tempfile.mkdtemp(prefix="mainstay-patroni-"))
    shutil.chown(root, "postgres", "postgres")
    made = Patroni(root, {name: Node(name, root) for name in ("db1", "db2", "db3")}, free_port())
    etcd = _etcd(made)
    try:
        for node in made.nodes.values():
            _configure(made, node)
        made.nodes["db1"].start()
        assert eventually(lambda: made.leader() == "db1", 60), made.logs()
        made.calm()
        yield made
    finally:
        _end(made, etcd)


def _etcd(made: Patroni) -> subprocess.Popen[bytes]:
    client, peer = f"http://127.0.0.1:{made.etcd}", f"http://127.0.0.1:{free_port()}"
    clients = ("--listen-client-urls", client, "--advertise-client-urls", client)
    peers = ("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}")
    return _started(made.root / "etcd.log", "etcd", "--data-dir", str(made.root / "etcd"), *clients, *peers)


def _configure(made: Patroni, node: Node) -> None:
    postgres = {
        "listen": f"127.0.0.1:{node.port}",
        "connect_address": f"127.0.0.1:{node.port}",
        "data_dir": str(node.data),
        "bin_dir": str(BINARIES),
        "pgpass": str(made.root / f"{node.name}.pgpass"),
        "authentication": {"replication": {"username": "postgres"}, "superuser": {"username": "postgres"}},
        "parameters": {"unix_socket_directories": str(made.root), "fsync": "off"},
    }
    settings = {
        "scope": SCOPE,
        "name": node.name,
        "restapi": {
            "listen": f"127.0.0.1:{node.rest}",
            "connect_address": f"127.0.0.1:{node.rest}",
            "authentication": {"username": USERNAME, "password": PASSWORD},
        },
        "etcd3": {"host": f"127.0.0.1:{made.etcd}"},
        "bootstrap": {
            "dcs": DYNAMIC,
            "initdb": [{"auth": "trust"}, {"encoding": "UTF8"}, "data-checksums", "no-sync"],
            "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust", "local all all trust"],
        },
        "postgresql": postgres,
        "tags": {"nofailover": node.name == "db3"},
    }
    (made.root / f"{node.name}.yml").write_text(yaml.safe_dump(settings))


def _started(log: Path, *command: str) -> subprocess.Popen[bytes]:
    with open(log, "ab") as file:
        return subprocess.Popen(
            [*AS_POSTGRES, *command], stdout=file, stderr=file, cwd="/", env={**os.environ, "LC_ALL": "C.UTF-8"}
        )


def _end(made: Patroni, etcd: subprocess.Popen[bytes]) -> None:
    for node in made.nodes.values():
        node.kill()
    etcd.send_signal(signal.SIGKILL)
    etcd.wait()
    shutil.rmtree(made.root, ignore_errors=True)


@dataclass
class Writer:
    """A client that writes one row after another to whichever member takes writes, and remembers what was acknowledged."""

    made: Patroni
    acknowledged: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while not self.is_over.is_set():
            try:
                with psycopg.connect(self.where, autocommit=True) as connection:
                    while not self.is_over.is_set():
                        number += 1
                        connection.execute("INSERT INTO written VALUES (%s)", (number,))
                        self.acknowledged.append(number)
                        self.moments.append(time.monotonic())
            except psycopg.Error:
                time.sleep(0.02)

    @property
    def where(self) -> str:
        ports = ",".join(str(node.port) for node in self.made.nodes.values())
        hosts = ",".join("127.0.0.1" for _ in self.made.nodes)
        return f"host={hosts} port={ports} user=postgres dbname=postgres target_session_attrs=read-write connect_timeout=3"

    @property
    def pause(self) -> float:
        """The longest time between two acknowledgements, in seconds."""
        return max(later - earlier for earlier, later in zip(self.moments, self.moments[1:], strict=False))

    def lost(self) -> list[int]:
        """What was acknowledged, and is not there on the member that leads now."""
        leader = self.made.nodes[self.made.leader()]
        there = set(leader.sql("SELECT coalesce(array_agg(number), '{}') FROM written"))
        return [number for number in self.acknowledged if number not in there]


@contextmanager
def writing(made: Patroni) -> Iterator[Writer]:
    """Rows are written meanwhile, some before and some after what the test does."""
    made.nodes[made.leader()].sql("DROP TABLE IF EXISTS written")
    made.nodes[made.leader()].sql("CREATE TABLE written (number bigint PRIMARY KEY)")
    writer = Writer(made)
    thread = threading.Thread(target=writer.run, daemon=True)
    thread.start()
    try:
        assert _goes_on(writer)
        yield writer
        assert _goes_on(writer)
    finally:
        writer.is_over.set()
        thread.join(timeout=30)


def _goes_on(writer: Writer) -> bool:
    before = len(writer.acknowledged)
    return eventually(lambda: len(writer.acknowledged) >= before + 20, 30)
