# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends through a module of another collection, and lets nothing that goes wrong with it touch the run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ..module_utils._notice.delivery import why_not

LASTS_S = 12
"""In all, unless the task says otherwise. The modules wait up to 10 s for each piece of an answer themselves, and know more of
what went wrong."""


class TooLong(BaseException):
    """Not one of the errors that whatever is under way would handle itself."""


class ActionModule(ActionBase):
    """Calls the module, and warns where it did not get through."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self._task.args
        why = "" if self._task.check_mode else self._sent(arguments, task_vars or {})
        if why:
            self._display.warning(f"the notice to {arguments['to']} was not sent: {why}. The run is not touched by that")
        return {"changed": False, "sent": not why and not self._task.check_mode, "why": why}

    def _sent(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> str:
        given = {name: value for name, value in arguments["args"].items() if value not in (None, "")}
        patience = int(arguments.get("patience", LASTS_S))
        try:
            with at_most(patience):
                return why_not(self._execute_module(arguments["module"], module_args=given, task_vars=task_vars))
        except TooLong:
            return f"the server was not done in {patience} s"
        except AnsibleError as error:
            return why_not({"failed": True, "msg": str(error)})


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises ``TooLong`` after so many seconds, and ends what was started until then. For the main thread of a worker."""

    def stop(_number: int, _frame: Any) -> None:
        end_children()
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def end_children() -> None:
    """Ends all others of this worker's own group; it leads one, which holds nothing but what it started."""
    if os.getpgrp() != os.getpid():
        return
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(os.getpgrp(), signal.SIGTERM)
    signal.signal(signal.SIGTERM, before)
