"""Whether a command starts afresh, or the one that an earlier run started is waited for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._command.model import Command, CommandRunning, Found, Running
from ansible_collections.mainstay.ops.plugins.module_utils._command.plan import plan
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import NameTaken, Scope

WANTED = Command(Scope("production", "shop"), "shop-command-migrate", "'up'", "shop/api@sha256:1", "v2-2", "c2", {}, 60, 100)


def left(**changed: Any) -> Running:
    return Running(**{"id": "a", "state": "exited", "release": "v2-2", "config": "c2", **changed})


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        pytest.param(Found(has_image=True), ["run"], id="nothing there: it runs"),
        pytest.param(Found(), ["pull", "run"], id="no image: pulled first"),
        pytest.param(Found(left(state="running")), ["attach"], id="it runs already: joined"),
        pytest.param(Found(left(), has_image=True), ["remove", "run"], id="it ended unseen: it runs again"),
        pytest.param(Found(left(state="created"), has_image=True), ["remove", "run"], id="it never began: it runs"),
        pytest.param(Found(left(release="v1-1"), has_image=True), ["remove", "run"], id="of another release: cleared away"),
    ],
)
def test_what_is_done(found: Found, wanted: list[str]) -> None:
    assert [step.action for step in plan(WANTED, found).steps] == wanted


@pytest.mark.parametrize("changed", [{"release": "v1-1"}, {"config": "c1"}], ids=str)
def test_never_beside_another_of_its_name(changed: dict[str, Any]) -> None:
    with pytest.raises(CommandRunning, match="still runs"):
        plan(WANTED, Found(left(state="running", **changed)))


@pytest.mark.parametrize("state", ["running", "exited"])
def test_a_stranger_is_left_alone(state: str) -> None:
    with pytest.raises(NameTaken):
        plan(WANTED, Found(left(state=state, is_ours=False)))
