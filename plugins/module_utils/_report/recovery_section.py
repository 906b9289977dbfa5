# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the page of an environment tells of recovery: in words, in two drawings, and work by work."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from .._core.text import moment
from .course import took
from .elements import coloured, pairs, short, table
from .model import Doing, Recovery
from .objective_plot import Objective, plot
from .plot import Rate

NEVER = "never"
UNKNOWN = "not measured"
POINT, TIME = "How much would have been lost", "How long a recovery took"
HEADS = ("When", "What", "Host", "Who", "Took", "Verdict", "RPO", "RTO", "Why")


def write(main: Element, known: Recovery) -> None:
    """Write it under a heading of its own; where nothing is known it says that."""
    SubElement(main, "h2").text = "Recovery"
    verdict = known.verified.verdict if known.verified and known.backup else "inconclusive"
    SubElement(SubElement(main, "div", {"class": f"lead {verdict}"}), "p").text = known.sentence
    pairs(SubElement(main, "dl"), _facts(known))
    for objective in _objectives(known):
        if objective.measured:
            figure = SubElement(main, "figure")
            aim = f"; the dashed line is the target, {took(objective.target)}" if objective.target is not None else ""
            SubElement(figure, "figcaption").text = f"{objective.name}: {objective.told[0].lower()}{objective.told[1:]}{aim}"
            figure.append(plot(objective))
    if known.doings:
        rows = table(main, "Backups, checks, verifications and restores, newest first", HEADS, map(_row, known.doings))
        coloured(rows, [one.verdict.replace(" ", "-") for one in known.doings])


def _facts(known: Recovery) -> dict[str, str]:
    point, time = _objectives(known)
    return {
        "Last good backup": moment(known.backup.when) if known.backup else NEVER,
        "Last verification": f"{moment(known.verified.when)}, {known.verified.verdict}" if known.verified else NEVER,
        "RPO": _against(point),
        "RTO": _against(time),
        "Written": moment(known.written),
    }


def _objectives(known: Recovery) -> tuple[Objective, Objective]:
    """The target is that of the last time."""
    points = [Rate(one.at, one.point) for one in known.measurements if one.point is not None]
    times = [Rate(one.at, one.time) for one in known.measurements if one.time is not None]
    point_targets = [one.point_target for one in known.measurements if one.point_target is not None]
    time_targets = [one.time_target for one in known.measurements if one.time_target is not None]
    return (
        Objective("RPO", POINT, points, point_targets[-1] if point_targets else None),
        Objective("RTO", TIME, times, time_targets[-1] if time_targets else None),
    )


def _against(objective: Objective) -> str:
    if not objective.measured:
        return UNKNOWN
    seen = took(objective.measured[-1].rate)
    return seen if objective.target is None else f"{seen} of {took(objective.target)}"


def _row(one: Doing) -> tuple[str, ...]:
    measured = (one.measured.point, one.measured.time)
    numbers = [took(seconds) if seconds is not None else "" for seconds in (one.seconds, *measured)]
    return (moment(one.when), one.verb, one.host, one.who, numbers[0], one.verdict, *numbers[1:], short(one.why))
