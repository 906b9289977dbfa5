# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A sandbox fleet of the benchmark's own, brought up and taken down by it, and playbooks run against it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from cost import Cost

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(__file__).parent / "peers"
NETWORK = "172.30.93"
SUBNET = f"{NETWORK}.0/24"
SANDBOX = {
    "MAINSTAY_SANDBOX_NAME": "mainstay-bench",
    "MAINSTAY_SANDBOX_SUBNET": SUBNET,
    "MAINSTAY_SANDBOX_HTTP_PORT": "19381",
    "MAINSTAY_SANDBOX_STATS_PORT": "19391",
}
# Connections must outlive a run, so that their bytes can be counted at its end.
ANSIBLE = {"ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=900", "ANSIBLE_PIPELINING": "1", "ANSIBLE_FORKS": "20"}

NOTHING: Mapping[str, object] = {}


class RunFailed(Exception):
    """A playbook failed that must not, which makes its figures worthless."""


@dataclass(frozen=True)
class Fleet:
    """So many application hosts, of which an inventory may name fewer."""

    directory: Path
    apps: int

    @property
    def environment(self) -> dict[str, str]:
        control = {"ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.directory / "cp")}
        return {**os.environ, **SANDBOX, **ANSIBLE, **control, "MAINSTAY_SANDBOX_STATE": str(self.directory / "state")}

    def sandbox(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "sandbox", *arguments]
        ran = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RunFailed(f"{' '.join(command)} failed: {ran.stderr.strip()[-2000:]}")

    def inventory(self, apps: int) -> Path:
        """The development inventory with this fleet's addresses and so many application hosts."""
        path = self.directory / f"inventory-{apps}"
        if path.exists():
            return path
        shutil.copytree(ROOT / "inventories/development", path)
        for file in path.rglob("*.yml"):
            text = file.read_text().replace("172.30.77", NETWORK).replace("{{ inventory_dir }}/../..", str(ROOT))
            file.write_text(text)
        hosts = yaml.safe_load((path / "hosts.yml").read_text())
        named = {f"app{n}": {"ansible_host": f"{NETWORK}.{10 + n}"} for n in range(1, apps + 1)}
        hosts["all"]["children"]["app"]["hosts"] = named
        (path / "hosts.yml").write_text(yaml.safe_dump(hosts))
        return path

    def play(self, playbook: str, given: Mapping[str, object] = NOTHING, apps: int | None = None) -> Cost:
        """What a run of a playbook cost, which must succeed; its output stands in the directory."""
        inventory = self.inventory(apps or self.apps)
        command = ["ansible-playbook", "-i", str(inventory), playbook, "-e", json.dumps(dict(given))]
        return self._spend(command, Path(playbook).name)

    def ask(self, hosts: str, module: str, arguments: Mapping[str, object]) -> None:
        """One module on some hosts, for what stands between two measurements."""
        self._spend(["ansible", "-i", str(self.inventory(self.apps)), hosts, "-m", module, "-a", json.dumps(arguments)], "ask")

    def _spend(self, command: list[str], name: str) -> Cost:
        log = self.directory / f"{name}.log"
        spender = [sys.executable, str(Path(__file__).with_name("cost.py")), SUBNET, *command]
        with log.open("w") as output:
            ran = subprocess.run(
                spender, cwd=self.directory, env=self.environment, stdout=subprocess.PIPE, stderr=output, text=True, check=True
            )
        cost = Cost(**json.loads(ran.stdout))
        if cost.code:
            raise RunFailed(f"{' '.join(command)} failed with {cost.code}: {log.read_text()[-3000:]}")
        return cost


@contextmanager
def fleet(apps: int) -> Iterator[Fleet]:
    """The fleet with its releases in the registry, and its routers configured."""
    directory = Path(tempfile.mkdtemp(prefix="bench-"))
    made = Fleet(directory, apps)
    try:
        made.sandbox("up", "--apps", str(apps))
        made.sandbox("release")
        made.play("mainstay.ops.configure_routers")
        yield made
    finally:
        made.sandbox("down")
        shutil.rmtree(directory, ignore_errors=True)
