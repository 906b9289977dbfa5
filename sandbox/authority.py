"""A certificate authority of the fleet's own, made with the openssl command; no Python library can be taken for granted."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from .errors import SandboxError

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
DAYS = ["-days", "3650"]

# Key identifiers and key usage are written out because Python 3.13 refuses certificates without them.
AUTHORITY = """\
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
CN = mainstay sandbox
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
SERVER = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {alternatives}
"""


def ensure_authority(state: Path) -> None:
    """``ca.pem`` and ``ca.key``."""
    if (state / "ca.pem").exists():
        return
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as config:
        config.write(AUTHORITY)
        config.flush()
        paths = ["-keyout", str(state / "ca.key"), "-out", str(state / "ca.pem")]
        openssl(["req", "-x509", "-config", config.name, *CURVE, *DAYS, *paths])


def ensure_certificate(state: Path, name: str, names: tuple[str, ...], addresses: tuple[str, ...]) -> None:
    """``NAME.crt`` and ``NAME.key``, signed by the authority."""
    if (state / f"{name}.crt").exists():
        return
    alternatives = ", ".join([*(f"DNS:{each}" for each in names), *(f"IP:{each}" for each in addresses)])
    with tempfile.TemporaryDirectory() as scratch:
        config, request = Path(scratch) / "server.cnf", Path(scratch) / "request.pem"
        config.write_text(SERVER.format(name=names[0], alternatives=alternatives))
        openssl(["req", "-new", "-config", str(config), *CURVE, "-keyout", str(state / f"{name}.key"), "-out", str(request)])
        sign(state, request, config, state / f"{name}.crt")


def sign(state: Path, request: Path, config: Path, certificate: Path) -> None:
    authority = ["-CA", str(state / "ca.pem"), "-CAkey", str(state / "ca.key"), "-set_serial", "1"]
    extensions = ["-extfile", str(config), "-extensions", "server"]
    openssl(["x509", "-req", "-in", str(request), "-out", str(certificate), *authority, *extensions, *DAYS])


def openssl(arguments: list[str]) -> None:
    try:
        ran = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SandboxError("openssl is not installed: install Debian's package openssl") from None
    if ran.returncode:
        raise SandboxError(f"openssl {arguments[0]} failed: {ran.stderr.strip()}")
