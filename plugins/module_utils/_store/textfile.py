# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A page of metrics for node_exporter's textfile collector, which reads any file of its directory at any moment.

The path comes from an inventory and whoever writes may be root, so nothing is replaced but a page that was written here before.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from .._core.errors import Refused, Unavailable
from .._core.text import Grammar

PAGE = Grammar(
    "page of metrics",
    r"(/(?!\.{1,2}/)[A-Za-z0-9_.+@\-]+)+/[A-Za-z0-9_\-]+\.prom",
    "a whole path without .. that ends with .prom, such as /var/lib/prometheus/node-exporter/mainstay.prom",
    500,
)
FIRST_LINE = "# Written by mainstay.ops; whatever else is written here will be lost.\n"
READABLE = 0o644

Labels: TypeAlias = Mapping[str, str]
Sample: TypeAlias = tuple[str, Labels, str]
"""The name of a gauge, its labels and its value."""


def page(samples: Iterable[Sample], helps: Mapping[str, str]) -> str:
    """Gauges in Prometheus' text format: github.com/prometheus/docs, content/docs/instrumenting/exposition_formats.md."""
    series: dict[str, list[str]] = {}
    for name, labels, value in samples:
        series.setdefault(name, []).append(f"{name}{{{_written(labels)}}} {value}")
    return "".join(
        "".join(f"{line}\n" for line in (f"# HELP {name} {helps[name]}", f"# TYPE {name} gauge", *lines))
        for name, lines in series.items()
    )


def write(path: Path, page: str) -> None:
    """Write beside and rename, so that nobody ever reads half a page."""
    try:
        _demand_ours(path)
        _replace(path, f"{FIRST_LINE}{page}".encode())
    except FileNotFoundError:
        raise Unavailable(f"could not write {path}: there is no directory {path.parent}; is node_exporter installed?") from None
    except OSError as error:
        raise Unavailable(f"could not write {path}: {error.strerror}; see to the directory's rights and to free space") from None


def _demand_ours(path: Path) -> None:
    if not os.path.lexists(path):
        return
    is_plain = stat.S_ISREG(path.lstat().st_mode)
    if not is_plain or not _begin(path).startswith(FIRST_LINE.encode()):
        raise Refused(f"{path} is there and was not written by mainstay.ops, so it is left alone: name another file")


def _begin(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return os.read(descriptor, len(FIRST_LINE))
    finally:
        os.close(descriptor)


def _written(labels: Labels) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _replace(path: Path, content: bytes) -> None:
    """The name of what is not finished does not end as those do that node_exporter reads."""
    descriptor, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), READABLE)
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError:
        with suppress(OSError):
            os.unlink(fresh)
        raise
