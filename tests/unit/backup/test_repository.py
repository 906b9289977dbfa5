"""Whether everything in a repository is as it was written."""

from __future__ import annotations

from threading import Event, Timer

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup import repository
from ansible_collections.mainstay.ops.plugins.module_utils._backup.checks import Checked
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import Place, Repository, Stanza
from ansible_collections.mainstay.ops.plugins.module_utils._backup.pgbackrest import Said
from ansible_collections.mainstay.ops.plugins.module_utils._backup.repository import reading, sound
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import TimedOut, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict

PLACE = Place("main")
STANZA = Stanza("main", (Repository(1, "none"), Repository(2, "none")))
WAIT_S = 10.0


class Repositories:
    """What pgbackrest verify says of each, and what is found of the records, once they may be read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: dict[str, Said] = {}
        self.bad: set[int] = set()
        self.silent: set[int] = set()
        self.begun, self.may_go_on = Event(), Event()
        self.done: list[str] = []
        self.may_go_on.set()
        monkeypatch.setattr(repository, "records", self.records)
        monkeypatch.setattr(repository, "call", self.call)

    def records(self, _place: Place, number: int) -> Checked:
        self.begun.set()
        assert self.may_go_on.wait(WAIT_S)
        self.done.append(f"records {number}")
        if number in self.silent:
            raise Unavailable("does not answer")
        return Checked(f"records {number}", Verdict.FAIL if number in self.bad else Verdict.PASS, "")

    def call(self, _place: Place, command: str, repo: str, *_arguments: str, timeout: float) -> Said:
        assert (command, timeout) == ("verify", 60)
        self.done.append(f"files {repo}")
        return self.said.get(repo, Said("stanza: main\nstatus: ok"))

    def verdicts(self) -> dict[str, str]:
        with reading(PLACE, STANZA) as recorded:
            return {one.name: str(one.verdict) for one in sound(PLACE, recorded, 60)}


@pytest.fixture
def repositories(monkeypatch: pytest.MonkeyPatch) -> Repositories:
    return Repositories(monkeypatch)


def test_of_every_repository_the_files_and_the_records_are_told(repositories: Repositories) -> None:
    names = ["files of repository 1", "records 1", "files of repository 2", "records 2"]
    assert repositories.verdicts() == dict.fromkeys(names, "pass")


def test_damaged_records_fail(repositories: Repositories) -> None:
    repositories.bad = {2}
    assert [name for name, verdict in repositories.verdicts().items() if verdict == "fail"] == ["records 2"]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (Said("status: ok"), "pass"),
        (Said("status: in-progress"), "pass"),
        (Said("backup: 20260503-110000F, status: valid, total files checked: 9, total valid files: 9"), "pass"),
        (Said("backup: 20260503-110000F, status: invalid, total files checked: 9"), "fail"),
        (Said("status: error"), "fail"),
        (Said("archiveId: 15-1\n missing: 1, checksum invalid: 0"), "fail"),
        (Said("missing: 0, checksum invalid: 12, size invalid: 0, other: 0"), "fail"),
        (Said("status: ok", ("no backups exist in the repo",)), "fail"),
    ],
)
def test_a_program_that_always_ends_well_is_not_believed(repositories: Repositories, said: Said, verdict: str) -> None:
    repositories.said["--repo=1"] = said
    assert repositories.verdicts()["files of repository 1"] == verdict


def test_records_are_read_while_others_are_waited_for(repositories: Repositories) -> None:
    with reading(PLACE, STANZA) as recorded:
        for one in recorded.values():
            one.exception(WAIT_S)
        assert repositories.done == ["records 1", "records 2"], "before anybody looks at the files"
        list(sound(PLACE, recorded, 60))
    assert repositories.done == ["records 1", "records 2", "files --repo=1", "files --repo=2"]


def test_a_repository_whose_records_cannot_be_read_is_told_as_an_error(repositories: Repositories) -> None:
    repositories.silent = {2}
    with pytest.raises(Unavailable, match="does not answer"):
        repositories.verdicts()


def test_whoever_fails_meanwhile_is_told_and_no_other_repository_is_read(repositories: Repositories) -> None:
    repositories.may_go_on.clear()
    repositories.silent = {1}
    with pytest.raises(TimedOut, match="the canary"):
        wait_in_vain(repositories)
    assert repositories.done == ["records 1"]


def wait_in_vain(repositories: Repositories) -> None:
    with reading(PLACE, STANZA):
        assert repositories.begun.wait(WAIT_S)
        Timer(0.1, repositories.may_go_on.set).start()
        raise TimedOut("the canary")
