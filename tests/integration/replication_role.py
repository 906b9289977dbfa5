"""The role replication run by Ansible on servers that are only written down, see replication_played."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_module import PLAIN

HERE = Path(__file__).parent
ROLE = HERE.parents[1] / "roles" / "replication"
MODULES = ("replication_info", "replication_primary", "replication_standby")
Server = Mapping[str, Any]


@dataclass(frozen=True)
class Played:
    """What became of it; ``calls`` are those that change something, as ``<state> <host>``."""

    rc: int
    words: str
    servers: Mapping[str, Server]
    calls: list[dict[str, Any]]

    @property
    def done(self) -> list[str]:
        return [f"{call['state']} {call['host']}" for call in self.calls]

    def asked(self, state: str) -> dict[str, Any]:
        """The arguments of the first call with this state."""
        return next(call for call in self.calls if call["state"] == state)


def played(
    root: Path,
    servers: Mapping[str, Server],
    tasks_from: str = "switch",
    *,
    fails: Mapping[str, str] | None = None,
    breaks: tuple[str, ...] = (),
    check: bool = False,
    **variables: Any,
) -> Played:
    """The role on these servers, of which an empty one does not answer; ``fails`` and ``breaks`` are ``<state> <host>``."""
    world = root / "world.json"
    world.write_text(json.dumps({"servers": servers, "calls": [], "fails": fails or {}, "breaks": breaks}))
    playbook = root / "play.yml"
    role = {"ansible.builtin.include_role": {"name": "mainstay.ops.replication", "tasks_from": tasks_from}}
    writers = {
        "ansible.builtin.debug": {"msg": "backed up is {{ groups['database_writer'] | default(['nobody']) | join(' and ') }}"}
    }
    playbook.write_text(yaml.safe_dump([{"hosts": "ops1", "gather_facts": False, "tasks": [role, writers]}]))
    environment = {**os.environ, **PLAIN, "ANSIBLE_COLLECTIONS_PATH": str(_collection(root)), "MAINSTAY_PLAYED": str(world)}
    command = ["ansible-playbook", "-i", str(_inventory(root, tuple(servers), variables)), str(playbook)]
    ran = subprocess.run(
        [f"{Path(sys.executable).parent}/{command[0]}", *command[1:], *(["--check"] if check else [])],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )
    found = json.loads(world.read_text())
    words = " ".join((ran.stdout + ran.stderr).split())
    print(words)
    return Played(ran.returncode, words, found["servers"], found["calls"])


def _inventory(root: Path, members: tuple[str, ...], variables: Mapping[str, Any]) -> Path:
    """The first is of the group database, the others are its replicas."""
    local = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": sys.executable}
    account = {"account": {"user": "follower", "password": "long enough"}}
    given = {"mainstay_environment": "production", "mainstay_replication": account, **local, **variables}
    path = root / "hosts.yml"
    described: dict[str, dict[str, str]] = {name: {"ansible_host": f"{name}.example"} for name in members}
    groups = {
        "operations": {"hosts": {"ops1": {}}},
        "database": {"hosts": {members[0]: described[members[0]]}},
        "database_replicas": {"hosts": {name: described[name] for name in members[1:]}},
    }
    path.write_text(yaml.safe_dump({"all": {"vars": given, "children": groups}}))
    return path


def _collection(root: Path) -> Path:
    """With the role as it is, and modules that only play."""
    place = root / "collections"
    ops = place / "ansible_collections" / "mainstay" / "ops"
    (ops / "roles").mkdir(parents=True, exist_ok=True)
    actions = ops / "plugins" / "action"
    actions.mkdir(parents=True, exist_ok=True)
    for name in MODULES:
        shutil.copy(HERE / "replication_played.py", actions / f"{name}.py")
    for shared in ("module_utils", "filter"):
        if not (ops / "plugins" / shared).exists():
            (ops / "plugins" / shared).symlink_to(ROLE.parents[1] / "plugins" / shared)
    if not (ops / "roles" / "replication").exists():
        (ops / "roles" / "replication").symlink_to(ROLE)
    return place
