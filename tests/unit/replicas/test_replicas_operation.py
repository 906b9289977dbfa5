"""Parameters as they come from Ansible."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import Retired, Wanted
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.operation import REPLICAS
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.replicas.replica_fakes import IMAGE

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


def params(**changed: Any) -> dict[str, Any]:
    return {
        "application": "shop",
        "slot": "blue",
        "state": "running",
        "services": {"api": {"image": IMAGE, "container_port": 8000, "first_port": 21000}},
        "secrets": {},
        "secrets_fingerprint": None,
        "release": "v1-1",
        "version": "v1",
        "keep_running": False,
        "keep_surplus": False,
        "last_words": False,
        "bind_address": "0.0.0.0",
        "stop_timeout": None,
        "registry_username": None,
        "registry_password": None,
        "socket": "/var/run/docker.sock",
        "fence": {"environment": "test", "token": 1},
        **changed,
    }


def test_a_list_of_names_is_enough_to_end_services() -> None:
    asked = REPLICAS.parse(params(state="retired", services=["api", "web"], stop_timeout="1500ms"))
    assert isinstance(asked.asked, Retired)
    assert (asked.asked.services, asked.timeouts) == (("api", "web"), {"api": 2, "web": 2})


def test_a_service_that_says_how_patient_to_be_is_heard_first() -> None:
    asked = REPLICAS.parse(params(state="absent", services={"api": {"stop_timeout": "30s"}, "web": {}}))
    assert isinstance(asked.asked, Retired)
    assert asked.asked.remove
    assert asked.timeouts == {"api": 30}


def test_what_is_stopped_may_be_heard_and_its_secrets_are_hidden_whatever_they_are() -> None:
    secrets = {"api": {"KEY": "hunter22", "PORT": 5432}, "any": None}
    asked = REPLICAS.parse(params(state="retired", services=["api"], last_words=True, secrets=secrets)).asked
    assert isinstance(asked, Retired)
    assert (asked.last_words, asked.secrets) == (True, ("hunter22", "5432"))
    assert "hunter22" not in repr(asked)


def test_credentials_go_to_the_registry_only() -> None:
    asked = REPLICAS.parse(params(registry_username="dana", registry_password="hunter22"))
    assert isinstance(asked.asked, Wanted)
    assert asked.credentials == {"username": "dana", "password": "hunter22"}
    assert "hunter22" not in repr(asked)


@pytest.mark.parametrize("services", [None, "api", 3, ["api", 3], {"api": "x"}, {"API": {}}, [["api"]]], ids=str)
@pytest.mark.parametrize("state", ["running", "retired", "absent"])
def test_services_that_make_no_sense_are_refused(services: Any, state: str) -> None:
    with pytest.raises(InvalidInput):
        REPLICAS.parse(params(services=services, state=state))


@given(JUNK, JUNK, st.sampled_from(["running", "retired", "absent"]))
def test_whatever_is_written_is_understood_or_refused(services: Any, secrets: Any, state: str) -> None:
    with suppress(InvalidInput):
        REPLICAS.parse(params(services=services, state=state, secrets=secrets if isinstance(secrets, dict) else {}))
