"""haproxy_route_info against the real HAProxy, through Ansible."""

from __future__ import annotations

from ansible_module import run_module
from haproxy_server import Fixture, shop
from test_haproxy_route import BLUE, params, route

__all__ = ["shop"]


def test_it_says_which_slot_is_live_and_changes_nothing(shop: Fixture) -> None:
    route(params(shop, BLUE))
    found = run_module("haproxy_route_info", "--check", application="shop", socket=shop.socket)
    assert not found["changed"]
    assert found["services"]["api"]["live"] == ["blue"]
    assert found["services"]["api"]["slots"]["green"]["in_rotation"] == 0


def test_an_haproxy_that_does_not_answer_is_named(shop: Fixture) -> None:
    refused = run_module("haproxy_route_info", application="shop", socket=str(shop.root / "nobody.sock"))
    assert (refused["failed"], refused["error"]) == (True, "Unavailable")
    assert "nobody.sock" in refused["msg"]
