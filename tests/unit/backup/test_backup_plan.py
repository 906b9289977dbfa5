"""Which backups are taken, and when none is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import (
    Cluster,
    Identity,
    KeepsTooLittle,
    Repository,
    Settings,
    StanzaBusy,
    StanzaMissing,
    Storage,
    WrongCluster,
    noted,
)
from ansible_collections.mainstay.ops.plugins.module_utils._backup.plan import Found, Taking, plan
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, MainstayError, Unavailable

from tests.unit.backup.backup_found import FULL, HERE, INCR, NOW, STANZA, STORAGE, backup

FOUND = Found(Settings((STORAGE,), "/data"), STANZA, HERE, NOW)
UNREACHED = Repository(2, "none", "connection refused", 99)


def found(*, stanza: dict[str, Any] | None = None, **changed: Any) -> Found:
    return replace(FOUND, stanza=replace(STANZA, **(stanza or {})), **changed)


def kinds(wanted: Taking, there: Found) -> list[tuple[str, str]]:
    return [(step.subject, step.data[1]) for step in plan(wanted, there).steps]


@pytest.mark.parametrize(
    ("wanted", "backups", "kind"),
    [
        (Taking(), (), "full"),
        (Taking(), (backup(3),), "incr"),
        (Taking(between="diff"), (backup(3),), "diff"),
        (Taking(), (backup(8),), "full"),
        (Taking(), (backup(6.9),), "full"),
        (Taking(), (backup(6.8),), "incr"),
        (Taking(), (backup(8), backup(1, "incr")), "full"),
        (Taking(), (backup(8), backup(1)), "incr"),
        (Taking(), (backup(3, damaged=True),), "full"),
        (Taking(), (backup(3, identity=7),), "full"),
        (Taking("full"), (backup(3),), "full"),
        (Taking("diff"), (backup(30),), "diff"),
        (Taking("incr"), (), "full"),
    ],
)
def test_a_full_backup_is_taken_when_it_is_time_and_when_nothing_else_has_a_base(wanted: Taking, backups: Any, kind: str) -> None:
    assert kinds(wanted, found(stanza={"backups": backups})) == [("repo1", kind)]


def test_each_repository_has_its_own_times() -> None:
    second = Identity(2, 1, HERE.system_id, HERE.version)
    both = found(
        settings=Settings((STORAGE, Storage(2, fulls=2))),
        stanza={"repositories": (Repository(1, "x"), Repository(2, "x")), "identities": (*STANZA.identities, second)},
    )
    assert kinds(Taking(), both) == [("repo1", "incr"), ("repo2", "full")]
    assert kinds(Taking(repositories=(2,)), both) == [("repo2", "full")]


def test_the_step_tells_the_newest_backup_before() -> None:
    assert plan(Taking(), FOUND).as_list() == [
        {"action": "backup", "subject": "repo1", "before": INCR.label, "after": "a new incr backup"}
    ]


@pytest.mark.parametrize(
    ("there", "error", "told"),
    [
        (found(stanza={"busy": True}), StanzaBusy, "wait until it has ended"),
        (found(cluster=replace(HERE, runs=False)), WrongCluster, "does not run"),
        (found(cluster=replace(HERE, standby=True)), WrongCluster, "on the host of its primary"),
        (found(cluster=Cluster(1, "15", True, False)), WrongCluster, "here is 1 of PostgreSQL 15"),
        (found(cluster=replace(HERE, version="16")), WrongCluster, "stanza-upgrade"),
        (found(settings=Settings((replace(STORAGE, fulls=0),))), KeepsTooLittle, "leave nothing to restore"),
        (found(settings=Settings((replace(STORAGE, archive=0),))), KeepsTooLittle, "leave nothing to restore"),
        (found(stanza={"repositories": (Repository(1, "x", "missing stanza path", 1),)}), StanzaMissing, "stanza-create"),
        (found(stanza={"repositories": (Repository(1, "x", "other", 99),)}), Unavailable, "cannot be read: other"),
        (found(stanza={"repositories": ()}), Unavailable, "does not tell of it"),
    ],
)
def test_what_would_be_no_backup_is_refused_before_anything(there: Found, error: type[MainstayError], told: str) -> None:
    with pytest.raises(error, match=told):
        plan(Taking(), there)


def test_a_repository_that_is_not_reached_leaves_the_others_their_backup() -> None:
    settings = Settings((STORAGE, Storage(2)))
    half = found(settings=settings, stanza={"repositories": (Repository(1, "x"), UNREACHED)})
    assert [subject for subject, _kind in kinds(Taking(), half)] == ["repo1", "repo2"]
    with pytest.raises(Unavailable, match="repository 2"):
        plan(Taking(repositories=(2,)), half)


def test_a_cluster_of_another_host_is_left_to_pgbackrest() -> None:
    assert plan(Taking(), found(cluster=None)).changed


def test_a_repository_that_is_not_configured_is_named() -> None:
    with pytest.raises(InvalidInput, match="no repository 3: it has 1"):
        plan(Taking(repositories=(3,)), FOUND)


def test_nothing_but_notes_that_can_be_read_back_is_kept_with_a_backup() -> None:
    assert noted({"release": "v1", "count": 3}) == {"release": "v1", "count": "3"}
    for bad in ({"Release": "v1"}, {"a=b": "c"}, {"a": ""}, {"a": "x\ny"}, {1: "x"}):
        with pytest.raises(InvalidInput):
            noted(bad)


def test_what_was_found_is_what_the_plan_goes_by() -> None:
    assert FOUND.stanza.of(1) == (FULL, INCR)
