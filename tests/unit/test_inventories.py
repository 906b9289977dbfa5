"""What the inventories of staging and production may never say, and that they can be read as they stand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mainstay.ops.plugins.module_utils._bucket.operation_check import BUCKET_CHECK
from ansible_collections.mainstay.ops.plugins.module_utils._edge.spec import into
from ansible_collections.mainstay.ops.plugins.module_utils._judge.described_slo import Described as Promises
from ansible_collections.mainstay.ops.plugins.module_utils._judge.described_slo import check as check_promises
from ansible_collections.mainstay.ops.plugins.module_utils._notice import channels
from ansible_collections.mainstay.ops.plugins.module_utils._release.canary import Course
from ansible_collections.mainstay.ops.plugins.module_utils._release.monitoring import Monitoring
from ansible_collections.mainstay.ops.plugins.module_utils._release.ready import check_services

INVENTORIES = Path(__file__).parents[2] / "inventories"
REAL = ("staging", "production")
FILES = [path for name in REAL for path in sorted((INVENTORIES / name).rglob("*.yml"))]
CARELESS = (
    r"validate_certs: *(false|no)\b",
    r"host_key_checking: *(false|no)\b",
    r"StrictHostKeyChecking[= ]*no",
    r"UserKnownHostsFile[= ]*/dev/null",
    r"verify none",
)
SECRET = re.compile(r"password|secret_key|access_key|token|cipher|identity", re.IGNORECASE)


def relative(path: Path) -> str:
    return str(path.relative_to(INVENTORIES))


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a document, with the key that it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from strings(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, key)
    elif isinstance(value, str):
        yield key, value


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_nobody_is_trusted_unseen(path: Path) -> None:
    text = path.read_text()
    assert [words for words in CARELESS if re.search(words, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("path", [p for p in FILES if "production" in p.parts], ids=relative)
def test_production_proves_which_database_it_talks_to(path: Path) -> None:
    document = yaml.safe_load(path.read_text())
    modes = [value for key, value in strings(document) if key == "sslmode"] + re.findall(r"sslmode=([a-z-]+)", path.read_text())
    assert [mode for mode in modes if mode != "verify-full"] == []


@pytest.mark.parametrize("path", [p for p in FILES if "production" in p.parts], ids=relative)
def test_production_encrypts_what_it_sends_to_the_cache(path: Path) -> None:
    assert "redis://" not in path.read_text()


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_secret_is_a_variable_and_never_a_value(path: Path) -> None:
    found = strings(yaml.safe_load(path.read_text()))
    assert [key for key, value in found if SECRET.search(key) and not value.startswith("{{ ")] == []


@pytest.mark.parametrize("name", REAL)
def test_a_secret_that_was_not_filled_in_says_so(name: str) -> None:
    vault = yaml.safe_load((INVENTORIES / name / "group_vars/all/vault.yml").read_text())
    assert [key for key, value in vault.items() if f"undef(hint='write {key} " not in value] == []


@pytest.mark.parametrize("name", REAL)
def test_every_secret_that_is_used_has_a_place_in_the_vault(name: str) -> None:
    files = [path for path in (INVENTORIES / name / "group_vars/all").glob("*.yml") if path.name != "vault.yml"]
    used = {word for path in files for word in re.findall(r"\bvault_\w+", path.read_text())}
    assert used == set(yaml.safe_load((INVENTORIES / name / "group_vars/all/vault.yml").read_text()))


@pytest.mark.parametrize("name", REAL)
def test_the_services_are_well_formed(name: str) -> None:
    config = yaml.safe_load((INVENTORIES / name / "group_vars/all/config.yml").read_text())
    services = check_services(config["mainstay_services"])
    assert {secret for spec in services.values() for secret in spec["secrets"]} <= set(config["mainstay_secrets"])


def test_what_watches_production_is_understood() -> None:
    """Read from YAML, which takes some words for others: an option called `on` would be true."""
    text = (INVENTORIES / "production/group_vars/all/monitoring.yml").read_text()
    told = yaml.safe_load(re.sub(r'"\{\{ vault_\w+ \}\}"', "xoxb-0123456789abcdef", text))
    assert [one.name for one in check_promises(into(Promises, told["mainstay_slo"])).rules] == ["error_rate"]
    assert [step.share for step in into(Course, told["mainstay_canary"]).steps] == [10, 50, 100]
    assert into(Monitoring, told["mainstay_monitoring"]).lingering == 120
    assert [one["channel"] for one in channels.checked(told["mainstay_notices"], str)] == ["slack", "pagerduty"]
    assert told["mainstay_recovery"]["command"][0].startswith("/")


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "all"], ids=relative)
def test_every_variable_and_every_option_of_backups_is_one_that_the_pages_explain(path: Path) -> None:
    told = yaml.safe_load(path.read_text())
    assert {name for name in told if name.startswith("mainstay_")} <= explained("your-application.md")
    for name, page in (
        ("mainstay_backup", "backups.md"),
        ("mainstay_replication", "replicas.md"),
        ("mainstay_configuration", "archives.md"),
    ):
        assert set(told.get(name, {})) <= explained(page)
    for repository in told.get("mainstay_backup", {}).get("repositories", []):
        assert set(repository) <= explained("backups.md")


def explained(page: str) -> set[str]:
    """The names in the first columns of the tables of a page."""
    rows = re.findall(r"^\| (`.*?) \|", (INVENTORIES.parent / "docs" / page).read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_buckets_of_production_are_understood() -> None:
    told = yaml.safe_load((INVENTORIES / "production/group_vars/all/archives.yml").read_text())
    defaults: dict[str, Any] = {
        "timeout": "30s",
        "versions_least": "7d",
        "versions_most": "400d",
        "uploads_most": "7d",
        "locked": "0d",
    }
    asked = [
        BUCKET_CHECK.parse({**defaults, "metrics": "", "must_pass": True, **one, "bucket": {**defaults, **one["bucket"]}})
        for one in told["mainstay_buckets"]
    ]
    assert [(one.bucket.name, one.limits.replica, one.limits.locked) for one in asked] == [
        ("example-files", "example-files-copy", 0),
        ("example-archives", "", 30 * 86400),
    ]


@pytest.mark.parametrize("name", REAL)
def test_ansible_can_read_it(name: str) -> None:
    command = [sys.executable, "-m", "ansible", "inventory", "-i", str(INVENTORIES / name), "--list"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    groups = json.loads(ran.stdout)
    sizes = {group: len(groups[group]["hosts"]) for group in ("operations", "app", "proxy", "database")}
    assert sizes == {"operations": 1, "app": 3, "proxy": 2, "database": 1}
