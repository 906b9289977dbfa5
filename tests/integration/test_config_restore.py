"""config_restore with the real age: first what differs, then beside or over the originals, and never elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from uuid import uuid4

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._archive import notes, pack, sealed, shelf
from ansible_collections.mainstay.ops.plugins.module_utils._archive.model import Entry, Note, Restore, Source, Tree
from ansible_collections.mainstay.ops.plugins.module_utils._archive.operation_restore import RESTORE, Request
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import FencedOff
from ansible_collections.mainstay.ops.plugins.module_utils._fence.fence import Fence
from configured_host import NAME, SECRET, Host, key

STAMP = "20260101_000000"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    host.archive()
    return host


def differing(result: dict[str, object]) -> dict[str, str]:
    """What differs, by the name of the file."""
    found: list[dict[str, str]] = result["differences"]  # type: ignore[assignment]
    return {Path(one["path"]).name: one["difference"] for one in found if one["difference"] != "none"}


def spoil(host: Host) -> None:
    (host.etc / "shop.env").write_text("PASSWORD=another-secret-of-today\n")
    (host.etc / "conf.d" / "main.cfg").chmod(0o600)
    (host.etc / "enabled").unlink()
    (host.etc / "new").write_text("of today")


SPOILT = {"shop.env": "content", "main.cfg": "mode", "enabled": "absent"}


def test_first_it_tells_what_differs_and_no_secret(host: Host) -> None:
    assert differing(host.restore()) == {}
    spoil(host)
    before = host.live()
    told = host.restore()
    assert (told["changed"], differing(told)) == (False, SPOILT)
    assert "secret" not in json.dumps(told)
    assert SECRET not in json.dumps(told)
    assert host.live() == before


def test_beside_is_brought_back_once_and_overwrites_nothing(host: Host) -> None:
    before, beside = host.live(), host.root / "beside"
    spoil(host)
    assert host.restore(to=str(beside), check_mode=True)["changed"]
    assert not beside.exists()
    assert host.restore(to=str(beside))["changed"]
    assert host.live(beside / str(host.etc)[1:]) == before
    for check_mode in (True, False):
        assert not host.restore(to=str(beside), check_mode=check_mode)["changed"]
    (beside / str(host.etc)[1:] / "shop.env").write_text("mine")
    assert host.restore(to=str(beside))["error"] == "OthersThere"


def test_over_the_originals_needs_the_words_and_keeps_what_was_there(host: Host) -> None:
    before = host.live()
    spoil(host)
    refused = host.restore(replace=True, environment="test")
    assert (refused["error"], refused["confirm"]) == ("Refused", f"test {NAME}")
    foreseen = host.over(check_mode=True)
    assert differing(foreseen) == SPOILT
    done = host.over()
    assert [step["action"] for step in done["steps"]] == [step["action"] for step in foreseen["steps"]]
    assert {path: seen for path, seen in host.live().items() if path != "new"} == before
    assert (host.etc / "new").read_text() == "of today", "what the archive does not have stays"
    assert "secret-of-today" in Path(f"{done['kept']}{host.etc}/shop.env").read_text()
    assert Path(done["kept"]).stat().st_mode & 0o777 == 0o700
    assert (SECRET in json.dumps(done), "secret-of-today" in json.dumps(done)) == (False, False)
    for check_mode in (True, False):
        assert not host.over(check_mode=check_mode)["changed"]
    assert not host.archive(exclude=[f"{host.etc}/new"])["changed"]


def test_only_what_is_named_is_brought_back(host: Host) -> None:
    spoil(host)
    assert host.over(paths=[f"{host.etc}/conf.d"])["changed"]
    assert differing(host.restore()) == {"shop.env": "content", "enabled": "absent"}
    assert host.restore(paths=["/etc/passwd"])["error"] == "NotFound"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_owners_come_back(host: Host) -> None:
    file = host.etc / "shop.env"
    os.chown(file, 65534, 65534)
    assert differing(host.restore()) == {"shop.env": "owner"}
    host.over()
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (0, 0o600)


def test_an_older_archive_can_be_named(host: Host) -> None:
    first = host.archives()[0].name
    (host.etc / "shop.env").write_text("PASSWORD=2\n")
    host.archive()
    assert differing(host.restore()) == {}
    assert differing(host.restore(archive=first)) == {"shop.env": "content"}
    assert host.restore(archive=f"{NAME}_{STAMP}.tar.gz.age")["error"] == "NotFound"


def test_a_wrong_key_opens_nothing_and_is_not_shown(host: Host) -> None:
    other = key()
    wrong = host.restore(identity=other.identity)
    assert wrong["error"] == "WrongKey"
    assert other.identity.split("AGE-SECRET-KEY-")[1][:20] not in json.dumps(wrong)
    assert host.restore(identity="my secret diary")["error"] == "InvalidInput"
    assert "diary" not in json.dumps(host.restore(identity="my secret diary"))


def flipped(content: bytes) -> bytes:
    return content[:300] + bytes([content[300] ^ 1]) + content[301:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": flipped,
    "a cut": lambda content: content[:-1],
    "half of it": lambda content: content[: len(content) // 2],
    "nothing": lambda content: b"",
    "more": lambda content: content + b"x",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_archive_is_refused_even_if_its_note_agrees(host: Host, damage: str) -> None:
    archive = host.archives()[0]
    damaged = DAMAGES[damage](archive.read_bytes())
    archive.write_bytes(damaged)
    assert host.restore()["error"] == "ArchiveDamaged"
    note = notes.beside(archive.name)
    forged = replace(
        notes.understood((host.dest / note).read_bytes(), archive.name), bytes=len(damaged), sha256=pack.digest(damaged)
    )
    (host.dest / note).write_bytes(notes.written(forged))
    assert host.restore()["error"] == "ArchiveDamaged"


def test_the_latest_is_not_an_older_one_because_the_latest_is_damaged(host: Host) -> None:
    first = host.archives()[0].name
    (host.etc / "shop.env").write_text("PASSWORD=2\n")
    host.archive()
    (host.dest / notes.beside(host.archives()[1].name)).unlink()
    assert host.restore()["error"] == "ArchiveDamaged"
    assert "failed" not in host.restore(archive=first)


FILE = Entry("/etc/x", "file", 0o644, "root", "root", 1, pack.digest(b"x"))
BYTES = {"/etc/x": b"x"}


def forge(host: Host, tree: Tree, name: str = NAME) -> None:
    """An archive that somebody made who has the public key."""
    content = sealed.sealed(pack.packed(name, tree), [host.key.recipient])
    file = f"{NAME}_20300101_000000.tar.gz.age"
    note = Note(file, NAME, "2030-01-01T00:00:00Z", len(content), pack.digest(content), 1, (host.key.recipient,))
    shelf.put(str(host.dest), note, content, lambda back: True)


@pytest.mark.parametrize(
    "tree",
    [
        Tree((replace(FILE, path="/etc/../x"),), {"/etc/../x": b"x"}),
        Tree((replace(FILE, path="etc/x"),), {"etc/x": b"x"}),
        Tree((replace(FILE, path="/etc//x"),), {"/etc//x": b"x"}),
        Tree((replace(FILE, path="/etc/x\n"),), {"/etc/x\n": b"x"}),
        Tree((replace(FILE, kind="device"),), BYTES),
        Tree((replace(FILE, mode=0o100644),), BYTES),
        Tree((replace(FILE, size=2),), BYTES),
        Tree((replace(FILE, sha256=pack.digest(b"y")),), BYTES),
        Tree((FILE, FILE), BYTES),
        Tree((Entry("/etc", "link", 0o777, "root", "root", target="/"), FILE), BYTES),
        Tree((replace(FILE, path="/etc"), FILE), {"/etc": b"x", "/etc/x": b"x"}),
    ],
    ids=["dots", "no root", "two slashes", "a newline", "a device", "a strange mode", "a wrong size", "other bytes", "twice",
         "through a link", "through a file"],
)  # fmt: skip
def test_a_manifest_that_leads_elsewhere_or_lies_is_refused(host: Host, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pack.TYPES, "device", pack.TYPES["file"])
    forge(host, tree)
    refused = host.restore(to=str(host.root / "beside"))
    assert (refused["error"], (host.root / "beside").exists()) == ("ArchiveDamaged", False)


def test_a_missing_part_and_one_too_many_are_found(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pack.manifest
    for written in (Tree((FILE, replace(FILE, path="/etc/y"))), Tree()):
        monkeypatch.setattr(pack, "manifest", lambda name, tree, written=written: real(name, written))
        forge(host, Tree((FILE,), BYTES))
        assert host.restore(to=str(host.root / "beside"))["error"] == "ArchiveDamaged"


def test_the_archive_of_another_host_is_refused(host: Host) -> None:
    forge(host, Tree((FILE,), BYTES), "db2")
    refused = host.restore(to=str(host.root / "beside"))
    assert (refused["error"], "db2" in refused["msg"]) == ("ArchiveDamaged", True)


def test_what_unpacks_to_far_more_is_refused(host: Host) -> None:
    (host.etc / "large").write_bytes(b"x" * 80_000_000)
    host.archive(most_bytes=200_000_000)
    assert host.archives()[-1].stat().st_size < 1_000_000
    assert host.restore(most_bytes=1_000)["error"] == "ArchiveDamaged"
    assert differing(host.restore(most_bytes=200_000_000)) == {}


def test_nothing_is_written_through_a_link_that_leads_outside(host: Host) -> None:
    outside = host.root / "outside"
    (host.etc / "conf.d").rename(outside)
    (host.etc / "conf.d").symlink_to(outside)
    (outside / "main.cfg").write_text("of somebody else")
    assert host.over()["error"] == "LeadsOutside"
    assert host.over(paths=[f"{host.etc}/conf.d/main.cfg"])["error"] == "LeadsOutside"
    assert (outside / "main.cfg").read_text() == "of somebody else"


def test_a_link_is_brought_back_as_a_link_and_not_followed(host: Host) -> None:
    outside = host.root / "outside"
    outside.write_text("untouched")
    (host.etc / "shop.env").unlink()
    (host.etc / "shop.env").symlink_to(outside)
    assert host.over()["error"] == "OthersThere"
    (host.etc / "enabled").unlink()
    (host.etc / "enabled").symlink_to(outside)
    assert host.over(paths=[f"{host.etc}/enabled"])["changed"]
    assert (os.readlink(host.etc / "enabled"), outside.read_text()) == ("conf.d/main.cfg", "untouched")


def test_an_owner_that_this_host_does_not_know_is_named(host: Host) -> None:
    forge(host, Tree((replace(FILE, owner="nobody-knows"),), BYTES))
    refused = host.over()
    assert (refused["error"], "nobody-knows" in refused["msg"]) == ("Refused", True)
    assert host.restore(to=str(host.root / "beside"))["changed"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_fills_up_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        host = Host(tmp_path / "host")
        paths = [str(host.etc), str(small)]
        for name in ("a", "b"):
            (small / name).write_bytes(os.urandom(400_000))
        host.archive(paths=paths)
        for name in ("a", "b"):
            (small / name).write_bytes(b"today" * 80_000)
        (host.etc / "shop.env").write_text("of today")
        refused = host.over()
        assert refused["error"] == "Unavailable"
        assert "No space left" in refused["msg"]
        assert {path.name: path.read_bytes()[:5] for path in small.iterdir()} == {"a": b"today", "b": b"today"}
        assert (host.etc / "shop.env").read_text() == "of today"
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_run_that_lost_the_lock_replaces_nothing(host: Host, tmp_path: Path) -> None:
    spoil(host)
    before = host.live()
    environment = f"test-{uuid4().hex[:8]}"
    root = Path("/var/lib/mainstay") / environment
    root.mkdir(parents=True)
    try:
        (root / "fence").write_text("7")
        assert host.over(fence={"environment": environment, "token": 6})["error"] == "FencedOff"
        assert host.live() == before
    finally:
        shutil.rmtree(root)


def test_a_run_that_loses_the_lock_meanwhile_replaces_nothing_and_leaves_nothing(host: Host, tmp_path: Path) -> None:
    spoil(host)
    (host.etc / "conf.d").chmod(0o700)  # a directory that is there gets its mode before any file is swapped
    before = host.live()
    source = Source(NAME, str(host.dest))
    asked = Restore(source, host.key.identity, replace=True, environment="test", kept=str(host.root / "replaced"))
    request = Request(asked, Fence("test", 6, tmp_path / "state"))
    found = RESTORE.read(request)
    (tmp_path / "state" / "test").mkdir(parents=True)
    (tmp_path / "state" / "test" / "fence").write_text("7")
    with pytest.raises(FencedOff):
        RESTORE.apply(request, found, RESTORE.plan(request, found))
    assert (host.live(), (host.root / "replaced").exists()) == (before, False)


def test_a_note_says_what_lies_beside(host: Host) -> None:
    note = notes.understood((host.dest / notes.beside(host.archives()[0].name)).read_bytes(), host.archives()[0].name)
    told = host.info()["archives"][0]
    assert told == {**{k: v for k, v in asdict(note).items() if k != "content"}, "recipients": list(note.recipients)}
