# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says which bucket is meant, and the same where there may be none."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - boto3, which is Debian's package python3-boto3
options:
  bucket:
    description: The bucket, and how it is reached.
    type: dict
    required: true
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      endpoint:
        description:
          - Where the server is, such as C(https://s3.example.com:9000). Without it, it is AWS.
          - C(http://) is for a server on the host itself only.
        type: str
      region:
        description: Its region.
        type: str
        default: us-east-1
      access_key:
        description: Who asks. Without it, what the host knows is taken, such as the role of an instance.
        type: str
      secret_key:
        description: The secret that goes with it.
        type: str
      session_token:
        description: What goes with keys that were lent.
        type: str
      ca_path:
        description: PEM file of certificate authorities to trust instead of the system's. Certificates are always verified.
        type: path
      timeout:
        description: How long the server may be silent.
        type: str
        default: 30s
"""

    # Written out again, because ansible-test reads no code.
    OPTIONAL = r"""
requirements:
  - for a bucket boto3, which is Debian's package python3-boto3
options:
  bucket:
    description: A bucket of an S3 server, and how it is reached.
    type: dict
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      endpoint:
        description:
          - Where the server is, such as C(https://s3.example.com:9000). Without it, it is AWS.
          - C(http://) is for a server on the host itself only.
        type: str
      region:
        description: Its region.
        type: str
        default: us-east-1
      access_key:
        description: Who asks. Without it, what the host knows is taken, such as the role of an instance.
        type: str
      secret_key:
        description: The secret that goes with it.
        type: str
      session_token:
        description: What goes with keys that were lent.
        type: str
      ca_path:
        description: PEM file of certificate authorities to trust instead of the system's. Certificates are always verified.
        type: path
      timeout:
        description: How long the server may be silent.
        type: str
        default: 30s
      prefix:
        description: What the keys of the archives begin with, such as C(production/).
        type: str
"""
