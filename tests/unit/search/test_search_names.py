"""Names, patterns and settings, as the servers take them."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._core.text import Grammar
from ansible_collections.mainstay.ops.plugins.module_utils._search.model import (
    INDEX,
    PATTERN,
    PREFIX,
    REPOSITORY,
    SNAPSHOT,
    SUFFIX,
    Catalogue,
)
from ansible_collections.mainstay.ops.plugins.module_utils._search.ready import held, written


@pytest.mark.parametrize(
    ("grammar", "name"),
    [
        (INDEX, "products-v1"),
        (INDEX, ".hidden"),
        (INDEX, "a" * 255),
        (INDEX, "x+y_z.2026"),
        (PATTERN, "logs-*"),
        (PATTERN, "*"),
        (REPOSITORY, "Nightly_1"),
        (SNAPSHOT, "shop-20261122-031500z"),
        (PREFIX, "shop"),
        (SUFFIX, "-restored"),
    ],
)
def test_a_name_that_servers_take_is_taken(grammar: Grammar, name: str) -> None:
    assert grammar.check(name) == name


@pytest.mark.parametrize(
    ("grammar", "name"),
    [
        *[(INDEX, name) for name in ["", "Upper", "-a", "_a", "+a", ".", "..", "a" * 256, "a\n"]],
        *[(INDEX, f"a{sign}b") for sign in '\\/*?"<>| ,#:'],
        (PATTERN, "a,b"),
        (PATTERN, "-logs"),
        (REPOSITORY, "_all"),
        (REPOSITORY, "a/b"),
        (SNAPSHOT, "Shop"),
        (SNAPSHOT, "a*"),
        (SNAPSHOT, "_status"),
        (PREFIX, ""),
        (SUFFIX, "$1"),
        (SUFFIX, "\\1"),
    ],
)
def test_a_name_that_servers_refuse_or_that_means_more_is_refused(grammar: Grammar, name: str) -> None:
    with pytest.raises(InvalidInput):
        grammar.check(name)


CATALOGUE = Catalogue({"orders": (), "logs-1": (), "logs-2": (), ".kibana": ()}, {"sales": ("orders",)})


@pytest.mark.parametrize(
    ("patterns", "meant", "missing"),
    [
        (("orders",), ("orders",), ()),
        (("sales",), ("orders",), ()),
        (("logs-*", "orders"), ("logs-1", "logs-2", "orders"), ()),
        (("*",), ("logs-1", "logs-2", "orders"), ()),
        ((".k*",), (".kibana",), ()),
        (("orders", "nothere", "no-*"), ("orders",), ("nothere", "no-*")),
    ],
)
def test_patterns_mean_what_is_there_and_name_what_is_not(
    patterns: tuple[str, ...], meant: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert held(patterns, CATALOGUE) == (meant, missing)


def test_settings_are_texts_as_the_server_keeps_them() -> None:
    assert written({"compress": True, "chunk_size": 5, "location": "/m"}) == {
        "compress": "true",
        "chunk_size": "5",
        "location": "/m",
    }


@pytest.mark.parametrize("key", ["access_key", "secret_key", "session_token", "password", "accessKey", "Bucket", "a b"])
def test_secrets_and_strange_keys_are_no_settings(key: str) -> None:
    with pytest.raises(InvalidInput):
        written({key: "x"})
