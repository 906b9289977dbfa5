"""What pgBackRest says of a stanza, decoded; the text was written by 2.45 for two repositories."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup import config, info
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import (
    Archive,
    Identity,
    Repository,
    StanzaMissing,
    Storage,
)
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt, InvalidInput

SYSTEM = 7710827307959773640
CONFIGURATION = """\
[global]
repo1-path=/backups
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=one = secret
repo1-retention-full=7
repo2-type=s3
repo2-path=/main
repo2-s3-key=AKIA
repo2-s3-key-secret=two%secret
repo2-retention-full=30
repo2-retention-full-type=time
repo2-retention-archive=2
process-max=2

[global:backup]
repo1-retention-full=8

[main]
pg1-path=/data
pg1-port=5433
db-exclude=a
db-exclude=b

[other]
pg1-path=/other
pg1-host=db2
"""


def backup(**changed: Any) -> dict[str, Any]:
    return {
        "annotation": {"why": "a test"},
        "archive": {"start": "000000010000000000000005", "stop": "000000010000000000000006"},
        "backrest": {"format": 5, "version": "2.45"},
        "database": {"id": 1, "repo-key": 2},
        "error": False,
        "info": {"delta": 8458, "repository": {"delta": 464, "size": 2840464}, "size": 22992660},
        "label": "20261122-030809F_20261122-030812I",
        "lsn": {"start": "0/5000028", "stop": "0/6000050"},
        "prior": "20261122-030809F",
        "reference": ["20261122-030809F"],
        "timestamp": {"start": 1795316892, "stop": 1795316893},
        "type": "incr",
        **changed,
    }


def written(**changed: Any) -> str:
    found = {
        "archive": [
            {
                "database": {"id": 1, "repo-key": 1},
                "id": "15-1",
                "max": "000000010000000000000006",
                "min": "000000010000000000000001",
            },
            {"database": {"id": 1, "repo-key": 2}, "id": "15-1", "max": None, "min": None},
        ],
        "backup": [],
        "cipher": "aes-256-cbc",
        "db": [{"id": 1, "repo-key": 1, "system-id": SYSTEM, "version": "15"}],
        "name": "main",
        "repo": [
            {"cipher": "aes-256-cbc", "key": 1, "status": {"code": 0, "message": "ok"}},
            {"cipher": "none", "key": 2, "status": {"code": 2, "message": "no valid\n backups"}},
        ],
        "status": {"code": 4, "lock": {"backup": {"held": True}}, "message": "different across repos"},
        **changed,
    }
    return json.dumps([found])


def test_a_stanza_has_repositories_identities_and_an_archive() -> None:
    found = info.stanza("main", written())
    assert found.repositories == (Repository(1, "aes-256-cbc"), Repository(2, "none", "no valid backups", 2))
    assert found.identity(1) == Identity(1, 1, SYSTEM, "15")
    assert found.identity(2) is None
    assert found.archive(1) == Archive(1, 1, "15-1", "000000010000000000000001", "000000010000000000000006")
    assert found.archive(2) is None, "a folder without a segment says nothing"
    assert found.busy


def test_backups_are_told_with_their_range_sizes_and_notes() -> None:
    [one] = info.stanza("main", written(backup=[backup()])).of(2)
    assert (one.kind, one.start, one.seconds, one.rate) == ("incr", 1795316892, 1, 8458)
    assert (one.wal_start[-2:], one.wal_stop[-2:], one.lsn_stop) == ("05", "06", "0/6000050")
    assert (one.size, one.copied, one.stored, one.references) == (22992660, 8458, 464, ("20261122-030809F",))
    assert (one.damaged, dict(one.annotations)) == (False, {"why": "a test"})


@pytest.mark.parametrize(
    "changed",
    [
        {"annotation": None, "lsn": None, "reference": None, "error": None, "archive": {"start": None, "stop": None}},
        {"error": True},
    ],
)
def test_what_a_backup_may_lack_is_empty(changed: dict[str, Any]) -> None:
    [one] = info.stanza("main", written(backup=[backup(**changed)])).backups
    assert one.damaged is bool(changed["error"])
    if changed["error"] is None:
        assert (one.wal_start, one.lsn_start, one.references, one.annotations) == ("", "", (), {})


def test_backups_come_oldest_first_whatever_their_repository() -> None:
    backups = [backup(label=f"2026112{n}-030809F", timestamp={"start": n, "stop": n + 1}) for n in (3, 1, 2)]
    assert [one.start for one in info.stanza("main", written(backup=backups)).backups] == [1, 2, 3]


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "[1]", '[{"name": "main"}]', "[" * 100_000, written(name="other")])
def test_what_is_no_description_of_the_stanza_is_refused(text: str) -> None:
    with pytest.raises(Corrupt, match="did not describe the stanza main"):
        info.stanza("main", text)


def test_the_configuration_names_repositories_and_the_cluster() -> None:
    found = config.settings(CONFIGURATION, "main")
    assert found.repositories == (
        Storage(1, path="/backups", cipher="aes-256-cbc", fulls=8),
        Storage(2, kind="s3", path="/main", fulls=30, by_time=True, archive=2),
    )
    assert (found.data, found.port) == ("/data", 5433)
    assert sorted(found.secrets) == ["AKIA", "one = secret", "two%secret"]
    assert not [secret for secret in found.secrets if secret in repr(found)]


def test_the_directory_of_another_host_is_not_ours() -> None:
    assert config.settings(CONFIGURATION, "other").data == ""


def test_a_stanza_that_is_not_configured_is_named() -> None:
    with pytest.raises(StanzaMissing, match=r"no section \[shop\]"):
        config.settings(CONFIGURATION, "shop")


def test_a_file_of_another_kind_is_refused_without_quoting_it() -> None:
    with pytest.raises(InvalidInput) as refused:
        config.settings("repo1-cipher-pass=secret", "main")
    assert "secret" not in refused.value.message
