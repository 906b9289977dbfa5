"""From the Engine's JSON to replicas."""

# ruff: noqa: ARG002  (a fake takes what the port gives)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import Holder, Scope
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.observed import holders_of, moment, name_of, replica_of
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.row import told
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.survey import replicas

from tests.unit.replicas.replica_fakes import FakeEngine, gone, inspected


def test_a_replica_is_read_from_its_labels_and_its_state() -> None:
    found = replica_of(inspected(RestartCount=2, ExitCode=3, Status="restarting"))
    assert (found.name, found.id, found.service, found.slot, found.number) == (
        "shop-api-blue-1",
        "0123456789ab",
        "api",
        "blue",
        1,
    )
    assert (found.state, found.restarts, found.exit_code, found.ports) == ("restarting", 2, 3, (21000,))
    assert found.started_at == pytest.approx(1767323045.678901)


@pytest.mark.parametrize("changed", [{"service": ""}, {"replica": "one"}, {"replica": "²"}, {"release": ""}], ids=str)
def test_labels_that_somebody_made_by_hand_are_named(changed: dict[str, Any]) -> None:
    with pytest.raises(Corrupt, match="shop-api-blue-1"):
        replica_of(inspected(**changed))


def test_never_is_zero() -> None:
    assert moment("0001-01-01T00:00:00Z") == 0.0


def test_names_of_links_are_no_names() -> None:
    assert name_of({"Names": ["/web/db", "/db"]}) == "db"
    assert name_of({"Names": []}) == ""


def test_only_published_ports_have_a_holder() -> None:
    listed: list[dict[str, Any]] = [
        {"Names": ["/a"], "Ports": [{"PrivatePort": 80}, {"PrivatePort": 80, "PublicPort": 8080}]},
        {"Names": ["/b"]},
    ]
    assert holders_of(listed) == (Holder(8080, "a"),)


class Listing(FakeEngine):
    """An Engine with these containers."""

    def listed(self, labels: Any = None) -> list[dict[str, Any]]:
        return [{"Id": "a", "Labels": {}}, {"Id": "b", "Labels": {"ops.mainstay.command": "migrate"}}]


def test_a_command_is_no_replica_and_one_that_vanishes_is_none_either() -> None:
    assert len(replicas(Listing(), Scope("production", "shop"))) == 1
    assert replicas(Listing(describe=gone), Scope("production", "shop")) == ()


def test_an_operator_is_told_how_long_it_runs() -> None:
    row = told(replica_of(inspected()), 1767323055.7)
    assert (row["uptime_s"], row["started_at"]) == (10.0, "2026-01-02T03:04:05Z")
    assert told(replica_of(inspected(Status="exited")), 1767323055.7)["uptime_s"] == 0.0
