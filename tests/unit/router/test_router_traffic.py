"""What is told of traffic."""

from __future__ import annotations

from ansible_collections.mainstay.ops.plugins.module_utils._router.traffic import told

from tests.unit.router.router_fakes import server, serving


def test_shares_count_only_those_that_are_up() -> None:
    down = serving("b-blue-1", weight=100, running=False)
    api = told("shop", [serving("a-blue-1", weight=75, sessions=2), down, serving("a-green-1", weight=25)])["api"]
    assert api["live"] == ["blue", "green"]
    assert api["slots"]["blue"] == {
        "in_rotation": 2,
        "up": 1,
        "weight": 100,
        "share": 0.75,
        "sessions": 2,
        "hosts": {"a": {"in_rotation": 1, "up": 1, "sessions": 2}, "b": {"in_rotation": 1, "up": 0, "sessions": 0}},
    }


def test_other_applications_and_services_that_were_not_asked_for_are_left_out() -> None:
    servers = [serving("a-blue-1"), server("a-blue-1", backend="shop_chat"), server("a-blue-1", backend="blog_api")]
    assert set(told("shop", servers)) == {"api", "chat"}
    assert set(told("shop", servers, ["chat"])) == {"chat"}
