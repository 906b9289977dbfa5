"""The replication modules as the role sees them: servers that are only written down, in the file of MAINSTAY_PLAYED.

It is put into a collection as the action plugins of these modules, so that the role is run whole and nothing else is.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

PROOF = {"system_id": "7710879463839285759", "timeline": 1, "checkpoint": "0/5000028"}
BECOMES = {
    "fenced": {"role": "fenced", "fenced": True, "proof": PROOF},
    "promoted": {"role": "primary", "timeline": 2, "promoting": False},
    "resumed": {"role": "primary", "fenced": False, "proof": {}},
    "present": {"role": "standby", "fenced": False, "proof": {}},
    "rejoined": {"role": "standby", "fenced": False, "proof": {}},
    "absent": {"role": "fenced", "fenced": True, "removed": True},
    "forgotten": {},
}
SEEN = {
    "role": "none",
    "system_id": PROOF["system_id"],
    "timeline": 1,
    "fenced": False,
    "removed": False,
    "promoting": False,
    "proof": {},
    "state": "shut down",
}
TOLD = {"at": 1.0, "time": "then", "lsn": "0/5000028", "follows": "db:5432", "lag_bytes": 0, "steps": [], "confirm": ""}


class ActionModule(ActionBase):
    """Who is away does not answer, and stays away once it broke; what shall fail does; others become what was asked for."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        world = Path(os.environ["MAINSTAY_PLAYED"])
        played = json.loads(world.read_text())
        host, state = str(self._task.delegate_to), self._task.args.get("state", "")
        server = played["servers"][host]
        if state:
            played["calls"].append({"host": host, **self._task.args})
        told = self._told(played, server, host, state)
        world.write_text(json.dumps(played))
        if told is None:
            raise AnsibleConnectionFailure(f"{host} is away")
        return told

    def _told(self, played: dict[str, Any], server: dict[str, Any], host: str, state: str) -> dict[str, Any] | None:
        act = f"{state} {host}"
        if not server or act in played["breaks"]:
            played["servers"][host] = {}
            return None
        if act in played["fails"]:
            return {"failed": True, "msg": played["fails"][act]}
        if state and not self._task.check_mode:
            server.update(BECOMES[state])
        return {**SEEN, **server, **(TOLD if state else {}), "changed": bool(state)}
