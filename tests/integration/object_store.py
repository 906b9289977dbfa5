"""A real S3 server on loopback, SeaweedFS, behind a certificate of its own making."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from health_servers import certificate, running
from ports import free_port

NAME, ACCESS, SECRET = "backups", "a-test", "the-secret-of-a-bucket"


@dataclass(frozen=True)
class Bucket:
    """A bucket in it."""

    port: int
    ca: Path

    @property
    def place(self) -> dict[str, str]:
        """The option ``bucket`` of the modules."""
        return {"name": NAME, "endpoint": self._url, "ca_path": str(self.ca), "access_key": ACCESS, "secret_key": SECRET}

    def client(self) -> Any:
        """For what a test sets itself."""
        options = {"verify": str(self.ca), "config": Config(s3={"addressing_style": "path"}), "region_name": "us-east-1"}
        keys = {"aws_access_key_id": ACCESS, "aws_secret_access_key": SECRET}
        return boto3.client("s3", endpoint_url=self._url, **keys, **options)

    @property
    def _url(self) -> str:
        return f"https://localhost:{self.port}"

    def options(self, number: int) -> str:
        """pgBackRest's options for a repository in it; certificates are verified."""
        options = {
            "type": "s3",
            "path": "/main",
            "s3-bucket": NAME,
            "s3-endpoint": "localhost",
            "s3-region": "us-east-1",
            "s3-uri-style": "path",
            "s3-key": ACCESS,
            "s3-key-secret": SECRET,
            "storage-port": str(self.port),
            "storage-ca-file": str(self.ca),
        }
        return "".join(f"repo{number}-{name}={value}\n" for name, value in options.items())


@contextmanager
def bucket() -> Iterator[Bucket]:
    """The server; it listens on loopback only and tells nobody of itself. Everybody may read its certificate."""
    directory = Path(tempfile.mkdtemp(prefix="mainstay-store-"))
    directory.chmod(0o755)
    port, filer = free_port(), free_port()
    try:
        certificate(directory)
        shutil.copy(directory / "cert.pem", directory / "ca.pem")
        (directory / "data").mkdir()
        (directory / "identities.json").write_text(json.dumps(_identities()))
        with running([str(Path(sys.executable).with_name("weed")), *_arguments(directory, port, filer)], port):
            _make(filer)
            yield Bucket(port, directory / "ca.pem")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _make(filer: int) -> None:
    """To SeaweedFS a bucket is a directory of this place."""
    asked = Request(f"http://127.0.0.1:{filer}/buckets/{NAME}/", method="POST")
    with urlopen(asked, timeout=10) as answer:
        assert answer.status == 201


def _identities() -> object:
    credentials = [{"accessKey": ACCESS, "secretKey": SECRET}]
    return {"identities": [{"name": "test", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}]}


def _arguments(directory: Path, port: int, filer: int) -> list[str]:
    free = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port.grpc", "s3.port", "s3.port.grpc")
    ports = [*(f"-{name}={free_port()}" for name in free), f"-filer.port={filer}", f"-s3.port.https={port}"]
    files = [
        f"-s3.cert.file={directory}/cert.pem",
        f"-s3.key.file={directory}/key.pem",
        f"-s3.config={directory}/identities.json",
    ]
    small = ["-master.volumeSizeLimitMB=512", "-volume.max=20", "-volume.preStopSeconds=0", "-s3.port.iceberg=0"]
    alone = ["-master.telemetry=false", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={directory}/data", "-s3.port.lance=0"]
    return ["-v=0", "server", "-s3", *alone, *small, *ports, *files]
