# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory says of the monitoring: which alerts a run silences, and where it marks itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .._alert.model import Matcher
from .._core.errors import InvalidInput
from .._core.text import seconds, shown, within
from .._judge.fetch import Place
from .._store.textfile import PAGE

ALERTNAME = "alertname"
LONGEST_S = 3600.0


@dataclass(frozen=True)
class Monitoring:
    """Each of ``silences`` maps labels to what they must be; ``metrics`` is a file of node_exporter's textfile collector.

    ``lingers`` is how long alerts go on after a run that caused them, because their rules look back.
    """

    alertmanager: Place | None = None
    silences: tuple[Mapping[str, str], ...] = ()
    metrics: str = ""
    lingers: str = "0s"

    def __post_init__(self) -> None:
        if self.silences and self.alertmanager is None:
            raise InvalidInput("monitoring: silences are to be put, and there is no alertmanager to put them to")
        if self.metrics:
            PAGE.check(self.metrics)
        within("time for which silences linger, in seconds", self.lingering, 0, LONGEST_S)
        for labels in self.silences:
            matchers(labels)

    @property
    def lingering(self) -> float:
        return seconds(self.lingers, noun="lingers")


UNMONITORED = Monitoring()


def matchers(labels: Mapping[str, str]) -> tuple[Matcher, ...]:
    """Labels as matchers. Only alerts that are named are silenced, so that none that nobody thought of is."""
    made = tuple(Matcher(name, labels[name]) for name in sorted(labels))
    if not labels.get(ALERTNAME):
        raise InvalidInput(f"monitoring: the silence {shown(dict(labels))} names no alert: give each an {ALERTNAME}")
    return made
