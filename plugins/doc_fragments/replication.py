# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that the modules share which look after replication."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  data:
    description: Directory of the server's data. What is made of it stands beside it, under names that begin with the same.
    type: path
    required: true
  unit:
    description:
      - The systemd unit of the server, such as V(postgresql@15-main.service), by which it is started and stopped, and which is
        masked while it is fenced. Without it C(pg_ctl) does that, and only the data is fenced.
    type: str
    default: ''
  config:
    description: File of the server's configuration, where that is not in O(data).
    type: path
    default: ''
  binaries:
    description: Directory with PostgreSQL's programs. Debian's for the version of the data if left away.
    type: path
    default: ''
  user:
    description: Owner of the data. Programs and the server run as this user.
    type: str
    default: postgres
  superuser:
    description: Name of the cluster's superuser, who is let in over the server's socket as O(user).
    type: str
    default: postgres
  timeout:
    description: How long one start, stop or promotion may take.
    type: str
    default: 5m
"""

    ACTING = r"""
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  host:
    description: Name of this host, as part of what must be typed as O(confirm).
    type: str
    required: true
  managed_by:
    description:
      - Who decides which server is the primary. With V(patroni) nothing is done here, and the module refuses.
    type: str
    choices: [none, patroni]
    default: none
  lag_bytes:
    description: How many bytes of write-ahead log a standby may be behind.
    type: int
    default: 16777216
  within:
    description: How long a standby has to come that close.
    type: str
    default: 10m
  confirm:
    description: What is asked for where data is replaced or may be lost; the refusal says what it is.
    type: str
    default: ''
"""
