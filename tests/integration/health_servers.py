"""Servers that are well, sick or strange, each on a free port of loopback."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from ports import free_port

POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
Talk = Callable[[socket.socket], None]


@contextmanager
def talking(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that reads a request of every client and lets ``talk`` answer."""
    server = socket.create_server(("127.0.0.1", 0), backlog=512)
    Thread(target=_accept, args=(server, talk, tls), daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()


def saying(answer: bytes) -> Talk:
    return lambda sock: sock.sendall(answer)


def json_saying(body: str, status: str = "200 OK") -> Talk:
    return saying(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


def dripping(sock: socket.socket) -> None:
    """A body that comes a byte at a time and never ends."""
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        sock.sendall(b".")
        time.sleep(0.05)


def dripping_headers(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        sock.sendall(b".")
        time.sleep(0.05)


def endless_headers(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        sock.sendall(b"X-More: and more\r\n" * 100)


def silent(_: socket.socket) -> None:
    time.sleep(30)


def flaky(rights: list[bool], body: str = "{}") -> Talk:
    """Answers 200 or 500 in this order, the last one for ever."""

    def talk(sock: socket.socket) -> None:
        right = rights.pop(0) if len(rights) > 1 else rights[0]
        json_saying(body, "200 OK" if right else "500 Sick")(sock)

    return talk


@contextmanager
def haproxy(directory: Path, backend_port: int) -> Iterator[int]:
    """The port of an HAProxy whose only backend is checked at this port."""
    port = free_port()
    configuration = directory / "haproxy.cfg"
    configuration.write_text(
        "defaults\n mode http\n timeout connect 1s\n timeout client 5s\n timeout server 5s\n"
        f"frontend f\n bind 127.0.0.1:{port}\n default_backend b\n"
        f"backend b\n server s 127.0.0.1:{backend_port} check inter 50ms fall 1 rise 1\n"
    )
    with running(["haproxy", "-db", "-f", str(configuration)], port):
        time.sleep(0.3)
        yield port


@contextmanager
def postgresql() -> Iterator[int]:
    """The port of a PostgreSQL server that wants a password, which is ``hunter22``."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        port, word, data = free_port(), Path(name) / "word", Path(name) / "data"
        word.write_text("hunter22")
        shutil.chown(name, "postgres")
        shutil.chown(word, "postgres")
        settings = ["-A", "scram-sha-256", "--pwfile", str(word), "-D", str(data), "--no-sync"]
        subprocess.run([*AS_POSTGRES, str(POSTGRESQL / "initdb"), *settings], check=True, capture_output=True)
        options = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", name]
        with running([*AS_POSTGRES, str(POSTGRESQL / "postgres"), *options], port):
            _await_postgresql(port)
            yield port


def _await_postgresql(port: int) -> None:
    """It listens before it takes connections."""
    for _ in range(600):
        if subprocess.run(["pg_isready", "--quiet", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError("PostgreSQL is not ready")


AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def certificate(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for localhost, and the certificate by which it is trusted."""
    key, made = directory / "key.pem", directory / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(made), "-days", "2"]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return context, made


@contextmanager
def running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The process, once it listens at its port."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert process.poll() is None, "the server ended early"
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not listen")


def _accept(server: socket.socket, talk: Talk, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            sock, _ = server.accept()
        except OSError:
            return
        Thread(target=_serve, args=(sock, talk, tls), daemon=True).start()


def _serve(sock: socket.socket, talk: Talk, tls: ssl.SSLContext | None) -> None:
    try:
        with tls.wrap_socket(sock, server_side=True) if tls else sock as private:
            private.recv(65536)
            talk(private)
    except OSError:
        return
