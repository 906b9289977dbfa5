"""What bad releases do wrong on purpose; a good release passes through untouched."""

from __future__ import annotations

import os

from aiohttp import web

from .state import State

SICK_AFTER_SECONDS = 10.0
SLOW_START_SECONDS = 8.0
REQUESTS_UNTIL_CRASH = 200
ERRS_EVERY = 20
SLOW_EVERY = 25
SLOW_SECONDS = 0.12
OBSERVED = ("/health", "/metrics")


def is_sick(fault: str | None, state: State) -> bool:
    return fault == "sick-later" and state.age > SICK_AFTER_SECONDS


def misbehave(fault: str | None, state: State, request: web.Request) -> web.Response | None:
    """The wrong answer of this release to this request, if it has one."""
    if is_sick(fault, state):
        return web.json_response({"error": "this release has become sick, as it was made to"}, status=500)
    if fault == "crashes-under-load" and is_traffic(request):
        crash_when_worn(state)
    if fault == "errs-sometimes" and is_traffic(request) and is_unlucky(state, ERRS_EVERY):
        return web.json_response({"error": "this release errs in 5 of 100 requests, as it was made to"}, status=500)
    return None


def delay(fault: str | None, state: State, request: web.Request) -> float:
    """Seconds that this release loses before it answers."""
    is_slow = fault == "slow-sometimes" and is_traffic(request) and is_unlucky(state, SLOW_EVERY)
    return SLOW_SECONDS if is_slow else 0.0


def is_unlucky(state: State, every: int) -> bool:
    state.served += 1
    return state.served % every == 0


def is_traffic(request: web.Request) -> bool:
    """Looking at a replica does not wear it out; only traffic does."""
    return not request.path.startswith(OBSERVED)


def crash_when_worn(state: State) -> None:
    state.served += 1
    if state.served > REQUESTS_UNTIL_CRASH:
        os._exit(1)  # no clean-up: that is what a crash is
