"""patroni_switchover, where Patroni answers otherwise than well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from health_servers import certificate
from migration_server import run
from patroni_fake import Fake, fake

PASSWORD = "the-password-of-a-test"


def switch(made: Fake, deadline: str = "5s") -> dict[str, Any]:
    option = {"urls": [made.url], "username": "operator", "password": PASSWORD}
    return run("patroni_switchover", {"patroni": option, "candidate": "db2", "deadline": deadline})


@pytest.mark.parametrize(
    ("answer", "later"),
    [
        ((200, 'Successfully switched over to "db2"'), 0.0),
        ((200, 'Successfully switched over to "db2"'), 1.0),
        ((503, "Switchover status unknown"), 0.0),
        ((503, "Switchover status unknown"), 1.0),
        (None, 0.0),
        (None, 1.0),
    ],
)
def test_an_answer_that_leaves_it_open_or_does_not_come_is_not_believed_but_the_members_are(
    answer: tuple[int, str] | None, later: float
) -> None:
    with fake(answer=answer, later=later) as made:
        found = switch(made)
    assert (found.get("switched"), found["leader"], found["old_leader"]) == (True, "db2", "db1"), found
    assert later * 0.9 <= found["pause"] < later + 2
    assert [json.loads(asked) for asked in made.asked] == [{"leader": "db1", "candidate": "db2"}]


@pytest.mark.parametrize(
    "answer",
    [
        (412, "candidate name does not match with sync_standby"),
        (503, "Switchover failed"),
        (503, "failed to write switchover key into DCS"),
        (400, "no"),
    ],
)
def test_a_refusal_of_patronis_is_told_at_once_with_who_leads(answer: tuple[int, str]) -> None:
    with fake(answer=answer, then="db1") as made:
        found = switch(made, "60s")
    assert found["error"] == "PatroniRefused", found
    assert answer[1] in found["msg"]
    assert ". db1 leads as before" in found["msg"]


def test_the_pause_ends_with_the_first_write_however_long_patroni_takes_to_answer() -> None:
    with fake(later=0.5, pondered=4.0) as made:
        found = switch(made, "20s")
    assert 0.4 <= found["pause"] < 3, found


def test_an_answer_of_success_alone_proves_nothing() -> None:
    with fake(then="db1") as made:
        found = switch(made, "1s")
    assert found["error"] == "TimedOut", found
    assert (
        "db2 did not take over from db1 within 1 s; last seen: db1 holds the leader's key, and db1 takes writes" in found["msg"]
    )
    assert found["leader"] == "db1"


def test_a_third_that_leads_is_told() -> None:
    with fake(names=("db1", "db2", "db3"), then="db3", answer=(200, 'Switched over to "db3" instead of "db2"')) as made:
        found = switch(made, "60s")
    assert found["error"] == "LedElsewhere", found
    assert "db3 leads now, and db2 was to take over from db1" in found["msg"]


def test_members_are_asked_over_tls_with_the_authority_that_is_given(tmp_path: Path) -> None:
    tls, authority = certificate(tmp_path)
    with fake(tls=tls) as made:
        urls = [made.url]
        found = run("patroni_switchover", {"patroni": {"urls": urls, "ca_path": str(authority)}, "candidate": "db2"})
        distrusted = run("patroni_info", {"patroni": {"urls": urls}})
    assert (found.get("switched"), found["leader"]) == (True, "db2"), found
    assert distrusted["error"] == "Unavailable"
    assert "certificate verify failed" in distrusted["msg"]


def test_the_password_goes_to_no_address_that_a_member_announces() -> None:
    with fake() as made:
        switch(made)
    assert made.logins == {""}
