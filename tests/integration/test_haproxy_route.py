"""haproxy_route against the real HAProxy."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Failed, FencedOff, NotFound, Refused, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._fence.fence import held
from ansible_collections.mainstay.ops.plugins.module_utils._router import haproxy
from ansible_collections.mainstay.ops.plugins.module_utils._router.model import Key, Mark, NoServerLeft, ServerNotUp
from ansible_collections.mainstay.ops.plugins.module_utils._router.operation import ROUTE
from haproxy_server import Fixture, names, running, shop

__all__ = ["shop"]

BLUE = {"blue": {"weight": 100, "count": 2}}
GREEN = {"green": {"weight": 100, "count": 2}}


def params(fixture: Fixture, slots: Mapping[str, Any], **service: Any) -> dict[str, Any]:
    return {
        "application": "shop",
        "services": {"api": {"slots": slots, "drain_timeout": "2s", **service}},
        "fence": {"environment": "test", "root": fixture.root},
        "socket": fixture.socket,
        "state_file": str(fixture.state_file),
        "up_timeout": "5s",
        "confirm": None,
    }


def route(given: Mapping[str, Any], *, check: bool = False) -> Mapping[str, Any]:
    """What `_edge.run` does with an operation."""
    wanted = ROUTE.parse(given)
    with nullcontext() if check else held(wanted.fence):
        found = ROUTE.read(wanted)
        plan = ROUTE.plan(wanted, found)
        report = ROUTE.apply(wanted, found, plan) if plan.changed and not check else ROUTE.predict(wanted, found)
    return {"changed": plan.changed, "steps": plan.as_list(), **report}


def in_rotation(fixture: Fixture) -> set[str]:
    return {s.key.server for s in haproxy.servers(fixture.socket) if s.state == "ready" and s.weight and s.running}


def marks(fixture: Fixture) -> dict[Key, Mark]:
    return haproxy.marks(haproxy.servers_state(fixture.socket))


def get(fixture: Fixture, path: str = "/") -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{fixture.port}{path}", timeout=20) as answer:
        return str(answer.read().decode())


def test_check_mode_then_real_then_both_again(shop: Fixture) -> None:
    predicted = route(params(shop, BLUE), check=True)
    assert predicted["changed"]
    assert in_rotation(shop) == set()
    done = route(params(shop, BLUE))
    assert done["steps"] == predicted["steps"]
    assert in_rotation(shop) == {"app1-blue-1", "app1-blue-2", "app2-blue-1", "app2-blue-2"}
    assert not route(params(shop, BLUE), check=True)["changed"]
    assert not route(params(shop, BLUE))["changed"]


def test_a_switch_moves_every_request_and_retires_the_old(shop: Fixture) -> None:
    route(params(shop, BLUE))
    result = route(params(shop, GREEN))
    assert {get(shop)[:10] for _ in range(20)} == {"app1-green", "app2-green"}
    assert {row["state"] for row in result["servers"] if row["slot"] == "blue"} == {"maint"}
    assert result["switched_ms"] < 1000
    assert result["cut"] == 0


def test_weights_are_written_without_draining_anybody(shop: Fixture) -> None:
    route(params(shop, BLUE))
    canary = {"blue": {"weight": 90, "count": 2}, "green": {"weight": 10, "count": 1, "hosts": ["app2"]}}
    result = route(params(shop, canary))
    assert [step["action"] for step in result["steps"]] == ["admit", *["weigh"] * 4, "save"]
    assert marks(shop)[Key("shop_api", "app2-green-1")] == Mark("ready", 10)
    assert marks(shop)[Key("shop_api", "app1-blue-1")] == Mark("ready", 90)


def test_a_sick_server_never_gets_traffic_and_everything_is_put_back(shop: Fixture) -> None:
    route(params(shop, BLUE))
    before = marks(shop)
    sick = shop.replicas["shop_api/app2-green-2"]
    sick.healthy = False
    with pytest.raises(ServerNotUp, match="app2-green-2") as caught:
        route({**params(shop, GREEN), "up_timeout": "1s"})
    assert caught.value.details["servers"] == ["shop_api/app2-green-2"]
    assert marks(shop) == before
    assert sick.answered == 0


def test_a_server_that_gets_well_late_is_waited_for(shop: Fixture) -> None:
    route(params(shop, BLUE))
    late = shop.replicas["shop_api/app1-green-1"]
    late.healthy = False
    threading.Timer(1.0, lambda: setattr(late, "healthy", True)).start()
    route(params(shop, GREEN))
    assert "app1-green-1" in in_rotation(shop)
    assert late.answered == 0


@pytest.mark.parametrize("settings", ["", "check rise 1 fall 1 inter 100ms"], ids=["no check", "fall 1"])
def test_a_server_that_haproxy_cannot_judge_is_refused(tmp_path: Path, settings: str) -> None:
    with running(tmp_path, {"shop_api": names(["app1"], 1)}, checked=settings) as fixture:
        with pytest.raises(ServerNotUp, match="`fall 2` or more"):
            route(params(fixture, {"blue": {"weight": 1, "count": 1}}))
        assert {mark.state for mark in marks(fixture).values()} == {"maint"}


def test_the_last_that_are_up_are_not_taken_out(shop: Fixture) -> None:
    route(params(shop, BLUE))
    for name in ("app1-blue-1", "app1-blue-2"):
        shop.replicas[f"shop_api/{name}"].stop()
    shop.wait_for(lambda: in_rotation(shop) == {"app2-blue-1", "app2-blue-2"})
    before = marks(shop)
    with pytest.raises(ServerNotUp, match="all servers that would stay"):
        route(params(shop, {"blue": {"weight": 100, "count": 2, "hosts": ["app1"]}}))
    assert marks(shop) == before


def test_state_and_weight_survive_reload_and_restart(shop: Fixture) -> None:
    route(params(shop, {"blue": {"weight": 70, "count": 1}, "green": {"weight": 30, "count": 1}}))
    haproxy.send(shop.socket, [haproxy.state_command(Key("shop_api", "app1-green-1"), "drain")])
    assert route(params(shop, {"blue": {"weight": 70, "count": 1}}))["changed"]
    before = marks(shop)
    assert {mark.state for mark in before.values()} == {"ready", "maint"}
    shop.reload()
    assert marks(shop) == before
    shop.stop()
    shop.start()
    assert marks(shop) == before
    assert not route(params(shop, {"blue": {"weight": 70, "count": 1}}))["changed"]


def test_a_server_that_drains_still_drains_after_reload_and_restart(shop: Fixture) -> None:
    route(params(shop, BLUE))
    requests = [threading.Thread(target=lambda: get(shop, "/slow?1.5")) for _ in range(4)]
    for request in requests:
        request.start()
    time.sleep(0.3)
    switch = threading.Thread(target=lambda: route(params(shop, GREEN, drain_timeout="10s")))
    switch.start()
    shop.wait_for(lambda: "drain" in {mark.state for mark in haproxy.marks(shop.state_file.read_text()).values()})
    saved = haproxy.marks(shop.state_file.read_text())
    assert {key.server for key, mark in saved.items() if mark.state == "drain"} == {
        "app1-blue-1",
        "app1-blue-2",
        "app2-blue-1",
        "app2-blue-2",
    }
    shop.reload()
    assert {mark.state for key, mark in marks(shop).items() if "blue" in key.server} <= {"drain", "maint"}
    switch.join()
    for request in requests:
        request.join()


def test_a_lost_state_file_is_written_again(shop: Fixture) -> None:
    route(params(shop, BLUE))
    shop.state_file.unlink()
    result = route(params(shop, BLUE))
    assert [step["action"] for step in result["steps"]] == ["save"]
    assert haproxy.marks(shop.state_file.read_text()) == marks(shop)


def test_a_request_in_flight_ends_well_and_one_beyond_the_timeout_is_cut_and_counted(shop: Fixture) -> None:
    route(params(shop, BLUE))
    outcomes: dict[str, str] = {}

    def request(path: str) -> None:
        try:
            outcomes[path] = get(shop, path)
        except OSError as error:
            outcomes[path] = type(error).__name__

    threads = [threading.Thread(target=request, args=(path,)) for path in ("/slow?0.8", "/slow?6")]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    result = route(params(shop, GREEN, drain_timeout="1500ms"))
    for thread in threads:
        thread.join()
    assert result["cut"] == 1
    assert 1.4 < result["drained_s"] < 5.0
    assert outcomes["/slow?0.8"].startswith("app")
    assert not outcomes["/slow?6"].startswith("app")


def test_long_sessions_leave_in_slices(shop: Fixture) -> None:
    route(params(shop, BLUE))
    ended: list[float] = []

    def session() -> None:
        try:
            get(shop, "/slow?9")
        except OSError:
            ended.append(time.monotonic())

    threads = [threading.Thread(target=session) for _ in range(40)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    result = route(params(shop, GREEN, drain_timeout="2s", spread="1500ms"))
    for thread in threads:
        thread.join()
    assert result["cut"] == 40
    assert max(ended) - min(ended) > 1.0
    windows = [sum(1 for moment in ended if start <= moment < start + 0.2) for start in ended]
    assert max(windows) < 20


def test_a_run_that_died_half_way_is_completed(shop: Fixture) -> None:
    route(params(shop, BLUE))
    put = [haproxy.state_command(Key("shop_api", f"app1-{name}"), "drain") for name in ("blue-1", "green-1", "green-2")]
    haproxy.send(shop.socket, put)
    route(params(shop, GREEN))
    assert in_rotation(shop) == {"app1-green-1", "app1-green-2", "app2-green-1", "app2-green-2"}
    assert {mark.state for mark in marks(shop).values()} == {"ready", "maint"}


def test_no_server_left_needs_a_declaration_and_the_typed_name(shop: Fixture) -> None:
    route(params(shop, BLUE))
    with pytest.raises(NoServerLeft):
        route(params(shop, {"blue": {"weight": 0, "count": 2}}))
    with pytest.raises(Refused, match="confirm: shop"):
        route(params(shop, {}, state="unrouted"))
    assert len(in_rotation(shop)) == 4
    route({**params(shop, {}, state="unrouted"), "confirm": "shop"})
    assert in_rotation(shop) == set()


def test_what_does_not_exist_is_named_with_what_does(shop: Fixture) -> None:
    with pytest.raises(NotFound, match=r"it has .*shop_api"):
        route(params(shop, BLUE, backend="shop_apo"))
    with pytest.raises(NotFound, match="it has them on app1 and app2"):
        route(params(shop, {"blue": {"weight": 1, "count": 1, "hosts": ["app9"]}}))
    with pytest.raises(NotFound, match="app1-blue-3"):
        route(params(shop, {"blue": {"weight": 1, "count": 3}}))


def test_a_socket_that_is_not_there_is_unavailable(shop: Fixture) -> None:
    with pytest.raises(Unavailable, match="is HAProxy running"):
        route({**params(shop, BLUE), "socket": "/nonexistent/socket"})


def test_a_socket_without_rights_is_unavailable_and_writes_are_refused_in_words(shop: Fixture) -> None:
    config = shop.config.read_text()
    shop.config.write_text(config.replace("level admin", "level operator"))
    shop.reload()
    with pytest.raises((Unavailable, Failed), match=r"level admin|did not accept"):
        route(params(shop, BLUE))


def test_a_run_that_lost_the_lock_does_not_write(shop: Fixture) -> None:
    newer = {"environment": "test", "root": shop.root, "token": 9}
    route({**params(shop, BLUE), "fence": newer})
    with pytest.raises(FencedOff):
        route({**params(shop, GREEN), "fence": {**newer, "token": 8}})
    assert {name[5:9] for name in in_rotation(shop)} == {"blue"}


def test_foreign_servers_are_left_alone(tmp_path: Path) -> None:
    with running(tmp_path, {"shop_api": [*names(["app1"], 2), "sorry"]}) as fixture:
        haproxy.send(fixture.socket, [haproxy.state_command(Key("shop_api", "sorry"), "ready")])
        route(params(fixture, BLUE))
        route(params(fixture, GREEN))
        assert marks(fixture)[Key("shop_api", "sorry")].state == "ready"


def test_twenty_services_with_twenty_servers_in_two_slots_are_quick(tmp_path: Path) -> None:
    services = [f"s{number}" for number in range(20)]
    backends = {f"shop_{service}": names([f"app{n}" for n in range(1, 11)], 2) for service in services}
    with running(tmp_path, backends, checked="check inter 2s rise 2 fall 3") as fixture:

        def asked(slots: Mapping[str, Any]) -> dict[str, Any]:
            given = params(fixture, slots)
            return {**given, "up_timeout": "60s", "services": {s: {"slots": slots, "drain_timeout": "30s"} for s in services}}

        route(asked(BLUE))
        result = route(asked(GREEN))
        assert len(result["servers"]) == 800
        assert result["switched_ms"] < 5000, "all at once"
        began = time.monotonic()
        assert not route(asked(GREEN))["changed"]
        assert time.monotonic() - began < 15, "nothing is waited for where nothing changes"
