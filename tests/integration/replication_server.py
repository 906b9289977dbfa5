"""PostgreSQL servers on loopback that follow each other, and the replication modules run on them as on hosts of their own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from backup_module import kill
from migration_server import BINARIES, as_postgres, eventually, result, start
from ports import free_port

SETTINGS = """\
listen_addresses = '127.0.0.1'
fsync = off
max_connections = 60
wal_sender_timeout = 5s
wal_retrieve_retry_interval = 200ms
hot_standby = on
"""
HBA = "local all all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
ACCOUNT = """
CREATE ROLE follower LOGIN REPLICATION;
GRANT pg_monitor TO follower;
GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text),
  pg_read_binary_file(text, bigint, bigint, boolean) TO follower;
CREATE TABLE written (id bigserial PRIMARY KEY, writer int, number int)
"""


@dataclass(frozen=True)
class Node:
    """A server of the cluster, as its own host would have it."""

    name: str
    root: Path
    port: int

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def record(self) -> Path:
        return self.root / "data.replication.json"

    @property
    def options(self) -> dict[str, Any]:
        """What every module is told of the server."""
        return {"data": str(self.data), "config": f"{self.root}/postgresql.conf", "binaries": str(BINARIES), "timeout": "60s"}

    @property
    def login(self) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": self.port, "user": "follower", "dbname": "postgres", "sslmode": "disable"}

    def sql(self, statement: str) -> Any:
        """The first field of the first row."""
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres", autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def takes_writes(self) -> bool:
        with suppress(psycopg.Error):
            self.sql("INSERT INTO written (writer, number) VALUES (-1, 0)")
            return True
        return False

    def start(self) -> None:
        self._ctl("-l", f"{self.root}/log", "-o", f"-c config_file={self.root}/postgresql.conf", "-w", "start")

    def stop(self, how: str = "fast") -> None:
        self._ctl("-m", how, "-w", "stop")

    def info(self) -> dict[str, Any]:
        return called("replication_info", self.options)

    def standby(self, primary: Node, /, *, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        return result(self.begin_standby(primary, check_mode=check_mode, **more), timeout=120)

    def begin_standby(self, primary: Node, /, *, check_mode: bool = False, **more: Any) -> subprocess.Popen[str]:
        given = {**self.options, **self._acting, "members": ["db1", "db2", "db3"], "primary": primary.login, **more}
        return start("replication_standby", given, check_mode=check_mode)

    def primary(self, state: str, *, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        return result(self.begin_primary(state, check_mode=check_mode, **more), timeout=120)

    def begin_primary(self, state: str, *, check_mode: bool = False, **more: Any) -> subprocess.Popen[str]:
        given = {**self.options, **self._acting, "slot": "", "state": state, **more}
        return start("replication_primary", given, check_mode=check_mode)

    @property
    def _acting(self) -> dict[str, Any]:
        return {"environment": "test", "host": self.name, "slot": self.name, "within": "60s"}

    def _ctl(self, *arguments: str) -> None:
        as_postgres(str(BINARIES / "pg_ctl"), "-D", str(self.data), *arguments)


@dataclass
class Load:
    """Writers at whoever takes writes; ``acknowledged`` is what the server said that it has."""

    nodes: tuple[Node, ...]
    writers: int = 4
    acknowledged: set[tuple[int, int]] = field(default_factory=set)
    gaps: list[float] = field(default_factory=list)

    @property
    def pause(self) -> float:
        """Seconds of the longest time in which no write was acknowledged to anybody."""
        return max((later - earlier for earlier, later in zip(self.gaps, self.gaps[1:], strict=False)), default=0.0)

    @contextmanager
    def running(self) -> Iterator[Load]:
        done = threading.Event()
        threads = [threading.Thread(target=self._write, args=(number, done)) for number in range(self.writers)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            done.set()
            for thread in threads:
                thread.join()

    def _write(self, writer: int, done: threading.Event) -> None:
        number = 0
        hosts = ",".join("127.0.0.1" for _node in self.nodes)
        ports = ",".join(str(node.port) for node in self.nodes)
        conninfo = f"host={hosts} port={ports} user=postgres dbname=postgres target_session_attrs=read-write connect_timeout=2"
        while not done.is_set():
            with suppress(psycopg.Error), psycopg.connect(conninfo, autocommit=True) as connection:
                while not done.is_set():
                    number += 1
                    connection.execute("INSERT INTO written (writer, number) VALUES (%s, %s)", (writer, number))
                    self.acknowledged.add((writer, number))
                    self.gaps.append(time.monotonic())
                    time.sleep(0.002)
            time.sleep(0.02)

    def lost(self, primary: Node) -> set[tuple[int, int]]:
        """What was acknowledged and is not there."""
        with psycopg.connect(f"host=127.0.0.1 port={primary.port} user=postgres dbname=postgres") as connection:
            there = set(connection.execute("SELECT writer, number FROM written").fetchall())
        return self.acknowledged - there


@contextmanager
def nodes(count: int = 2) -> Iterator[tuple[Node, ...]]:
    """So many servers, the first of which is a primary that runs; the others have no data."""
    root = Path(tempfile.mkdtemp(prefix="mainstay-replication-"))
    root.chmod(0o755)
    made = tuple(Node(f"db{number}", root / f"db{number}", free_port()) for number in range(1, count + 1))
    try:
        for node in made:
            _furnish(node)
        initialised(made[0])
        made[0].start()
        made[0].sql(ACCOUNT)
        yield made
    finally:
        for node in made:
            as_postgres(str(BINARIES / "pg_ctl"), "-D", str(node.data), "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(root, ignore_errors=True)


def initialised(node: Node) -> None:
    as_postgres(str(BINARIES / "initdb"), "-D", str(node.data), "-A", "trust", "-N", "-k", "--no-instructions")


def called(module: str, options: dict[str, Any]) -> dict[str, Any]:
    return result(start(module, options), timeout=60)


def killed(process: subprocess.Popen[str], holds: Any) -> None:
    """The module ends without a word as soon as something is so; what it started ends with it, but for servers."""
    assert eventually(holds, 60) or process.poll() is not None
    kill(process.pid) if process.poll() is None else None
    process.communicate()


def _furnish(node: Node) -> None:
    node.root.mkdir()
    files = f"hba_file = '{node.root}/pg_hba.conf'\nident_file = '{node.root}/pg_ident.conf'\n"
    own = f"port = {node.port}\nunix_socket_directories = '{node.root}'\ncluster_name = '{node.name}'\n"
    (node.root / "postgresql.conf").write_text(f"{SETTINGS}{files}{own}")
    (node.root / "pg_hba.conf").write_text(HBA)
    (node.root / "pg_ident.conf").write_text("")
    for path in (node.root, *node.root.iterdir()):
        shutil.chown(path, "postgres", "postgres")
