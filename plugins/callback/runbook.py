# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: runbook
type: stdout
short_description: Shows a run as its phases, with verdicts and what is being waited for
version_added: 0.1.0
description:
  - A line for each task that did something, with how long it took, and below it the verdict, its reason and its numbers.
  - On a terminal a line at the bottom shows what is under way, for how long already, and how long it will take at least.
    Elsewhere, such as in CI, there are plain lines only.
  - What was skipped or included is left out. With C(-v) everything is shown as the default callback does.
author:
  - The mainstay maintainers (@mainstay)
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set C(stdout_callback = mainstay.ops.runbook) in the section C(defaults) of ansible.cfg
"""

import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from ansible import constants as C
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback.default import CallbackModule as Default

from ..plugin_utils.telling import details, title, waiting

TICK_S = 0.5
CLEAR = "\r\x1b[K"
GOOD = "ok"
CHANGED = "->"
BAD = "!!"


class CallbackModule(Default):
    """The default callback where it is verbose; otherwise a runbook that fills in by itself."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "mainstay.ops.runbook"

    def __init__(self) -> None:
        super().__init__()
        self._name, self._began = "", time.monotonic()
        self._line = Line(lambda columns: waiting(self._name, time.monotonic() - self._began, columns))

    @property
    def _is_verbose(self) -> bool:
        return bool(self._display.verbosity)

    def v2_playbook_on_start(self, playbook: Any) -> None:
        super().v2_playbook_on_start(playbook)
        if sys.stdout.isatty() and not self._is_verbose:
            self._line.begin(self._display)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        if self._is_verbose:
            super().v2_playbook_on_play_start(play)
            return
        self._play = play
        self._display.display(f"\n{play.get_name().strip()}", color=C.COLOR_HIGHLIGHT)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        if self._is_verbose:
            super().v2_playbook_on_task_start(task, is_conditional)
        self._name, self._began = task.get_name().strip().removeprefix("mainstay.ops.release : "), time.monotonic()
        self._line.show()

    def v2_runner_on_ok(self, result: Any) -> None:
        if self._is_verbose:
            super().v2_runner_on_ok(result)
        elif not isinstance(result.task, TaskInclude):
            self._handle_warnings(result.result)
            changed = result.result.get("changed", False)
            self._tell(CHANGED if changed else GOOD, C.COLOR_CHANGED if changed else C.COLOR_OK, result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if self._is_verbose:
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self._handle_warnings(result.result)
        self._tell(BAD, C.COLOR_WARN if ignore_errors else C.COLOR_ERROR, result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        if self._is_verbose:
            super().v2_runner_on_unreachable(result)
        else:
            self._tell(BAD, C.COLOR_UNREACHABLE, result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        if self._is_verbose:
            super().v2_runner_on_skipped(result)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        if self._is_verbose:
            super().v2_playbook_on_include(included_file)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._line.end()
        if self._is_verbose or any(stats.summarize(host)["unreachable"] for host in stats.processed):
            super().v2_playbook_on_stats(stats)

    def _tell(self, mark: str, colour: str, result: Any) -> None:
        """A task of several hosts has a line for each, which says whose it is."""
        name = self._name if len(self._play.hosts) == 1 else f"{self._name} [{result.host.get_name()}]"
        self._line.hide()
        self._display.display(title(mark, time.monotonic() - self._began, name), color=colour)
        for line in details(result.result):
            self._display.display(f"            {line}", color=colour if mark == BAD else None)


class Line:
    """The line at the bottom of a terminal; whatever else is displayed pushes it down."""

    def __init__(self, text: Callable[[int], str]) -> None:
        self._text, self._lock = text, threading.RLock()
        self._over = threading.Event()
        self._is_shown = self._is_on = False

    def begin(self, display: Any) -> None:
        self._is_on = True
        plain = display.display

        def above(*given: Any, **named: Any) -> None:
            with self._lock:
                self._clear()
                plain(*given, **named)

        display.display = above
        threading.Thread(target=self._tick, daemon=True).start()

    def show(self) -> None:
        self._is_shown = True

    def hide(self) -> None:
        with self._lock:
            self._is_shown = False
            self._clear()

    def end(self) -> None:
        self._over.set()
        self.hide()

    def _tick(self) -> None:
        while not self._over.wait(TICK_S):
            with self._lock:
                if self._is_shown:
                    sys.stdout.write(f"{CLEAR}{self._text(shutil.get_terminal_size().columns)}")
                    sys.stdout.flush()

    def _clear(self) -> None:
        if self._is_on:
            sys.stdout.write(CLEAR)
            sys.stdout.flush()
