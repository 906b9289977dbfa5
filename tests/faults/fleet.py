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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = os.environ.get("MAINSTAY_INVENTORY") or "inventories/development"
NAME = os.environ.get("MAINSTAY_SANDBOX_NAME") or "mainstay"
HTTP_PORT = int(os.environ.get("MAINSTAY_SANDBOX_HTTP_PORT") or 18081)
STATS_PORT = int(os.environ.get("MAINSTAY_SANDBOX_STATS_PORT") or 18091)
STATE = Path(os.environ.get("MAINSTAY_SANDBOX_STATE") or ROOT / ".sandbox")
GOOD = ("v1", "v2", "v3")
APPS = ("app1", "app2", "app3")
HOSTS = ("ops1", *APPS, "proxy1", "proxy2")
ROUTERS = {"proxy1": STATS_PORT, "proxy2": STATS_PORT + 1}
ENTRANCES = (HTTP_PORT, HTTP_PORT + 1)
STORE = "/var/lib/mainstay/development"
LONGEST_S = 600
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
        ended = [record for record in self.ledger if record["kind"] == "operation" and record["slot"]]
        return ended[-1] if ended else {"release": "nothing", "slot": "none"}

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
        return next((str(r["version"]) for r in self.ledger if r["kind"] == "release" and r["id"] == self.live["release"]), "")

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


def ansible(*arguments: str, inventory: str = INVENTORY) -> list[str]:
    return [str(Path(sys.executable).parent / "ansible-playbook"), "-i", inventory, *arguments]


def environment(**more: str) -> dict[str, str]:
    """Ansible finds the collection where these tests import it from."""
    found = importlib.import_module("ansible_collections.mainstay.ops").__path__[0]
    paths = [str(Path(found).parents[2]), os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")]
    quiet = {"ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1", "MAINSTAY_SANDBOX_STATE": str(STATE)}
    return {**os.environ, **quiet, "ANSIBLE_COLLECTIONS_PATH": ":".join(filter(None, paths)), **more}


def flags(extra: Mapping[str, object]) -> list[str]:
    return [part for name, value in extra.items() for part in ("-e", json.dumps({name: value}))]


def playbook(name: str, *arguments: str, inventory: str = INVENTORY, **extra: object) -> Result:
    """Run a playbook of the collection to its end."""
    began = time.monotonic()
    words = ansible(f"mainstay.ops.{name}", *arguments, *flags(extra), inventory=inventory)
    try:
        ran = subprocess.run(words, cwd=ROOT, env=environment(), stdout=PIPE, stderr=STDOUT, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired as hung:
        return Result(124, (hung.stdout or b"").decode(errors="replace"), LONGEST_S)
    return Result(ran.returncode, ran.stdout.decode(errors="replace"), time.monotonic() - began)


def snapshot(without: str = "") -> Snapshot:
    """What is true now; a host that is down on purpose is not asked."""
    return Snapshot(
        replicas=tuple(replica for host in APPS if host != without for replica in replicas(host)),
        rotation={router: rotation(port) for router, port in ROUTERS.items() if router != without},
        ledger=tuple(json.loads(json.loads(line)["record"]) for line in stored("ledger.jsonl").splitlines()),
        journal=json.loads(stored("journal.json") or "{}"),
        holder=json.loads(stored("lock.json") or "{}").get("holder") or {},
    )


def replicas(host: str) -> list[Replica]:
    lines = command("docker", "ps", "-a", "--format", LABELS, "--filter", "label=ops.mainstay.slot", host=host)
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


def sql(statement: str) -> str:
    """What the database says, a row a line."""
    return command("su", "postgres", "-c", f'psql shop -Atc "{statement}"', host="db1")


def cleared(version: str) -> None:
    """Nothing is known against this version."""
    seen = snapshot()
    identity = seen.releases.get(version, "")
    if seen.marks.get(identity) == "bad":
        assert playbook("clear_release", release=identity, reason="a test begins").rc == 0


def inventory(name: str) -> Any:
    """A variable of the inventory as Ansible has it, with its templates filled in."""
    words = [str(Path(sys.executable).parent / "ansible"), "-i", INVENTORY, "ops1", "-m", "debug", "-a", f"var={name}"]
    told = subprocess.run(
        words, cwd=ROOT, env=environment(ANSIBLE_CALLBACK_RESULT_FORMAT="json"), stdout=PIPE, text=True, check=True
    ).stdout
    return json.loads(told[told.index("{") :])[name]


def impatient(deadline: str = "15s") -> dict[str, Any]:
    """The services of the inventory, with less patience for a replica that does not become healthy."""
    services = inventory("mainstay_services")
    return {name: {**service, "health": {**service["health"], "deadline": deadline}} for name, service in services.items()}


def sized(service: str, replicas: int) -> dict[str, Any]:
    """The services of the inventory, one of them in another size."""
    services = inventory("mainstay_services")
    return {**services, service: {**services[service], "replicas": replicas, "max_replicas": 4}}


def unknown_configuration() -> dict[str, object]:
    """A service as no release had it before, so that its image must be asked for."""
    return {
        "api": {
            "kind": "web",
            "image": "ops1:5000/shop/api",
            "container_port": 8000,
            "ports": {"blue": 21000, "green": 22000},
            "environment": {"NEVER_SEEN_BEFORE": str(time.time())},
        }
    }


def until(is_true: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"it did not become so within {seconds} s: {what_hinders()}"
        time.sleep(0.3)


def is_well() -> bool:
    """Every server in rotation is up, and the shop sells."""
    with suppress(OSError, subprocess.SubprocessError):
        for port in ENTRANCES:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=3).close()
        return all(not down(port) for port in ROUTERS.values())
    return False


def down(stats_port: int) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{stats_port}/;csv", timeout=5) as answer:
        return [line for line in answer.read().decode().splitlines() if line.startswith("shop_") and ",DOWN" in line]


@contextmanager
def paused(host: str) -> Iterator[None]:
    """A host that hangs: connections to it are neither refused nor answered."""
    command("docker", "pause", f"{NAME}-{host}")
    try:
        yield
    finally:
        command("docker", "unpause", f"{NAME}-{host}")


@contextmanager
def stopped(service: str, host: str) -> Iterator[None]:
    """A host whose service is stopped: connections to it are refused."""
    command("systemctl", "stop", service, host=host)
    try:
        yield
    finally:
        command("systemctl", "start", service, host=host)


@contextmanager
def unreachable(host: str) -> Iterator[None]:
    """A host that serves its customers, but that Ansible can no longer log in to."""
    command("systemctl", "kill", "--signal=KILL", "ssh", host=host)  # those who are logged in too
    with stopped("ssh", host):
        yield


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
