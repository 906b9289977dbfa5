"""operation_record against a real directory, through Ansible; and the role ledger around real backups."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mainstay.ops.plugins.module_utils._release import ledger
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Work
from ansible_collections.mainstay.ops.plugins.module_utils._store.directory import DirectoryStore
from ansible_module import PLAIN, run_module
from backup_server import Backed, backed
from migration_server import result, start

BACKUP = {"verb": "backup", "host": "db1"}
AT_ONCE, EACH = 4, 3


@dataclass(frozen=True)
class Kept:
    """The ledger of an environment that only this test has."""

    directory: Path
    environment: str

    def record(self, *flags: str, **given: Any) -> dict[str, Any]:
        return run_module("operation_record", *flags, environment=self.environment, directory=str(self.directory), **given)

    @property
    def works(self) -> tuple[Work, ...]:
        return ledger.works(DirectoryStore(self.directory / self.environment))

    @property
    def index(self) -> str:
        return (self.directory / self.environment / "reports" / "index.html").read_text()


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path, f"test-{uuid.uuid4().hex[:8]}")


def test_a_backup_begins_and_ends_in_check_mode_then_really_then_both_again(kept: Kept) -> None:
    predicted = kept.record("--check", state="begun", run="b1", who="dana", **BACKUP)
    assert (predicted["changed"], kept.works) == (True, ())
    began = kept.record(state="begun", run="b1", who="dana", **BACKUP)
    assert (began["changed"], began["steps"]) == (True, predicted["steps"])
    assert not kept.record("--check", state="begun", run="b1", **BACKUP)["changed"]
    assert not kept.record(state="begun", run="b1", **BACKUP)["changed"]
    assert "under way" in kept.index
    assert kept.record("--check", run="b1", verdict="pass", **BACKUP)["changed"]
    done = kept.record(run="b1", verdict="pass", measured={"seconds": 3.5}, rpo="5m", **BACKUP)
    assert done["steps"] == [{"action": "record", "subject": "backup of db1", "before": "begun", "after": "pass"}]
    assert not kept.record("--check", run="b1", verdict="pass", **BACKUP)["changed"]
    assert not kept.record(run="b1", verdict="pass", **BACKUP)["changed"]
    (written,) = kept.works
    assert (written.who, written.verdict, written.measured, written.targets) == (
        "dana",
        "pass",
        {"seconds": 3.5},
        {"rpo_s": 300.0},
    )
    assert 0 < written.when - written.started < 300
    assert "The last backup that passed is of " in kept.index


def test_what_was_killed_is_unfinished_and_the_next_one_says_so(kept: Kept) -> None:
    kept.record(state="begun", run="b1", **BACKUP)
    following = kept.record(state="begun", run="b2", **BACKUP)
    assert following["unfinished"] == ["b1"]
    assert "backup of db1 began at" in following["warned"]
    assert "and did not end" in following["warned"]
    kept.record(run="b2", verdict="pass", **BACKUP)
    assert "unfinished" in kept.index
    place = {"environment": kept.environment, "directory": str(kept.directory)}
    told = run_module("release_info", works=5, **place)["works"]
    assert [(one["run"], one["state"]) for one in told] == [("b1", "unfinished"), ("b2", "pass")]
    assert run_module("release_info", **place)["works"] == [], "a deploy does not read them"


def test_a_run_that_lost_the_lock_writes_nothing(kept: Kept) -> None:
    place = {"environment": kept.environment, "directory": str(kept.directory)}
    token = run_module("ops_lock", run="r1", **place)["token"]
    fence = {"environment": kept.environment, "token": token}
    told = {"verb": "restore", "host": "db1", "run": "r1", "fence": fence}
    try:
        assert kept.record(state="begun", **told)["changed"]
        run_module("ops_lock", state="absent", force=True, **place)
        run_module("ops_lock", run="r2", **place)
        refused = kept.record(verdict="pass", **told)
        assert (refused["failed"], refused["error"]) == (True, "FencedOff")
        assert [(one.run, one.verdict) for one in kept.works] == [("r1", "")]
    finally:
        shutil.rmtree(f"/var/lib/mainstay/{kept.environment}")


def test_timers_that_write_at_once_lose_nothing_and_break_nothing(kept: Kept) -> None:
    place = {"environment": kept.environment, "directory": str(kept.directory), "verdict": "pass"}
    for turn in range(EACH):
        asked = [{**place, "verb": "check_backup", "host": f"db{n}", "run": f"c{turn}-{n}"} for n in range(AT_ONCE)]
        ended = [result(one) for one in [start("operation_record", each) for each in asked]]
        assert [one.get("msg") for one in ended if one.get("failed") or one.get("warnings")] == []
    assert len(kept.works) == AT_ONCE * EACH
    assert kept.index.count("check_backup") == AT_ONCE * EACH


def test_metrics_are_what_prometheus_reads(kept: Kept, tmp_path: Path) -> None:
    page = tmp_path / "ledger.prom"
    measured = {"rpo_s": 4.5, "rto_s": 90.0}
    kept.record(verb="verify_backup", host="db1", verdict="pass", measured=measured, rpo="5m", rto="1h", metrics=str(page))
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=page.read_text(), capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert f'mainstay_recovery_point_seconds{{environment="{kept.environment}",host="db1"}} 4.500' in page.read_text()


def test_a_host_that_is_gone_is_in_the_ledger_and_rings_no_more(kept: Kept, tmp_path: Path) -> None:
    page = tmp_path / "ledger.prom"
    kept.record(verb="backup", host="gone", verdict="fail", metrics=str(page))
    assert 'host="gone"' in page.read_text()
    kept.record(verdict="pass", metrics=str(page), hosts=["db1"], **BACKUP)
    assert ('host="gone"' in page.read_text(), 'host="db1"' in page.read_text()) == (False, True)
    assert [one.host for one in kept.works] == ["gone", "db1"]


def test_a_page_that_cannot_be_written_is_a_warning_and_no_failure(kept: Kept, tmp_path: Path) -> None:
    told = kept.record(verdict="pass", metrics=str(tmp_path / "nowhere" / "ledger.prom"), **BACKUP)
    assert (told["failed"], told["changed"]) == (False, True)
    assert "it is in the ledger, and not told as it should be" in told["warned"]


@pytest.fixture(scope="module")
def server() -> Iterator[Backed]:
    with backed(options="archive-async=y\n") as made:
        yield made


def played(kept: Kept, verb: str, module: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """A play around the module, as the playbooks are; whoever keeps the ledger is this host, with a directory of its own."""
    ledger_vars = {"ledger_verb": verb, "ledger_environment": kept.environment, "ledger_metrics": ""}
    role = {"name": "mainstay.ops.ledger"}
    end = {"ansible.builtin.include_role": {**role, "tasks_from": "end"}, "vars": {"ledger_result": "{{ found }}"}}
    play = {
        "hosts": "database",
        "gather_facts": False,
        "vars": ledger_vars,
        "module_defaults": {"mainstay.ops.operation_record": {"directory": str(kept.directory)}},
        "tasks": [
            {"ansible.builtin.include_role": {**role, "tasks_from": "begin"}},
            {
                "block": [{f"mainstay.ops.{module}": options, "register": "found"}],
                "always": [end],
            },
        ],
    }
    (kept.directory / "play.yml").write_text(yaml.safe_dump([play]))
    return playbook(kept, str(kept.directory / "play.yml"))


def playbook(kept: Kept, name: str, **said: Any) -> subprocess.CompletedProcess[str]:
    """The playbook on this host, which is the operations host and the database host."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    hosts = {"children": {group: {"hosts": {"db1": host}} for group in ("database", "operations")}, "vars": said}
    (kept.directory / "hosts.yml").write_text(yaml.safe_dump({"all": hosts}))
    command = ["ansible-playbook", "-i", str(kept.directory / "hosts.yml"), name]
    environment = {**os.environ, **PLAIN, "USER": "dana"}
    return subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment, check=False)


