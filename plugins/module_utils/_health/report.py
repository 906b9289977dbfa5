# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results in the words of a module: what it returns, and what it says when not all is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .._core.text import listed
from .._core.verdict import Verdict, overall
from .model import NoVerdict, Result, Unhealthy

NEXT = {
    "": "the deadline, which was too short for so many answers",
    "router": "the router's backends",
    "version": "which release runs there",
    "login": "the credentials",
    "refused": "whether it runs, and on which port",
    "tls": "its certificate and ca_path",
    "unreachable": "its host and the network",
    "dns": "its name",
}
"""Where to look next, by cause; for every other it is the application's logs."""


def report(results: Sequence[Result], seconds: float) -> Mapping[str, Any]:
    """The results as a module returns them."""
    plain = [{**asdict(result), "verdict": str(result.verdict), "cause": str(result.cause)} for result in results]
    return {"verdict": str(_worst(results)), "endpoints": plain, "seconds": round(seconds, 3)}


def demand_pass(results: Sequence[Result], told: Mapping[str, Any]) -> None:
    """Raise ``Unhealthy``, or ``NoVerdict`` if nothing was found against any, unless every endpoint passed."""
    bad = [result for result in results if result.verdict is not Verdict.PASS]
    if results and not bad:
        return
    kind = Unhealthy if _worst(results) is Verdict.FAIL else NoVerdict
    raise kind(
        f"{len(bad)} of {len(results)} endpoints did not pass within {told['seconds']:g} s: {_first(bad)}. "
        f"Look at {listed(sorted({NEXT.get(result.cause, 'the logs of the application') for result in bad}))}",
        **told,
    )


def _worst(results: Sequence[Result]) -> Verdict:
    return overall(result.verdict for result in results)


def _first(bad: Sequence[Result], most: int = 5) -> str:
    rest = f"; and {len(bad) - most} more" if len(bad) > most else ""
    return "; ".join(f"{result.name}: {_why(result)}" for result in bad[:most]) + rest


def _why(result: Result) -> str:
    few = f"only {result.consecutive} right answers in a row"
    return f"{result.verdict} ({result.cause or 'too few answers'}: {result.error or few}; at {result.address})"
