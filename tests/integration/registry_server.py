"""A registry of the test's own, over TLS on loopback, with one tiny image per version."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import json
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ports import free_port

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Registry:
    port: int
    ca: Path

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    def push(self, repository: str, tag: str) -> str:
        """Put an image there that differs from every other tag's; returns its digest."""
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {"version": tag}}}).encode()
        digest = "sha256:" + hashlib.sha256(config).hexdigest()
        upload = self._ask("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
        self._ask("PUT", f"{upload}&digest={digest}", config, "application/octet-stream")
        described = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": len(config)}
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}).encode()
        return str(self._ask("PUT", f"/v2/{repository}/manifests/{tag}", manifest, MANIFEST).headers["Docker-Content-Digest"])

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> HTTPResponse:
        url = path if path.startswith("https:") else f"https://{self.name}{path}"
        request = urllib.request.Request(url, body, {"Content-Type": kind} if kind else {}, method=method)
        answer: HTTPResponse = urllib.request.urlopen(
            request, timeout=10, context=ssl.create_default_context(cafile=str(self.ca))
        )
        return answer


@contextmanager
def running(root: Path) -> Iterator[Registry]:
    certificate, key = certify(root)
    port = free_port()
    config = root / "registry.json"  # JSON is YAML
    storage = {"filesystem": {"rootdirectory": str(root / "images")}}
    tls = {"certificate": str(certificate), "key": str(key)}
    config.write_text(json.dumps({"version": 0.1, "storage": storage, "http": {"addr": f"127.0.0.1:{port}", "tls": tls}}))
    with (root / "registry.log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=log, stderr=log)
    try:
        await_port(port)
        yield Registry(port, certificate)
    finally:
        process.terminate()
        process.wait(15)


def await_port(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the registry did not start")


def certify(root: Path) -> tuple[Path, Path]:
    """A certificate for loopback that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry of a test")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate, secret = root / "registry.crt", root / "registry.key"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    shape = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, shape, serialization.NoEncryption()))
    return certificate, secret
