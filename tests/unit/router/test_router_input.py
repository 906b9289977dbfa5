"""Whatever is given, the answer is a request or a sentence."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, MainstayError
from ansible_collections.mainstay.ops.plugins.module_utils._router.layout import backends
from ansible_collections.mainstay.ops.plugins.module_utils._router.operation import ROUTE
from hypothesis import given
from hypothesis import strategies as st

WORDS = [
    "blue",
    "green",
    "weight",
    "count",
    "hosts",
    "slots",
    "backend",
    "state",
    "drain_timeout",
    "spread",
    "drain_rate",
    "routers",
    "kind",
    "web",
    "ports",
]
WORDS += [
    "route",
    "path",
    "host",
    "health",
    "replicas",
    "max_replicas",
    "routed",
    "30s",
    "1.0; id",
    "$(id)",
    "-x",
    "a\nb",
    "\0",
    "9" * 9999,
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(WORDS)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | SCALARS, inner, max_size=5),
    max_leaves=20,
)
SLOTS = st.dictionaries(
    st.sampled_from(["blue", "green"]), st.fixed_dictionaries({"weight": SCALARS}, optional={"count": SCALARS, "hosts": ANYTHING})
)


def asked(services: Any, **more: Any) -> dict[str, Any]:
    return {
        "application": "shop", "services": services, "fence": {"environment": "test"}, "socket": "/s", "state_file": "/f",
        "up_timeout": "1s", "confirm": None, **more,
    }  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["api", "chat"]) | st.text(max_size=5), ANYTHING | st.fixed_dictionaries({"slots": SLOTS | ANYTHING})
    )
)
def test_a_route_is_parsed_or_refused_in_words(services: dict[str, Any]) -> None:
    with contextlib.suppress(MainstayError):
        ROUTE.parse(asked(services))


@given(
    st.dictionaries(
        st.sampled_from(["api", "chat"]), ANYTHING | st.fixed_dictionaries({"kind": st.just("web"), "ports": ANYTHING})
    )
)
def test_services_are_laid_out_or_refused_in_words(services: dict[str, Any]) -> None:
    with contextlib.suppress(MainstayError):
        backends(services, "shop", {"app1": "192.0.2.1"})


@pytest.mark.parametrize("evil", ["1.0; id", "$(id)", "-x", "a\nset server x/y state ready", "a\0", "a" * 10_000, "a b"])
def test_no_name_reaches_the_socket_that_could_be_a_command(evil: str) -> None:
    good = {"slots": {"blue": {"weight": 1, "count": 1}}}
    for given_params in (
        asked({evil: good}),
        asked({"api": {**good, "backend": evil}}),
        asked({"api": good}, application=evil),
        asked({"api": good}, fence={"environment": evil}),
        asked({"api": {**good, "drain_timeout": evil}}),
        asked({"api": {**good, "drain_rate": evil}}),
        asked({"api": {**good, "routers": evil}}),
        asked({"api": {"slots": {evil: {"weight": 1}}}}),
        asked({"api": {"slots": {"blue": {"weight": evil}}}}),
    ):
        with pytest.raises(InvalidInput) as caught:
            ROUTE.parse(given_params)
        assert len(json.dumps(caught.value.message)) < 400
