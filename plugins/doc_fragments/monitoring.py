# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option of the modules that begin, judge and settle a run: what monitoring is to know of it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  monitoring:
    description:
      - Which alerts the run silences while it lasts, and where it marks itself. Give all modules of a run the same.
      - Whatever goes wrong with it is a warning. It never fails a run, and holds it up for 3 seconds at most, once a minute.
    type: dict
    default: {}
    suboptions:
      alertmanager:
        description: The Alertmanager, or one of a cluster.
        type: dict
        suboptions:
          url:
            description: Where it is, without credentials. Its API is below C(/api/v2).
            type: str
            required: true
          username:
            description: Who asks.
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
      silences:
        description:
          - Alerts that the run is going to cause, each as labels and what they are, C(alertname) among them.
          - They are silenced from the plan to the settling, and no longer than the lease of the lock, which is renewed.
        type: list
        elements: dict
        default: []
      lingers:
        description:
          - How long alerts go on after the run that caused them, because their rules look back, an hour at most. Silences end so
            much later.
        type: str
        default: 0s
      metrics:
        description:
          - A file of the textfile collector of node_exporter on this host. Its directory must be there.
          - A file that was not written by a run is left alone.
        type: path
"""
