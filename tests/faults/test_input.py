"""Bad input gets a sentence that says what is allowed, and changes nothing."""

from __future__ import annotations

from typing import Any

import fleet
import pytest
from cases import cases
from test_hazards import refused

pytestmark = pytest.mark.fleet

VERSIONS = {
    "a command after a semicolon": "1.0; id",
    "a command substitution": "$(id)",
    "a leading dash": "--privileged",
    "a line break": "v1\nv2",
    "a NUL": "v1\0",
    "10 kB": "v" * 10_240,
    "a path": "../../etc/passwd",
    "nothing": "",
    "another alphabet": "v\u0661",
}


@pytest.mark.parametrize("version", cases(VERSIONS, always=("a command substitution", "a line break")))
def test_a_version_has_a_grammar(calm: fleet.Snapshot, version: str) -> None:
    ran = fleet.playbook("deploy", version=version)
    refused(ran, calm)
    assert "is not a version: allowed are 1 to 128 letters, digits, dots, dashes and underscores" in ran.words


def test_a_version_that_the_registry_does_not_have_is_named(calm: fleet.Snapshot) -> None:
    ran = fleet.playbook("deploy", version="v99")
    refused(ran, calm)
    assert "has no version v99 in its registry: push it, or deploy a version that is there" in ran.words


SERVICE: dict[str, Any] = {
    "kind": "web",
    "image": "ops1:5000/shop/api",
    "container_port": 8000,
    "ports": {"blue": 21000, "green": 22000},
}
SERVICES: dict[str, tuple[Any, str]] = {
    "no service": ({}, "mainstay_services is empty"),
    "zero replicas": ({"api": {**SERVICE, "replicas": 0}}, "is not a number of replicas of service api: allowed are 1 to 100"),
    "a million replicas": ({"api": {**SERVICE, "replicas": 1_000_000}}, "allowed are 1 to 100"),
    "replicas in words": ({"api": {**SERVICE, "replicas": "two"}}, "allowed are 1 to 100"),
    "an option nobody knows": ({"api": {**SERVICE, "privileged": True}}, "service api has no option privileged"),
    "an image with a flag": ({"api": {**SERVICE, "image": "--privileged"}}, "is not a image repository"),
    "a secret nobody has": ({"api": {**SERVICE, "secrets": ["NOPE"]}}, "mainstay_secrets lacks NOPE"),
    "a name for a shell": ({"api; id": SERVICE}, "is not a name: allowed are"),
    "a list": ([SERVICE], "mainstay_services"),
}


@pytest.mark.parametrize(("services", "told"), cases(SERVICES, always=("zero replicas", "an image with a flag")))
def test_services_have_a_grammar(calm: fleet.Snapshot, services: object, told: str) -> None:
    ran = fleet.playbook("deploy", version=calm.next, mainstay_services=services)
    refused(ran, calm)
    assert told in ran.words


OTHERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a batch of none": ("deploy", {"batch": "0"}, "is not a batch size: allowed are a number of hosts from 1"),
    "a strategy nobody knows": ("deploy", {"strategy": "yolo"}, "value of strategy must be one of"),
    "an environment for a shell": ("deploy", {"mainstay_environment": "a; id"}, "is not a name: allowed are"),
    "a rollback to what was never proven": ("rollback", {"version": "v99"}, "there is no version v99 that was proven good"),
    "a typed word that is wrong": ("unlock", {"confirm": "production"}, "If you mean that, give -e confirm=development"),
    "a release nobody knows": ("clear_release", {"release": "v99-00000000", "reason": "x"}, "the ledger knows no release"),
    "no reason": ("clear_release", {"release": "v1", "reason": ""}, "a reason of 1 to 500 characters is needed"),
}


@pytest.mark.parametrize(("name", "extra", "told"), cases(OTHERS, always=("a batch of none", "a typed word that is wrong")))
def test_every_other_input_has_a_grammar_too(calm: fleet.Snapshot, name: str, extra: dict[str, Any], told: str) -> None:
    ran = fleet.playbook(name, **({"version": calm.next} if name == "deploy" else {}), **extra)
    refused(ran, calm)
    assert told in ran.words


@pytest.mark.parametrize(
    "name", cases({name: name for name in ("deploy", "migrate", "clear_release", "unlock", "flush_cache")}, ["deploy"])
)
def test_an_argument_that_is_missing_is_named(calm: fleet.Snapshot, name: str) -> None:
    ran = fleet.playbook(name)
    refused(ran, calm)
    assert "missing required arguments" in ran.words
