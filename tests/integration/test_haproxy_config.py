"""haproxy_config against the real HAProxy."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Failed, InvalidInput, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._router import haproxy, master
from ansible_collections.mainstay.ops.plugins.module_utils._router.config import TrafficLost
from ansible_collections.mainstay.ops.plugins.module_utils._router.operation_config import CONFIG
from haproxy_server import Fixture, names, shop
from test_haproxy_load import load
from test_haproxy_route import BLUE, GREEN, marks, params, route

__all__ = ["shop"]

EMPTY = "\nbackend shop_empty\n"


def content(fixture: Fixture, more: str = "") -> str:
    return fixture.plain.replace("\nglobal\n", "\nglobal\n  description @configuration@\n") + more


def configure(fixture: Fixture, text: str, *, check: bool = False, forget: list[str] | None = None) -> Mapping[str, Any]:
    wanted = CONFIG.parse(
        {
            "content": text,
            "forget": forget or [],
            "path": str(fixture.config),
            "socket": fixture.socket,
            "master_socket": fixture.master,
            "state_file": str(fixture.state_file),
            "reload_timeout": "30s",
            "program": "/usr/sbin/haproxy",
        }
    )
    found = CONFIG.read(wanted)
    plan = CONFIG.plan(wanted, found)
    report = CONFIG.apply(wanted, found, plan) if plan.changed and not check else CONFIG.predict(wanted, found)
    return {"steps": [step["action"] for step in plan.as_list()], **report}


def running_mark(fixture: Fixture) -> str:
    return haproxy.information(fixture.socket).get("description", "")


def test_check_mode_then_real_then_both_again(shop: Fixture) -> None:
    before = shop.config.read_text()
    assert configure(shop, content(shop), check=True)["steps"] == ["write", "reload"]
    assert shop.config.read_text() == before
    result = configure(shop, content(shop))
    assert running_mark(shop) == result["configuration"]
    assert configure(shop, content(shop), check=True)["steps"] == []
    assert configure(shop, content(shop))["steps"] == []


def test_a_new_configuration_keeps_weight_and_state_and_drops_no_request(shop: Fixture) -> None:
    route(params(shop, BLUE))
    route(params(shop, {"green": {"weight": 33, "count": 2}}))
    haproxy.send(shop.socket, ["set server shop_api/app1-green-1 weight 5", "set server shop_api/app1-green-2 state drain"])
    before = marks(shop)
    with load(shop.port, 4) as counts:
        for number in range(5):
            configure(shop, content(shop, f"# {number}\n"))
    assert marks(shop) == before
    assert counts["failed"] == 0, counts


def test_what_haproxy_does_not_accept_is_not_written(shop: Fixture) -> None:
    before = shop.config.read_text()
    with pytest.raises(InvalidInput, match=r"haproxy.cfg:\d+.*unknown keyword 'balanse'"):
        configure(shop, content(shop, "  balanse roundrobin\n"))
    assert shop.config.read_text() == before


def test_a_configuration_that_loses_a_backend_is_refused_unless_it_is_named(shop: Fixture) -> None:
    configure(shop, content(shop, EMPTY))
    with pytest.raises(TrafficLost, match="shop_empty"):
        configure(shop, content(shop))
    assert "shop_empty" in haproxy.backends(shop.socket)
    configure(shop, content(shop), forget=["shop_empty"])
    assert "shop_empty" not in haproxy.backends(shop.socket)
    assert configure(shop, content(shop), forget=["shop_empty"])["steps"] == []


def test_a_configuration_that_loses_a_server_in_rotation_is_refused(shop: Fixture) -> None:
    configure(shop, content(shop))
    route(params(shop, BLUE))
    shop.write_config({"shop_api": names(["app1"], 2)})
    with pytest.raises(TrafficLost, match="app2-blue-1"):
        configure(shop, content(shop))
    route(params(shop, {"blue": {"weight": 100, "count": 2, "hosts": ["app1"]}}))
    configure(shop, content(shop))


def test_a_reload_that_was_missed_is_made_up_for(shop: Fixture) -> None:
    configure(shop, content(shop))
    text = shop.config.read_text()
    shop.config.write_text(text.replace(running_mark(shop), "edited"))
    shop.reload()
    shop.config.write_text(text)
    assert configure(shop, content(shop))["steps"] == ["reload"]


def test_a_reload_that_fails_puts_the_old_file_back_and_goes_on_serving(shop: Fixture) -> None:
    configure(shop, content(shop))
    route(params(shop, GREEN))
    before, mark = shop.config.read_text(), running_mark(shop)
    with load(shop.port, 4) as counts, pytest.raises(Failed, match="was put back"):
        configure(shop, content(shop).replace("nbthread 2", "nbthread 2\n  maxconn 9000000"))
    assert shop.config.read_text() == before
    assert running_mark(shop) == mark
    assert counts["failed"] == 0
    assert configure(shop, content(shop, "# next\n"))["steps"] == ["write", "reload"]


def test_a_reload_that_fails_is_noticed_before_its_time_is_over(shop: Fixture) -> None:
    began = time.monotonic()
    with pytest.raises(Failed):
        configure(shop, content(shop).replace("nbthread 2", "nbthread 2\n  maxconn 9000000"))
    assert time.monotonic() - began < 15


def test_a_configuration_in_the_midst_of_a_reload_is_taken_over_all_the_same(shop: Fixture) -> None:
    for number in range(5):
        shop.wait_for(lambda: haproxy.answers(shop.master))
        master.reload(shop.master)
        result = configure(shop, content(shop, f"# {number}\n"))
        assert result["steps"] == ["write", "reload"]
        assert {running_mark(shop) for _ in range(50)} == {result["configuration"]}


@pytest.mark.parametrize(("resets", "answered"), [(0, True), (2, True), (6, False)])
def test_a_master_that_begins_anew_is_asked_again_for_a_while(tmp_path: Path, resets: int, answered: bool) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "m"))
        listening.listen()
        Thread(target=_reset_then_answer, args=(listening, resets), daemon=True).start()
        with nullcontext() if answered else pytest.raises(Unavailable, match="does not answer"):
            assert master.failures(str(tmp_path / "m")) == 3


def _reset_then_answer(listening: socket.socket, resets: int) -> None:
    for _ in range(resets):
        listening.accept()[0].close()  # with the question unread, which is a reset
    with suppress(OSError), listening.accept()[0] as connection:
        connection.recv(100)
        connection.sendall(b"1 master [failed: 3]")


def test_a_router_that_does_not_run_gets_its_file(shop: Fixture) -> None:
    shop.stop()
    result = configure(shop, content(shop))
    assert (result["steps"], result["running"]) == (["write"], False)
    shop.start()
    assert running_mark(shop) == result["configuration"]
