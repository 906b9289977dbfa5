"""Which servers enter, change and leave, as tables."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, NotFound, Refused
from ansible_collections.mainstay.ops.plugins.module_utils._router.model import (
    DRAIN,
    Key,
    Mark,
    NoServerLeft,
    Route,
    Service,
    Slot,
    identity,
)
from ansible_collections.mainstay.ops.plugins.module_utils._router.plan import plan

from tests.unit.router.router_fakes import found, route, server, serving

BLUE = {"blue": Slot(100, 1)}
GREEN = {"green": Slot(100, 1)}
Server = object


def steps(wanted: Route, *servers: Server) -> list[tuple[str, str]]:
    known = found(*servers)  # type: ignore[arg-type]
    return [(step.action, step.subject.removeprefix("shop_api/")) for step in plan(wanted, known).steps]


@pytest.mark.parametrize(
    ("wanted", "servers", "expected"),
    [
        pytest.param(BLUE, [serving("a-blue-1"), server("a-green-1")], [], id="all as wanted"),
        pytest.param(
            GREEN,
            [serving("a-blue-1"), server("a-green-1")],
            [("admit", "a-green-1"), ("retire", "a-blue-1"), ("save", "server state")],
            id="a switch admits before it retires",
        ),
        pytest.param(
            {"blue": Slot(90, 1), "green": Slot(10, 1)},
            [serving("a-blue-1"), server("a-green-1")],
            [("admit", "a-green-1"), ("weigh", "a-blue-1"), ("save", "server state")],
            id="a canary changes the weight of those that stay",
        ),
        pytest.param(
            BLUE,
            [serving("a-blue-1"), serving("a-blue-2")],
            [("retire", "a-blue-2"), ("save", "server state")],
            id="a replica above the count leaves",
        ),
        pytest.param(
            {"blue": Slot(100, 1, ("a",))},
            [serving("a-blue-1"), serving("b-blue-1")],
            [("retire", "b-blue-1"), ("save", "server state")],
            id="a host that is not named leaves",
        ),
        pytest.param(
            BLUE,
            [serving("a-blue-1"), server("a-green-1", DRAIN)],
            [("retire", "a-green-1"), ("save", "server state")],
            id="what a killed run left draining is completed",
        ),
        pytest.param(
            BLUE,
            [server("a-blue-1", DRAIN)],
            [("admit", "a-blue-1"), ("save", "server state")],
            id="what a killed run left draining is admitted if wanted",
        ),
        pytest.param(
            BLUE,
            [serving("a-blue-1", weight=0)],
            [("weigh", "a-blue-1"), ("save", "server state")],
            id="weight by hand is undone",
        ),
    ],
)
def test_steps(wanted: dict[str, Slot], servers: list[Server], expected: list[tuple[str, str]]) -> None:
    assert steps(route(wanted), *servers) == expected


def test_a_stale_state_file_is_saved_again_though_nothing_else_changes() -> None:
    blue = serving("a-blue-1")
    stale = plan(route(BLUE), found(blue, saved={Key("shop_api", "a-blue-1"): Mark("drain", 100)}))
    assert [step.action for step in stale.steps] == ["save"]
    assert [step.action for step in plan(route(BLUE), found(blue, saved={})).steps] == ["save"]


def test_a_stale_mark_of_another_backend_is_not_ours() -> None:
    other = serving("a-blue-1", backend="shop_other")
    known = found(serving("a-blue-1"), other, saved={Key("shop_api", "a-blue-1"): Mark("ready", 100)})
    assert not plan(route(BLUE), known).changed


@pytest.mark.parametrize(
    "slots",
    [{}, {"blue": Slot(0, 1)}, {"blue": Slot(100, 0)}, {"blue": Slot(100, 1, ())}],
    ids=["no slot", "no weight", "no replica", "no host"],
)
def test_nobody_left_is_refused(slots: dict[str, Slot]) -> None:
    with pytest.raises(NoServerLeft, match="api would be left without a server"):
        steps(route(slots), serving("a-blue-1"))


def test_unrouted_needs_the_typed_name_only_while_there_is_traffic() -> None:
    with pytest.raises(Refused, match="confirm: shop"):
        steps(route({}, routed=False), serving("a-blue-1"))
    assert steps(route({}, routed=False, confirm="shop"), serving("a-blue-1"))[0] == ("retire", "a-blue-1")
    assert steps(route({}, routed=False), server("a-blue-1")) == []


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        pytest.param(route(BLUE, backend="shop_apo"), "no backend shop_apo for api: it has shop_api", id="backend"),
        pytest.param(route({"blue": Slot(1, 1, ("z",))}), "no blue server on 'z': it has them on a", id="host"),
        pytest.param(route({"blue": Slot(1, 3)}), "no server a-blue-2: it has a-blue-1 to 1", id="replica"),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(wanted: Route, sentence: str) -> None:
    with pytest.raises(NotFound, match=sentence):
        steps(wanted, serving("a-blue-1"))


@pytest.mark.parametrize(
    ("weight", "count"), [(257, 1), (-1, 1), ("1;x", 1), (True, 1), (1.5, 1), (None, 1), (1, "9999999"), (1, [])]
)
def test_weights_and_counts_have_a_grammar(weight: object, count: object) -> None:
    with pytest.raises(InvalidInput, match="allowed are whole numbers"):
        Slot(weight, count)  # type: ignore[arg-type]


def test_numbers_that_a_template_made_text_are_taken() -> None:
    assert Slot("100", "2") == Slot(100, 2)  # type: ignore[arg-type]


def test_contradictions_are_refused() -> None:
    with pytest.raises(InvalidInput, match="not a slot"):
        Service("api", "shop_api", {"red": Slot(1, 1)})
    with pytest.raises(InvalidInput, match="contradict"):
        Service("api", "shop_api", BLUE, routed=False)
    with pytest.raises(InvalidInput, match="spread"):
        Service("api", "shop_api", BLUE, drain_timeout=1, spread=2)
    with pytest.raises(InvalidInput, match="0 is not a number of routers: allowed are whole numbers from 1 to 1000"):
        Service("api", "shop_api", BLUE, routers=0)
    with pytest.raises(InvalidInput, match="share x"):
        Route("shop", (Service("a", "x", BLUE), Service("b", "x", BLUE)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app1-blue-1", ("app1", "blue", 1)),
        ("app-1.example-green-12", ("app-1.example", "green", 12)),
        ("sorry", None),
        ("app1-red-1", None),
        ("app1-blue-0", None),
        ("app1-blue-01", None),
    ],
)
def test_only_servers_with_our_names_are_ours(name: str, expected: tuple[str, str, int] | None) -> None:
    assert identity(name) == expected
