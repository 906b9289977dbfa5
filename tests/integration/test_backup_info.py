"""The base of the backup modules against real pgBackRest: two repositories, one a directory, one S3."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup import info, pgbackrest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import (
    Place,
    StanzaBusy,
    StanzaMissing,
    WrongCluster,
)
from backup_server import PASSPHRASE, Backed, backed
from object_store import bucket


@pytest.fixture(scope="module")
def both() -> Iterator[Backed]:
    with bucket() as store, backed(bucket=store) as made:
        made.backup(repository=1)
        made.backup(repository=2)
        yield made


def place(made: Backed) -> Place:
    return Place(**made.place)


def test_both_repositories_are_read(both: Backed) -> None:
    settings = pgbackrest.settings(place(both))
    assert [(one.number, one.kind, one.cipher, one.fulls) for one in settings.repositories] == [
        (1, "posix", "aes-256-cbc", 4),
        (2, "s3", "aes-256-cbc", 4),
    ]
    found = info.stanza("main", pgbackrest.info(place(both)))
    assert [(one.repository, one.kind, one.damaged) for one in found.backups] == [(1, "full", False), (2, "full", False)]
    assert [one.problem for one in found.repositories] == ["", ""]


def test_what_pgbackrest_says_is_told_in_our_words_and_without_secrets(both: Backed) -> None:
    with pytest.raises(StanzaMissing, match="could not read"):
        pgbackrest.settings(Place("main", f"{both.root}/none.conf"))
    with pytest.raises(StanzaMissing, match="stanza-create") as missing:
        pgbackrest.info(Place("main", f"{both.root}/none.conf"))
    assert PASSPHRASE not in missing.value.message
    both.stop()
    try:
        with pytest.raises(WrongCluster, match="whether the server runs"):
            pgbackrest.backup(place(both), 1, "incr", {}, 30)
    finally:
        both.start()


def test_a_second_backup_meets_the_first(both: Backed) -> None:
    lock = both.root / "lock" / "main-backup.lock"
    with open(lock, "a") as held:
        shutil.chown(lock, "postgres")
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StanzaBusy, match="wait until it has ended"):
            pgbackrest.backup(place(both), 1, "incr", {}, 30)
