"""Load on a port of loopback: keep-alive and closing clients, GET and POST, until standard input ends.

Prints one JSON object: requests, failed, reasons, rate, slowest in seconds.
Every non-2xx answer, reset, refusal and timeout counts.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter
from itertools import cycle

BODY = b"x" * 200
METHODS = {
    "GET": b"GET / HTTP/1.1\r\nHost: shop\r\n%s\r\n",
    "POST": b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 200\r\n%s\r\n" + BODY,
}
PAUSE = 0.002


class Client:
    """One client, which sends one request after the other."""

    def __init__(self, port: int, method: str, keeps: bool) -> None:
        self._port = port
        self._keeps = keeps
        self._request = METHODS[method] % (b"" if keeps else b"Connection: close\r\n")
        self._connection: socket.socket | None = None
        self.reasons: Counter[str] = Counter()
        self.done = 0
        self.slowest = 0.0

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            began = time.monotonic()
            try:
                self._once()
            except OSError as error:
                self.reasons[f"{type(error).__name__} {error}"] += 1
                self._leave()
            self.done += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(PAUSE)

    def _once(self) -> None:
        self._connection = self._connection or socket.create_connection(("127.0.0.1", self._port), timeout=10)
        self._connection.sendall(self._request)
        head = self._connection.recv(65536)
        if not head:
            raise ConnectionResetError("closed without an answer")
        status = head.split(b" ", 2)[1].decode()
        if status != "200":
            raise ConnectionError(f"status {status}")
        if not self._keeps or b"connection: close" in head.lower():
            self._leave()

    def _leave(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


def main(port: int, count: int) -> None:
    kinds = cycle([("GET", True), ("POST", True), ("GET", False), ("POST", False)])
    clients = [Client(port, *next(kinds)) for _ in range(count)]
    stop = threading.Event()
    threads = [threading.Thread(target=client.run, args=(stop,)) for client in clients]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    reasons = sum((client.reasons for client in clients), Counter())
    requests = sum(client.done for client in clients)
    print(
        json.dumps(
            {
                "requests": requests,
                "failed": sum(reasons.values()),
                "reasons": reasons,
                "rate": requests / (time.monotonic() - began),
                "slowest": max(client.slowest for client in clients),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
