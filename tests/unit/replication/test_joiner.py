"""What is done for a standby, in which order, where that is what keeps the data."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.mainstay.ops.plugins.module_utils._replication import copying, instance, joiner, markers, plan
from ansible_collections.mainstay.ops.plugins.module_utils._replication.joiner import Joiner
from ansible_collections.mainstay.ops.plugins.module_utils._replication.model import Record

from tests.unit.replication.replication_found import DATA, joining, member, stopped


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order, none of it really."""
    said: list[str] = []
    for place, names in (
        (instance, ("mask", "unmask", "start", "stop")),
        (copying, ("rewind", "swap")),
        (markers, ("write_record", "forget_record", "make_standby", "make_primary")),
    ):
        for name in names:
            monkeypatch.setattr(place, name, lambda *_given, name=name: said.append(name))
    return said


def test_what_is_rewound_is_masked_from_before_it_begins(done: list[str]) -> None:
    Joiner(member(state="rejoined"), joining(stopped()), lambda: None).perform(Plan((Step(plan.REWIND, DATA),)))
    assert done == ["mask", "rewind", "write_record"]


def test_a_standby_that_is_taken_away_is_not_taken_for_a_fenced_primary(monkeypatch: pytest.MonkeyPatch, done: list[str]) -> None:
    written: list[Record] = []
    monkeypatch.setattr(markers, "write_record", lambda _data, record: written.append(record))
    Joiner(member(state="absent"), joining(stopped()), lambda: None).perform(Plan((Step(plan.FENCE, DATA),)))
    assert ([record.stage for record in written], done) == (["removed"], ["make_standby", "mask"])


@pytest.mark.parametrize(("record", "kept"), [(None, ["write_record"]), (Record("fenced", 1.0), [])])
def test_the_record_stays_until_the_slots_are_tidied(
    monkeypatch: pytest.MonkeyPatch, done: list[str], record: Record | None, kept: list[str]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(markers, "read_record", lambda _data: record)

    def psql(_instance: object, _programs: object, query: str) -> tuple[int, str]:
        asked.append(query)
        return 0, ""

    monkeypatch.setattr(joiner, "psql", psql)
    monkeypatch.setattr(instance, "binaries", lambda _instance: "")
    steps = (Step(plan.START, DATA), Step(plan.TIDY, DATA))
    wanted = member(state="rejoined", members=("db1", "db2"))
    Joiner(wanted, joining(stopped(record=record)), lambda: None).perform(Plan(steps))
    assert done == [*kept, "unmask", "start", "forget_record"]
    assert "slot_name IN ('db1', 'db2')" in asked[0]


def test_where_nothing_is_tidied_the_record_goes_before_the_start(done: list[str]) -> None:
    Joiner(member(), joining(stopped()), lambda: None).perform(Plan((Step(plan.START, DATA),)))
    assert done == ["forget_record", "unmask", "start"]
