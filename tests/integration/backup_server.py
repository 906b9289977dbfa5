"""A PostgreSQL server on loopback whose write-ahead log pgBackRest archives, into a directory and, if asked, into S3 too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migration_server import CONFIGURATION, Server, server
from object_store import Bucket

STANZA = "main"
PASSPHRASE = "the-passphrase-of-a-test"
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
DEFAULTS = """\
start-fast=y
compress-type=zst
compress-level=3
process-max=2
checksum-page=y
log-level-console=off
"""


@dataclass(frozen=True)
class Backed:
    """A server and its stanza ``main``; ``root`` holds the configuration, the repository and what pgBackRest needs besides."""

    server: Server
    root: Path

    @property
    def config(self) -> Path:
        return self.root / "pgbackrest.conf"

    @property
    def repository(self) -> Path:
        return self.root / "repo1"

    @property
    def data(self) -> Path:
        return self.server.root / "data"

    @property
    def place(self) -> dict[str, Any]:
        """The options ``stanza`` and ``config`` of the modules."""
        return {"stanza": STANZA, "config": str(self.config)}

    def pgbackrest(self, *arguments: str, stanza: str = STANZA) -> str:
        """What the program writes; its errors are the test's."""
        command = ["pgbackrest", f"--config={self.config}", f"--stanza={stanza}", *arguments]
        done = subprocess.run([*AS_POSTGRES, *command], capture_output=True, text=True, check=False, cwd="/", timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def backup(self, kind: str = "full", repository: int = 1) -> str:
        """Take a backup past our modules; its label."""
        self.pgbackrest("backup", f"--repo={repository}", f"--type={kind}")
        return self.labels(repository)[-1]

    def labels(self, repository: int = 1) -> list[str]:
        [found] = json.loads(self.pgbackrest("info", f"--repo={repository}", "--output=json"))
        return [backup["label"] for backup in found["backup"]]

    def sql(self, statement: str, dbname: str = "postgres") -> Any:
        """The first field of the first row."""
        with self.server.connect(dbname) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def set(self, name: str, value: str) -> None:
        """Change a setting of the server that takes effect at once."""
        self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")

    def switch(self) -> str:
        """Write something, and begin a new segment; the name of the one that is complete now."""
        self.sql("SELECT pg_logical_emit_message(true, 'test', 'something')")
        return str(self.sql("SELECT pg_walfile_name(pg_switch_wal())"))

    def stop(self) -> None:
        self.server.run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")

    def start(self) -> None:
        self.server.run("pg_ctl", "-D", str(self.data), "-l", f"{self.server.root}/log", "-w", "start")


@contextmanager
def backed(*, bucket: Bucket | None = None, options: str = "", settings: str = "") -> Iterator[Backed]:
    """The server with a stanza that is made; ``options`` are more of pgBackRest's, ``settings`` of PostgreSQL's."""
    root = Path(tempfile.mkdtemp(prefix="mainstay-backup-"))
    for folder in (root, root / "log"):
        folder.mkdir(exist_ok=True)
        shutil.chown(folder, "postgres", "postgres")
    archiving = f"archive_mode = on\narchive_command = '{archive_command(root)}'\n"
    try:
        with server(f"{CONFIGURATION}{archiving}{settings}\n", "--data-checksums") as running:
            made = Backed(running, root)
            made.config.write_text(configuration(made, bucket, options))
            made.config.chmod(0o600)
            shutil.chown(made.config, "postgres", "postgres")
            made.pgbackrest("stanza-create")
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def archive_command(root: Path) -> str:
    return f"pgbackrest --config={root}/pgbackrest.conf --stanza={STANZA} archive-push %p"


def configuration(made: Backed, bucket: Bucket | None, options: str) -> str:
    """As the role writes it; ``repo2`` is the bucket."""
    root = made.root
    paths = f"log-path={root}/log\nlock-path={root}/lock\nspool-path={root}/spool\n"
    cluster = f"pg1-path={made.data}\npg1-port={made.server.port}\npg1-socket-path={made.server.root}\n"
    first = f"repo1-path={made.repository}\n{_kept(1)}"
    second = f"{bucket.options(2)}{_kept(2)}" if bucket else ""
    return f"[global]\n{DEFAULTS}{paths}{first}{second}{options}\n[{STANZA}]\n{cluster}"


def _kept(number: int) -> str:
    """Encrypted, bundled and with a retention."""
    options = {"cipher-type": "aes-256-cbc", "cipher-pass": f"{PASSPHRASE}-{number}", "bundle": "y", "retention-full": "4"}
    return "".join(f"repo{number}-{name}={value}\n" for name, value in options.items())
