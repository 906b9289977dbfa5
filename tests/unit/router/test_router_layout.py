"""From services to backends, servers and rules."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._router.layout import Backend, backends, most

PORTS = {"blue": 21000, "green": 22000}
HOSTS = {"app2": "10.0.0.2", "app1": "10.0.0.1"}


def web(**fields: Any) -> dict[str, Any]:
    return {"kind": "web", "replicas": 1, "ports": PORTS, **fields}


def lay(hosts: dict[str, str] | None = None, **services: dict[str, Any]) -> list[Backend]:
    return backends(services, "shop", HOSTS if hosts is None else hosts)


def test_a_backend_has_a_server_for_each_host_slot_and_possible_replica() -> None:
    (backend,) = lay(api=web())
    assert [f"{line.name} {line.address}" for line in backend.servers] == [
        "app1-blue-1 10.0.0.1:21000",
        "app1-blue-2 10.0.0.1:21001",
        "app1-green-1 10.0.0.1:22000",
        "app1-green-2 10.0.0.1:22001",
        "app2-blue-1 10.0.0.2:21000",
        "app2-blue-2 10.0.0.2:21001",
        "app2-green-1 10.0.0.2:22000",
        "app2-green-2 10.0.0.2:22001",
    ]


@pytest.mark.parametrize(
    ("service", "expected"),
    [({}, 2), ({"replicas": 3}, 6), ({"replicas": 3, "max_replicas": 4}, 4), ({"replicas": 3, "max_replicas": 1}, 3)],
)
def test_there_is_room_for_twice_the_replicas_and_never_for_fewer(service: dict[str, int], expected: int) -> None:
    assert most(service) == expected


def test_workers_are_not_routed() -> None:
    assert [backend.name for backend in lay(api=web(), jobs={"kind": "worker"})] == ["shop_api"]


def test_narrow_rules_come_first_and_the_one_without_gets_the_rest() -> None:
    second = {"blue": 23000, "green": 24000}
    third = {"blue": 25000, "green": 26000}
    fourth = {"blue": 27000, "green": 28000}
    known = lay(
        api=web(),
        chat=web(kind="websocket", ports=second, route={"path": "/ws"}),
        deep=web(ports=third, route={"path": "/ws/v2.1/"}),
        admin=web(ports=fourth, route={"host": "Admin.example.com"}),
    )
    assert [(backend.name, backend.rule) for backend in known] == [
        ("shop_admin", "{ req.hdr(host),field(1,:),lower -m str admin.example.com }"),
        ("shop_deep", "{ path -m reg ^/ws/v2[.]1(/|$) }"),
        ("shop_chat", "{ path -m reg ^/ws(/|$) }"),
        ("shop_api", ""),
    ]


def test_a_cookie_and_a_header_are_names_and_nothing_else() -> None:
    (backend,) = lay(api=web(sticky="shop_side", testers="X-Shop-Slot"))
    assert (backend.sticky, backend.testers, backend.servers[2].slot) == ("shop_side", "X-Shop-Slot", "green")
    for wrong in ({"sticky": "a b"}, {"sticky": "a\n  server evil 6.6.6.6"}, {"testers": "X-Slot }"}, {"testers": 7}):
        with pytest.raises(InvalidInput, match="is not a name of a"):
            lay(api=web(**wrong))


def test_an_ipv6_address_gets_its_brackets() -> None:
    assert lay({"app1": "fd00::1"}, api=web())[0].servers[0].address == "[fd00::1]:21000"


@pytest.mark.parametrize(
    ("services", "sentence"),
    [
        pytest.param({"a": web(), "b": web(ports={"blue": 1, "green": 9})}, "have no route", id="two that get the rest"),
        pytest.param({"a": web(ports={"blue": 21000, "green": 21001})}, "would share port 21001", id="slots overlap"),
        pytest.param(
            {"a": web(), "b": web(ports={"blue": 21001, "green": 9}, route={"path": "/b"})},
            "share port 21001",
            id="services overlap",
        ),
        pytest.param({"a": web(ports={"blue": 1})}, "a: there is no port for green", id="a port is missing"),
        pytest.param(
            {"a": web(ports={"blue": 65535, "green": 9})}, "a: blue would use the ports 65535 to 65536", id="a port is too high"
        ),
        pytest.param({"a": web(ports={"blue": "1 x", "green": 9})}, "not a port for blue", id="a port is no number"),
        pytest.param({"a": web(route={"paht": "/"})}, "has no 'paht'", id="a typo in a route"),
        pytest.param({"a": web(health={"path": "/h\n  server evil 1:1"})}, "not a path", id="a line in a path"),
        pytest.param({"a": web(route={"host": "x } acl"})}, "not a host name", id="a rule in a host"),
        pytest.param({"a b": web()}, "not a name", id="a space in a name"),
        pytest.param({"a": web(replicas="two")}, "a: 'two' is not a number of replicas", id="replicas are no number"),
        pytest.param({"a": web(replicas=0)}, "a: 0 is not a number of replicas", id="no replica"),
        pytest.param({"a": "web"}, "must be a dictionary", id="a service is a text"),
    ],
)
def test_what_cannot_be_routed_is_refused(services: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        lay(**services)


def test_no_host_at_all_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="empty"):
        lay({}, api=web())
    with pytest.raises(InvalidInput, match="not a address"):
        lay({"app1": "1.2.3.4 check"}, api=web())
