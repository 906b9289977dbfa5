"""No value of a secret is anywhere that somebody without the right to it may look."""

from __future__ import annotations

import base64
import json
import urllib.parse

import fleet
import pytest

pytestmark = pytest.mark.fleet


def spellings(value: str) -> set[str]:
    """As it is, inside a URL, and in base64 at each of the three places where it may begin."""
    plain = {value, urllib.parse.quote(value, safe="")}
    coded = [base64.b64encode(b" " * shift + value.encode()).decode() for shift in range(3)]
    return plain | {code[4 if shift else 0 : -4] for shift, code in enumerate(coded)}


@pytest.fixture
def secrets(calm: fleet.Snapshot) -> dict[str, set[str]]:
    values = json.loads((fleet.STATE / "secrets.json").read_text())
    return {name: spellings(value) for name, value in values.items()}


def shown(secrets: dict[str, set[str]], text: str) -> list[str]:
    """Names of the secrets that a text gives away."""
    return [name for name, ways in secrets.items() if any(way in text for way in ways)]


def processes() -> str:
    """What any user of a host sees of its processes; what runs inside containers is the application's own."""
    return "\n".join(fleet.command("ps", "-eww", "-o", "args", host=host) for host in fleet.HOSTS)


def test_no_secret_is_shown_by_a_run_however_verbose(secrets: dict[str, set[str]], calm: fleet.Snapshot, begin) -> None:
    run = begin("deploy", "-vvvv", "--diff", version=calm.next, strategy="blue_green")
    seen = []
    while run.goes_on:
        seen.append(processes())
    ran = run.ends()
    assert ran.rc == 0, ran.output
    assert shown(secrets, ran.output) == []
    assert shown(secrets, "\n".join(seen)) == []
    assert shown(secrets, kept()) == []


def test_no_secret_is_shown_when_a_run_fails(secrets: dict[str, set[str]]) -> None:
    fleet.cleared("v4-never-healthy")
    ran = fleet.playbook(
        "deploy", "-vvvv", "--diff", version="v4-never-healthy", strategy="blue_green", mainstay_services=fleet.impatient("4s")
    )
    assert ran.rc != 0
    assert shown(secrets, ran.output) == []
    assert shown(secrets, kept()) == []


def kept() -> str:
    """Ledger, journal, lock, labels, HAProxy's configuration, the hosts' logs and Ansible's leavings."""
    state = "".join(fleet.stored(name) for name in ("ledger.jsonl", "journal.json", "lock.json"))
    labels = "".join(
        fleet.command("docker", "ps", "-a", "--format", "{{json .Labels}} {{.Command}}", host=host) for host in fleet.APPS
    )
    log = "".join(fleet.command("journalctl", "--no-pager", "-n", "3000", host=host, check=False) for host in fleet.HOSTS)
    routers = "".join(fleet.command("cat", "/etc/haproxy/haproxy.cfg", host=host) for host in fleet.ROUTERS)
    left = "".join(
        fleet.command("sh", "-c", "cat /root/.ansible/tmp/*/* 2>/dev/null", host=host, check=False) for host in fleet.HOSTS
    )
    return state + labels + log + routers + left
