"""What makes a standby, and everything for which that is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.restoration import NoRoom
from ansible_collections.mainstay.ops.plugins.module_utils._backup.room import Room
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, MainstayError
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Plan
from ansible_collections.mainstay.ops.plugins.module_utils._replication import model, plan
from ansible_collections.mainstay.ops.plugins.module_utils._replication.joining import Joining, Rehearsal
from ansible_collections.mainstay.ops.plugins.module_utils._replication.model import Local, Record

from tests.unit.replication.replication_found import (
    AT_END,
    DATA,
    OTHER,
    fenced,
    followed,
    joining,
    member,
    primary,
    server,
    standby,
    stopped,
)

EMPTY = Local(DATA)
NEW = server(timeline=2)
IMPOSSIBLE = Rehearsal(possible=False, words="pg_rewind cannot: no checksums")
COPIED = ["slot", "copy", "configure", "swap", "start", "await"]


def actions(found: Plan) -> list[str]:
    return [step.action for step in found.steps]


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (joining(EMPTY), COPIED),
        (joining(Local(DATA, left=(f"{DATA}.standby-20261122T030700Z",))), ["clean", *COPIED]),
        (joining(standby(), followed()), []),
        (joining(standby(), followed(lag=2**30)), ["await"]),
        (joining(standby(), server()), ["slot", "await"]),
        (joining(standby(conninfo="host='db9'"), NEW), ["slot", "configure", "await"]),
        (joining(standby(server=None, pid=0), followed()), ["configure", "start", "await"]),
        (joining(fenced(), replace(followed(), timeline=2)), ["configure", "start", "tidy", "await"]),
        (joining(standby(record=Record("fenced", 1.0)), followed()), ["configure", "tidy", "await"]),
    ],
)
def test_a_standby_takes_only_the_steps_that_are_missing(found: Joining, steps: list[str]) -> None:
    assert actions(plan.plan_standby(member(), found)) == steps


@pytest.mark.parametrize(
    ("rehearsal", "steps"),
    [
        (Rehearsal(True, needed=False), ["slot", "configure", "start", "tidy", "await"]),
        (Rehearsal(True), ["slot", "rewind", "configure", "start", "tidy", "await"]),
        (IMPOSSIBLE, COPIED),
    ],
)
def test_a_former_primary_is_rewound_or_copied_anew(rehearsal: Rehearsal, steps: list[str]) -> None:
    wanted = member(state="rejoined", confirm="production db2")
    assert actions(plan.plan_rejoined(wanted, joining(fenced(), NEW, rehearsal))) == steps


def test_a_copy_instead_of_a_rewind_says_why_and_asks_first() -> None:
    found = joining(fenced(), NEW, IMPOSSIBLE)
    with pytest.raises(model.NotConfirmed, match=r"no checksums.*confirm: .production db2.") as refused:
        plan.plan_rejoined(member(state="rejoined"), found)
    assert refused.value.details == {"confirm": "production db2"}
    [copy] = [step for step in plan.plan_rejoined(member(confirm="production db2"), found).steps if step.action == "copy"]
    assert "no checksums" in copy.after


@pytest.mark.parametrize("local", [stopped(), fenced(proof=None)])
def test_what_a_primary_acknowledged_alone_is_not_rewound_away_without_a_word(local: Local) -> None:
    found = joining(local, NEW, Rehearsal(True))
    with pytest.raises(model.NotConfirmed, match=r"acknowledged alone.*confirm: .production db2."):
        plan.plan_rejoined(member(state="rejoined"), found)
    assert "rewind" in actions(plan.plan_rejoined(member(state="rejoined", confirm="production db2"), found))


@pytest.mark.parametrize("local", [stopped(), fenced()])
def test_of_two_that_wrote_on_one_timeline_nothing_tells_where_they_parted(local: Local) -> None:
    found = joining(local, server())
    with pytest.raises(model.NotConfirmed, match="both were primaries on one timeline"):
        plan.plan_rejoined(member(state="rejoined"), found)
    steps = actions(plan.plan_rejoined(member(state="rejoined", confirm="production db2"), found))
    assert steps == COPIED


def test_half_rewound_data_is_never_started() -> None:
    found = joining(fenced(stage="rewinding"), NEW, Rehearsal(True, needed=False))
    steps = plan.plan_rejoined(member(confirm="production db2"), found).steps
    assert [step.action for step in steps] == COPIED


def test_where_the_log_is_gone_a_copy_is_made() -> None:
    found = joining(fenced(), server(timeline=2, oldest=AT_END + 1))
    assert "copy" in actions(plan.plan_standby(member(confirm="production db2"), found))


@pytest.mark.parametrize(
    ("found", "error", "words"),
    [
        (joining(primary()), model.PrimaryRuns, "a primary runs"),
        (joining(EMPTY, server(in_recovery=True)), model.NotThisCluster, "itself a standby"),
        (joining(standby(system_id=OTHER)), model.NotThisCluster, "another cluster"),
        (joining(Local(DATA, is_empty=False)), model.NotAStandby, "no data of PostgreSQL"),
        (joining(stopped()), model.NotAStandby, "rejoined"),
        (joining(Local(DATA, is_mount=True)), model.NotAStandby, "mount point"),
        (joining(EMPTY, server(tablespaces=1)), model.NotAStandby, "tablespaces"),
        (joining(EMPTY, room=Room(2, 1)), NoRoom, "are needed"),
    ],
)
def test_what_could_destroy_something_is_refused(found: Joining, error: type[MainstayError], words: str) -> None:
    with pytest.raises(error, match=words):
        plan.plan_standby(member(), found)


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (joining(primary()), model.PrimaryRuns),
        (joining(stopped(system_id=OTHER)), model.NotThisCluster),
        (joining(EMPTY), model.NotAStandby),
    ],
)
def test_only_a_stopped_primary_of_the_cluster_rejoins(found: Joining, error: type[MainstayError]) -> None:
    with pytest.raises(error):
        plan.plan_rejoined(member(), found)


def test_a_standby_goes_and_its_slot_with_it() -> None:
    assert actions(plan.plan_absent(member(), joining(standby(), followed()))) == ["stop", "fence", "drop"]
    assert actions(plan.plan_absent(member(), joining(fenced(stage="removed")))) == []
    assert actions(plan.plan_absent(member(), joining(fenced()))) == ["fence"], "no primary any more that might go on"
    with pytest.raises(model.PrimaryRuns):
        plan.plan_absent(member(), joining(primary(), followed()))


def test_a_slot_in_use_is_not_forgotten() -> None:
    with pytest.raises(model.SlotInUse):
        plan.plan_forgotten(member(), joining(EMPTY, followed()))
    assert actions(plan.plan_forgotten(member(), joining(EMPTY))) == []


@pytest.mark.parametrize(
    "changed", [{"slot": "Db-2"}, {"members": ("x'y",)}, {"slot": ""}, {"environment": "Prod"}, {"host": "a b"}, {"host": ""}]
)
def test_names_that_mean_something_else_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        member(**changed)
