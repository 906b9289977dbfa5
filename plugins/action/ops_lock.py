# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Adds to ops_lock who asks, and takes the lock over from a run of this same machine whose process is gone."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Runs the module, and once more if the holder turns out to be dead."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = {"run": uuid.uuid4().hex[:12], **self._task.args, "claimant": claimant(os.getppid())}
        result = {**self._ask(arguments, task_vars), "run": arguments["run"]}
        if result.get("error") == "LockHeld" and is_dead(result.get("claimant") or {}):
            result = {**self._ask({**arguments, "evict": result["token"]}, task_vars), "run": arguments["run"]}
        return result

    def _ask(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name="mainstay.ops.ops_lock", module_args=arguments, task_vars=task_vars
        )
        return result


def claimant(pid: int) -> dict[str, str]:
    """Identity of a process: of its machine since boot, of its process namespace, its number and when it started.

    Action plugins run in a short-lived child, so the process that matters is the parent, ansible-playbook itself.
    """
    return {**_here(), "pid": str(pid), "started": _started(pid) or ""}


def is_dead(holder: dict[str, str]) -> bool:
    """True only if the holder ran on this machine, in this process namespace, and is gone; elsewhere nobody can tell."""
    if not holder or any(holder.get(key) != value for key, value in _here().items()):
        return False
    return _sees_all() and _started(int(holder["pid"])) != holder["started"]


def _sees_all() -> bool:
    """Under ``hidepid`` the processes of others look as if they were gone."""
    return _started(1) is not None


def _here() -> dict[str, str]:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return {"boot": boot, "namespace": os.readlink("/proc/self/ns/pid")}


def _started(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]
