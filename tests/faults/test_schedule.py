"""Timers of the operations host run what they should, notice what fails, tell it once, and go when nobody wants them."""

from __future__ import annotations

import json
from typing import Any

import fleet
import pytest

pytestmark = pytest.mark.fleet

UNIT = "mainstay-probe-development"
METRICS = "/var/lib/prometheus/node-exporter"


USUAL = ("backup", "backup_changes", "check_backup", "verify_backup", "maintain_database")


def configure(program: str, *flags: str, **timer: Any) -> fleet.Result:
    """The one timer, and none of the usual ones."""
    timers = {"probe": {"playbook": "status", "every": "2s", "alone": True, **timer}}
    timers |= {name: {"state": "absent"} for name in USUAL}
    said = {"command": [program], "metrics": METRICS, "timers": timers}
    return fleet.playbook("configure_schedules", *flags, mainstay_schedules=said)


def configured(program: str, **timer: Any) -> None:
    made = configure(program, **timer)
    assert made.rc == 0, made.output


def remembered() -> dict[str, Any]:
    found = fleet.command("sh", "-c", f"cat {fleet.STORE}/timers/probe.json 2>/dev/null || echo '{{}}'", host="ops1")
    known: dict[str, Any] = json.loads(found)
    return known


def metric(name: str) -> str:
    return fleet.command("sh", "-c", f"grep '^mainstay_timer_{name}' {METRICS}/{UNIT}.prom | cut -d' ' -f2", host="ops1").strip()


def test_a_timer_that_fails_is_noticed_and_one_that_works_again_too(sandbox: None) -> None:
    """What runs is a program that fails or passes; the same program tells, so a failure is not told before it passes."""
    try:
        configured("/bin/false")
        fleet.until(lambda: remembered().get("good") is False, 60)
        fleet.until(lambda: metric("good") == "0.000", 30)
        assert metric("passed_timestamp_seconds") == "0.000"
        configured("/bin/true")
        fleet.until(lambda: remembered().get("good") is True, 60)
        fleet.until(lambda: metric("good") == "1.000", 30)
        assert "changed=0" in configure("/bin/true", "--check").output, "a second run changes nothing"
    finally:
        configured("/bin/true", state="absent")
    gone = fleet.command("sh", "-c", f"ls /etc/systemd/system {METRICS} {fleet.STORE}/timers", host="ops1")
    assert "probe" not in gone
