"""The chat: long-lived connections, each message to everybody who is connected to this replica."""

from __future__ import annotations

import asyncio
import json

from aiohttp import WSCloseCode, WSMsgType, web
from prometheus_client import Gauge

from .release import Release

CONNECTED = Gauge("shop_websockets", "Open websockets", ["version"])


class Chat:
    def __init__(self, release: Release, replica: str) -> None:
        self.who = {"service": "chat", "version": release.version, "replica": replica}
        self.sockets: set[web.WebSocketResponse] = set()
        self.stopping = False
        self.connected = CONNECTED.labels(release.version)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.greet), web.get("/ws", self.talk)]

    async def greet(self, _request: web.Request) -> web.Response:
        return web.json_response({**self.who, "connected": len(self.sockets)})

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self.sockets.add(socket)
        self.connected.set(len(self.sockets))
        try:
            await socket.send_json({**self.who, "event": "welcome"})
            await self.relay(socket)
            await self.part(socket)
        finally:
            self.sockets.discard(socket)
            self.connected.set(len(self.sockets))
        return socket

    async def relay(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await self.broadcast(json.dumps({**self.who, "event": "message", "text": message.data}))

    async def broadcast(self, text: str) -> None:
        """One that has just gone must not keep the message from the others."""
        await asyncio.gather(*(socket.send_str(text) for socket in list(self.sockets)), return_exceptions=True)

    async def part(self, socket: web.WebSocketResponse) -> None:
        """The code "going away" tells clients to connect again, to another replica."""
        if self.stopping:
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"replica stops")

    async def close(self, _application: web.Application) -> None:
        self.stopping = True
        await asyncio.gather(*(self.part(socket) for socket in list(self.sockets)), return_exceptions=True)
