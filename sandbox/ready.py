"""Waiting until every host answers over SSH, and its service with it."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from .errors import SandboxError
from .fleet import Host
from .settings import Settings
from .terminal import report

PATIENCE = 90.0
ANSWERS = {
    "operations": "SSH, registry",
    "app": "SSH, Docker Engine",
    "proxy": "SSH, HAProxy",
    "database": "SSH, PostgreSQL",
    "standby": "SSH, no PostgreSQL yet",
    "cache": "SSH, Redis",
    "monitoring": "SSH, Prometheus, Alertmanager",
    "store": "SSH, S3",
}


def ssh(settings: Settings, host: Host, *command: str) -> list[str]:
    """A command that logs in with nothing but the fleet's own key and its known hosts."""
    options = [f"UserKnownHostsFile={settings.state / 'known_hosts'}", "BatchMode=yes", "ConnectTimeout=3", "LogLevel=ERROR"]
    flags = [flag for option in options for flag in ("-o", option)]
    return ["ssh", "-F", "none", "-i", str(settings.state / "id_ed25519"), *flags, f"root@{host.address}", *command]


def await_ready(settings: Settings, hosts: tuple[Host, ...]) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        list(pool.map(lambda host: await_host(settings, host, began), hosts))


def await_host(settings: Settings, host: Host, began: float) -> None:
    while (why := why_not_ready(settings, host)) is not None:
        if time.monotonic() - began > PATIENCE:
            raise SandboxError(f"{host.name} is not ready after {PATIENCE:.0f} s: {why}")
        time.sleep(0.3)
    report(f"{host.name} answers ({ANSWERS[host.image]})", time.monotonic() - began)


def why_not_ready(settings: Settings, host: Host) -> str | None:
    """Each image brings its own ``mainstay-ready``, which knows the services of that host."""
    try:
        ran = subprocess.run(ssh(settings, host, "mainstay-ready"), capture_output=True, text=True, timeout=15, check=False)
    except subprocess.TimeoutExpired:
        return "it does not answer in 15 s"
    return None if ran.returncode == 0 else (ran.stderr.strip() or "its service does not answer yet")
