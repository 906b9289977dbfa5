"""A reload is over when nobody but the new process takes commands; the sockets are real, HAProxy is not."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.mainstay.ops.plugins.module_utils._router import master
from ansible_collections.mainstay.ops.plugins.module_utils._router.takeover import Seen, take_over

PROCESSES = "#<PID> <type>\n1 master 1 [failed: {failed}]\n# workers\n9 worker 0\n{old}# programs\n\n"


@contextmanager
def answering(path: Path, answer: Callable[[str], str]) -> Iterator[str]:
    """A socket at which this function answers."""

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(answer(self.rfile.readline().decode().strip()).encode())

    with socketserver.ThreadingUnixStreamServer(str(path), Conversation) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield str(path)
        server.shutdown()


class Master:
    """Has an old worker that stops to listen after it was asked so many times; the reload may fail."""

    def __init__(self, asked_until_stopping: int, *, fails: bool = False) -> None:
        self.left = asked_until_stopping
        self.fails = fails
        self.reloaded = False

    def __call__(self, line: str) -> str:
        if line == "reload":
            self.reloaded = True
            return ""
        if line == "@!8 show info":
            self.left -= 1
            return f"Pid: 8\nStopping: {int(self.left < 0)}\n"
        old = "# old workers\n8 worker 1\n" if self.reloaded else ""
        return PROCESSES.format(failed=int(self.fails and self.reloaded), old=old)


def reload(tmp_path: Path, fake: Master, running: str = "new") -> Seen:
    with (
        answering(tmp_path / "m", fake) as above,
        answering(tmp_path / "a", lambda line: f"Pid: 9\ndescription: {running}\n") as below,
    ):
        return take_over(below, above, "new", 0.3)


def test_it_is_not_over_while_the_old_process_still_takes_commands(tmp_path: Path) -> None:
    fake = Master(asked_until_stopping=3)
    assert reload(tmp_path, fake) == Seen("new", alone=True)
    assert fake.left == -1


def test_an_old_process_that_never_stops_is_told(tmp_path: Path) -> None:
    assert reload(tmp_path, Master(999)) == Seen("new", alone=False)


def test_another_configuration_is_not_success(tmp_path: Path) -> None:
    assert reload(tmp_path, Master(0), running="old").mark == "old"


def test_the_masters_count_of_failures_ends_the_wait(tmp_path: Path) -> None:
    assert reload(tmp_path, Master(0, fails=True), running="old") == Seen("old", alone=True, failed=True)


def test_an_old_worker_that_is_gone_has_handed_over(tmp_path: Path) -> None:
    gone = PROCESSES.format(failed=0, old="# old workers\n8 worker 1\n")
    with answering(tmp_path / "m", lambda line: gone if line == "show proc" else "Can't find the target PID\n") as path:
        assert master.has_handed_over(path)
