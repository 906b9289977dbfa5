"""What an archive and a restore do and refuse: tables over pure functions, and what the format never changes."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._archive import notes, pack
from ansible_collections.mainstay.ops.plugins.module_utils._archive.model import (
    Archive,
    ArchiveDamaged,
    Entry,
    LeadsOutside,
    Note,
    OthersThere,
    Place,
    Restore,
    Shelf,
    Source,
    Tree,
)
from ansible_collections.mainstay.ops.plugins.module_utils._archive.plan import (
    Collected,
    Found,
    Live,
    Opened,
    archive_plan,
    demand_order,
    restore_plan,
)
from ansible_collections.mainstay.ops.plugins.module_utils._archive.ready import difference, expired, in_words
from ansible_collections.mainstay.ops.plugins.module_utils._bucket.model import Bucket
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, NotFound, Refused
from hypothesis import given
from hypothesis import strategies as st

MINE, YOURS = ("age1" + letter * 58 for letter in "qp")
IDENTITY = "AGE-SECRET-KEY-1" + "Q" * 58
FILE = Entry("/etc/a", "file", 0o640, "root", "root", 1, pack.digest(b"x"))
FOLDER = Entry("/etc", "directory", 0o755, "root", "root")
LINK = Entry("/etc/l", "link", 0o777, "root", "root", target="a")
TREE = Tree((FOLDER, FILE, LINK), {"/etc/a": b"x"})
WANTED = Archive("db1", (MINE,), "/srv/archives", ("/etc",))
PLACE = Place(Bucket("archives"), "p/")
NOW, ROOM = "20261122_034000", 2**30


def note(day: str, content: str = "old", size: int = 9) -> Note:
    return Note(f"db1_{day}_000000.tar.gz.age", "db1", day, size, "0" * 64, 1, (MINE,), content)


def found(*archives: Note, content: str = "new", **differing: Any) -> Found:
    collected = Collected(TREE)
    return replace(Found(collected, content, Shelf(archives, free=ROOM), NOW, "20260824_034000"), **differing)


def done(wanted: Archive, seen: Found) -> list[str]:
    return [f"{step.action} {step.subject.rpartition('/')[2][4:12]}".strip() for step in archive_plan(wanted, seen).steps]


TODAY, MAY, APRIL, MARCH = note("20261121"), note("20260501"), note("20260401"), note("20260301")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (found(), ["archive 20261122"]),
        (found(TODAY), ["archive 20261122"]),
        (found(TODAY, content="old"), []),
        (found(APRIL, content="old"), []),
        (found(MAY), ["archive 20261122"]),
        (found(APRIL, MAY), ["archive 20261122", "expire 20260401"]),
        (found(MARCH, APRIL, MAY, content="old"), ["expire 20260301", "expire 20260401"]),
        (found(shelf=Shelf(exists=False, free=ROOM)), ["create ives", "archive 20261122"]),
        (found(shelf=Shelf((TODAY,), leftovers=("/srv/archives/.xxxdb1.part",), free=ROOM), content="old"), ["remove db1.part"]),
    ],
)
def test_only_what_changed_is_archived_and_only_what_is_over_goes(seen: Found, expected: list[str]) -> None:
    assert done(WANTED, seen) == expected


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        (Shelf(), ["copy 20261121"]),
        (Shelf((TODAY,)), []),
        (Shelf((replace(TODAY, bytes=8),)), ["copy 20261121"]),
        (Shelf((MAY,)), ["copy 20261121"]),
        (Shelf((APRIL, MAY)), ["copy 20261121", "expire_copy 20260401"]),
        (None, []),
    ],
)
def test_the_bucket_gets_what_stays_and_loses_what_is_over(away: Shelf | None, expected: list[str]) -> None:
    assert done(replace(WANTED, place=PLACE), found(TODAY, content="old", away=away)) == expected


def test_what_may_remove_nothing_removes_nothing() -> None:
    wanted = replace(WANTED, place=PLACE, expire_copies=False)
    assert done(wanted, found(TODAY, content="old", away=Shelf((APRIL, MAY)))) == ["copy 20261121"]


def test_others_who_may_read_it_make_a_new_archive() -> None:
    assert done(replace(WANTED, recipients=(MINE, YOURS)), found(TODAY, content="old")) == ["archive 20261122"]


def test_nothing_and_no_room_are_refused() -> None:
    with pytest.raises(NotFound):
        archive_plan(WANTED, found(collected=Collected(Tree(), ("/etc/x",))))
    with pytest.raises(Refused, match="make room"):
        archive_plan(WANTED, found(shelf=Shelf(free=2**20)))


@given(st.lists(st.integers(1, 28), unique=True), st.integers(1, 28))
def test_how_it_was_at_the_cutoff_can_always_be_told(days: list[int], cutoff: int) -> None:
    archives = [note(f"202611{day:02}") for day in sorted(days)]
    stamp = f"202611{cutoff:02}_000000"
    gone = expired(archives, stamp)
    before = [one for one in archives if one.stamp <= stamp]
    assert gone == before[:-1]


RESTORE = Restore(Source("db1", "/srv/archives"), IDENTITY)


def opened(*live: Entry, **differing: Any) -> Opened:
    return Opened(TODAY, TREE, Live(Tree(live), free=ROOM, **differing), NOW)


@pytest.mark.parametrize(
    ("options", "live", "expected"),
    [
        ({}, (), []),
        ({"to": "/tmp/b"}, (), ["restore /tmp/b/etc", "restore /tmp/b/etc/a", "restore /tmp/b/etc/l"]),
        ({"to": "/tmp/b"}, (FOLDER, replace(FILE, owner="me"), LINK), []),
        ({"replace": True, "environment": "test"}, (FOLDER, FILE, LINK), []),
        (
            {"replace": True, "environment": "test"},
            (FOLDER, replace(FILE, sha256="other"), LINK),
            ["keep /var/lib/mainstay/replaced/db1_20261122_034000", "restore /etc/a"],
        ),
        ({"replace": True, "environment": "test", "paths": ("/etc/l",)}, (FOLDER,), ["restore /etc/l"]),
    ],
)
def test_only_what_differs_is_brought_back(options: dict[str, Any], live: tuple[Entry, ...], expected: list[str]) -> None:
    steps = restore_plan(replace(RESTORE, **options), opened(*live)).steps
    assert [f"{step.action} {step.subject}" for step in steps] == expected


OVER = replace(RESTORE, replace=True, environment="test")


@pytest.mark.parametrize(
    ("wanted", "there", "error"),
    [
        (OVER, opened(outside=("/etc/a",)), LeadsOutside),
        (OVER, opened(strangers=("shop",)), Refused),
        (OVER, opened(replace(LINK, path="/etc/a")), OthersThere),
        (replace(RESTORE, to="/tmp/b"), opened(replace(FILE, sha256="other")), OthersThere),
        (OVER, Opened(TODAY, TREE, Live(free=100), NOW), Refused),
        (replace(OVER, paths=("/etc/b",)), opened(), NotFound),
    ],
)
def test_what_would_be_harm_is_refused_before_anything_is_touched(wanted: Restore, there: Opened, error: type[Exception]) -> None:
    with pytest.raises(error):
        restore_plan(wanted, there)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (None, "absent"),
        (FILE, ""),
        (replace(FILE, kind="directory"), "kind"),
        (replace(FILE, sha256="other", mode=0), "content"),
        (replace(FILE, mode=0), "mode"),
        (replace(FILE, group="www"), "owner"),
    ],
)
def test_a_difference_has_one_word_and_no_content(there: Entry | None, expected: str) -> None:
    assert difference(FILE, there) == expected
    assert FILE.sha256 not in in_words(FILE)


def test_an_entry_lies_in_directories_only() -> None:
    demand_order((FOLDER, FILE, LINK))
    for entries in ((FILE, FILE), (replace(LINK, path="/etc"), FILE), (FILE, replace(FILE, path="/etc/a/b/c"))):
        with pytest.raises(ArchiveDamaged):
            demand_order(entries)


def test_the_same_tree_is_packed_into_the_same_bytes_and_comes_back() -> None:
    packed = pack.packed("db1", TREE)
    assert packed == pack.packed("db1", TREE)
    assert pack.unpacked(packed, "db1", 1000) == TREE
    assert pack.manifest("db1", TREE) != pack.manifest("db2", TREE)


@given(st.binary(max_size=300), st.integers(0, 10_000))
def test_whatever_is_no_archive_is_refused_in_words(junk: bytes, at: int) -> None:
    packed = bytearray(pack.packed("db1", TREE))
    packed[at % len(packed)] ^= 1
    assert all(tried(one) in ("taken", "refused") for one in (junk, bytes(packed)))


def test_what_has_something_behind_its_end_or_unpacks_to_too_much_is_refused() -> None:
    packed = pack.packed("db1", TREE)
    for content, most in ((packed + b"x", 1000), (packed[:-9], 1000), (gzip.compress(b"0" * 40_000_000), 1000)):
        with pytest.raises(ArchiveDamaged, match="cut"):
            pack.unpacked(content, "db1", most)


def tried(content: bytes) -> str:
    try:
        return "taken" if pack.unpacked(content, "db1", 1000) == TREE else "taken as something else"
    except ArchiveDamaged:
        return "refused"


def test_a_note_leaves_the_host_without_what_would_let_one_try_secrets() -> None:
    one = note("20261121", "digest of the manifest")
    assert notes.understood(notes.written(one), one.file) == one
    assert b"digest of the manifest" not in notes.written(notes.outward(one))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"format": 2}', b"\xff", notes.written(note("20261120"))])
def test_what_is_no_note_of_this_archive_is_refused(text: bytes) -> None:
    with pytest.raises(ArchiveDamaged):
        notes.understood(text, TODAY.file)


@pytest.mark.parametrize(
    "differing",
    [
        {"name": "../x"},
        {"recipients": ()},
        {"recipients": ("AGE-SECRET-KEY-1" + "Q" * 58,)},
        {"dest": "relative"},
        {"paths": ("/etc/../root",)},
        {"paths": ()},
        {"exclude": ("*.pyc",)},
        {"keep": 1.0},
        {"most": 0},
    ],
)
def test_an_archive_that_makes_no_sense_is_refused(differing: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        replace(WANTED, **differing)


def test_no_key_is_shown() -> None:
    assert IDENTITY not in repr(RESTORE)
    with pytest.raises(InvalidInput) as refused:
        replace(RESTORE, identity=f"{IDENTITY} and more")
    assert "QQQ" not in refused.value.message
