"""The filters count hosts by the rule of the judge, and hand on nothing but what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mainstay.ops.plugins.filter import people
from ansible_collections.mainstay.ops.plugins.filter import run as filters

DID = {"phase": "start 1", "failed": False, "changed": True, "steps": ["secret"]}


@pytest.mark.parametrize(
    ("results", "all_did"),
    [
        ({"app1": DID, "app2": DID}, True),
        ({"app1": DID}, False),
        ({}, False),
        ({"app1": DID, "app2": {**DID, "failed": True, "msg": "x"}}, False),
        ({"app1": DID, "app2": {"unreachable": True, "msg": "gone"}}, False),
        ({"app1": DID, "app2": {**DID, "phase": "start 0"}}, False),
        ({"app1": DID, "app2": {**DID, "skipped": True}}, False),
    ],
)
def test_all_hosts_did_only_if_every_one_did_in_this_phase(results: dict[str, Any], all_did: bool) -> None:
    did = {"phases": {"start 1": results}}
    assert filters.all_did(filters.registered(["app1", "app2"], did, "start 1")) is all_did


def test_nobody_did_is_not_everybody_did() -> None:
    assert not filters.all_did(filters.registered([], {"phases": {"start 1": {}}}, "start 1"))


@pytest.mark.parametrize(
    "did", [{}, {"skipped": True}, {"phases": {"start 2": {"app1": DID}}}, {"failed": True, "msg": "no vault"}]
)
def test_a_verb_that_was_not_done_is_no_success_of_any_host(did: dict[str, Any]) -> None:
    assert not filters.all_did(filters.registered(["app1"], did, "start 1"))


def test_what_kept_all_hosts_from_being_called_is_told_of_each() -> None:
    part = filters.registered(["app1"], {"failed": True, "msg": "no vault"}, "start 1")
    assert part["results"] == {"app1": {"failed": True, "msg": "no vault"}}


def test_one_host_is_enough_only_where_that_was_said() -> None:
    did = {"phases": {"start 1": {"app1": DID}}}
    assert filters.all_did(filters.registered(["app1", "app2"], did, "start 1", any_will_do=True))


def test_a_judge_gets_what_replicas_wrote_last() -> None:
    words = [{"replica": "api 1", "container": "shop-api-green-1", "lines": ["no database"]}]
    part = filters.registered(["app1"], {"phases": {"start 1": {"app1": {**DID, "last_words": words}}}}, "start 1")
    assert part["results"]["app1"]["last_words"] == words


def test_a_judge_gets_what_a_command_does_on_purpose() -> None:
    said = "0008_drop.sql:4: mainstay: accept ban-drop-column, ban-drop-table because no code reads it"
    output = ["Running 0008", said, "mainstay: accept nothing", "-- mainstay: accept truncates because it is a cache"]
    did = {"phases": {"migrate": {"app1": {"phase": "migrate", "failed": False, "output": output}}}}
    part = filters.registered(["app1"], filters.told_by_command(did, "migrate", ["pnpm", "db:migrate"]), "migrate")
    told = [(row["file"], row["line"], row["rule"], row["reason"]) for row in part["results"]["app1"]["accepted"]]
    assert told == [
        ("pnpm db:migrate", 0, "not-linted", "a command migrates, and no rule sees what it does"),
        ("0008_drop.sql", 4, "ban-drop-column", "no code reads it"),
        ("0008_drop.sql", 4, "ban-drop-table", "no code reads it"),
        ("pnpm db:migrate", 0, "truncates", "it is a cache"),
    ]
    assert filters.told_by_command({"accepted": []}, "migrate", []) == {"accepted": []}


def test_a_judge_gets_no_more_of_a_result_than_it_needs() -> None:
    part = filters.registered(["app1"], {"phases": {"start 1": {"app1": DID}}}, "start 1")
    assert part == {
        "phase": "start 1",
        "hosts": ["app1"],
        "results": {"app1": {"phase": "start 1", "failed": False}},
        "any_will_do": False,
    }


@pytest.mark.parametrize(
    ("judged", "passed", "refused"),
    [
        ({"judged": "route 1", "verdict": "pass"}, True, False),
        ({"judged": "route 1", "verdict": "fail"}, False, True),
        ({"judged": "route 1", "verdict": "inconclusive"}, False, True),
        ({"judged": "start 1", "verdict": "pass"}, False, False),
        ({"judged": "start 1", "verdict": "fail"}, False, False),
        ({"skipped": True}, False, False),
        ({}, False, False),
    ],
)
def test_only_a_verdict_on_that_very_phase_counts(judged: dict[str, Any], passed: bool, refused: bool) -> None:
    assert (filters.passed(judged, "route 1"), filters.refused(judged, "route 1")) == (passed, refused)


def test_only_hosts_that_did_well_get_traffic_back() -> None:
    did = {"phases": {"start 1": {"app1": DID, "app2": {"unreachable": True}}}}
    reached = filters.succeeded(["app1", "app2"], did, "start 1")
    routes = {"api": {"state": "routed", "slots": {"blue": {"weight": 100, "hosts": ["app1", "app2"]}}}}
    assert filters.routed_to(routes, reached)["api"]["slots"]["blue"] == {"weight": 100, "hosts": ["app1"]}


def test_a_secret_that_no_vault_has_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match="mainstay_secrets lacks KEY"):
        filters.secrets_of({"api": ["KEY"]}, {})


@pytest.mark.parametrize("value", ["1.0; id", "--privileged", "a\nb", "x" * 10_000, "$(id)"])
def test_a_version_is_checked_before_the_lock_is_taken(value: str) -> None:
    with pytest.raises(AnsibleFilterError, match="allowed"):
        filters.version(value)


@pytest.mark.parametrize(
    ("migration", "verb", "when"),
    [
        ({}, "deploy", "no"),
        ({"kind": "sql"}, "deploy", "always"),
        ({"command": ["x"]}, "deploy", "once"),
        ({"kind": "sql"}, "rollback", "no"),
    ],
)
def test_the_database_is_migrated_when(migration: dict[str, Any], verb: str, when: str) -> None:
    assert filters.migrates(migration, verb) == when


@pytest.mark.parametrize("migration", [{"kind": "sql", "command": ["x"]}, {"service": "api"}])
def test_a_migration_of_which_a_part_would_be_left_out_is_refused(migration: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="mainstay_migration has"):
        filters.migrates(migration, "deploy")


def test_the_newest_migration_is_the_one_with_the_highest_number(tmp_path: Path) -> None:
    for name in ("9_a", "10_b", "0002_c"):
        (tmp_path / f"{name}.up.sql").touch()
    assert filters.newest_migration(str(tmp_path)) == "10_b"
    assert filters.newest_migration("") == ""


def test_a_directory_that_depends_on_where_one_stands_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="whole path"):
        filters.newest_migration("migrations")


HOLDER = {"owner": "dana", "purpose": "deploy v2", "since": 0.0}
OPEN = {"verb": "deploy", "release": "v2-a"}


@pytest.mark.parametrize(
    ("holder", "lapsed", "journal", "told"),
    [
        ({}, False, {}, ["lock: free"]),
        (HOLDER, False, OPEN, ["lock: dana for deploy v2 since 1970-01-01 00:00:00Z"]),
        (
            HOLDER,
            True,
            OPEN,
            ["lock: dana for deploy v2 since 1970-01-01 00:00:00Z, its lease is over", "interrupted: deploy of v2-a"],
        ),
        ({}, False, OPEN, ["lock: free", "interrupted: deploy of v2-a"]),
    ],
)
def test_a_run_that_died_does_not_look_like_one_that_works(
    holder: dict[str, Any], lapsed: bool, journal: dict[str, Any], told: list[str]
) -> None:
    known = {"live": {}, "lock": {"holder": holder, "lapsed": lapsed}, "journal": journal, "operations": []}
    lines = people.status({"silent": {}, "replicas": {}, "servers": {}}, known, {})
    assert [line.partition(";")[0] for line in lines if line.startswith(("lock", "interrupted"))] == told


def test_the_status_tells_the_last_works_on_the_data() -> None:
    works = [
        {"verb": "backup", "host": "db1", "state": "unfinished", "when": 0.0, "started": 60.0, "why": ""},
        {"verb": "verify_backup", "host": "db1", "state": "fail", "when": 120.0, "started": 90.0, "why": "a row is missing"},
    ]
    known = {"live": {}, "lock": {"holder": {}, "lapsed": False}, "journal": {}, "operations": [], "works": works}
    lines = people.status({"silent": {}, "replicas": {}, "servers": {}}, known, {})
    assert lines[-2:] == [
        "1970-01-01 00:02:00Z verify_backup of db1: fail a row is missing",
        "1970-01-01 00:01:00Z backup of db1: unfinished",
    ]


def test_a_contract_migration_stands_where_its_number_does_for_it_ran_later_than_it_came() -> None:
    rows = [("1", False), ("3", False), ("4", False), ("2", True), ("5", True)]
    history = [{"version": n, "name": "m", "state": "applied", "compatible": n == "3", "contract": c} for n, c in rows]
    assert filters.schema(history) == {"1_m": False, "2_m": False, "3_m": True, "4_m": False, "5_m": False}
    assert list(filters.schema(history)) == ["1_m", "2_m", "3_m", "4_m", "5_m"]
