"""What was retired stays down and what serves goes on, over a reboot, the Engine's death and a full disk."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import MainstayError, Unavailable
from docker_engine import OwnEngine, engine
from docker_server import Shop, registry, shop
from test_docker_replicas import act, api, params

__all__ = ["engine", "registry", "shop"]


def on(engine: OwnEngine, shop: Shop, services: Any, **changed: Any) -> dict[str, Any]:
    return params(shop, services, socket=engine.socket, **changed)


def states(engine: OwnEngine) -> dict[str, str]:
    return {one["Names"][0].split("-", 1)[1]: one["State"] for one in engine.client().containers(all=True)}


def settled(engine: OwnEngine, wanted: dict[str, str]) -> dict[str, str]:
    """What runs once the Engine had time to start what it believes it should."""
    for _ in range(20):
        if states(engine) == wanted:
            break
        time.sleep(0.25)
    time.sleep(2)
    return states(engine)


@pytest.mark.parametrize("how", ["reboot", "crash"])
def test_a_retired_slot_stays_down_and_a_serving_one_comes_back(engine: OwnEngine, shop: Shop, how: str) -> None:
    image = shop.image("v1", keep=False)
    green = {"api": api(shop, image, count=1, first_port=shop.ports[2])}
    act(on(engine, shop, {"api": api(shop, image, count=1)}))
    act(on(engine, shop, green, slot="green"))
    act(on(engine, shop, ["api"], state="retired"))
    getattr(engine, how)()
    wanted = {"api-blue-1": "exited", "api-green-1": "running"}
    assert settled(engine, wanted) == wanted
    act(on(engine, shop, green, slot="green"))
    assert shop.get(shop.ports[2])["version"] == "v1"


def test_an_engine_that_dies_while_it_retires_does_not_start_it_again(engine: OwnEngine, shop: Shop) -> None:
    """Restart is forbidden before anything is stopped; the next run completes what was begun."""
    image = shop.image("v1", keep=False)
    act(on(engine, shop, {"api": api(shop, image, count=1, environment={"STUBBORN": "yes"}, init=False, stop_timeout="20s")}))

    def retire() -> None:
        with suppress(MainstayError):
            act(on(engine, shop, ["api"], state="retired"))

    retiring = threading.Thread(target=retire)
    retiring.start()
    time.sleep(2)
    assert states(engine) == {"api-blue-1": "running"}
    engine.crash()
    retiring.join(20)
    assert settled(engine, {"api-blue-1": "exited"}) == {"api-blue-1": "exited"}
    assert not act(on(engine, shop, ["api"], state="retired"))["changed"]


def test_a_full_disk_leaves_what_serves_alone(engine: OwnEngine, shop: Shop) -> None:
    engine.move_to_a_small_disk()
    act(on(engine, shop, {"api": api(shop, shop.image("v1", keep=False), count=1)}))
    fresh = {"api": api(shop, shop.image("v2", keep=False), count=1)}
    engine.fill_the_disk()
    with pytest.raises(Unavailable, match="disk of this host is full"):
        act(on(engine, shop, fresh, release="v2-2", version="v2"))
    assert shop.get(shop.ports[0])["version"] == "v1"
