"""What a crash, a full disk or two writers at once do to the ledger: nothing that was told to be there is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt, FencedOff
from ansible_collections.mainstay.ops.plugins.module_utils._release import ledger, stored
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Mark
from ansible_collections.mainstay.ops.plugins.module_utils._store.directory import DirectoryStore


def mark(number: int) -> Mark:
    return Mark(f"v{number}-a", "proven", "deploy passed")


@pytest.mark.parametrize("torn", [b'{"sha256": "abc", "reco', b"{", b"\xff\xfe"])
def test_a_record_that_was_never_finished_is_not_there_and_not_in_the_way(tmp_path: Path, torn: bytes) -> None:
    store = DirectoryStore(tmp_path)
    ledger.append(store, mark(1), mark(2))
    with (tmp_path / ledger.STREAM).open("ab") as file:
        file.write(torn)
    assert list(ledger.load(store).marks) == ["v1-a", "v2-a"]
    ledger.append(store, mark(3))
    assert list(ledger.load(store).marks) == ["v1-a", "v2-a", "v3-a"]


def test_the_first_record_may_be_torn_too(tmp_path: Path) -> None:
    (tmp_path / ledger.STREAM).write_bytes(b"{")
    store = DirectoryStore(tmp_path)
    ledger.append(store, mark(1))
    assert list(ledger.load(store).marks) == ["v1-a"]


def test_what_is_forgotten_leaves_nothing_and_was_perhaps_never_there(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "new")
    store.replace("a", b"1", None)
    store.remove("a")
    store.remove("b")
    assert list((tmp_path / "new").iterdir()) == []


def test_writers_at_the_same_moment_leave_one_chain(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: ledger.append(DirectoryStore(tmp_path), mark(number)), range(40)))
    assert len(ledger.load(DirectoryStore(tmp_path)).marks) == 40


def test_a_record_that_was_changed_is_noticed(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    ledger.append(store, mark(1), mark(2))
    path = tmp_path / ledger.STREAM
    path.write_text(path.read_text().replace("v1-a", "v9-a"))
    with pytest.raises(Corrupt, match="record 1 of the ledger"):
        ledger.load(store)


def lock(store: DirectoryStore, expires: float, token: int = 7, run: str = "mine") -> None:
    holder = f'{{"run": "{run}", "owner": "dana", "purpose": "deploy", "since": 1, "expires": {expires}, "claimant": {{}}}}'
    store.replace("lock.json", f'{{"token": {token}, "holder": {holder}}}'.encode(), store.read("lock.json"))


def test_a_run_that_is_late_goes_on_while_nobody_took_its_lock(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    lock(store, expires=1)
    stored.renew(store, "mine", 7, 60)
    lock(store, expires=9e9, token=8, run="another")
    with pytest.raises(FencedOff, match="dana has it for deploy"):
        stored.renew(store, "mine", 7, 60)
