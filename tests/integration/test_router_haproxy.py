"""The role's configuration on the real HAProxy: rendered and taken over by ansible-playbook, on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._router import haproxy
from ansible_collections.mainstay.ops.plugins.module_utils._router.model import Key, Mark
from haproxy_server import HAPROXY, Fixture, Replica
from ports import free_port
from test_haproxy_load import load
from test_haproxy_route import marks, params, route

COLLECTIONS = Path(__file__).parents[4]
PLAYBOOK = """
- hosts: proxy
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: mainstay.ops.router_haproxy, tasks_from: preflight}
    - ansible.builtin.include_role: {name: mainstay.ops.router_haproxy, tasks_from: configure}
      loop: "{{ range(times | default(1) | int) | list }}"
      loop_control: {loop_var: number}
      vars: {router_haproxy_tunnel_timeout: "{{ number + 1 }}h"}
"""
Shop = tuple[Fixture, dict[str, Any]]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Replicas of two services on two hosts, and the variables of an inventory that says so; HAProxy is not started."""
    fixture = Fixture(tmp_path, free_port())
    services: dict[str, Any] = {
        "api": {"kind": "web", "health": {"path": "/health"}},
        "chat": {"kind": "websocket", "health": {"path": "/health"}, "route": {"path": "/ws"}},
        "jobs": {"kind": "worker"},
    }
    for name in ("api", "chat"):
        for slot in ("blue", "green"):
            replica = fixture.replicas[f"shop_{name}/app1-{slot}-1"] = Replica(f"{name} {slot}")
            services[name].setdefault("ports", {})[slot] = replica.port
            services[name] |= {"replicas": 1, "max_replicas": 1}
            replica.start()
    variables = {
        "mainstay_application": "shop",
        "mainstay_services": services,
        "router_haproxy_binds": [f"127.0.0.1:{fixture.port}"],
        "router_haproxy_stats_bind": f"127.0.0.1:{free_port()}",
        "router_haproxy_socket": fixture.socket,
        "router_haproxy_master_socket": fixture.master,
        "router_haproxy_state_file": str(fixture.state_file),
        "router_haproxy_config_file": str(fixture.config),
        "router_haproxy_check_interval": "100ms",
        "router_haproxy_maxconn": 500,
    }
    tmp_path.chmod(0o755)
    try:
        yield fixture, variables
    finally:
        if fixture.process:
            fixture.stop()
        for replica in fixture.replicas.values():
            replica.stop()