def test_a_real_backup_and_its_verification_are_in_the_ledger_and_on_the_page(kept: Kept, server: Backed) -> None:
    taken = played(kept, "backup", "backup_take", **server.place)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    place = {**server.place, "environment": kept.environment, "directory": str(kept.directory)}
    canary = {"database": server.server.database("postgres"), "switch_wal": True}
    proven = played(kept, "verify_backup", "backup_verify", canary=canary, **place)
    assert proven.returncode == 0, proven.stdout + proven.stderr
    backup, verified = kept.works
    assert (backup.verb, backup.verdict, backup.who, backup.host) == ("backup", "pass", "dana", "db1")
    assert backup.measured["bytes"] > 1000
    assert (verified.verdict, verified.targets) == ("pass", {"rpo_s": 300.0, "rto_s": 3600.0})
    assert 0 < verified.measured["rto_s"] < 600
    assert kept.index.count("<svg") == 2
    assert "A restore proved it last at" in kept.index


def test_a_backup_that_fails_is_in_the_ledger_with_its_reason_and_fails_the_run(kept: Kept, server: Backed) -> None:
    failed = played(kept, "backup", "backup_take", **{**server.place, "stanza": "nobody"})
    assert failed.returncode == 2
    (work,) = kept.works
    assert (work.verdict, bool(work.why), bool(work.started)) == ("fail", True, True)
    assert json.loads(json.dumps(work.why)) in failed.stdout.replace("\\n", " ")


