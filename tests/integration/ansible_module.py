"""A module run the way Ansible runs it: its action plugin, its argument spec and its JSON included."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

PLAIN = {
    "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_DEPRECATION_WARNINGS": "0",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
    "ANSIBLE_LOCALHOST_WARNING": "0",
}


def run_module(name: str, *flags: str, **arguments: Any) -> dict[str, Any]:
    """What ``mainstay.ops.<name>`` returned on this host, failed or not; ``--check`` and the like are flags.

    ``warned`` is what people are warned of, which Ansible writes beside the result, in one line.
    """
    command = ["ansible", "localhost", "-m", f"mainstay.ops.{name}", "-a", json.dumps(arguments), *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **PLAIN}, check=False)
    found = done.stdout.partition("=> ")[2]
    assert found, done.stdout + done.stderr
    returned: dict[str, Any] = json.JSONDecoder().raw_decode(found)[0]
    return {"failed": done.returncode != 0, **returned, "warned": " ".join(done.stderr.split())}
