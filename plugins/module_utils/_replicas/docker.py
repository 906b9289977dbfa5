# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Docker Engine behind its socket, through Docker's SDK for Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from .._core.errors import Failed, MainstayError, NotFound, Unavailable
from .model import PortTaken, PullRefused, ReplicaEnding

# Older SDKs import distutils, for which setuptools' shim loads all of setuptools: 80 ms of the SDK's 160.
_finders = sys.meta_path[:]
sys.meta_path[:] = [finder for finder in _finders if type(finder).__name__ != "DistutilsMetaFinder"]
with suppress(ImportError):
    import docker
    import urllib3
sys.meta_path[:] = _finders

ASK_S, PULL_S = 60, 300
"""How long the Engine may be silent: while asked for something, and between two reports of a pull."""

SIGNS: tuple[tuple[type[MainstayError], str, str], ...] = (
    (Unavailable, "no space left on device", "the disk of this host is full: free space (docker system df), then run again"),
    (ReplicaEnding, "cannot update a stopped container", "it ended just then: run again"),
    (PortTaken, "port is already allocated", "another container has the port: docker ps names it"),
    (PortTaken, "address already in use", "another process has the port: ss -ltnp names it"),
    (NotFound, "manifest unknown", "the registry has no such image: look whether the release was pushed"),
    (NotFound, "manifest for", "the registry has no such image: look whether the release was pushed"),
    (PullRefused, "unauthorized", "give registry_username and registry_password of somebody who may pull it"),
    (PullRefused, "denied", "give registry_username and registry_password of somebody who may pull it"),
    (PullRefused, "no basic auth", "give registry_username and registry_password of somebody who may pull it"),
    (PullRefused, "x509", "the Engine does not trust the registry's certificate: see to its authority on this host"),
    (PullRefused, "gave HTTP response to HTTPS", "the registry speaks no TLS: see to the registry, or to insecure-registries"),
    (Unavailable, "connection refused", "the registry cannot be reached from this host: is it up?"),
    (Unavailable, "no such host", "the registry's name cannot be resolved on this host"),
    (Unavailable, "timeout", "the registry does not answer in time: look at it and at the network"),
    (Unavailable, "EOF", "the connection broke off: run again"),
)
"""Words of the Engine, which has no codes for these, what they mean, and what to do next."""


class Docker:
    """The Engine at one socket. Its calls may be made from several threads."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        with self._asking("connect"):
            self._client = docker.APIClient(base_url=f"unix://{socket}", version="auto", timeout=ASK_S)

    def listed(self, labels: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """All containers, running or not, or those with these labels."""
        filters = {"label": [f"{name}={value}" for name, value in (labels or {}).items()]}
        with self._asking("list containers"):
            found: list[dict[str, Any]] = self._client.containers(all=True, filters=filters)
            return found

    def inspected(self, container: str) -> dict[str, Any]:
        """Everything about one container; raises ``NotFound``."""
        with self._asking(f"inspect {container}"):
            found: dict[str, Any] = self._client.inspect_container(container)
            return found

    def has_image(self, reference: str) -> bool:
        """Whether the image is on this host, so that no registry is needed for it."""
        try:
            with self._asking(f"look for {reference}"):
                self._client.inspect_image(reference)
        except NotFound:
            return False
        return True

    def pull(self, reference: str, credentials: Mapping[str, str]) -> None:
        """Fetch the image; without credentials those of the host's Docker configuration count."""
        with self._asking(f"pull {reference}"):
            for report in self._puller().pull(reference, stream=True, decode=True, auth_config=dict(credentials) or None):
                if "error" in report:
                    raise _told(f"pull {reference}", str(report["error"]))

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        """Make a container of the Engine's own description; returns its id."""
        with self._asking(f"create {name}"):
            return str(self._client.create_container_from_config(dict(body), name)["Id"])

    def start(self, container: str) -> None:
        with self._asking(f"start {container}"):
            self._client.start(container)

    def rearm(self, container: str, policy: str) -> None:
        """Set the restart policy."""
        with self._asking(f"set the restart policy of {container}"):
            self._client.update_container(container, restart_policy={"Name": policy})

    def stop(self, container: str, timeout: int) -> None:
        """SIGTERM, then SIGKILL when the timeout is over; returns when it has ended."""
        with self._asking(f"stop {container}"):
            self._client.stop(container, timeout=timeout)

    def remove(self, container: str) -> None:
        """Take a container away that does not run, with its anonymous volumes; one that is gone is no error."""
        with suppress(NotFound), self._asking(f"remove {container}"):
            self._client.remove_container(container, v=True, force=True)

    def logs(self, container: str, lines: int) -> bytes:
        """The last lines that the container wrote."""
        with self._asking(f"read the log of {container}"):
            return bytes(self._client.logs(container, tail=lines))

    def _puller(self) -> Any:
        return docker.APIClient(base_url=f"unix://{self._socket}", version=self._client.api_version, timeout=PULL_S)

    @contextmanager
    def _asking(self, tried: str) -> Iterator[None]:
        """Turns whatever the SDK raises into an error of ours that says what was tried."""
        try:
            yield
        except docker.errors.NotFound as error:
            raise _told(tried, error.explanation or "not found", NotFound) from None
        except docker.errors.APIError as error:
            raise _told(tried, str(error.explanation or error)) from None
        except (docker.errors.DockerException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(
                f"could not {tried}: the Docker Engine at {self._socket} does not answer ({_reason(error)}); "
                "look whether it runs (systemctl status docker) and whether this user may use its socket"
            ) from None


def _told(tried: str, explanation: str, otherwise: type[MainstayError] = Failed) -> MainstayError:
    """The error that the Engine's words stand for."""
    for kind, sign, advice in SIGNS:
        if sign.lower() in explanation.lower():
            return kind(f"could not {tried}: {explanation}. {advice[0].upper()}{advice[1:]}")
    return otherwise(f"could not {tried}: {explanation}")


def _reason(error: Exception) -> str:
    """The innermost cause, which is what the socket said."""
    text = str(error)
    for sign in ("Permission denied", "No such file or directory", "Connection refused", "Read timed out"):
        if sign in text:
            return sign.lower()
    return type(error).__name__
