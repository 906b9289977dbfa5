"""A playbook that runs beside the test, which watches where it is and ends it, stops it or lets it go on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import fleet


@dataclass
class Controller:
    """One ansible-playbook in a session of its own, as on the terminal of an operator."""

    process: subprocess.Popen[bytes]
    log: Path
    began: float = field(default_factory=time.monotonic)

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def reaches(self, step: str, times: int = 1, timeout: float = 300) -> bool:
        """Wait until a task of this name (a regular expression) begins so many times; False if the run ended before."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if len(re.findall(rf"^TASK \[.*{step}", self.output, re.MULTILINE)) >= times:
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.02)
        raise TimeoutError(f"the run did not reach {step!r} within {timeout} s:\n{self.output}")

    def signal(self, number: signal.Signals) -> None:
        """SIGINT and SIGHUP come from a terminal, which sends them to all that runs in it; the others to the process alone."""
        everybody = number in (signal.SIGINT, signal.SIGHUP)
        os.killpg(self.process.pid, number) if everybody else self.process.send_signal(number)
        if number == signal.SIGINT:
            self._press_again()

    def _press_again(self) -> None:
        """Ctrl-C is lost if it comes while Python forks, whose hooks swallow exceptions; people press again."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        if self.goes_on:
            os.killpg(self.process.pid, signal.SIGINT)

    @property
    def goes_on(self) -> bool:
        return self.process.poll() is None

    def stops(self) -> None:
        """As a laptop whose lid is closed: the whole session sleeps."""
        self.signal_all(signal.SIGSTOP)

    def signal_all(self, number: signal.Signals) -> None:
        os.killpg(self.process.pid, number)

    def ends(self, timeout: float = 300) -> fleet.Result:
        self.process.wait(timeout)
        return fleet.Result(self.process.returncode, self.output, time.monotonic() - self.began)

    def abandon(self) -> None:
        """End what is left of it, workers too."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.unlink(missing_ok=True)


AT_A_TERMINAL = ("env", "--default-signal=INT,HUP")
"""Whatever runs in the background of a shell ignores SIGINT, and so does all that it starts, unless told otherwise."""


def begin(name: str, *arguments: str, **extra: object) -> Controller:
    """Start a playbook and return at once."""
    descriptor, path = tempfile.mkstemp(prefix="mainstay-run-", suffix=".log")
    words = fleet.ansible(f"mainstay.ops.{name}", *arguments, *fleet.flags(extra))
    with os.fdopen(descriptor, "wb") as log:
        process = subprocess.Popen(
            [*AT_A_TERMINAL, *words],
            cwd=fleet.ROOT,
            env=fleet.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Controller(process, Path(path))
