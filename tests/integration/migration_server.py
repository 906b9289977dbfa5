"""A PostgreSQL server on loopback for one test session, and db_migrate run against it as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from ports import free_port

BINARIES = Path("/usr/lib/postgresql/15/bin")
MODULES = "ansible_collections.mainstay.ops.plugins.modules"
CONFIGURATION = "listen_addresses = '127.0.0.1'\nfsync = off\nmax_connections = 60\nlog_statement = ddl\n"


@dataclass(frozen=True)
class Server:
    """A running server whose superuser is ``postgres``, without a password on loopback."""

    root: Path
    port: int

    def database(self, dbname: str) -> dict[str, Any]:
        """The option ``database`` of the modules."""
        return {"host": "127.0.0.1", "port": self.port, "user": "postgres", "dbname": dbname, "sslmode": "disable"}

    def connect(self, dbname: str = "postgres") -> psycopg.Connection[Any]:
        conninfo = f"host=127.0.0.1 port={self.port} user=postgres dbname={dbname} application_name=test"
        return psycopg.connect(conninfo, autocommit=True)

    def run(self, *command: str) -> None:
        as_postgres(str(BINARIES / command[0]), *command[1:])


@contextmanager
def server(configuration: str = CONFIGURATION, *initdb: str) -> Iterator[Server]:
    root = Path(tempfile.mkdtemp(prefix="mainstay-pg-"))
    shutil.chown(root, "postgres")
    started = Server(root, free_port())
    try:
        started.run("initdb", "-D", f"{root}/data", "-A", "trust", "-N", "--no-instructions", *initdb)
        own = f"port = {started.port}\nunix_socket_directories = '{root}'\n"
        with open(root / "data/postgresql.conf", "a") as file:
            file.write(own + configuration)
        started.run("pg_ctl", "-D", f"{root}/data", "-l", f"{root}/log", "-w", "start")
        yield started
    finally:
        as_postgres(str(BINARIES / "pg_ctl"), "-D", f"{root}/data", "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(root, ignore_errors=True)


def as_postgres(*command: str, check: bool = True) -> None:
    rights = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    subprocess.run([*rights, *command], check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/tmp")


def start(module: str, arguments: Mapping[str, Any], *, check_mode: bool = False) -> subprocess.Popen[str]:
    """The module as a process, like on a target."""
    given = {"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check_mode, "_ansible_diff": True}}
    process = subprocess.Popen(
        [sys.executable, "-m", f"{MODULES}.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert process.stdin
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    process.stdin = None
    return process


def result(process: subprocess.Popen[str], timeout: float = 180) -> dict[str, Any]:
    output, complaints = process.communicate(timeout=timeout)
    answer = json.loads(output) if output else {"failed": True, "msg": complaints}
    assert isinstance(answer, dict)
    return answer


def run(module: str, arguments: Mapping[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
    return result(start(module, arguments, check_mode=check_mode))


def eventually(holds: Callable[[], bool], within: float = 20.0) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return holds()