def play(fixture: Fixture, variables: dict[str, Any], *arguments: str, fails: bool = False) -> str:
    """Run the playbook against this machine; returns what it printed."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3", "ansible_become": False}
    inventory = {
        "all": {
            "vars": {**host, **variables},
            "children": {"proxy": {"hosts": {"proxy1": {}}}, "app": {"hosts": {"app1": {"ansible_host": "127.0.0.1"}}}},
        }
    }
    (fixture.root / "hosts.yml").write_text(json.dumps(inventory))
    (fixture.root / "play.yml").write_text(PLAYBOOK)
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": f"{COLLECTIONS.parent}:{os.environ.get('ANSIBLE_COLLECTIONS_PATH', '')}",
    }
    command = ["ansible-playbook", "-i", str(fixture.root / "hosts.yml"), str(fixture.root / "play.yml"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert bool(done.returncode) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def get(fixture: Fixture, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{fixture.port}{path}", timeout=5) as answer:
        return str(answer.read().decode())


def live(fixture: Fixture) -> None:
    """Both services serve from blue."""
    slots = {"blue": {"weight": 60, "count": 1}}
    given = params(fixture, slots)
    route({**given, "services": {name: {"slots": slots, "drain_timeout": "2s"} for name in ("api", "chat")}})


def test_haproxy_accepts_what_is_rendered_and_routes_by_its_rules(shop: Shop) -> None:
    fixture, variables = shop
    assert "changed=1" in play(fixture, variables)
    subprocess.run([HAPROXY, "-c", "-f", str(fixture.config)], check=True, capture_output=True)
    fixture.start()
    assert {mark.state for mark in marks(fixture).values()} == {"maint"}
    live(fixture)
    assert [get(fixture, path) for path in ("/", "/ws", "/ws/room", "/wsx")] == ["api blue", "chat blue", "chat blue", "api blue"]
    with urllib.request.urlopen(f"http://{variables['router_haproxy_stats_bind']}/metrics", timeout=5) as answer:
        assert b"haproxy_server_status" in answer.read()
    assert "changed=0" in play(fixture, variables)
    assert marks(fixture)[Key("shop_api", "app1-blue-1")] == Mark("ready", 60)


def test_a_user_stays_on_one_side_and_a_tester_chooses_it(shop: Shop) -> None:
    fixture, variables = shop
    variables["mainstay_services"]["api"] |= {"sticky": "shop_side", "testers": "X-Shop-Slot"}
    play(fixture, variables)
    fixture.start()
    both = {slot: {"weight": 100, "count": 1} for slot in ("blue", "green")}
    given = params(fixture, both)
    route({**given, "services": {"api": {"slots": both, "drain_timeout": "2s"}}})
    assert {asked(fixture)[0] for _ in range(8)} == {"api blue", "api green"}
    side, cookie = asked(fixture)
    assert {asked(fixture, Cookie=cookie)[0] for _ in range(8)} == {side}
    for slot in ("blue", "green"):
        assert {asked(fixture, **{"X-Shop-Slot": slot})[0] for _ in range(4)} == {f"api {slot}"}
    only = {"green": both["green"], "blue": {"weight": 0, "count": 1}}
    route({**given, "services": {"api": {"slots": only, "drain_timeout": "2s"}}})
    for header in ({"Cookie": cookie}, {"X-Shop-Slot": "blue"}):
        assert asked(fixture, **header)[0] == "api green", "whoever is bound to what left the rotation is served all the same"


def asked(fixture: Fixture, **headers: str) -> tuple[str, str]:
    """The answer, and the cookie that came with it."""
    request = urllib.request.Request(f"http://127.0.0.1:{fixture.port}/", headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode(), (answer.headers["Set-Cookie"] or "").partition(";")[0]


def test_fifteen_new_configurations_under_load_drop_nothing_and_keep_what_rests(shop: Shop) -> None:
    fixture, variables = shop
    play(fixture, variables)
    fixture.start()
    live(fixture)
    before = marks(fixture)
    with load(fixture.port, 8) as counts:
        assert "changed=15" in play(fixture, variables, "-e", "times=16")
    print(counts)
    assert counts["failed"] == 0, counts
    assert marks(fixture) == before


def test_check_mode_predicts_and_writes_nothing(shop: Shop) -> None:
    fixture, variables = shop
    assert "changed=1" in play(fixture, variables, "--check")
    assert not fixture.config.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mainstay_services": {"api": {"kind": "web", "ports": {"blue": 1, "green": 3}}}}, "loses shop_chat"),
        ({"router_haproxy_check_fall": 1}, "give 2 or more"),
        ({"router_haproxy_timeout": "sixty"}, "HAProxy does not accept"),
        ({"mainstay_services": {"api": {"kind": "web"}}}, "api: there is no port for blue"),
    ],
    ids=["a service is lost", "checks that prove nothing", "nonsense", "no ports"],
)
def test_what_would_lose_traffic_is_refused(shop: Shop, change: dict[str, Any], sentence: str) -> None:
    fixture, variables = shop
    play(fixture, variables)
    before = fixture.config.read_text()
    assert sentence in " ".join(play(fixture, {**variables, **change}, fails=True).split())
    assert fixture.config.read_text() == before


def test_what_saves_the_state_by_hand_keeps_the_last_one_when_haproxy_is_gone(shop: Shop) -> None:
    fixture, variables = shop
    play(fixture, variables)
    fixture.start()
    live(fixture)
    fixture.state_file.unlink()
    script = Path(__file__).parents[2] / "roles/router_haproxy/files/save-server-state.py"
    command = ["/usr/bin/python3", str(script), fixture.socket, str(fixture.state_file)]
    subprocess.run(command, check=True)
    saved = haproxy.marks(fixture.state_file.read_text())
    assert saved == marks(fixture)
    fixture.stop()
    assert subprocess.run(command, check=False, capture_output=True).returncode
    assert haproxy.marks(fixture.state_file.read_text()) == saved
    fixture.start()
    assert marks(fixture) == saved
