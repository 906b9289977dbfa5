"""The page of metrics and the alert rules of docs/monitoring.md, as Prometheus itself understands them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.mainstay.ops.plugins.module_utils._release import annotation
from ansible_collections.mainstay.ops.plugins.module_utils._release.annotation import UnderWay
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal, Ledger, Performed, Release
from ansible_collections.mainstay.ops.plugins.module_utils._store import textfile

PAGE = Path(__file__).parents[2] / "docs" / "monitoring.md"
SCOPE = {"environment": "production", "application": "shop"}
V1 = Release("v1-a", "v1", {}, {}, "a")
FAILED = Performed("r1", "deploy", "v1-a", "blue", "fail", "v2-b", "sick", "dana", 10, 60)
PASSED = Performed("r0", "deploy", "v1-a", "blue", "pass", "v1-a", "", "dana", 1, 2)
DIED = UnderWay(Journal("r2", "deploy", "v2-b", "green", started=90), 120)
BY_RUN = {"application": "shop", "environment": "production", "verb": "deploy", "release": "v2-b"}


def promtool(*arguments: str, given: str = "") -> str:
    done = subprocess.run(["promtool", *arguments], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def rules() -> list[dict[str, Any]]:
    blocks = re.findall(r"^```yaml\n(- alert:.*?)^```", PAGE.read_text(), flags=re.S | re.M)
    return [rule for block in blocks for rule in yaml.safe_load(block)]


def series(page: str) -> list[dict[str, str]]:
    """Every line of the page as it would be scraped again and again."""
    lines = [line.rpartition(" ") for line in page.splitlines() if not line.startswith("#")]
    return [{"series": name, "values": f"{float(value):g}x80"} for name, _space, value in lines]


def test_the_page_is_what_prometheus_reads(tmp_path: Path) -> None:
    page = tmp_path / "mainstay.prom"
    textfile.write(page, annotation.page(SCOPE, Ledger({V1.id: V1}, {}, (PASSED, FAILED)), DIED))
    assert promtool("check", "metrics", given=page.read_text()) == "", "it has nothing to say against it"


def test_a_run_that_died_and_one_that_failed_are_found(tmp_path: Path) -> None:
    found = {rule["alert"]: rule for rule in rules()}
    assert set(found) == {"OperationDied", "OperationFailed"}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "mainstay", "rules": list(found.values())}]}))
    died = {
        "exp_labels": {**BY_RUN, "run": "r2", "severity": "page"},
        "exp_annotations": {"summary": "deploy of v2-b in production was killed; run it again, or recover"},
    }
    failed = {"exp_labels": {**BY_RUN, "run": "r1", "verdict": "fail"}}
    expected = [("OperationDied", "2m45s", []), ("OperationDied", "3m30s", [died])]
    expected += [("OperationFailed", "2m", [failed]), ("OperationFailed", "17m", [])]
    page = annotation.page(SCOPE, Ledger({V1.id: V1}, {}, (PASSED, FAILED)), DIED)
    case = {
        "interval": "15s",
        "input_series": series(page),
        "alert_rule_test": [{"alertname": name, "eval_time": at, "exp_alerts": alerts} for name, at, alerts in expected],
    }
    asked = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [case]}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(asked))
    promtool("test", "rules", str(tmp_path / "tests.yml"))
