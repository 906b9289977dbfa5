"""Of several hosts the one that takes writes is asked, as after a switch of the primary or while one is switched off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._postgres.model import Database, Limits
from ansible_collections.mainstay.ops.plugins.module_utils._postgres.postgres import session
from migration_server import Server, run, server

PRIMARY, STANDBY, NOBODY = "127.0.0.1", "127.0.0.2", "127.0.0.3"
SILENT, SILENT_TOO = "192.0.2.1", "192.0.2.2"
"""For documentation, so nobody answers there."""


@pytest.fixture(scope="module")
def pair() -> Iterator[Server]:
    """A primary and a standby at the same port of two addresses."""
    with server() as primary:
        data = f"{primary.root}/standby"
        primary.run("pg_basebackup", "-h", PRIMARY, "-p", str(primary.port), "-U", "postgres", "-D", data, "-R", "-c", "fast")
        options = f"-p {primary.port} -c listen_addresses={STANDBY} -c unix_socket_directories={data}"
        primary.run("pg_ctl", "-D", data, "-l", f"{data}.log", "-o", options, "-w", "start")
        try:
            yield primary
        finally:
            primary.run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def asked(pair: Server, host: str) -> str:
    """The address that answered."""
    with session(Database("postgres", host=host, port=pair.port, user="postgres", sslmode="disable"), Limits()) as connection:
        row = connection.execute("SELECT host(inet_server_addr())").fetchone()
    return str(row[0]) if row else ""


@pytest.mark.parametrize(
    ("hosts", "answers"),
    [
        ([PRIMARY], PRIMARY),
        ([STANDBY], STANDBY),
        ([PRIMARY, STANDBY], PRIMARY),
        ([STANDBY, PRIMARY], PRIMARY),
        ([NOBODY, STANDBY, PRIMARY], PRIMARY),
    ],
)
def test_of_several_hosts_the_one_answers_that_takes_writes(pair: Server, hosts: list[str], answers: str) -> None:
    assert asked(pair, ",".join(hosts)) == answers


def test_where_none_takes_writes_each_of_them_is_told_of(pair: Server) -> None:
    with pytest.raises(Unavailable, match=r"Connection refused.*; .*read-only"):
        asked(pair, f"{NOBODY},{STANDBY}")


def healthy(pair: Server, *hosts: str, timeout: str = "2s") -> dict[str, Any]:
    places = ",".join(f"{host}:{pair.port}" for host in hosts)
    asked = {"name": "database", "url": f"postgresql://postgres@{places}/postgres?sslmode=disable", "timeout": timeout}
    answer = run("health_check", {"endpoints": [{**asked, "json": {"role": "primary"}}], "deadline": "0s", "must_pass": False})
    [endpoint] = answer["endpoints"]
    return dict(endpoint)


@pytest.mark.parametrize("hosts", [[PRIMARY, STANDBY], [STANDBY, PRIMARY], [NOBODY, PRIMARY], [SILENT, STANDBY, PRIMARY]])
def test_a_cluster_is_well_while_one_of_it_takes_writes(pair: Server, hosts: list[str]) -> None:
    begun = time.monotonic()
    assert healthy(pair, *hosts, timeout="20s")["verdict"] == "pass"
    assert time.monotonic() - begun < 10, "nobody waits for one that is silent"


def test_a_cluster_of_which_none_takes_writes_is_not_well_and_says_why_of_each(pair: Server) -> None:
    told = healthy(pair, NOBODY, STANDBY)
    assert told["verdict"] == "fail"
    assert f"none takes writes: {STANDBY}:{pair.port} only follows; {NOBODY}:{pair.port}: " in told["error"]
    assert healthy(pair, SILENT, SILENT_TOO)["verdict"] != "pass"
