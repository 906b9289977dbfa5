# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One question to a registry: which digest does a tag stand for now?

Source: the OCI distribution specification, "Pulling manifests".
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .._core.errors import NotFound, Unavailable
from .._core.text import DIGEST

_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
TIMEOUT_S = 10.0
LONGEST_TOKEN = 65536


@dataclass(frozen=True)
class Registry:
    """How to talk to the registry of an image; ``ca_path`` is a PEM file where the system's trust does not suffice."""

    username: str = ""
    password: str = ""
    ca_path: str = ""


def pin(services: Mapping[str, Any], version: str, registry: Registry) -> dict[str, str]:
    """The image of each service by digest, whatever becomes of its tag."""
    names = list(services)
    with ThreadPoolExecutor(max_workers=8) as pool:
        digests = pool.map(lambda name: digest_of(services[name]["image"], version, registry), names)
        return {name: f"{services[name]['image']}@{digest}" for name, digest in zip(names, digests, strict=True)}


def digest_of(repository: str, tag: str, registry: Registry) -> str:
    """The digest of ``repository:tag``; raises ``NotFound`` or ``Unavailable``."""
    host, _slash, path = repository.partition("/")
    try:
        answer = _manifest(host, path, tag, registry)
        return DIGEST.check(answer.headers.get("Docker-Content-Digest"))
    except urllib.error.HTTPError as error:
        raise _refusal(repository, tag, error.code) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Unavailable(f"the registry {host} did not answer for {path}:{tag}: {reason}; nothing was changed") from error


def _manifest(host: str, path: str, tag: str, registry: Registry) -> Any:
    """Ask with the password, or with the token that the registry wants to be shown instead."""
    url = f"https://{host}/v2/{path}/manifests/{tag}"
    try:
        return _ask(url, registry, _basic(registry), "HEAD")
    except urllib.error.HTTPError as error:
        wanted = error.headers.get("WWW-Authenticate", "")
        if error.code != 401 or not wanted.startswith("Bearer "):
            raise
        return _ask(url, registry, f"Bearer {_token(wanted, registry)}", "HEAD")


def _token(wanted: str, registry: Registry) -> str:
    """Source: the Distribution project's "Token Authentication Specification"."""
    terms = dict(re.findall(r'(realm|service|scope)="([^"]*)"', wanted))
    realm = terms.pop("realm", "")
    if not realm.startswith("https://"):
        raise ValueError(f"it sends us to {realm or 'nowhere'} for a token, which is not https")
    with _ask(f"{realm}?{urllib.parse.urlencode(terms)}", registry, _basic(registry), "GET") as answer:
        document = json.loads(answer.read(LONGEST_TOKEN))
    return str(document.get("token") or document["access_token"])


def _ask(url: str, registry: Registry, authorization: str, method: str) -> Any:
    headers = {"Accept": _MANIFESTS, **({"Authorization": authorization} if authorization else {})}
    request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310  # it begins with https
    context = ssl.create_default_context(cafile=registry.ca_path or None)
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context)).open(request, timeout=TIMEOUT_S)


def _basic(registry: Registry) -> str:
    if not registry.username:
        return ""
    return "Basic " + base64.b64encode(f"{registry.username}:{registry.password}".encode()).decode()


def _refusal(repository: str, tag: str, code: int) -> NotFound | Unavailable:
    if code == 404:
        return NotFound(f"{repository} has no version {tag} in its registry: push it, or deploy a version that is there")
    return Unavailable(f"the registry answered {code} for {repository}:{tag}: see to its credentials and its log")
