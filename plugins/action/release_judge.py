# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the module, and ends with the run: a judge that watches for hours must not go on when nobody waits for its verdict."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

from ansible.plugins.action import ActionBase

LOOKS_S = 1.0


class ActionModule(ActionBase):
    """Ansible's workers outlive ansible-playbook when that is killed, and so do their connections."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
        result: dict[str, Any] = self._execute_module(task_vars=task_vars)
        return result


def end_with(parent: int) -> None:
    """Ends this worker and its connection once its parent is gone; the module then finds that nobody reads what it prints."""
    while os.getppid() == parent:
        time.sleep(LOOKS_S)
    if os.getpgrp() == os.getpid():  # the worker leads a group of its own, which holds nothing else
        os.killpg(os.getpgrp(), signal.SIGKILL)
