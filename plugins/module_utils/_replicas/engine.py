# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Docker's Engine, one small function per call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._core.errors import Failed, NotFound, Unavailable
from .model import LABEL, Creation, NameTaken, Replica

try:
    import docker
    import docker.errors
    import requests.exceptions
except ImportError:  # the module asks for it by name before anything is called
    pass

Api = Any
UNLESS_STOPPED = {"Name": "unless-stopped"}
NEVER = {"Name": "no"}
CALL_TIMEOUT_S = 120
LOG_LINES = 20


def connect() -> Api:
    """The engine of this host; raises ``Unavailable`` if it does not answer."""
    with _told("reach the Docker Engine"):
        return docker.APIClient(version="auto", timeout=CALL_TIMEOUT_S)


def replicas(api: Api, environment: str, application: str) -> tuple[Replica, ...]:
    """Every container that carries our labels for this application."""
    wanted = [f"{LABEL}environment={environment}", f"{LABEL}application={application}"]
    with _told("list containers"):
        rows = api.containers(all=True, filters={"label": wanted})
    return tuple(sorted((_replica(row) for row in rows), key=lambda replica: replica.name))


def _replica(row: Mapping[str, Any]) -> Replica:
    label = {key.removeprefix(LABEL): value for key, value in row["Labels"].items() if key.startswith(LABEL)}
    return Replica(
        id=row["Id"],
        name=row["Names"][0].lstrip("/"),
        service=label["service"],
        slot=label["slot"],
        number=int(label["replica"]),
        release=label["release"],
        version=label["version"],
        configuration=label["configuration"],
        port=int(label["port"]),
        state=row["State"],
        created=int(row["Created"]),
    )


def state(api: Api, container: str) -> Mapping[str, Any]:
    """The engine's own account of a container: ``State``, ``RestartCount``, ``HostConfig``."""
    with _told(f"inspect {container}"):
        account: Mapping[str, Any] = api.inspect_container(container)
        return account


def restarts(api: Api, container: str) -> bool:
    """Whether the engine would start it again by itself."""
    return bool(state(api, container)["HostConfig"]["RestartPolicy"]["Name"] not in ("", "no"))


def has_image(api: Api, image: str) -> bool:
    try:
        with _told(f"look for the image {image}"):
            api.inspect_image(image)
    except NotFound:
        return False
    return True


def pull(api: Api, image: str, credentials: Mapping[str, str]) -> None:
    """Fetch an image by its digest."""
    repository, _, digest = image.partition("@")
    with _told(f"pull {image}"):
        api.pull(repository, tag=digest, auth_config=dict(credentials) or None)


def create(api: Api, wanted: Creation, environment: Mapping[str, str], bind_address: str) -> None:
    """Create and start a replica with least rights: no privilege, no new one, no capability that is not named."""
    service = wanted.service
    host = api.create_host_config(
        port_bindings={service.container_port: (bind_address, wanted.port)},
        restart_policy=UNLESS_STOPPED,
        cap_drop=["ALL"],
        cap_add=list(service.capabilities),
        security_opt=["no-new-privileges:true"],
        read_only=service.read_only,
        tmpfs=dict(service.tmpfs),
        mem_limit=service.memory or None,
        nano_cpus=int(service.cpus * 1e9) or None,
        pids_limit=service.pids_limit,
        init=True,
        binds=list(service.volumes),
        network_mode=service.network or "default",
        log_config=docker.types.LogConfig(type="json-file", config={"max-size": "10m", "max-file": "3"}),
    )
    with _told(f"create {wanted.name} on port {wanted.port}"):
        made = api.create_container(
            service.image,
            command=list(service.command) or None,
            name=wanted.name,
            environment={"PORT": str(service.container_port), **environment},
            labels=dict(wanted.labels),
            ports=[service.container_port],
            user=service.user or None,
            stop_timeout=int(service.stop_timeout),
            host_config=host,
        )
        api.start(made["Id"])


def start(api: Api, container: str) -> None:
    """Start a replica that was retired, and let the engine do so from now on."""
    with _told(f"start {container}"):
        api.update_container(container, restart_policy=UNLESS_STOPPED)
        api.start(container)


def retire(api: Api, container: str, grace: float) -> bool:
    """Forbid the restart first, then stop; returns whether it had to be killed, having ignored SIGTERM."""
    with _told(f"stop {container}"):
        api.update_container(container, restart_policy=NEVER)
        was_running = state(api, container)["State"]["Running"]
        api.stop(container, timeout=int(grace))
    return bool(was_running and state(api, container)["State"]["ExitCode"] == 137)


def stop_grace(api: Api, container: str) -> float:
    """Seconds that the replica was created to be given between SIGTERM and SIGKILL."""
    return float(state(api, container)["Config"].get("StopTimeout") or 10)


def remove(api: Api, container: str, grace: float) -> None:
    with _told(f"remove {container}"):
        api.stop(container, timeout=int(grace))
        api.remove_container(container, v=True)


def log(api: Api, container: str) -> str:
    """The last lines that it wrote."""
    with _told(f"read the log of {container}"):
        return str(api.logs(container, tail=LOG_LINES).decode("utf-8", "replace"))


@contextmanager
def _told(tried: str) -> Iterator[None]:
    """What the engine or the network says, as one of our errors that tells what was tried."""
    try:
        yield
    except docker.errors.NotFound as error:
        raise NotFound(f"could not {tried}: {error.explanation}") from error
    except docker.errors.APIError as error:
        raise _refusal(tried, error) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise Unavailable(
            f"could not {tried}: the Docker Engine does not answer ({error}); see systemctl status docker"
        ) from error


def _refusal(tried: str, error: Any) -> Failed | Unavailable:
    said = str(error.explanation or error)
    if error.status_code == 409 and "is already in use by container" in said:
        return NameTaken(f"could not {tried}: a container that is not ours has that name; rename or remove it")
    if any(sign in said for sign in ("connection refused", "no such host", "i/o timeout", "no space left", "deadline exceeded")):
        return Unavailable(f"could not {tried}: {said}")
    return Failed(f"could not {tried}: {said}")
