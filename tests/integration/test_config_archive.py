"""config_archive and config_archive_info on real files and with the real age: only what changed, whole, and for nobody else."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import object_store
import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._archive.files import collected
from ansible_collections.mainstay.ops.plugins.module_utils._archive.model import Archive, KeepsChanging
from aws_server import KEYS, aws, s3
from configured_host import NAME, SECRET, Host, key
from migration_server import MODULES, eventually, start

COUNTER = itertools.count()
WITHOUT_POWERS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
"""As root, who then is stopped by rights as others are."""


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as url:
        yield url


def opened(host: Host, archive: Path) -> bytes:
    """As people open it who have no collection."""
    identity = host.root / "identity"
    identity.write_text(host.key.identity)
    return subprocess.run(["age", "-d", "-i", str(identity), str(archive)], capture_output=True, check=True).stdout


def test_what_did_not_change_is_not_archived_again(host: Host) -> None:
    foreseen = host.archive(check_mode=True)
    assert (foreseen["changed"], host.names()) == (True, [])
    first = host.archive()
    assert (first["changed"], first["files"], len(host.names())) == (True, 2, 2)
    assert [step["action"] for step in first["steps"]] == [step["action"] for step in foreseen["steps"]] == ["create", "archive"]
    os.utime(host.etc / "shop.env", (1, 1))
    for check_mode in (True, False):
        again = host.archive(check_mode=check_mode)
        assert (again["changed"], again["archive"], again["sha256"]) == (False, first["archive"], first["sha256"])
    (host.etc / "shop.env").chmod(0o640)
    assert host.archive()["changed"]
    assert len(host.archives()) == 2


def test_only_its_owner_reaches_an_archive_and_no_secret_is_anywhere(host: Host) -> None:
    said = json.dumps(host.archive()) + json.dumps(host.info())
    assert host.dest.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in host.dest.iterdir())
    assert SECRET not in said
    assert all(SECRET.encode() not in path.read_bytes() for path in host.dest.iterdir())


def test_people_can_read_an_archive_with_age_and_tar_alone(host: Host) -> None:
    made = host.archive()
    with tarfile.open(fileobj=BytesIO(opened(host, Path(made["archive"])))) as tar:
        assert tar.getnames()[0] == "manifest.json"
        assert tar.extractfile(f"files{host.etc}/shop.env").read().decode() == f"PASSWORD={SECRET}\n"  # type: ignore[union-attr]
        assert tar.getmember(f"files{host.etc}/enabled").linkname == "conf.d/main.cfg"


def test_others_than_before_get_an_archive_of_their_own(host: Host) -> None:
    host.archive()
    another = key()
    both = [another.recipient, host.key.recipient]
    assert host.archive(recipients=both)["changed"]
    assert not host.archive(recipients=list(reversed(both)))["changed"]


def test_a_link_is_archived_and_what_it_leads_to_is_not(host: Host) -> None:
    outside = host.root / "outside"
    outside.mkdir()
    (outside / "secret").write_text("not configuration")
    (host.etc / "out").symlink_to(outside)
    with tarfile.open(fileobj=BytesIO(opened(host, Path(host.archive()["archive"])))) as tar:
        assert tar.getmember(f"files{host.etc}/out").issym()
        assert [name for name in tar.getnames() if "secret" in name] == []


def test_what_is_no_file_is_left_out_and_told(host: Host) -> None:
    os.mkfifo(host.etc / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        os.chdir(host.etc)
        sock.bind("sock")
        made = host.archive()
    assert made["left_out"] == [f"{host.etc}/pipe", f"{host.etc}/sock"]
    assert len(made["warnings"]) == 1


def test_patterns_name_what_is_there_and_leave_out_what_is_not_wanted(host: Host) -> None:
    made = host.archive(
        paths=[f"{host.etc}/conf.?/*.cfg"], optional_paths=[f"{host.etc}/*.env", "/nowhere/at-all"], exclude=[f"{host.etc}/*.env"]
    )
    assert (made["files"], made["absent"]) == (1, ["/nowhere/at-all"])
    assert host.archive(paths=["/nowhere/at-all"])["error"] == "NotFound"
    assert host.archive(paths=[], optional_paths=["/nowhere/at-all"])["error"] == "NotFound"


def test_data_that_is_named_by_mistake_is_refused(host: Host) -> None:
    (host.etc / "data").write_bytes(b"x" * 2_000_000)
    refused = host.archive(most_bytes=1_000_000)
    assert (refused["error"], "data" in refused["msg"], host.names()) == ("Refused", True, [])


@pytest.mark.parametrize(("times", "content"), [(1, b"listen 80\n!"), (4, b"listen 80\n!!!!"), (10, None)])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    host: Host, monkeypatch: pytest.MonkeyPatch, times: int, content: bytes | None
) -> None:
    """Somebody writes to it just after it was looked at, so many times; it is looked at before and after it is read."""
    file, real, left = host.etc / "conf.d" / "main.cfg", os.fstat, [times]

    def looked_at(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        if left[0] and os.path.samestat(status, file.stat()):
            left[0] -= 1
            with open(file, "a") as busy:
                busy.write("!")
        return status

    monkeypatch.setattr(os, "fstat", looked_at)
    wanted = Archive(NAME, (host.key.recipient,), str(host.dest), (str(file),))
    if content is None:
        with pytest.raises(KeepsChanging, match=r"main\.cfg"):
            collected(wanted)
    else:
        assert collected(wanted).tree.contents == {str(file): content}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_who_may_not_read_it_all_archives_nothing(host: Host) -> None:
    os.chown(host.etc / "shop.env", 65534, 65534)
    asked = {"name": NAME, "recipients": [host.key.recipient], "dest": str(host.dest), "paths": [str(host.etc)]}
    given = json.dumps({"ANSIBLE_MODULE_ARGS": asked})
    module = [sys.executable, "-m", f"{MODULES}.config_archive"]
    done = subprocess.run([*WITHOUT_POWERS, *module], input=given, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert (answer["error"], "shop.env" in answer["msg"], host.names()) == ("Unavailable", True, [])


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_full_leaves_what_there_was(host: Host) -> None:
    with small_disk(host.dest):
        host.archive()
        before = host.names()
        (host.etc / "new").write_bytes(os.urandom(3_000_000))
        (host.dest / "others").write_bytes(b"x" * 2_000_000)
        refused = host.archive()
        assert (refused["error"], host.names()) == ("Refused", sorted([*before, "others"]))
        (host.dest / "others").unlink()
        assert host.archive(check_mode=True)["changed"]


def test_old_archives_go_when_one_that_followed_them_is_old_too(host: Host) -> None:
    host.archive()
    made = host.archives()[0]
    aged(host, made, "20200101_000000")
    (host.etc / "new").write_text("2")
    assert [step["action"] for step in host.archive()["steps"]] == ["archive"], "it is what was there 89 days ago"
    aged(host, host.archives()[-1], "20200201_000000")
    (host.etc / "new").write_text("3")
    third = host.archive()
    assert [step["action"] for step in third["steps"]] == ["archive", "expire"]
    assert host.archives()[0].name[4:12] == "20200201"
    assert not host.archive()["changed"]


def aged(host: Host, archive: Path, stamp: str) -> None:
    """As if it had been taken then."""
    note = archive.with_name(f"{archive.name.removesuffix('.tar.gz.age')}.json")
    file = f"{NAME}_{stamp}.tar.gz.age"
    (host.dest / f"{NAME}_{stamp}.json").write_text(note.read_text().replace(archive.name, file))
    note.unlink()
    archive.rename(host.dest / file)


def test_a_damaged_archive_counts_no_more_and_is_told(host: Host) -> None:
    made = Path(host.archive()["archive"])
    content = bytearray(made.read_bytes())
    content[len(content) // 2] ^= 1
    made.write_bytes(content)
    assert host.info()["damaged"] == [made.name]
    again = host.archive()
    assert (again["changed"], made.name in str(again["warnings"])) == (True, True)
    assert len(host.info()["archives"]) == 1


def test_a_run_that_was_killed_leaves_nothing_that_counts(host: Host) -> None:
    (host.etc / "large").write_bytes(os.urandom(30_000_000))
    asked = {"name": NAME, "recipients": [host.key.recipient], "dest": str(host.dest), "paths": [str(host.etc)]}
    running = start("config_archive", asked)
    assert eventually(lambda: any(name.endswith(".part") for name in host.names()) or running.poll() is not None, 60)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert host.info()["archives"] == []
    made = host.archive()
    assert "failed" not in made
    assert [name for name in host.names() if name.startswith(".")] == []


def test_without_age_it_says_which_package_brings_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    missing = host.archive()
    assert (missing["error"], "Debian package age" in missing["msg"], host.archives()) == ("LibraryMissing", True, [])


def test_copies_go_to_a_bucket_and_from_there(host: Host, endpoint: str) -> None:
    place, client = bucket(endpoint), s3(endpoint)
    made = host.archive()
    assert [step["action"] for step in host.archive(check_mode=True, bucket=place)["steps"]] == ["copy"]
    assert host.archive(bucket=place)["changed"]
    assert not host.archive(bucket=place)["changed"]
    keys = [one["Key"] for one in client.list_objects_v2(Bucket=place["name"])["Contents"]]
    assert keys == [f"a/{name}" for name in host.names()]
    note = client.get_object(Bucket=place["name"], Key=keys[0])["Body"].read()
    assert json.loads(note)["content"] == ""
    shutil.rmtree(host.dest)
    assert [one["sha256"] for one in host.info(bucket=place, verify=True)["archives"]] == [made["sha256"]]
    shutil.rmtree(host.etc / "conf.d")
    assert host.over(bucket=place)["changed"]
    assert (host.etc / "conf.d" / "main.cfg").read_text() == "listen 80\n"


def test_a_copy_that_is_cut_is_copied_again_and_a_flipped_bit_is_found(host: Host, endpoint: str) -> None:
    place, client = bucket(endpoint), s3(endpoint)
    made = Path(host.archive(bucket=place)["archive"])
    at = {"Bucket": place["name"], "Key": f"a/{made.name}"}
    content = bytearray(made.read_bytes())
    client.put_object(**at, Body=bytes(content[:-1]))
    assert host.info(bucket=place)["damaged"] == [made.name]
    assert [step["action"] for step in host.archive(bucket=place)["steps"]] == ["copy"]
    content[-1] ^= 1
    client.put_object(**at, Body=bytes(content))
    assert host.info(bucket=place, verify=True)["damaged"] == [made.name]
    assert host.restore(bucket=place)["error"] == "ArchiveDamaged"
    client.delete_object(**at)
    assert host.info(bucket=place)["archives"] == []


def test_copies_expire_as_archives_do_unless_the_keys_may_not(host: Host, endpoint: str) -> None:
    place = bucket(endpoint)
    host.archive()
    aged(host, host.archives()[0], "20200101_000000")
    host.archive(bucket=place)
    (host.etc / "new").write_text("2")
    host.archive(bucket=place)
    aged(host, host.archives()[-1], "20200201_000000")
    (host.etc / "new").write_text("3")
    kept = host.archive(bucket=place, expire_copies=False, check_mode=True)
    assert "expire_copy" not in [step["action"] for step in kept["steps"]]
    gone = host.archive(bucket=place)
    assert [step["before"] for step in gone["steps"] if step["action"] == "expire_copy"] == ["archive of 20200101_000000"]


def test_a_bucket_that_cannot_be_reached_does_not_cost_the_archive(host: Host, endpoint: str) -> None:
    place = {**bucket(endpoint), "name": "nobody-has-this"}
    lost = host.archive(bucket=place)
    assert (lost["error"], SECRET in json.dumps(lost), KEYS["secret_key"] in json.dumps(lost)) == ("NotFound", False, False)
    assert len(host.info()["archives"]) == 1
    assert host.archive(bucket=place)["error"] == "NotFound"


def test_a_bucket_of_another_server_than_aws_does_as_well(host: Host) -> None:
    with object_store.bucket() as store:
        keys = {"access_key": object_store.ACCESS, "secret_key": object_store.SECRET}
        place = {"name": object_store.NAME, "endpoint": f"https://localhost:{store.port}", "ca_path": str(store.ca), **keys}
        made = host.archive(bucket=place)
        assert not host.archive(bucket=place)["changed"]
        assert [one["sha256"] for one in host.info(bucket=place, verify=True)["archives"]] == [made["sha256"]]
        (host.etc / "shop.env").unlink()
        assert host.over(bucket=place)["changed"]
        assert SECRET in (host.etc / "shop.env").read_text()
        lost = host.archive(bucket={**place, "ca_path": "/etc/ssl/certs/ca-certificates.crt"})
        assert (lost["error"], "certificate" in lost["msg"].lower()) == ("Unavailable", True)


def bucket(endpoint: str) -> dict[str, str]:
    name = f"archives-{next(COUNTER)}"
    s3(endpoint).create_bucket(Bucket=name)
    return {"name": name, "endpoint": endpoint, "prefix": "a/", **KEYS}
