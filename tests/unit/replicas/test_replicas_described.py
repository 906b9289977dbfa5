"""Services as a user writes them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._replicas import grammar
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.described import SERVICE, Release, wanted
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import Container, Scope, Wanted
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.replicas.replica_fakes import IMAGE

SCOPE = Scope("production", "shop")


def release(**changed: Any) -> Release:
    return Release(**{"scope": SCOPE, "slot": "blue", "id": "v1-1", "version": "v1", "secrets_fingerprint": "f1", **changed})


def api(**changed: Any) -> dict[str, Any]:
    return {"image": IMAGE, "count": 2, "container_port": 8000, "first_port": 21000, **changed}


def described(secrets: Any = None, *, of: Release | None = None, **changed: Any) -> Wanted:
    return wanted(of or release(), {"api": api(**changed)}, secrets or {})


def first(secrets: Any = None, *, of: Release | None = None, **changed: Any) -> Container:
    return described(secrets, of=of, **changed).containers[0]


def test_each_replica_has_its_name_its_port_and_its_labels() -> None:
    one, two = described().containers
    assert [(c.name, c.port) for c in (one, two)] == [("shop-api-blue-1", 21000), ("shop-api-blue-2", 21001)]
    assert two.body["Labels"] == {
        "ops.mainstay.environment": "production",
        "ops.mainstay.application": "shop",
        "ops.mainstay.service": "api",
        "ops.mainstay.slot": "blue",
        "ops.mainstay.replica": "2",
        "ops.mainstay.release": "v1-1",
        "ops.mainstay.version": "v1",
        "ops.mainstay.config": two.config,
    }


def test_ports_may_be_listed_and_more_than_are_needed() -> None:
    given = api(ports=[5001, 5003, 5005])
    del given["first_port"]
    assert [c.port for c in wanted(release(), {"api": given}, {}).containers] == [5001, 5003]


def test_health_expects_the_version_unless_told_otherwise() -> None:
    assert first().health.version == "v1"
    assert first(health={"expect_version": False}).health.version == ""


def test_it_is_asked_where_it_is_published() -> None:
    assert first().address == "127.0.0.1"
    assert first(of=release(bind_address="10.0.0.5")).address == "10.0.0.5"


def test_nothing_but_options_that_say_so_weakens_a_container() -> None:
    host = first().body["HostConfig"]
    assert (host["CapDrop"], host["CapAdd"], host["ReadonlyRootfs"]) == (["ALL"], [], True)
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert "Privileged" not in host
    weaker = first(capabilities=["NET_BIND_SERVICE"], read_only=False).body["HostConfig"]
    assert (weaker["CapDrop"], weaker["CapAdd"], weaker["ReadonlyRootfs"]) == (["ALL"], ["NET_BIND_SERVICE"], False)


@pytest.mark.parametrize(
    "changed",
    [
        {"image": IMAGE.replace("1" * 64, "2" * 64)}, {"environment": {"A": "b"}}, {"command": ["serve"]}, {"memory": "64m"},
        {"cpus": 0.5}, {"container_port": 8001}, {"first_port": 21002}, {"stop_timeout": "5s"}, {"user": "1000"}, {"init": False},
        {"read_only": False}, {"tmpfs": []}, {"volumes": ["data:/data"]}, {"network": "shop"}, {"pids_limit": 9},
        {"ulimits": {"nofile": 9}}, {"capabilities": ["CHOWN"]},
    ],
    ids=str,
)  # fmt: skip
def test_every_option_that_makes_the_container_changes_its_hash(changed: dict[str, Any]) -> None:
    assert first(**changed).config != first().config


def test_the_hash_knows_names_and_fingerprint_of_secrets_and_never_their_values() -> None:
    one = first({"api": {"KEY": "hunter22"}})
    assert one.config != first().config
    assert one.config == first({"api": {"KEY": "another1"}}).config
    assert one.config != first({"api": {"KEY": "hunter22"}}, of=release(secrets_fingerprint="f2")).config
    assert "hunter22" not in repr(one)
    assert "hunter22" not in str(one.body)


@pytest.mark.parametrize(
    "changed", [{"count": 1}, {"count": 3}, {"health": {"healthy": 9}}, {"memory": None}, {"environment": {}}], ids=str
)
def test_what_does_not_make_the_container_does_not_change_its_hash(changed: dict[str, Any]) -> None:
    assert first(**changed).config == first().config


def test_the_order_of_variables_does_not_change_the_hash() -> None:
    assert first(environment={"A": "1", "B": "2"}).config == first(environment={"B": 2, "A": "1"}).config


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"image": "registry.example.com/shop/api:v1"}, "not pinned"),
        ({"image": "registry.example.com/shop/api"}, "not pinned"),
        ({"image": f"-x@{IMAGE.partition('@')[2]}"}, "image repository"),
        ({"image": "shop/api@sha256:12"}, "digest"),
        ({"image": None}, "lacks image"),
        ({"count": 101}, "0 to 100"),
        ({"count": True}, "0 to 100"),
        ({"count": "2; id"}, "0 to 100"),
        ({"first_port": 65535}, "not a port"),
        ({"first_port": 0}, "1 to 65535"),
        ({"ports": [1, 2]}, "either ports"),
        ({"first_port": None}, "either ports"),
        ({"environment": {"A B": "c"}}, "variable"),
        ({"environment": {"A": True}}, "quotes"),
        ({"environment": {"A": "\0"}}, "NUL"),
        ({"environment": {"A": "x" * 40_000}}, "longer"),
        ({"environment": {"A": None}}, "quotes"),
        ({"environment": ["A=b"]}, "dictionary"),
        ({"command": "serve --all"}, "list of words"),
        ({"memory": "1m"}, "from 6m"),
        ({"memory": "lots"}, "256m"),
        ({"cpus": 0}, "processors"),
        ({"cpus": "nan"}, "processors"),
        ({"stop_timeout": "2h"}, "not sensible"),
        ({"stop_timeout": "soon"}, "stop_timeout"),
        ({"user": "root; id"}, "user"),
        ({"network": "host"}, "not allowed"),
        ({"network": ["shop"]}, "network"),
        ({"network": "container:x"}, "network"),
        ({"volumes": ["/etc:/etc"]}, "named volume"),
        ({"volumes": ["../x:/etc"]}, "named volume"),
        ({"tmpfs": "/tmp"}, "list"),
        ({"capabilities": ["SYS_ADMIN,ALL"]}, "capability"),
        ({"privileged": True}, "no option 'privileged'"),
        ({"health": {"path": "health"}}, "path"),
        ({"health": {"path": "/a b"}}, "path"),
        ({"health": {"healthy": 0}}, "1 to 100"),
        ({"health": {"status": []}}, "at least one"),
        ({"health": {"command": "x"}}, "no option 'command'"),
        ({"health": "yes"}, "dictionary"),
        ({"ulimits": {"nofile": "many"}}, "whole number"),
        ({"read_only": "no"}, "neither true nor false"),
    ],
)
def test_a_service_that_makes_no_sense_is_refused_with_what_is_allowed(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        described(**changed)


def test_two_replicas_never_share_a_port() -> None:
    with pytest.raises(InvalidInput, match="shop-api-blue-2 and shop-web-blue-1 both want port 21001"):
        wanted(release(), {"api": api(), "web": api(first_port=21001)}, {})


@pytest.mark.parametrize(
    ("services", "secrets", "of", "why"),
    [
        ({}, {}, {}, "at least one"),
        ({"Api": api()}, {}, {}, "lower-case"),
        ({"api": None}, {}, {}, "dictionary"),
        ({"api": api()}, {"web": {"A": "b"}}, {}, "web"),
        ({"api": api()}, {1: {}, "web": {}}, {}, "web"),
        ({"api": api(environment={"A": "b"})}, {"api": {"A": "b"}}, {}, "environment too"),
        ({"api": api()}, {"api": {"A": "b"}}, {"secrets_fingerprint": ""}, "secrets_fingerprint"),
        ({"api": api()}, {"api": "A=b"}, {}, "dictionary"),
    ],
)
def test_a_release_that_makes_no_sense_is_refused(services: Any, secrets: Any, of: Any, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        wanted(release(**of), services, secrets)


def test_no_error_shows_a_secret() -> None:
    with pytest.raises(InvalidInput) as caught:
        described({"api": {"KEY": ["hunter22"]}})
    assert "hunter22" not in caught.value.message


@pytest.mark.parametrize(
    "changed",
    [{"slot": "red"}, {"id": "-v"}, {"version": "v1; id"}, {"bind_address": "::"}, {"bind_address": "localhost"}],
    ids=str,
)
def test_a_release_has_a_grammar(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        release(**changed)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(SERVICE)), JUNK))
def test_whatever_is_written_is_a_service_or_refused(changed: dict[str, Any]) -> None:
    with suppress(InvalidInput):
        described(**changed)


@given(JUNK, JUNK)
def test_whatever_is_written_are_services_and_secrets_or_refused(services: Any, secrets: Any) -> None:
    with suppress(InvalidInput):
        wanted(release(), grammar.mapping(services, "services"), grammar.mapping(secrets, "secrets"))
