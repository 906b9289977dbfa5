"""What is done in a handover, in which order, where a run that is killed in between must be able to go on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.mainstay.ops.plugins.module_utils._replication import handover, instance, markers
from ansible_collections.mainstay.ops.plugins.module_utils._replication.handover import Scene, Switch
from ansible_collections.mainstay.ops.plugins.module_utils._replication.model import Local, Record
from ansible_collections.mainstay.ops.plugins.module_utils._replication.switcher import Switcher

from tests.unit.replication.replication_found import DATA, INSTANCE, fenced, primary


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was done, in order, none of it really; a record that was written stands for itself."""
    said: list[Any] = []
    for place, names in ((instance, ("mask", "unmask", "start", "stop")), (markers, ("forget_record", "make_primary"))):
        for name in names:
            monkeypatch.setattr(place, name, lambda *_given, name=name: said.append(name))
    monkeypatch.setattr(markers, "write_record", lambda _data, record: said.append(record))
    return said


def perform(local: Local, *actions: str) -> None:
    wanted = Switch(INSTANCE, "production", "db1", "resumed")
    Switcher(wanted, Scene(local), lambda: None).perform(Plan(tuple(Step(action, DATA) for action in actions)))


def test_the_record_stays_until_the_resumed_primary_runs_and_its_proof_does_not(done: list[Any]) -> None:
    perform(fenced(), handover.RELEASE, handover.RESUME)
    assert done == ["unmask", Record("fenced", 1.0, None), "make_primary", "start", "forget_record"]


def test_a_primary_that_runs_is_only_released(done: list[Any]) -> None:
    perform(replace(primary(), record=Record("fenced", 1.0)), handover.RELEASE)
    assert done == ["unmask", "make_primary", "forget_record"]