def test_a_backup_is_taken_although_the_ledger_is_broken_and_the_run_fails_in_the_end(kept: Kept, server: Backed) -> None:
    stream = kept.directory / kept.environment / "works.jsonl"
    stream.parent.mkdir()
    stream.write_text("{}\n")
    ran = played(kept, "backup", "backup_take", **server.place)
    assert ran.returncode == 2
    assert '"bytes_per_second"' in ran.stdout, "it was taken"
    assert ran.stdout.count("record 1 of the ledger cannot be trusted") >= 2
    assert stream.read_text() == "{}\n"


@pytest.mark.parametrize("required", [True, False])
def test_under_a_lock_a_broken_ledger_stops_what_is_not_told_to_go_on(kept: Kept, required: bool) -> None:
    stream = kept.directory / kept.environment / "works.jsonl"
    stream.parent.mkdir()
    stream.write_text("{}\n")
    place = {"environment": kept.environment, "directory": str(kept.directory)}
    fence = {"environment": kept.environment, "token": run_module("ops_lock", run="r1", **place)["token"]}
    given = {} if required else {"ledger_required": "false"}  # as -e has it
    begin = {"ansible.builtin.include_role": {"name": "mainstay.ops.ledger", "tasks_from": "begin"}}
    play = {
        "hosts": "database",
        "gather_facts": False,
        "vars": {"ledger_verb": "restore", "ledger_run": "r1", "ledger_fence": fence},
        "module_defaults": {"mainstay.ops.operation_record": {"directory": str(kept.directory)}},
        "tasks": [begin, {"ansible.builtin.debug": {"msg": "it goes on"}}],
    }
    (kept.directory / "play.yml").write_text(yaml.safe_dump([play]))
    try:
        ran = playbook(kept, str(kept.directory / "play.yml"), mainstay_environment=kept.environment, **given)
    finally:
        shutil.rmtree(f"/var/lib/mainstay/{kept.environment}")
    assert "record 1 of the ledger cannot be trusted" in ran.stdout
    assert (ran.returncode, "it goes on" in ran.stdout) == ((2, False) if required else (0, True)), ran.stdout + ran.stderr


def test_a_broken_stream_of_works_takes_nothing_else_from_who_looks(kept: Kept) -> None:
    stream = kept.directory / kept.environment / "works.jsonl"
    stream.parent.mkdir()
    stream.write_text("{}\n")
    told = run_module("release_info", works=5, environment=kept.environment, directory=str(kept.directory))
    assert (told["failed"], told["works"], told["lock"]["holder"]) == (False, [], {})
    assert "record 1 of the ledger cannot be trusted" in told["warned"]


@pytest.mark.parametrize(("name", "written"), [("backup", 1), ("check_backup", 1), ("verify_backup", 1), ("restore", 0)])
def test_each_playbook_writes_down_what_failed_and_fails(name: str, written: int) -> None:
    """No repository is configured on this machine under that name; a restore fails before anything is touched."""
    kept = Kept(Path("/var/lib/mainstay"), f"test-{uuid.uuid4().hex[:8]}")
    said = {"mainstay_environment": kept.environment, "mainstay_application": "nobody", "mainstay_backup": {}}
    place = kept.directory / kept.environment
    place.mkdir(parents=True)
    try:
        ran = playbook(Kept(place, kept.environment), f"mainstay.ops.{name}", **said)
        assert ran.returncode == 2, ran.stdout + ran.stderr
        assert [(one.verb, one.verdict, one.who) for one in kept.works] == [(name, "fail", "dana")] * written
        assert all(one.why for one in kept.works)
        assert json.loads((place / "lock.json").read_text())["holder"] is None if name == "restore" else True
    finally:
        shutil.rmtree(place)
