# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says which Elasticsearch or OpenSearch is asked."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  server:
    description: The cluster, by any of its nodes.
    type: dict
    required: true
    suboptions:
      url:
        description: Where it is, without credentials, such as C(https://search1:9200).
        type: str
        required: true
      username:
        description: Who asks.
        type: str
      password:
        description: The password that goes with it.
        type: str
      api_key:
        description: An API key of Elasticsearch in its encoded form, instead of a username.
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
        default: 30s
"""
