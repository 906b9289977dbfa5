# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option of every module that takes part in a run under the lock of an environment, and of those that may."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  fence:
    description:
      - The environment, and the lock under which it is worked on, as M(mainstay.ops.ops_lock) returned it.
      - A run whose lock went to another one is refused at its next write.
    type: dict
    required: true
    suboptions:
      environment:
        description: Name of the environment.
        type: str
        required: true
      token:
        description: Fencing token of the lock. Not needed in check mode, nor by modules that only look.
        type: int
      phase:
        description: Name of the phase of the run; the result carries it.
        type: str
"""

    # Written out again, because ansible-test reads no code.
    OPTIONAL = r"""
options:
  fence:
    description:
      - The environment, and the lock under which it is worked on, as M(mainstay.ops.ops_lock) returned it.
      - A run whose lock went to another one is refused at its next write.
    type: dict
    suboptions:
      environment:
        description: Name of the environment.
        type: str
        required: true
      token:
        description: Fencing token of the lock. Not needed in check mode, nor by modules that only look.
        type: int
      phase:
        description: Name of the phase of the run; the result carries it.
        type: str
"""
