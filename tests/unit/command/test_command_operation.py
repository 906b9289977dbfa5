"""Parameters of a command as they come from Ansible."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._command.operation import COMMAND
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.replicas.replica_fakes import IMAGE


def params(**changed: Any) -> dict[str, Any]:
    return {
        "application": "shop",
        "name": "migrate",
        "release": "v1-1",
        "image": IMAGE,
        "command": ["alembic", "upgrade", "head"],
        "environment": {},
        "secrets": {},
        "secrets_fingerprint": None,
        "timeout": "10m",
        "stop_timeout": "10s",
        "lines": 100,
        "registry_username": None,
        "registry_password": None,
        "socket": "/var/run/docker.sock",
        "fence": {"environment": "test", "token": 1},
        **changed,
    }


def test_it_never_comes_back_by_itself_and_publishes_nothing() -> None:
    host = COMMAND.parse(params()).command.body["HostConfig"]
    assert (host["RestartPolicy"], host["PortBindings"], host["CapDrop"]) == ({"Name": "no"}, {}, ["ALL"])


def test_a_secret_among_the_words_is_not_shown() -> None:
    command = COMMAND.parse(params(command=["login", "hunter22"], secrets={"KEY": "hunter22"})).command
    assert command.text == "'login ********'"
    assert "hunter22" not in str(command.body["Labels"])


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"image": "shop/api:v1"}, "not pinned"),
        ({"name": "a b"}, "lower-case"),
        ({"release": "-v"}, "version"),
        ({"command": []}, "list of words"),
        ({"timeout": "0s"}, "not sensible"),
        ({"lines": 0}, "1 to 10000"),
        ({"secrets": {"A-B": "c"}}, "variable"),
        ({"environment": {"A": "b"}, "secrets": {"A": "c"}}, "environment too"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        COMMAND.parse(params(**changed))


@given(st.sampled_from(sorted(params().keys() - {"fence", "socket"})), st.text() | st.integers())
def test_whatever_is_written_is_understood_or_refused(option: str, value: Any) -> None:
    kinds = {"command": [value], "environment": {"A": value}, "secrets": {str(value): "x"}}
    with suppress(InvalidInput):
        COMMAND.parse(params(**{option: kinds.get(option, value)}))
