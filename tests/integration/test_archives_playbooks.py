"""archive_configuration, restore_configuration and check_buckets as an operator runs them, on this host and a played AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_module import PLAIN
from aws_server import KEYS, aws, s3
from configured_host import SECRET, Host


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as url:
        yield url


def play(root: Path, name: str, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    """The playbook on an environment whose only host is this one."""
    local = {
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    shared = {"mainstay_environment": "archive-test", "mainstay_application": "shop", **local, **variables}
    inventory = root / "hosts.yml"
    inventory.write_text(json.dumps({"operations": {"hosts": {"ops1": {}}}, "all": {"vars": shared}}))
    command = ["ansible-playbook", f"mainstay.ops.{name}", "-i", str(inventory), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=180, check=False, env={**os.environ, **PLAIN, "ANSIBLE_HOME": str(root)}
    )


def given(**arguments: Any) -> list[str]:
    return ["-e", json.dumps(arguments)]


@pytest.mark.skipif(os.getuid() != 0, reason="the lock lies where root writes")
def test_configuration_is_archived_compared_and_brought_back_under_the_lock(tmp_path: Path) -> None:
    host = Host(tmp_path)
    named = {"recipients": [host.key.recipient], "identity": host.key.identity, "dest": str(host.dest), "paths": [str(host.etc)]}
    variables = {
        "mainstay_configuration": named,
        "configuration_archive_usual_paths": ["/nowhere/at-all"],
        "configuration_archive_kept": str(tmp_path / "kept"),
    }
    try:
        _archived_and_brought_back(tmp_path, host, variables)
    finally:
        shutil.rmtree("/var/lib/mainstay/archive-test", ignore_errors=True)


def _archived_and_brought_back(tmp_path: Path, host: Host, variables: dict[str, Any]) -> None:
    first = play(tmp_path, "archive_configuration", **variables)
    assert first.returncode == 0, first.stdout + first.stderr
    assert len(host.archives()) == 1
    assert "CHANGED" not in play(tmp_path, "archive_configuration", **variables).stdout
    (host.etc / "shop.env").write_text("PASSWORD=another-secret\n")
    told = play(tmp_path, "restore_configuration", *given(host="ops1"), **variables)
    assert (told.returncode, '"difference": "content"' in told.stdout) == (0, True), told.stdout + told.stderr
    wordless = play(tmp_path, "restore_configuration", *given(host="ops1", replace=True), **variables)
    assert (wordless.returncode, "archive-test ops1" in wordless.stdout) == (2, True), wordless.stdout
    typed = given(host="ops1", replace=True, confirm="archive-test ops1")
    done = play(tmp_path, "restore_configuration", "-vvv", "--diff", *typed, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert SECRET in (host.etc / "shop.env").read_text()
    assert len(list((tmp_path / "kept").glob("ops1_*"))) == 1
    assert [word for word in (SECRET, "another-secret", "AGE-SECRET-KEY-1") if word in done.stdout + done.stderr] == []
    assert play(tmp_path, "restore_configuration", *given(host="elsewhere"), **variables).returncode == 2


def test_a_bucket_is_set_and_then_proven(tmp_path: Path, endpoint: str) -> None:
    client = s3(endpoint)
    place = {"name": "shop-files", "endpoint": endpoint, **KEYS}
    for name in ("shop-files", "shop-copies"):
        client.create_bucket(Bucket=name)
    role = "arn:aws:iam::123456789012:role/copy"
    copies = {"bucket": {**place, "name": "shop-copies"}, "replication": False}
    files = {"bucket": place, "replica": "shop-copies"}
    buckets = {"mainstay_buckets": [files, copies]}
    looked = play(tmp_path, "check_buckets", **buckets)
    assert (looked.returncode, "versioning is off" in looked.stdout) == (2, True), looked.stdout + looked.stderr
    roleless = play(tmp_path, "check_buckets", "-vvv", *given(state="set"), **buckets)
    assert (roleless.returncode, "replication: no rule" in roleless.stdout) == (2, True), roleless.stdout + roleless.stderr
    assert KEYS["secret_key"] not in roleless.stdout
    in_the_end = roleless.stdout.rpartition("Fail unless all of them passed")[2]
    assert [word for word in ("versioning is", "old_versions:", "public_access:") if word in in_the_end] == []
    buckets = {"mainstay_buckets": [{**files, "replica_role": role}, copies]}
    done = play(tmp_path, "check_buckets", *given(state="set"), **buckets)
    assert done.returncode == 0, done.stdout + done.stderr
    assert client.get_bucket_replication(Bucket="shop-files")["ReplicationConfiguration"]["Role"] == role
    again = play(tmp_path, "check_buckets", *given(state="set"), **buckets)
    assert (again.returncode, "CHANGED" not in again.stdout) == (0, True), again.stdout + again.stderr
    wrong = {"mainstay_buckets": [{**files, "replica_role": "nobody"}, copies]}
    refused = play(tmp_path, "check_buckets", *given(state="set"), **wrong)
    assert (refused.returncode, "'nobody' is not a name in AWS (an ARN)" in refused.stdout) == (2, True), (
        refused.stdout + refused.stderr
    )


def test_a_bucket_that_is_missing_is_not_made_and_what_encrypts_stays(tmp_path: Path, endpoint: str) -> None:
    client = s3(endpoint)
    place = {"name": "misspelt", "endpoint": endpoint, **KEYS}
    missing = play(tmp_path, "check_buckets", *given(state="set"), mainstay_buckets=[{"bucket": place}])
    assert (missing.returncode, "it is not there" in missing.stdout) == (2, True), missing.stdout + missing.stderr
    assert "misspelt" not in [one["Name"] for one in client.list_buckets()["Buckets"]]
    client.create_bucket(Bucket="sealed")
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "a-key"}}
    client.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [kms]})
    sealed = [{"bucket": {**place, "name": "sealed"}, "replication": False}]
    done = play(tmp_path, "check_buckets", *given(state="set"), mainstay_buckets=sealed)
    assert done.returncode == 0, done.stdout + done.stderr
    found = client.get_bucket_encryption(Bucket="sealed")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert found["ApplyServerSideEncryptionByDefault"] == kms["ApplyServerSideEncryptionByDefault"]


def test_buckets_of_one_name_are_each_looked_at(tmp_path: Path, endpoint: str) -> None:
    """The servers are one here, because the played AWS has its buckets on every port; what is wanted of them differs."""
    s3(endpoint).create_bucket(Bucket="twins")
    s3(endpoint).put_bucket_versioning(Bucket="twins", VersioningConfiguration={"Status": "Enabled"})
    place = {"name": "twins", "endpoint": endpoint, **KEYS}
    little = {"bucket": place, "replication": False, "lifecycle": False, "encryption": False, "public_access": False}
    well = play(tmp_path, "check_buckets", mainstay_buckets=[little])
    assert well.returncode == 0, well.stdout + well.stderr
    both = play(tmp_path, "check_buckets", mainstay_buckets=[little, {**little, "lifecycle": True}])
    assert (both.returncode, "no rule that is on removes old versions" in both.stdout) == (2, True), both.stdout


def test_no_bucket_is_no_pass(tmp_path: Path) -> None:
    nothing = play(tmp_path, "check_buckets")
    assert (nothing.returncode, "names no bucket" in nothing.stdout) == (2, True), nothing.stdout
