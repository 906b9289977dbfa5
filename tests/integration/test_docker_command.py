"""docker_command against the real Docker Engine."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._command.model import CommandFailed, CommandRunning, CommandTimedOut
from ansible_collections.mainstay.ops.plugins.module_utils._command.operation import COMMAND
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import FencedOff
from ansible_collections.mainstay.ops.plugins.module_utils._fence.fence import held
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import NameTaken
from docker_server import ENVIRONMENT, Shop, registry, shop
from test_docker_replicas import ansible, info

__all__ = ["registry", "shop"]

SECRET = "correct-horse-battery"


def params(shop: Shop, image: str, script: str, **changed: Any) -> dict[str, Any]:
    return {
        "application": shop.application,
        "name": "migrate",
        "release": "v1-00000001",
        "image": image,
        "command": ["sh", "-c", script],
        "environment": {},
        "secrets": {},
        "secrets_fingerprint": None,
        "timeout": "20s",
        "stop_timeout": "1s",
        "lines": 100,
        "registry_username": None,
        "registry_password": None,
        "socket": "/var/run/docker.sock",
        "fence": {"environment": ENVIRONMENT, "root": shop.root},
        **changed,
    }


def act(given: Mapping[str, Any], *, check: bool = False) -> Mapping[str, Any]:
    """What `_edge.run` does with an operation."""
    wanted = COMMAND.parse(given)
    with nullcontext() if check else held(wanted.fence):
        found = COMMAND.read(wanted)
        plan = COMMAND.plan(wanted, found)
        report = COMMAND.apply(wanted, found, plan) if plan.changed and not check else COMMAND.predict(wanted, found)
    return {"changed": plan.changed, "steps": plan.as_list(), **report}


def actions(result: Mapping[str, Any]) -> list[str]:
    return [step["action"] for step in result["steps"]]


def test_check_mode_then_real_then_both_again(shop: Shop) -> None:
    given = params(shop, shop.image("v1", keep=False), "echo one; echo two")
    predicted = act(given, check=True)
    assert actions(predicted) == ["pull", "run"]
    assert "echo one" in predicted["steps"][-1]["after"]
    assert shop.containers() == {}
    done = act(given)
    assert done["steps"] == predicted["steps"]
    assert (done["exit_code"], done["output"], done["attached"]) == (0, ["one", "two"], False)
    assert shop.containers() == {}
    assert actions(act(given, check=True)) == ["run"]
    assert actions(act(given)) == ["run"]


def test_a_command_that_fails_is_named_with_its_exit_code_and_last_lines_but_no_secret(shop: Shop) -> None:
    script = 'echo "connecting with $KEY"; echo "$ENCODED"; echo "relation exists" >&2; exit 7'
    encoded = base64.b64encode(SECRET.encode()).decode()
    secrets = {"KEY": SECRET}
    with pytest.raises(CommandFailed) as caught:
        act(params(shop, shop.image("v1"), script, secrets=secrets, environment={"ENCODED": encoded}))
    assert "exit code 7" in caught.value.message
    assert "connecting with ********" in caught.value.message
    assert "relation exists" in caught.value.message
    shown = json.dumps([caught.value.message, caught.value.details])
    assert SECRET not in shown
    assert encoded.rstrip("=") not in shown
    assert shop.containers() == {}


def test_a_command_that_takes_too_long_is_stopped_and_removed(shop: Shop) -> None:
    with pytest.raises(CommandTimedOut, match=r"(?s)did not end within 1 s.*begun"):
        act(params(shop, shop.image("v1"), "echo begun; sleep 60", timeout="1s"))
    assert shop.containers() == {}


def cut_off(shop: Shop, given: Mapping[str, Any]) -> None:
    """A run whose lock is taken over while its command goes on, as after the death of a controller."""
    older = {**given, "fence": {**given["fence"], "token": 1}}
    caught: list[Exception] = []

    def run() -> None:
        try:
            act(older)
        except FencedOff as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(1)
    fresh = shop.root / ENVIRONMENT / "fence.newer"
    fresh.write_text("2")
    fresh.replace(shop.root / ENVIRONMENT / "fence")
    thread.join(30)
    assert [type(error) for error in caught] == [FencedOff]


def test_a_second_run_joins_the_command_that_a_cut_off_run_started(shop: Shop) -> None:
    given = params(shop, shop.image("v1"), "echo begun; sleep 3; echo ended")
    cut_off(shop, given)
    (before,) = shop.containers().values()
    assert before["State"]["Status"] == "running"
    begin = time.monotonic()
    done = act({**given, "fence": {**given["fence"], "token": 2}})
    assert actions(done) == ["attach"]
    assert done["attached"] is True
    assert done["output"] == ["begun", "ended"]
    assert 2.5 < done["seconds"] < 8
    assert time.monotonic() - begin < 8
    assert shop.containers() == {}


def test_another_release_does_not_start_beside_a_command_that_runs(shop: Shop) -> None:
    given = params(shop, shop.image("v1"), "sleep 20")
    cut_off(shop, given)
    with pytest.raises(CommandRunning, match="still runs for release v1-00000001"):
        act({**given, "release": "v2-00000002", "fence": {**given["fence"], "token": 2}})
    assert len(shop.containers()) == 1


def test_what_a_cut_off_run_left_is_cleared_away(shop: Shop) -> None:
    given = params(shop, shop.image("v1"), "echo begun; sleep 1")
    cut_off(shop, given)
    time.sleep(2)
    done = act({**given, "fence": {**given["fence"], "token": 2}})
    assert actions(done) == ["remove", "run"]


def test_a_container_of_somebody_else_is_never_touched(shop: Shop) -> None:
    image = shop.image("v1")
    shop.client.create_container(image, name=f"{shop.application}-command-migrate")
    with pytest.raises(NameTaken):
        act(params(shop, image, "true"))


def test_a_command_is_confined_and_is_no_replica(shop: Shop) -> None:
    given = params(shop, shop.image("v1"), "id; touch /nope; sleep 20")
    cut_off(shop, given)
    assert info(shop) == []
    (found,) = shop.containers().values()
    host = found["HostConfig"]
    assert (host["CapDrop"], host["ReadonlyRootfs"], host["RestartPolicy"]["Name"]) == (["ALL"], True, "no")


def test_ansible_runs_it_and_hides_secrets(shop: Shop) -> None:
    given = params(shop, shop.image("v1"), "echo $KEY", secrets={"KEY": SECRET})
    given = {key: value for key, value in given.items() if value is not None}
    given["fence"] = {"environment": shop.application, "phase": "migrate"}
    code, output = ansible("docker_command", given)
    assert code == 0, output
    assert "********" in output
    assert SECRET not in output
