"""The health pages, as the handbook describes their answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from .dependencies import HEALTHY, UNHEALTHY, Check
from .logs import now
from .release import Release
from .state import State

WRONG_VERSION = "v0"

Page = Callable[[web.Request], Awaitable[web.Response]]


class Health:
    """Healthy means: not stopping, and every dependency works."""

    def __init__(self, release: Release, state: State, checks: Mapping[str, Check]) -> None:
        self.release = release
        self.state = state
        self.checks = checks

    def routes(self) -> list[web.RouteDef]:
        named = [web.get(f"/health/{name}", self.page_of(name)) for name in self.checks]
        return [web.get("/health", self.page), *named]

    async def page(self, _request: web.Request) -> web.Response:
        return await self.answer(tuple(self.checks))

    def page_of(self, name: str) -> Page:
        async def page(_request: web.Request) -> web.Response:
            return await self.answer((name,))

        return page

    async def answer(self, names: tuple[str, ...]) -> web.Response:
        states = await asyncio.gather(*(self.checks[name].read() for name in names))
        is_healthy = self.is_willing() and all(state == HEALTHY for state in states)
        body = {
            "status": HEALTHY if is_healthy else UNHEALTHY,
            "version": WRONG_VERSION if self.release.fault == "wrong-version" else self.release.version,
            "timestamp": now(),
            "checks": dict(zip(names, states, strict=True)),
        }
        return web.json_response(body, status=200 if is_healthy else 503)

    def is_willing(self) -> bool:
        return not self.state.stopping and self.release.fault != "never-healthy"
