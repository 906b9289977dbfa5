# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that say where archives of configuration lie."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  name:
    description: Whose configuration it is, such as the host's name in the inventory. Archives begin with it.
    type: str
    required: true
  dest:
    description: The directory on the target where archives lie. Either this or O(bucket).
    type: path
"""
