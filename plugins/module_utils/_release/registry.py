# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One question to a registry: which digest does a tag stand for now?

Source: the OCI distribution specification, "Pulling manifests".
"""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Registry:
    """How to talk to the registry of an image; ``ca_path`` is a PEM file where the system's trust does not suffice."""

    username: str = ""
    password: str = ""
    ca_path: str = ""


def digest_of(repository: str, tag: str, registry: Registry) -> str:
    """The digest of ``repository:tag``; raises ``NotFound`` or ``Unavailable``."""
    host, _slash, path = repository.partition("/")
    request = urllib.request.Request(f"https://{host}/v2/{path}/manifests/{tag}", method="HEAD", headers=_headers(registry))
    try:
        with _opener(registry).open(request, timeout=TIMEOUT_S) as answer:
            return DIGEST.check(answer.headers.get("Docker-Content-Digest"))
    except urllib.error.HTTPError as error:
        raise _refusal(repository, tag, error.code) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Unavailable(f"the registry {host} did not answer for {path}:{tag}: {reason}; nothing was changed") from error


def _opener(registry: Registry) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context(cafile=registry.ca_path or None)
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))


def _headers(registry: Registry) -> dict[str, str]:
    headers = {"Accept": _MANIFESTS}
    if registry.username:
        pair = base64.b64encode(f"{registry.username}:{registry.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    return headers


def _refusal(repository: str, tag: str, code: int) -> NotFound | Unavailable:
    if code == 404:
        return NotFound(f"{repository} has no version {tag} in its registry: push it, or deploy a version that is there")
    return Unavailable(f"the registry answered {code} for {repository}:{tag}: see to its credentials and its log")
