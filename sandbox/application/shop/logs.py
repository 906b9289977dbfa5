"""Structured logs: one JSON object a line, on standard output."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from .configuration import Configuration
from .release import Release


class JsonFormatter(logging.Formatter):
    """Every line says who wrote it, so that lines of many replicas can be told apart."""

    def __init__(self, **always: str) -> None:
        super().__init__()
        self.always = always

    def format(self, record: logging.LogRecord) -> str:
        entry = {"timestamp": now(), "level": record.levelname, "message": record.getMessage(), **self.always}
        if record.exc_info and record.exc_info[1]:
            entry["error"] = repr(record.exc_info[1])
        return json.dumps(entry)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_logging(service: str, configuration: Configuration, release: Release) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service=service, version=release.version, replica=configuration.replica))
    logging.basicConfig(level=configuration.log_level, handlers=[handler])
