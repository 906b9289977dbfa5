"""The units of timers as systemd reads them, and the playbooks that install them, in check mode on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_module import PLAIN
from notice_servers import web

ROLE = Path(__file__).parents[2] / "roles" / "schedule"
NAME = "mainstay-backup-production"
COMMAND = ["/bin/echo", "-i", "/etc/mainstay/an inventory"]
GIVEN = {"mainstay_environment": "production", "schedule_name": "backup", "schedule_command": [*COMMAND, "mainstay.ops.backup"]}
FULL = {
    "schedule_at": "*-*-* 02:00:00 UTC",
    "schedule_delay": "30min",
    "schedule_alone": True,
    "schedule_condition": ["/bin/true", "a b"],
    "schedule_tell": [*COMMAND, "mainstay.ops.tell_timer", "-e", "timer=backup"],
    "schedule_metrics": "/var/lib/prometheus/node-exporter",
    "schedule_overdue": "26h",
}
SHOP: dict[str, Any] = {"mainstay_environment": "production", "mainstay_application": "shop"}


def ran(directory: Path, name: str, *flags: str, **said: Any) -> subprocess.CompletedProcess[str]:
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    hosts = {"all": {"children": {"operations": {"hosts": {"ops1": host}}}, "vars": said}}
    (directory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    command = ["ansible-playbook", "-i", str(directory / "hosts.yml"), name, *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, env={**os.environ, **PLAIN}, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout + done.stderr)


def rendered(directory: Path, **said: Any) -> Path:
    """The units as the role writes them, elsewhere than where systemd looks."""
    kind = {"loop": "{{ __schedule_kinds }}", "loop_control": {"loop_var": "kind"}}
    where = {"src": f"{ROLE}/templates/unit{{{{ kind }}}}.j2", "dest": f"{directory}/{{{{ __schedule_unit }}}}{{{{ kind }}}}"}
    files = [str(ROLE / "defaults" / "main.yml"), str(ROLE / "vars" / "main.yml")]
    task = {"ansible.builtin.template": {**where, "mode": "0644"}, **kind, "vars": {**GIVEN, **said}}
    play = {"hosts": "operations", "gather_facts": False, "vars_files": files, "tasks": [task]}
    (directory / "play.yml").write_text(yaml.safe_dump([play]))
    done = ran(directory, str(directory / "play.yml"), **SHOP)
    assert done.returncode == 0, done.stdout
    return directory


@pytest.mark.parametrize(
    "said", [FULL, {"schedule_every": "2min"}, {"schedule_every": "1h", "schedule_alone": True}], ids=["full", "check", "alone"]
)
def test_systemd_has_nothing_against_the_units(tmp_path: Path, said: dict[str, Any]) -> None:
    units = rendered(tmp_path, **said)
    names = sorted(path.name for path in units.glob("mainstay-*"))
    assert len(names) == (3 if "schedule_tell" in said else 2)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *names]
    found = subprocess.run(
        command, capture_output=True, text=True, cwd=units, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"}, check=False
    )
    about_ours = [line for line in found.stderr.splitlines() if "mainstay" in line]
    assert about_ours == [], found.stderr


def test_a_unit_says_who_runs_what_when_and_what_follows(tmp_path: Path) -> None:
    units = rendered(tmp_path, **FULL)
    service = (units / f"{NAME}.service").read_text()
    assert f'ExecStart=/usr/bin/flock --exclusive --close /var/lib/mainstay-timers/production.alone "{COMMAND[0]}"' in service
    assert '"/etc/mainstay/an inventory" "mainstay.ops.backup"' in service
    assert "Environment=USER=timer" in service
    assert f"OnFailure={NAME}-tell.service" in service
    assert (
        " ended /var/lib/mainstay/production backup 26h /var/lib/prometheus/node-exporter/mainstay-backup-production.prom"
        in service
    )
    timer = (units / f"{NAME}.timer").read_text()
    assert re.findall(r"^(?:OnCalendar|Persistent|RandomizedDelaySec)=.*$", timer, re.M) == [
        "OnCalendar=*-*-* 02:00:00 UTC",
        "Persistent=true",
        "RandomizedDelaySec=30min",
    ]
    assert "tell_timer" in (units / f"{NAME}-tell.service").read_text()


def test_only_one_run_holds_what_is_alone(tmp_path: Path) -> None:
    """The command of the unit, with a file of this test: the second waits until the first is done."""
    service = (rendered(tmp_path, **FULL) / f"{NAME}.service").read_text()
    words = re.search(r"^ExecStart=(/usr/bin/flock .*?) /var/lib", service, re.M)
    assert words
    flock, held, log = words[1].split(), tmp_path / "alone", tmp_path / "log"
    held.touch()
    script = f"echo begin >> {log}; sleep 0.3; echo end >> {log}"
    runs = [subprocess.Popen([*flock, str(held), "/bin/sh", "-c", script]) for _run in range(3)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0]
    assert log.read_text().split() == ["begin", "end"] * 3


def schedules(**timers: Any) -> dict[str, Any]:
    return {**SHOP, "mainstay_backup": {}, "mainstay_schedules": {"command": COMMAND, "timers": timers}}


def test_the_usual_timers_are_foreseen_and_those_that_nobody_wants_are_not(tmp_path: Path) -> None:
    wanted = schedules(backup_changes={"state": "absent"})
    told = ran(tmp_path, "mainstay.ops.configure_schedules", "--check", "--diff", **wanted)
    assert told.returncode == 0, told.stdout
    events = re.findall(r"^\+On(?:Calendar|UnitInactiveSec)=(.*)$", told.stdout, re.M)
    assert events == ["*-*-* 02:00:00 UTC", "2min", "Sun *-*-* 04:00:00 UTC"], "nothing says how to reach a database to maintain"
    assert "mainstay.ops.verify_backup" in told.stdout
    assert "production.alone" in told.stdout


def test_without_backups_there_are_no_timers_of_them(tmp_path: Path) -> None:
    said = {**SHOP, "mainstay_schedules": {"command": COMMAND, "timers": {"state": {"playbook": "status", "every": "5min"}}}}
    told = ran(tmp_path, "mainstay.ops.configure_schedules", "--check", "--diff", **said)
    assert told.returncode == 0, told.stdout
    assert re.findall(r'^\+ExecStart="/bin/echo".*"(mainstay\.ops\.status)"$', told.stdout, re.M) == ["mainstay.ops.status"]
    assert "mainstay.ops.backup" not in told.stdout


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({**SHOP, "mainstay_backup": {}}, "needs a program with an absolute path"),
        (schedules(backup={"at": "every full moon"}), "every full moon"),
        (schedules(backup={"every": "1h"}), "takes either at"),
        (schedules(backup={"delay": "1 week"}), "such as 30min"),
        (schedules(backup={"arguments": ["-e", "type='full'; $(id)"]}), "without quotes"),
        ({**schedules(), "mainstay_schedules": {"command": ["/opt/not/there"]}}, "is not there, or cannot be run"),
        (
            {**SHOP, "mainstay_schedules": {"command": COMMAND, "timers": {"../etc": {"every": "1h"}}}},
            "names take lower-case letters",
        ),
    ],
)
def test_what_systemd_or_a_shell_would_read_otherwise_is_refused(tmp_path: Path, said: dict[str, Any], why: str) -> None:
    refused = ran(tmp_path, "mainstay.ops.configure_schedules", "--check", **said)
    assert refused.returncode != 0
    assert why in " ".join(refused.stdout.split())


def test_the_timer_that_recovers_is_made_of_the_same(tmp_path: Path) -> None:
    told = ran(tmp_path, "mainstay.ops.configure_recovery", "--check", "--diff", **SHOP, mainstay_recovery={"command": COMMAND})
    assert told.returncode == 0, told.stdout
    look = r'^\+ExecCondition=\+"/usr/bin/python3" "/usr/local/sbin/mainstay-is-abandoned" "/var/lib/mainstay/production" "300"$'
    assert re.search(look, told.stdout, re.M), told.stdout
    assert "+Environment=USER=recovery" in told.stdout
    assert "+OnUnitInactiveSec=1min" in told.stdout
    assert "OnFailure" not in told.stdout


@pytest.mark.parametrize(
    ("good", "event", "words"), [(False, "failed", "the timer backup failed"), (True, "passed", "the timer backup works again")]
)
def test_people_hear_how_a_timer_does(tmp_path: Path, good: bool, event: str, words: str) -> None:
    environment = f"test-{uuid.uuid4().hex[:8]}"
    state = Path("/var/lib/mainstay", environment)
    (state / "timers").mkdir(parents=True)
    try:
        result = "success exited 0" if good else "exit-code exited 2"
        (state / "timers" / "backup.json").write_text(json.dumps({"good": good, "result": result, "ended": 1_795_280_000.5}))
        with web(None) as server:
            channel = {"channel": "webhook", "url": f"http://127.0.0.1:{server.port}/", "events": ["passed", "failed"]}
            said = {**SHOP, "mainstay_environment": environment, "mainstay_notices": [channel]}
            told = ran(tmp_path, "mainstay.ops.tell_timer", "-e", "timer=backup", **said)
            assert told.returncode == 0, told.stdout
        (heard,) = server.of("127.0.0.1")
    finally:
        shutil.rmtree(state)
    assert (heard["event"], heard["key"]) == (event, f"{environment}/shop/backup")
    assert heard["subject"] == f"{environment} shop: {words}"
    assert f"ended with {result} at 2026-11-21 16:53:20Z" in heard["body"]
    assert f"journalctl -u mainstay-backup-{environment} on ops1" in heard["body"]


def test_a_timer_of_another_name_than_one_is_refused(tmp_path: Path) -> None:
    refused = ran(tmp_path, "mainstay.ops.tell_timer", "-e", "timer=../../etc/passwd", **SHOP)
    assert refused.returncode != 0
    assert "a timer has a name of lower-case letters" in " ".join(refused.stdout.split())
