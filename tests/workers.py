"""Who runs which tests, where several workers share them."""

from __future__ import annotations

from pathlib import Path

ENGINE = "engine"
ON_THE_FLEET = {"molecule", "faults"}
ON_THE_ENGINE = {"test_docker_command", "test_docker_reboot", "test_docker_replicas"}
"""They remove images by their ids, which images of the same content share: none may be built meanwhile."""


def group(nodeid: str) -> str:
    """What one worker runs, in order: a file, or all that shares the Engine, the fleet too."""
    path = Path(nodeid.partition("::")[0])
    return ENGINE if path.parts[1] in ON_THE_FLEET or path.stem in ON_THE_ENGINE else str(path)
