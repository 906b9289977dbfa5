# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says where Patroni's REST API is."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  patroni:
    description: The cluster, by the REST APIs of its members.
    type: dict
    required: true
    suboptions:
      urls:
        description:
          - Where they are, without credentials, such as C(http://db1:8008). The first that answers is asked about the cluster,
            so name all members.
          - Each member is also asked itself, without credentials, at the address that it announces (C(restapi.connect_address)).
        type: list
        elements: str
        required: true
      username:
        description: Who changes something, as C(restapi.authentication) has it. Reading needs nobody.
        type: str
      password:
        description: The password that goes with it.
        type: str
      ca_path:
        description: PEM file of certificate authorities to trust instead of the system's.
        type: path
      validate_certs:
        description: Whether TLS certificates are verified.
        type: bool
        default: true
      timeout:
        description: How long one answer may take.
        type: str
        default: 5s
"""
