# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the command starts afresh, or the one that an earlier run started is waited for.

Two of a name never run at the same time: the container's name is taken as long as it is there.
"""

from __future__ import annotations

from .._core.plan import Plan, Step
from .._replicas.model import NameTaken
from .model import Command, CommandRunning, Found, Running
from .ready import is_over, is_same

PULL, REMOVE, RUN, ATTACH = "pull", "remove", "run", "attach"


def plan(wanted: Command, found: Found) -> Plan:
    """Steps to the command's end; raises ``NameTaken`` and ``CommandRunning``."""
    left = found.left
    if left and not left.is_ours:
        raise NameTaken(
            f"a container named {wanted.name} exists, but its labels are not those of this application and environment, so "
            "it is left alone: look whose it is (docker inspect), then rename or remove it"
        )
    if left and not is_over(left):
        return Plan((_attach(wanted, left),))
    pull = () if found.has_image else (Step(PULL, wanted.image, "absent", "present", wanted.image),)
    remove = (Step(REMOVE, wanted.name, f"{left.state}, left by an earlier run", "absent", left.id),) if left else ()
    return Plan((*pull, *remove, Step(RUN, wanted.name, "absent", f"ended: {wanted.text}")))


def _attach(wanted: Command, left: Running) -> Step:
    if not is_same(left, wanted):
        raise CommandRunning(
            f"{wanted.name} still runs for release {left.release}, with another image or other options than release "
            f"{wanted.release} asks for: wait until it has ended, or stop it (docker stop {wanted.name}), then run again"
        )
    return Step(ATTACH, wanted.name, "running, started by an earlier run", f"ended: {wanted.text}", left)
