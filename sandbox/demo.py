"""The main job, shown: deploy, replace under load, refuse a broken release, roll back, and count what customers noticed."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .customers import shopping
from .errors import SandboxError
from .settings import Settings
from .terminal import say

ROOT = Path(__file__).parents[1]
INVENTORY = ROOT / "inventories" / "development"
RATE = 200


@dataclass(frozen=True)
class Act:
    """One command of an operator's day; ``refused`` says that it is meant to end with an error."""

    title: str
    playbook: str
    variables: tuple[str, ...] = ()
    refused: bool = False

    @property
    def command(self) -> list[str]:
        extra = [word for variable in self.variables for word in ("-e", variable)]
        return ["ansible-playbook", "-i", str(INVENTORY), f"mainstay.ops.{self.playbook}", *extra]


SETTING_UP = (
    Act("Configure the routers", "configure_routers"),
    Act("Put v1 into service", "deploy", ("version=v1",)),
)
UNDER_LOAD = (
    Act("Replace v1 by v2, host by host, with a migration", "deploy", ("version=v2",)),
    Act("Switch to v3 all at once, and keep v2 beside it", "deploy", ("version=v3", "strategy=blue_green")),
    Act("Try a release that never becomes healthy", "deploy", ("version=v4-never-healthy",), refused=True),
    Act("Roll back to what was proven good before", "rollback", ("strategy=blue_green",)),
)
AFTERWARDS = (Act("Look at what runs where", "status"),)


def play(settings: Settings) -> None:
    """Run all acts; raises ``SandboxError`` if one ends otherwise than meant, or if a request was lost."""
    logs = settings.state / "demo"
    logs.mkdir(exist_ok=True)
    _forget_last_time()
    for act in SETTING_UP:
        _perform(act, logs)
    say(f"\n  From here on customers send {RATE} requests a second through both routers.\n")
    with shopping([f"127.0.0.1:{port}" for port in (settings.http_port, settings.http_port + 1)], RATE) as customers:
        for act in UNDER_LOAD:
            _perform(act, logs)
    for act in AFTERWARDS:
        _perform(act, logs)
    _count(customers.told.get("start", {}))


def _forget_last_time() -> None:
    """A release that an earlier demo found bad would be refused before the demo could show why."""
    told = subprocess.run(Act("", "status").command, capture_output=True, text=True, check=False).stdout
    for release in sorted(set(re.findall(r"deploy (v4-[a-z-]+-[0-9a-f]{8}): fail", told))):
        words = Act("", "clear_release", (f"release={release}", "reason=demo")).command
        subprocess.run(words, capture_output=True, check=False)


def _perform(act: Act, logs: Path) -> None:
    say(f"  {act.title}\n    $ {' '.join(['ansible-playbook', *act.command[3:]])}")
    begin, log = time.monotonic(), logs / f"{act.playbook}-{'-'.join(act.variables) or 'now'}.log".replace("=", "-")
    done = subprocess.run(act.command, capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    log.write_text(done.stdout + done.stderr)
    for line in _messages(done.stdout):
        say(f"      {line}")
    say(f"    exit code {done.returncode} after {time.monotonic() - begin:.0f} s\n")
    if (done.returncode != 0) is not act.refused:
        raise SandboxError(f"{act.title}: that was not meant to end so; all of its output is in {log}")


def _messages(output: str) -> list[str]:
    """What the playbook tells people at its end."""
    told = re.findall(r"^    - (.*(?:\n      .*)*)", output.rpartition("\n    msg:\n")[2], re.MULTILINE)
    why = re.findall(r"\[ERROR\].*?(did not pass.*)", output)
    return [line.strip("'\"").replace("\n      ", " ")[:400] for line in [*told, *why[-1:]]]


def _count(told: Mapping[str, Any]) -> None:
    if not told.get("count"):
        raise SandboxError("no request was sent, so nothing was shown: are the routers' ports on loopback in use?")
    answered = ", ".join(f"{number} by {version}" for version, number in sorted(told["versions"].items()))
    say(f"  Customers sent {told['count']} requests meanwhile, answered: {answered}.")
    say(f"  Failed: {told['failed']}. Half of them took {told['p50_ms']} ms, 99 of 100 {told['p99_ms']} ms at most.\n")
    if told["failed"]:
        raise SandboxError(f"{told['failed']} requests failed: {told['reasons']}")
