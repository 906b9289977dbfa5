"""The lines by which members are let in: one that is wrong keeps a server from starting."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

TEMPLATE = Path(__file__).parents[3] / "roles" / "replication" / "templates" / "pg_hba.conf.j2"


def lines(address: str, sslmode: str = "verify-full") -> list[str]:
    environment = jinja2.Environment(trim_blocks=True, autoescape=False)
    environment.tests["match"] = lambda value, pattern: re.match(pattern, value) is not None
    found = environment.from_string(TEMPLATE.read_text()).render(
        replication_members=["db1"],
        hostvars={"db1": {"ansible_host": address}},
        replication_sslmode=sslmode,
        replication_account={"user": "follower"},
    )
    return [line for line in found.splitlines() if line]


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("10.0.0.1", "10.0.0.1/32"),
        ("fd00::1", "fd00::1/128"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1/128"),
        ("db1.example.com", "db1.example.com"),
    ],
)
def test_an_address_has_its_mask_and_a_name_none(address: str, written: str) -> None:
    assert lines(address) == [f"hostssl {database} follower {written} scram-sha-256" for database in ("replication", "postgres")]
