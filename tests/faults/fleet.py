"""The sandbox fleet as the fault tests see it: playbooks run like an operator runs them, and what is true is read without them.

What is true is asked of Docker, of HAProxy and of the files on the operations host themselves, so that a playbook that
believes something wrong is found out.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = "inventories/development"
NAME = os.environ.get("MAINSTAY_SANDBOX_NAME") or "mainstay"
HTTP_PORT = int(os.environ.get("MAINSTAY_SANDBOX_HTTP_PORT") or 18081)
STATS_PORT = int(os.environ.get("MAINSTAY_SANDBOX_STATS_PORT") or 18091)
STATE = Path(os.environ.get("MAINSTAY_SANDBOX_STATE") or ROOT / ".sandbox")
GOOD = ("v1", "v2", "v3")
APPS = ("app1", "app2", "app3")
ROUTERS = {"proxy1": STATS_PORT, "proxy2": STATS_PORT + 1}
ENTRANCES = (HTTP_PORT, HTTP_PORT + 1)
STORE = "/var/lib/mainstay/development"
LONGEST_S = 300
LABELS = '{{.ID}} {{.Names}} {{.Label "ops.mainstay.release"}} {{.Label "ops.mainstay.slot"}} {{.State}}'


@dataclass(frozen=True)
class Result:
    """What a playbook left behind for whoever ran it."""

    rc: int
    output: str
    seconds: float

    @property
    def words(self) -> str:
        """The output with its line breaks gone, as the callback folds long sentences."""
        return " ".join(self.output.split())


@dataclass(frozen=True)
class Replica:
    """A container of the application on a host."""

    host: str
    id: str
    name: str
    release: str
    slot: str
    state: str


@dataclass(frozen=True)
class Snapshot:
    """All that a run could have changed."""

    replicas: tuple[Replica, ...]
    rotation: Mapping[str, frozenset[str]]
    ledger: tuple[Mapping[str, object], ...]
    journal: Mapping[str, object]
    holder: Mapping[str, object]

    @property
    def running(self) -> frozenset[tuple[str, str, str]]:
        return frozenset((r.host, r.release, r.slot) for r in self.replicas if r.state == "running")

    @property
    def live(self) -> Mapping[str, object]:
        return [record for record in self.ledger if record["kind"] == "operation" and record["slot"]][-1]

    @property
    def marks(self) -> dict[str, str]:
        return {str(r["release"]): str(r["mark"]) for r in self.ledger if r["kind"] == "mark"}

    @property
    def releases(self) -> dict[str, str]:
        """The last release id of every version."""
        return {str(r["version"]): str(r["id"]) for r in self.ledger if r["kind"] == "release"}

    @property
    def version(self) -> str:
        """The version that serves."""
        return next(str(r["version"]) for r in self.ledger if r["kind"] == "release" and r["id"] == self.live["release"])

    @property
    def next(self) -> str:
        """Another version, as good as the one that serves."""
        return next(version for version in GOOD if version != self.version)

    @property
    def routed(self) -> dict[str, set[str]]:
        """Slots that each router sends traffic to."""
        return {router: {server.split("-")[-2] for server in servers} for router, servers in self.rotation.items()}


def command(*arguments: str, host: str = "", timeout: float = 60, check: bool = True) -> str:
    """Output of a command here, or inside a host of the fleet."""
    inside = ("docker", "exec", f"{NAME}-{host}") if host else ()
    return subprocess.run([*inside, *arguments], capture_output=True, text=True, timeout=timeout, check=check).stdout


def ansible(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "ansible-playbook"), "-i", INVENTORY, *arguments]


def environment(**more: str) -> dict[str, str]:
    """Ansible finds the collection where these tests import it from."""
    found = importlib.import_module("ansible_collections.mainstay.ops").__path__[0]
    paths = [str(Path(found).parents[2]), os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")]
    quiet = {"ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1", "MAINSTAY_SANDBOX_STATE": str(STATE)}
    return {**os.environ, **quiet, "ANSIBLE_COLLECTIONS_PATH": ":".join(filter(None, paths)), **more}


def flags(extra: Mapping[str, object]) -> list[str]:
    return [part for name, value in extra.items() for part in ("-e", json.dumps({name: value}))]


def playbook(name: str, *arguments: str, **extra: object) -> Result:
    """Run a playbook of the collection to its end."""
    began = time.monotonic()
    words = ansible(f"mainstay.ops.{name}", *arguments, *flags(extra))
    try:
        ran = subprocess.run(words, cwd=ROOT, env=environment(), stdout=PIPE, stderr=STDOUT, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired as hung:
        return Result(124, (hung.stdout or b"").decode(errors="replace"), LONGEST_S)
    return Result(ran.returncode, ran.stdout.decode(errors="replace"), time.monotonic() - began)


def snapshot() -> Snapshot:
    return Snapshot(
        replicas=tuple(replica for host in APPS for replica in replicas(host)),
        rotation={router: rotation(port) for router, port in ROUTERS.items()},
        ledger=tuple(json.loads(json.loads(line)["record"]) for line in stored("ledger.jsonl").splitlines()),
        journal=json.loads(stored("journal.json") or "{}"),
        holder=json.loads(stored("lock.json") or "{}").get("holder") or {},
    )


def replicas(host: str) -> list[Replica]:
    lines = command("docker", "ps", "-a", "--format", LABELS, "--filter", "label=ops.mainstay.application=shop", host=host)
    return sorted((Replica(host, *line.split()) for line in lines.splitlines()), key=lambda replica: replica.name)


def rotation(stats_port: int) -> frozenset[str]:
    """Servers that an operator would say are in rotation, whether they are up or not."""
    with urllib.request.urlopen(f"http://127.0.0.1:{stats_port}/;csv", timeout=5) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.read().decode().lstrip("# "))))
    servers = [row for row in rows if row["pxname"].startswith("shop_") and row["svname"] != "BACKEND"]
    return frozenset(f"{row['pxname']}/{row['svname']}" for row in servers if not row["status"].startswith(("MAINT", "DRAIN")))


def stored(name: str) -> str:
    """A file of the environment on the operations host; "" if there is none."""
    return command("cat", f"{STORE}/{name}", host="ops1", check=False)


def what_hinders() -> list[str]:
    """Why the fleet is not converged; nothing when one release serves in one slot, the lock is free, the journal closed."""
    seen = snapshot()
    wrong = [f"the lock is held: {seen.holder}"] if seen.holder else []
    wrong += [f"the journal is open: {seen.journal}"] if seen.journal else []
    live = (seen.live["release"], seen.live["slot"])
    wrong += [f"{host} does not run {live}" for host in APPS if (host, *live) not in seen.running]
    wrong += [f"{router} routes {slots}, not {live[1]}" for router, slots in seen.routed.items() if slots != {live[1]}]
    if len({frozenset(servers) for servers in seen.rotation.values()}) != 1:
        wrong.append(f"the routers do not agree: {seen.rotation}")
    return wrong
