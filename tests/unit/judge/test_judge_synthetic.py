"""Requests of our own keep their pace whatever becomes of them, and end with what they are for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._judge.fetch import Place
from ansible_collections.mainstay.ops.plugins.module_utils._judge.synthetic import AT_ONCE, Synthetic, sending

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[tuple[Place, list[float]]]:
    """A server on loopback, and when each connection came."""
    came: list[float] = []
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _peer = listening.accept()
                    came.append(time.monotonic())
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield Place(f"http://127.0.0.1:{listening.getsockname()[1]}/"), came


def well(connection: socket.socket) -> None:
    with connection:
        connection.recv(4096)
        connection.sendall(GOOD)


def never(connection: socket.socket) -> None:
    with connection:
        time.sleep(3)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_requests_go_to_all_places_in_turn_and_not_faster_than_their_rate() -> None:
    with server(well) as (one, to_one), server(well) as (other, to_other):
        began = time.monotonic()
        with sending(Synthetic((one, other), 40)):
            until(lambda: min(len(to_one), len(to_other)) >= 10)
        most = 40 * (time.monotonic() - began) + 1
        time.sleep(0.3)
        assert len(to_one) + len(to_other) <= most, "none is begun after the end"


def test_a_server_that_hangs_holds_up_neither_the_rest_nor_the_end() -> None:
    with server(never) as (hangs, to_hanging):
        with sending(Synthetic((hangs,), 100)):
            until(lambda: len(to_hanging) >= 5)
            ends = time.monotonic()
        assert time.monotonic() - ends < 2, "an answer takes three seconds"
        assert len(to_hanging) <= AT_ONCE


def test_nothing_is_sent_where_nothing_is_asked_for() -> None:
    with sending(None):
        pass


@pytest.mark.parametrize(("places", "rate"), [((), 5.0), ((Place("http://a"),), 0.0), ((Place("http://a"),), 1000.0)])
def test_what_makes_no_sense_is_refused(places: tuple[Place, ...], rate: float) -> None:
    with pytest.raises(InvalidInput):
        Synthetic(places, rate)
