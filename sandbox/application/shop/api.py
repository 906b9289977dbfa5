"""The api: what customers' browsers talk to."""

from __future__ import annotations

import asyncio
import json
import logging

from aiohttp import web
from psycopg import Error as DatabaseError
from redis.exceptions import RedisError

from .dependencies import Dependencies
from .orders import OrderInvalid, insert_order, list_orders, read_order
from .queue import JOBS
from .release import Release

LONGEST_SLOW = 120.0


class Api:
    """The pages of the shop."""

    def __init__(self, release: Release, dependencies: Dependencies, replica: str) -> None:
        self.release = release
        self.dependencies = dependencies
        self.greeting = json.dumps({"service": "api", "version": release.version, "replica": replica}).encode()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.greet),
            web.get("/slow", self.dawdle),
            web.get("/orders", self.list_orders),
            web.post("/orders", self.create_order),
        ]

    async def greet(self, _request: web.Request) -> web.Response:
        """Touches nothing but memory: what load tests ask for."""
        return web.Response(body=self.greeting, content_type="application/json")

    async def dawdle(self, request: web.Request) -> web.Response:
        """A request that is in flight for as long as a test needs one to be."""
        try:
            seconds = min(float(request.query.get("seconds", "1")), LONGEST_SLOW)
        except ValueError:
            raise web.HTTPBadRequest(reason="seconds is a number") from None
        await asyncio.sleep(seconds)
        return await self.greet(request)

    async def list_orders(self, _request: web.Request) -> web.Response:
        try:
            return web.json_response(await list_orders(self.dependencies.database, self.release.schema))
        except DatabaseError as why:
            return unavailable(why)

    async def create_order(self, request: web.Request) -> web.Response:
        try:
            order = read_order(await request.json() if request.can_read_body else {})
        except (OrderInvalid, json.JSONDecodeError, UnicodeDecodeError) as why:
            return web.json_response({"error": str(why)}, status=400)
        try:
            number = await insert_order(self.dependencies.database, order, self.release.schema)
            await self.dependencies.redis.lpush(JOBS, json.dumps({"id": f"order-{number}", "order": number}))
        except (DatabaseError, RedisError) as why:
            return unavailable(why)
        return web.json_response({"id": number, "version": self.release.version}, status=201)


def unavailable(why: Exception) -> web.Response:
    logging.error("a dependency failed: %s", type(why).__name__)
    return web.json_response({"error": "a dependency is unavailable"}, status=503)
