"""What notices are sent to: a web server, a mail server, and a proxy that stands for every host of the internet, on loopback."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ports import free_port

HOSTS = ("hooks.slack.com", "slack.com", "events.pagerduty.com", "localhost")


@dataclass
class Web:
    """A web server: what it was asked, and what it answers, by host."""

    port: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def of(self, host: str) -> list[Any]:
        return [one["body"] for one in self.asked if one["host"] == host]


@contextmanager
def web(tls: ssl.SSLContext | None, *, is_proxy: bool = False) -> Iterator[Web]:
    """Over TLS if given, or as a proxy that gives a tunnel to any host, and is the host at its end."""
    told = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            assert tls
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb", -1), self.connection.makefile("wb", 0)
            self.close_connection = False

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            host = self.headers["Host"].partition(":")[0]
            told.asked.append({"host": host, "path": self.path, "headers": dict(self.headers), "body": json.loads(body)})
            status, answer = told.answers.get(host, (200, b"ok"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            self.close_connection = True

        def log_message(self, *_given: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls and not is_proxy:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    told.port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mail:
    """A mail server: what it took, by whom, and what it says to the next one."""

    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    logins: list[LoginPassword] = field(default_factory=list)
    answer: str = "250 taken"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("2"):
            self.taken.append(envelope.content)
        return self.answer

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        self.logins.append(data)
        return AuthResult(success=data.password == b"right-password")


@contextmanager
def mail(tls: ssl.SSLContext | None = None) -> Iterator[Mail]:
    """With TLS it takes nobody who does not begin it."""
    told = Mail(free_port())
    strict: dict[str, Any] = {"tls_context": tls, "require_starttls": True, "authenticator": told.login} if tls else {}
    controller = Controller(told, hostname="127.0.0.1", port=told.port, **strict)
    controller.start()
    try:
        yield told
    finally:
        controller.stop()


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that takes connections, and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield int(server.getsockname()[1])


def authority(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """TLS for every host that notices go to, and the file of the authority by which it is trusted."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "notices of a test")])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in HOSTS]
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    made, private = directory / "ca.pem", directory / "key.pem"
    made.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, private)
    return context, made
