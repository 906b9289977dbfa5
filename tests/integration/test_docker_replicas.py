"""docker_replicas and docker_replicas_info against the real Docker Engine, with a registry of their own."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import FencedOff, MainstayError, NotFound, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._fence.fence import held
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import (
    NameTaken,
    PortTaken,
    ReplicaCrashed,
    ReplicaNotHealthy,
)
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.operation import REPLICAS
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.operation_info import REPLICAS_INFO
from docker_server import ENVIRONMENT, Shop, registry, shop

__all__ = ["registry", "shop"]

SECRET = "correct-horse-battery"


def params(shop: Shop, services: Any, **changed: Any) -> dict[str, Any]:
    return {
        "application": shop.application,
        "slot": "blue",
        "state": "running",
        "services": services,
        "secrets": {},
        "secrets_fingerprint": None,
        "release": "v1-00000001",
        "version": "v1",
        "keep_running": False,
        "keep_surplus": False,
        "last_words": False,
        "bind_address": "0.0.0.0",
        "stop_timeout": None,
        "registry_username": None,
        "registry_password": None,
        "socket": "/var/run/docker.sock",
        "fence": {"environment": ENVIRONMENT, "root": shop.root},
        **changed,
    }


def api(shop: Shop, image: str, **changed: Any) -> dict[str, Any]:
    health = {"healthy": 2, "interval": "50ms", "timeout": "1s", "deadline": "15s"}
    return {
        "image": image,
        "count": 2,
        "container_port": 8000,
        "first_port": shop.ports[0],
        "stop_timeout": "2s",
        "memory": "64m",
        **changed,
        "health": {**health, **changed.get("health", {})},
    }


def act(given: Mapping[str, Any], *, check: bool = False) -> Mapping[str, Any]:
    """What `_edge.run` does with an operation."""
    wanted = REPLICAS.parse(given)
    with nullcontext() if check else held(wanted.fence):
        found = REPLICAS.read(wanted)
        plan = REPLICAS.plan(wanted, found)
        report = REPLICAS.apply(wanted, found, plan) if plan.changed and not check else REPLICAS.predict(wanted, found)
    return {"changed": plan.changed, "steps": plan.as_list(), **report}


def actions(result: Mapping[str, Any]) -> list[str]:
    return [step["action"] for step in result["steps"]]


def info(shop: Shop) -> list[dict[str, Any]]:
    asked = {"application": shop.application, "socket": "/var/run/docker.sock", "fence": {"environment": ENVIRONMENT}}
    return list(REPLICAS_INFO.read(REPLICAS_INFO.parse(asked))["replicas"])


def test_check_mode_then_real_then_both_again(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1", keep=False))}
    predicted = act(params(shop, services), check=True)
    assert actions(predicted) == ["pull", "create", "create"]
    assert shop.containers() == {}

    done = act(params(shop, services))
    assert done["steps"] == predicted["steps"]
    assert [(r["replica"], r["port"], r["healthy"], r["state"]) for r in done["replicas"]] == [
        (1, shop.ports[0], True, "running"),
        (2, shop.ports[0] + 1, True, "running"),
    ]
    assert all(0 < r["started_in_s"] < 15 for r in done["replicas"])
    assert shop.get(shop.ports[0])["version"] == "v1"

    assert not act(params(shop, services), check=True)["changed"]
    before = shop.containers()
    again = act(params(shop, services))
    assert not again["changed"]
    assert all(r["healthy"] for r in again["replicas"])
    assert shop.containers() == before


def test_a_container_has_no_rights_that_nobody_gave_it(shop: Shop) -> None:
    act(params(shop, {"api": api(shop, shop.image("v1"), count=1)}))
    host = shop.containers()[f"{shop.application}-api-blue-1"]["HostConfig"]
    assert host["Privileged"] is False
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], [])
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["ReadonlyRootfs"] is True
    assert host["PidsLimit"] == 512
    assert host["Memory"] == host["MemorySwap"] == 64 << 20
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"]["Config"]["max-size"] == "10m"


def test_a_new_release_replaces_what_is_in_its_way_and_nothing_else(shop: Shop) -> None:
    first, second = shop.image("v1"), shop.image("v2")
    act(params(shop, {"api": api(shop, first), "web": api(shop, first, first_port=shop.ports[4], count=1)}))
    act(params(shop, {"api": api(shop, first, first_port=shop.ports[2])}, slot="green"))
    before = {name: one["Id"] for name, one in shop.containers().items()}

    services = {"api": api(shop, second, count=1)}
    done = act(params(shop, services, release="v2-00000002", version="v2"))
    assert actions(done) == ["remove", "remove", "create"]
    after = {name: one["Id"] for name, one in shop.containers().items()}
    assert sorted(after) == [f"{shop.application}-{name}" for name in ("api-blue-1", "api-green-1", "api-green-2", "web-blue-1")]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {f"{shop.application}-api-blue-1"}
    assert shop.get(shop.ports[0])["version"] == "v2"


def test_retired_stays_down_and_comes_back_when_it_is_wanted_again(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1"))}
    act(params(shop, services))
    predicted = act(params(shop, ["api"], state="retired"), check=True)
    done = act(params(shop, ["api"], state="retired"))
    assert done["steps"] == predicted["steps"]
    assert actions(done) == ["retire", "retire"]
    assert [(r["state"], r["forced"], r["healthy"]) for r in done["replicas"]] == [("exited", False, False)] * 2
    assert {one["HostConfig"]["RestartPolicy"]["Name"] for one in shop.containers().values()} == {"no"}
    assert not act(params(shop, ["api"], state="retired"))["changed"]

    retired = {name: one["Id"] for name, one in shop.containers().items()}
    back = act(params(shop, services))
    assert actions(back) == ["start", "start"]
    assert {name: one["Id"] for name, one in shop.containers().items()} == retired
    assert {one["HostConfig"]["RestartPolicy"]["Name"] for one in shop.containers().values()} == {"unless-stopped"}
    assert not act(params(shop, services))["changed"]


def test_restart_is_forbidden_before_anything_is_stopped(shop: Shop) -> None:
    """Were it stopped first, an Engine that dies in between would start it again."""
    act(params(shop, {"api": api(shop, shop.image("v1"), environment={"STUBBORN": "yes"}, stop_timeout="3s")}))
    policies: list[set[str]] = []
    retiring = threading.Thread(target=lambda: act(params(shop, ["api"], state="retired")))
    retiring.start()
    time.sleep(1)
    there = shop.containers().values()
    assert {one["State"]["Status"] for one in there} == {"running"}
    policies.append({one["HostConfig"]["RestartPolicy"]["Name"] for one in there})
    retiring.join()
    assert policies == [{"no"}]


def test_one_that_ignores_sigterm_is_killed_and_named_and_all_stop_at_once(shop: Shop) -> None:
    image = shop.image("v1")
    stubborn = api(shop, image, count=1, environment={"STUBBORN": "yes"}, init=False, stop_timeout="5s")
    services = {"api": {**stubborn, "count": 3}, "web": api(shop, image, count=1, first_port=shop.ports[4])}
    act(params(shop, services))
    begin = time.monotonic()
    done = act(params(shop, ["api", "web"], state="retired"))
    assert time.monotonic() - begin < 13
    assert [(r["service"], r["forced"]) for r in done["replicas"]] == [("api", True)] * 3 + [("web", False)]


def test_absent_leaves_nothing_of_the_slot_and_everything_else(shop: Shop) -> None:
    image = shop.image("v1")
    act(params(shop, {"api": api(shop, image)}))
    act(params(shop, {"api": api(shop, image, first_port=shop.ports[2])}, slot="green"))
    done = act(params(shop, {"api": {"stop_timeout": "1s"}}, state="absent"))
    assert actions(done) == ["remove", "remove"]
    assert {r["slot"] for r in info(shop)} == {"green"}
    assert not act(params(shop, ["api"], state="absent"))["changed"]


def test_a_replica_that_ends_fails_at_once_with_its_last_words_but_not_its_secret(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1"), environment={"CRASH": "3"}, health={"deadline": "60s"})}
    secrets = {"api": {"SECRET_KEY": SECRET}}
    begin = time.monotonic()
    with pytest.raises(ReplicaCrashed) as caught:
        act(params(shop, services, secrets=secrets, secrets_fingerprint="f1"))
    assert time.monotonic() - begin < 30  # half of what it would wait for one that only is not well
    assert "exit code 3" in caught.value.message
    assert "cannot go on: ********" in caught.value.message
    assert SECRET not in json.dumps([caught.value.message, caught.value.details])
    assert len(caught.value.details["replicas"]) == 2
    words = caught.value.details["last_words"]
    assert {one["container"] for one in words} <= {f"{shop.application}-api-blue-{n}" for n in (1, 2)}
    assert words[0]["lines"][-1] == "cannot go on: ********"


def test_what_is_taken_back_is_heard_before_it_is_told_to_stop_but_not_its_secret(shop: Shop) -> None:
    secrets = {"api": {"SECRET_KEY": SECRET}}
    services = {"api": api(shop, shop.image("v1"), count=2, environment={"CRASH": "3"}, health={"deadline": "60s"})}
    with pytest.raises(ReplicaCrashed):
        act(params(shop, services, secrets=secrets, secrets_fingerprint="f1"))
    stopped = act(params(shop, ["api"], state="retired", last_words=True, secrets={"any": {"SECRET_KEY": SECRET}}))
    assert [words["replica"] for words in stopped["last_words"]] == ["api 1", "api 2"]
    assert all("cannot go on: ********" in words["lines"] for words in stopped["last_words"])
    assert act(params(shop, ["api"], state="absent"))["last_words"] == []


def test_a_replica_that_is_never_well_is_named_with_its_last_answer(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1"), count=1, environment={"SICK": "yes"}, health={"deadline": "8s"})}
    with pytest.raises(ReplicaNotHealthy) as caught:
        act(params(shop, services))
    for part in (f"{shop.application}-api-blue-1", f"127.0.0.1:{shop.ports[0]}/health", "404", "serving"):
        assert part in caught.value.message
    assert [r["healthy"] for r in caught.value.details["replicas"]] == [False]
    with pytest.raises(ReplicaNotHealthy):
        act(params(shop, services))


def test_the_right_answer_of_the_wrong_version_is_not_healthy(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1"), count=1, environment={"SAY": "v0"}, health={"deadline": "8s"})}
    with pytest.raises(ReplicaNotHealthy, match=r"version is 'v0', not 'v1'"):
        act(params(shop, services))
    services["api"]["health"]["expect_version"] = False
    assert act(params(shop, services))["replicas"][0]["healthy"]


def test_changed_secrets_are_noticed_by_their_fingerprint_and_never_in_a_label(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1"), count=1)}
    secrets = {"api": {"SECRET_KEY": SECRET}}
    act(params(shop, services, secrets=secrets, secrets_fingerprint="f1"))
    assert not act(params(shop, services, secrets=secrets, secrets_fingerprint="f1"))["changed"]
    found = shop.containers()[f"{shop.application}-api-blue-1"]
    assert f"SECRET_KEY={SECRET}" in found["Config"]["Env"]
    assert SECRET not in json.dumps(found["Config"]["Labels"])
    done = act(params(shop, services, secrets={"api": {"SECRET_KEY": "another"}}, secrets_fingerprint="f2"))
    assert actions(done) == ["remove", "create"]
    assert SECRET not in json.dumps(done)


def test_a_port_that_a_process_has_is_refused_before_anything_is_touched(shop: Shop) -> None:
    first, second = shop.image("v1"), shop.image("v2", keep=False)
    act(params(shop, {"api": api(shop, first, count=1)}))
    with socket.create_server(("0.0.0.0", shop.ports[5])), pytest.raises(PortTaken, match=str(shop.ports[5])):
        act(params(shop, {"api": api(shop, second, count=1, first_port=shop.ports[5])}, release="v2-2", version="v2"))
    assert shop.get(shop.ports[0])["version"] == "v1"


def test_a_port_that_another_container_has_is_refused_by_the_containers_name(shop: Shop) -> None:
    image = shop.image("v1")
    act(params(shop, {"api": api(shop, image, count=1)}))
    with pytest.raises(PortTaken, match=f"{shop.application}-api-blue-1"):
        act(params(shop, {"api": api(shop, image, count=1)}, slot="green"))


def test_a_container_of_somebody_else_is_never_touched(shop: Shop) -> None:
    image, name = shop.image("v1"), f"{shop.application}-api-blue-1"
    stranger = shop.client.create_container(image, name=name, labels={"ops.mainstay.application": shop.application})
    with pytest.raises(NameTaken, match=name):
        act(params(shop, {"api": api(shop, image, count=1)}))
    assert not act(params(shop, ["api"], state="absent"))["changed"]
    assert shop.client.inspect_container(name)["Id"] == stranger["Id"]


def test_an_image_that_the_registry_lacks_leaves_what_serves_alone(shop: Shop) -> None:
    image = shop.image("v1")
    act(params(shop, {"api": api(shop, image, count=1)}))
    missing = image.partition("@")[0] + "@sha256:" + "0" * 64
    with pytest.raises(NotFound, match="registry has no such image"):
        act(params(shop, {"api": api(shop, missing, count=1)}, release="v2-2", version="v2"))
    assert shop.get(shop.ports[0])["version"] == "v1"


def test_a_registry_that_is_down_leaves_what_serves_alone_and_is_not_needed_for_what_is_here(shop: Shop) -> None:
    here, away = shop.image("v1"), shop.image("v2", keep=False)
    shop.registry.stop()
    try:
        assert act(params(shop, {"api": api(shop, here, count=1)}))["changed"]
        with pytest.raises(Unavailable, match="registry cannot be reached"):
            act(params(shop, {"api": api(shop, away, count=1)}, release="v2-2", version="v2"))
        assert shop.get(shop.ports[0])["version"] == "v1"
    finally:
        shop.registry.start()


def test_an_image_that_breaks_while_it_is_pulled_leaves_what_serves_alone(shop: Shop) -> None:
    """The registry begins to answer, so that the error comes in the middle of the report."""
    here, broken = shop.image("v1"), shop.image("v9", keep=False)
    act(params(shop, {"api": api(shop, here, count=1)}))
    shop.registry.lose_layers_of(broken)
    with pytest.raises(MainstayError, match="could not pull"):
        act(params(shop, {"api": api(shop, broken, count=1)}, release="v2-2", version="v2"))
    assert shop.get(shop.ports[0])["version"] == "v1"


def test_an_engine_that_does_not_answer_is_said_so(shop: Shop) -> None:
    given = params(shop, {"api": api(shop, "r/a@sha256:" + "0" * 64)}, socket=str(shop.root / "no.sock"))
    with pytest.raises(Unavailable, match="does not answer"):
        act(given)


def test_a_run_that_lost_the_lock_touches_nothing(shop: Shop) -> None:
    image = shop.image("v1")
    fence = {"environment": ENVIRONMENT, "root": shop.root}
    act(params(shop, {"api": api(shop, image, count=1)}, fence={**fence, "token": 7}))
    with pytest.raises(FencedOff):
        act(params(shop, ["api"], state="retired", fence={**fence, "token": 6}))
    assert shop.get(shop.ports[0])["version"] == "v1"


def test_a_newer_run_ends_the_waiting_of_an_older_one(shop: Shop) -> None:
    image, fence = shop.image("v1"), {"environment": ENVIRONMENT, "root": shop.root}
    services = {"api": api(shop, image, count=1, environment={"DELAY": "30"}, health={"deadline": "60s"})}
    caught: list[Exception] = []

    def older() -> None:
        try:
            act(params(shop, services, fence={**fence, "token": 1}))
        except FencedOff as error:
            caught.append(error)

    waiting = threading.Thread(target=older)
    waiting.start()
    time.sleep(2)
    act(params(shop, ["api"], state="absent", fence={**fence, "token": 2}, stop_timeout="1s"))
    waiting.join(10)
    assert [type(error) for error in caught] == [FencedOff]
    assert shop.containers() == {}


def test_a_run_that_was_cut_off_is_completed_by_the_next(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1"))}
    act(params(shop, services))
    name = f"{shop.application}-api-blue-"
    shop.client.update_container(f"{name}1", restart_policy={"Name": "no"})
    shop.client.stop(f"{name}2", timeout=1)
    done = act(params(shop, services))
    assert actions(done) == ["rearm", "start"]
    assert {one["HostConfig"]["RestartPolicy"]["Name"] for one in shop.containers().values()} == {"unless-stopped"}


def test_a_kept_replica_that_has_become_sick_is_not_called_healthy(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1"), count=1, health={"deadline": "8s"})}
    act(params(shop, services))
    sick = shop.client.exec_create(f"{shop.application}-api-blue-1", ["rm", "/tmp/www/health"])
    shop.client.exec_start(sick)
    assert actions(act(params(shop, services), check=True)) == ["await"]
    with pytest.raises(ReplicaNotHealthy):
        act(params(shop, services))


def test_info_lists_both_slots_with_what_an_operator_asks_for(shop: Shop) -> None:
    image = shop.image("v1")
    act(params(shop, {"api": api(shop, image, count=1)}))
    act(params(shop, {"api": api(shop, image, count=1, first_port=shop.ports[2])}, slot="green"))
    act(params(shop, ["api"], slot="green", state="retired"))
    blue, green = info(shop)
    assert (blue["slot"], blue["state"], blue["restart_policy"]) == ("blue", "running", "unless-stopped")
    assert (green["slot"], green["state"], green["restart_policy"]) == ("green", "exited", "no")
    assert f"{blue['image']}@{blue['digest']}" == image
    assert 0 < blue["uptime_s"] < 60
    assert blue["started_at"].endswith("Z")


def test_ansible_runs_it_hides_secrets_and_refuses_a_tag(shop: Shop) -> None:
    services = {"api": api(shop, shop.image("v1"), count=1)}
    secrets = {"api": {"SECRET_KEY": SECRET}}
    given = params(shop, services, secrets=secrets, secrets_fingerprint="f1")
    given = {key: value for key, value in given.items() if value is not None}
    environment = f"env{uuid.uuid4().hex[:6]}"
    given["fence"] = {"environment": environment, "phase": "start"}
    code, output = ansible("docker_replicas", given)
    assert code == 0, output
    assert re.search(r'"?phase"?: "?start', output)
    assert SECRET not in output
    given["services"]["api"]["image"] = "registry.example.com/shop/api:latest"
    code, output = ansible("docker_replicas", given)
    assert code != 0
    assert "is not pinned" in output
    code, output = ansible("docker_replicas_info", {"application": shop.application, "fence": given["fence"]})
    assert code == 0, output
    assert f"{shop.application}-api-blue-1" in output


def ansible(module: str, given: Mapping[str, Any]) -> tuple[int, str]:
    """The module through Ansible's own machinery."""
    done = subprocess.run(
        ["ansible", "localhost", "-vvv", "-m", f"mainstay.ops.{module}", "-a", json.dumps(given)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
