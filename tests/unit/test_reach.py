"""What the host of a task has is not handed to the hosts that it reaches."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.mainstay.ops.plugins.plugin_utils.reach import typed_passwords

TYPED = SimpleNamespace(password="k", become_pass="K")


@pytest.mark.parametrize(
    ("variables", "passwords"),
    [
        ({}, {"conn_pass": "k", "become_pass": "K"}),
        ({"ansible_password": "k"}, {"become_pass": "K"}),
        ({"ansible_ssh_pass": "k"}, {"become_pass": "K"}),
        ({"ansible_become_password": "K"}, {"conn_pass": "k"}),
        ({"ansible_become_pass": "K", "ansible_password": "k"}, {}),
    ],
)
def test_only_passwords_that_were_typed_go_to_other_hosts(variables: dict[str, str], passwords: dict[str, str]) -> None:
    assert typed_passwords(TYPED, variables) == passwords


def test_nothing_typed_is_nothing_given() -> None:
    assert typed_passwords(SimpleNamespace(password="", become_pass=""), {}) == {}
