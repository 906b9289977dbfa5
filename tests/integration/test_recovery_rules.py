"""The alarms of backups and timers, as Prometheus itself understands them, over the metrics that are really written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mainstay.ops.plugins.module_utils._backup import report
from ansible_collections.mainstay.ops.plugins.module_utils._backup.evidence import Finding
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._release import works_metrics
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Work
from ansible_collections.mainstay.ops.plugins.module_utils._store import textfile

ROOT = Path(__file__).parents[2]
RULES = ROOT / "sandbox/images/monitoring/rootfs/etc/prometheus/rules/recovery.yml"
STATE = ROOT / "roles/schedule/files/timer-state.py"
HOUR, DAY = 3600.0, 86400.0
TARGETS = {"rpo_s": 300.0, "rto_s": HOUR}
GOOD = {"rpo_s": 4.0, "rto_s": 90.0}


def series(page: str) -> list[dict[str, str]]:
    """Every line of the page as it would be scraped again and again, for nine days."""
    lines = [line.rpartition(" ") for line in page.splitlines() if not line.startswith("#")]
    return [{"series": name, "values": f"{float(value):g}x3300"} for name, _space, value in lines]


def fires(tmp_path: Path, page: str, name: str, at: str) -> list[dict[str, str]]:
    """The labels with which the alarm rings at a moment, counted from the epoch."""
    case = {"interval": "4m", "input_series": series(page), "promql_expr_test": [], "alert_rule_test": []}
    case["alert_rule_test"] = [{"alertname": name, "eval_time": at, "exp_alerts": []}]
    asked = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [case]}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(asked))
    done = subprocess.run(["promtool", "test", "rules", "tests.yml"], capture_output=True, text=True, cwd=tmp_path, check=False)
    if done.returncode == 0:
        return []
    got = (done.stdout + done.stderr).partition("got:")[2]
    assert "Labels:{" in got, done.stdout + done.stderr
    return [dict(pair.split("=", 1) for pair in one.partition("}")[0].split(", ")) for one in got.split("Labels:{")[1:]]


def work(verb: str, at: float, verdict: str = "pass", **more: Any) -> Work:
    return Work(f"{verb}-{at}", verb, "db1", verdict, when=at, **{"started": at - 60, **more})


def ledger(*known: Work, now: float = 1000.0) -> str:
    return works_metrics.page("production", known, now)


def checks(*found: Finding) -> str:
    return textfile.page(report.samples("shop", found, 600.0), report.HELP)


def timer(tmp_path: Path, *results: str) -> str:
    """The page after runs with these results, as if they were of 1970."""
    for result in results:
        command = [
            sys.executable,
            str(STATE),
            "ended",
            str(tmp_path / "production"),
            "backup",
            "26h",
            str(tmp_path / "page.prom"),
        ]
        subprocess.run(command, env={"SERVICE_RESULT": result}, check=True)
    lines = (tmp_path / "page.prom").read_text().splitlines()
    return "\n".join(f"{line.rpartition(' ')[0]} 600" if "timestamp" in line and line[-5:] != "0.000" else line for line in lines)


BACKUP, VERIFY = work("backup", 600), work("verify_backup", 600, measured=GOOD, targets=TARGETS)
ARCHIVER = Finding("archiver", Verdict.PASS, "no segment waits")
HANGS = Finding("archiver", Verdict.FAIL, "3 segments wait")
AGE = Finding("backup_age", Verdict.FAIL, "old", 1)


@pytest.mark.parametrize(
    ("name", "page", "at", "rings"),
    [
        ("BackupTooOld", ledger(BACKUP), "26h", False),
        ("BackupTooOld", ledger(BACKUP), "27h", True),
        ("BackupTooOld", ledger(BACKUP, work("backup", 900, "fail")), "27h", True),
        ("BackupTooOld", ledger(VERIFY), "27h", True),
        ("VerificationTooOld", ledger(BACKUP, VERIFY), "7d", False),
        ("VerificationTooOld", ledger(BACKUP, VERIFY), "9d", True),
        ("VerificationTooOld", ledger(BACKUP), "9d", True),
        ("VerificationFailed", ledger(VERIFY), "1h", False),
        ("VerificationFailed", ledger(VERIFY, work("verify_backup", 900, "inconclusive")), "1h", True),
        ("VerificationFailed", ledger(VERIFY, work("backup", 900, "fail")), "1h", False),
        ("RecoveryTargetMissed", ledger(VERIFY), "1h", False),
        ("RecoveryTargetMissed", ledger(work("verify_backup", 600, measured={"rpo_s": 301.0}, targets=TARGETS)), "1h", True),
        ("RecoveryTargetMissed", ledger(work("restore", 600, measured={"rto_s": 3601.0}, targets=TARGETS)), "1h", True),
        ("WorkUnfinished", ledger(work("backup", 0, "", started=700.0, within=60.0)), "1h", True),
        ("WorkUnfinished", ledger(work("backup", 0, "", started=700.0, within=HOUR)), "1h", False),
        ("ArchiverFailing", checks(ARCHIVER, AGE), "1h", False),
        ("ArchiverFailing", checks(HANGS), "1h", True),
        ("BackupsUnsafe", checks(ARCHIVER), "1h", False),
        ("BackupsUnsafe", checks(ARCHIVER, AGE), "1h", True),
        ("BackupsUnchecked", checks(ARCHIVER), "20m", False),
        ("BackupsUnchecked", checks(ARCHIVER), "30m", True),
    ],
)
def test_an_alarm_rings_when_it_should_and_not_before(tmp_path: Path, name: str, page: str, at: str, rings: bool) -> None:
    assert bool(fires(tmp_path, page, name, at)) is rings


@pytest.mark.parametrize(
    ("name", "results", "at", "rings"),
    [
        ("TimerFailed", ["success"], "1h", False),
        ("TimerFailed", ["success", "exit-code"], "1h", True),
        ("TimerFailed", ["timeout", "success"], "1h", False),
        ("TimerOverdue", ["success"], "26h", False),
        ("TimerOverdue", ["success"], "27h", True),
        ("TimerOverdue", ["exit-code"], "27h", True),
    ],
)
def test_a_timer_that_fails_or_does_not_run_is_noticed(
    tmp_path: Path, name: str, results: list[str], at: str, rings: bool
) -> None:
    assert bool(fires(tmp_path, timer(tmp_path, *results), name, at)) is rings


def test_prometheus_has_nothing_against_the_rules_and_each_is_documented() -> None:
    done = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    told = (ROOT / "docs" / "backups.md").read_text()
    assert [name for name in names if f"`{name}`" not in told] == []
