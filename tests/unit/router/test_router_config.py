"""Which configuration may follow which."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, NotFound
from ansible_collections.mainstay.ops.plugins.module_utils._router.config import (
    Current,
    TrafficLost,
    backends,
    marked,
    plan_config,
)
from ansible_collections.mainstay.ops.plugins.module_utils._router.model import Key

HEAD = "global\n  description @configuration@\n"
API = "backend shop_api\n  server a-blue-1 10.0.0.1:80\n  server a-green-1 10.0.0.1:81\n"
CHAT = "backend shop_chat\n  server a-blue-1 10.0.0.1:90\n"


def actions(text: str, found: Current, *forget: str) -> list[str]:
    return [step.action for step in plan_config(marked(text, forget), found).steps]


def runs(text: str, **fields: object) -> Current:
    """HAProxy runs exactly this."""
    wanted = marked(text)
    return Current(wanted.text, wanted.mark, True, True, tuple(backends(text)), **fields)  # type: ignore[arg-type]


def test_the_same_configuration_changes_nothing() -> None:
    assert actions(HEAD + API, runs(HEAD + API)) == []


def test_another_one_is_written_and_taken_over() -> None:
    assert actions(HEAD + API + CHAT, runs(HEAD + API)) == ["write", "reload"]


def test_a_router_that_does_not_run_is_not_reloaded() -> None:
    assert actions(HEAD + API, Current(None)) == ["write"]


def test_a_reload_that_was_missed_is_made_up_for() -> None:
    current = runs(HEAD + API)
    assert actions(HEAD + API, Current(current.text, "another", True, True)) == ["reload"]


def test_a_lost_backend_is_refused_unless_it_is_named() -> None:
    with pytest.raises(TrafficLost, match="loses shop_chat"):
        actions(HEAD + API, runs(HEAD + API + CHAT))
    assert actions(HEAD + API, runs(HEAD + API + CHAT), "shop_chat") == ["write", "reload"]


def test_a_backend_that_runs_counts_though_the_file_has_lost_it() -> None:
    with pytest.raises(TrafficLost, match="loses shop_chat"):
        actions(HEAD + API, Current(HEAD, "x", True, True, ("shop_chat",)))


def test_a_server_in_rotation_is_not_lost_either() -> None:
    lean = API.replace("  server a-green-1 10.0.0.1:81\n", "")
    rotating = (Key("shop_api", "a-green-1"),)
    with pytest.raises(TrafficLost, match="shop_api/a-green-1, which is in rotation"):
        actions(HEAD + lean, runs(HEAD + API, in_rotation=rotating))
    assert actions(HEAD + lean, runs(HEAD + API, in_rotation=(Key("shop_api", "a-blue-1"),))) == ["write", "reload"]
    assert actions(HEAD + lean, runs(HEAD + API, in_rotation=rotating), "shop_api") == ["write", "reload"]


def test_forgetting_what_is_not_there_is_a_typo() -> None:
    with pytest.raises(NotFound, match="shop_chut"):
        actions(HEAD + API, runs(HEAD + API + CHAT), "shop_chat", "shop_chut")


def test_a_configuration_without_a_place_for_its_mark_is_refused() -> None:
    with pytest.raises(InvalidInput, match="description @configuration@"):
        marked(API)


def test_servers_are_those_of_backends_only() -> None:
    text = "backend a\n  server x 1:1\nring r\n  server y 1:1\nlisten b\n server z 1:1\npeers p\n  server q 1:1\nfrontend f\n"
    assert backends(text) == {"a": {"x"}, "b": {"z"}}
