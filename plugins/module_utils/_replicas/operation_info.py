# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the replicas of an application, put together for the module."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._edge.require import DOCKER
from .._edge.run import Reading, Report
from .described import scope
from .docker import Docker
from .model import Scope
from .row import told
from .survey import replicas


@dataclass(frozen=True)
class Question:
    """Whose replicas are asked for, and where."""

    socket: str
    scope: Scope


def _parse(params: Mapping[str, Any]) -> Question:
    return Question(params["socket"], scope(params["fence"]["environment"], params["application"]))


def _read(asked: Question) -> Report:
    found = replicas(Docker(asked.socket), asked.scope)
    return {"replicas": [told(replica, time.time()) for replica in found]}


REPLICAS_INFO = Reading(parse=_parse, read=_read, requires=(DOCKER,))
