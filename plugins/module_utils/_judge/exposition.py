# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A page of metrics in Prometheus' text format, read from whoever shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress

with suppress(ImportError):
    from prometheus_client.parser import text_string_to_metric_families

from .._core.errors import Unavailable
from .fetch import Place, get


def values(place: Place) -> Mapping[str, float]:
    """The sum of each metric over its labels, by name; raises ``Unavailable``."""
    text = get(place).decode("utf-8", "replace")
    found: dict[str, float] = defaultdict(float)
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] += sample.value
    except (ValueError, KeyError, IndexError) as error:
        raise Unavailable(f"{place.shown} does not answer as a page of metrics does: {str(error)[:100]}") from None
    return dict(found)
