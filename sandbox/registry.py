"""A small client of the registry's HTTP API (version 2), so that pushing needs no trust set up in this machine's engine.

After "HTTP API V2" of the Docker Registry documentation: blobs first, each by its digest, then the manifest that names them.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .errors import SandboxError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True)
class Blob:
    """A piece of an image as the registry names it."""

    kind: str
    content: bytes

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def described(self) -> dict[str, object]:
        return {"mediaType": self.kind, "size": len(self.content), "digest": self.digest}


class Registry:
    """One registry, trusted through the fleet's own authority and nothing else."""

    def __init__(self, address: str, authority: Path) -> None:
        self.base = f"https://{address}/v2"
        trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(authority)))
        # Loopback and the fleet are never behind a proxy, whatever the environment says.
        self.opener = urllib.request.build_opener(trust, urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/octet-stream") -> dict[str, str]:
        address = path if path.startswith("https://") else f"{self.base}/{path}"
        request = urllib.request.Request(address, data=body, method=method, headers={"Content-Type": kind, "Accept": MANIFEST})
        with self.opener.open(request, timeout=60) as answer:
            return {name.lower(): value for name, value in answer.headers.items()}

    def has(self, path: str) -> bool:
        try:
            self.call("HEAD", path)
        except urllib.error.HTTPError as why:
            if why.code == 404:
                return False
            raise
        return True

    def digest_of(self, repository: str, tag: str) -> str | None:
        try:
            return self.call("HEAD", f"{repository}/manifests/{tag}")["docker-content-digest"]
        except urllib.error.HTTPError as why:
            if why.code == 404:
                return None
            raise SandboxError(f"The registry answers {why.code} for {repository}:{tag}") from None
        except OSError as why:
            raise SandboxError(f"The registry does not answer ({why}): run 'python -m sandbox up' first") from None

    def push(self, repository: str, tag: str, config: Blob, layers: list[Blob]) -> str:
        for blob in (*layers, config):
            self.push_blob(repository, blob)
        manifest = Blob(MANIFEST, manifest_of(config, layers))
        self.call("PUT", f"{repository}/manifests/{tag}", manifest.content, MANIFEST)
        return manifest.digest

    def push_blob(self, repository: str, blob: Blob) -> None:
        if self.has(f"{repository}/blobs/{blob.digest}"):
            return
        place = self.call("POST", f"{repository}/blobs/uploads/", b"")["location"]
        place = place if place.startswith("https://") else self.base.removesuffix("/v2") + place
        self.call("PUT", f"{place}{'&' if '?' in place else '?'}digest={blob.digest}", blob.content)


def manifest_of(config: Blob, layers: list[Blob]) -> bytes:
    described = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config.described()}
    return json.dumps({**described, "layers": [layer.described() for layer in layers]}, indent=2).encode()
