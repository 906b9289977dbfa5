"""One HTTP server for every service: metrics, faults, and a stop that loses no request."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from .configuration import Configuration
from .faults import SLOW_START_SECONDS, delay, misbehave
from .release import Release
from .state import State

# Longer than any proxy keeps an idle connection, so that the proxy is always the one to close it.
KEEPALIVE_SECONDS = 95.0
FINISH_SECONDS = 25.0

REQUESTS = Counter("shop_http_requests", "Answers by status", ["service", "version", "method", "status"])
DURATION = Histogram(
    "shop_http_request_seconds",
    "Time to answer",
    ["service", "version"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2.5),
)
IN_FLIGHT = Gauge("shop_http_requests_in_flight", "Requests being answered", ["service", "version"])
BUILD = Gauge("shop_build_info", "Always 1; the labels say what runs", ["service", "version", "replica"])
QUIET = {"/health", "/metrics", "/health/database", "/health/redis"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Middleware = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


def make_application(service: str, release: Release, state: State) -> web.Application:
    application = web.Application(middlewares=[observe(service, release, state), break_on_purpose(release, state)])
    application.router.add_get("/metrics", show_metrics)
    return application


async def show_metrics(_request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def observe(service: str, release: Release, state: State) -> Middleware:
    """Counts what is in flight and what was answered; tells clients of a stopping server to connect elsewhere."""
    duration, busy = DURATION.labels(service, release.version), IN_FLIGHT.labels(service, release.version)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        state.in_flight += 1
        busy.set(state.in_flight)
        began, status = time.monotonic(), 500
        try:
            response = await answer(request, handler)
            status = response.status
        finally:
            state.in_flight -= 1
            busy.set(state.in_flight)
            if request.path not in QUIET:
                REQUESTS.labels(service, release.version, request.method, status).inc()
                duration.observe(time.monotonic() - began)
        if state.stopping:
            response.force_close()
        return response

    return middleware


async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as raised:
        return web.json_response({"error": raised.reason}, status=raised.status)
    except Exception:
        logging.exception("request failed: %s %s", request.method, request.path)
        return web.json_response({"error": "internal error"}, status=500)


def break_on_purpose(release: Release, state: State) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(delay(release.fault, state, request))
        wrong = misbehave(release.fault, state, request)
        # Compared with None: a response of aiohttp is a mapping, and an empty one counts as false.
        return await handler(request) if wrong is None else wrong

    return middleware


async def serve(application: web.Application, configuration: Configuration, release: Release, state: State) -> None:
    """Listen until SIGTERM or SIGINT, then stop without losing a request."""
    stop = stop_signal(release)
    if release.fault == "slow-start":
        await asyncio.sleep(SLOW_START_SECONDS)
    runner = web.AppRunner(application, keepalive_timeout=KEEPALIVE_SECONDS, access_log=None)
    await runner.setup()
    # Listened on here and not by a "site" of aiohttp, which cuts requests in flight when it stops listening.
    listener = await asyncio.get_running_loop().create_server(runner.server, "0.0.0.0", configuration.port, backlog=1024)
    logging.info("listening on port %d", configuration.port)
    await stop.wait()
    await finish(runner, listener, configuration, state)


def stop_signal(release: Release) -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, (lambda: None) if release.fault == "ignores-sigterm" else stop.set)
    return stop


async def finish(runner: web.AppRunner, listener: asyncio.Server, configuration: Configuration, state: State) -> None:
    """A grace first, in which health is bad and every answer closes its connection, so that proxies' pools empty themselves."""
    logging.info("stopping: %d requests in flight", state.in_flight)
    state.stopping = True
    await asyncio.sleep(configuration.stop_grace)
    listener.close()
    await runner.shutdown()
    deadline = time.monotonic() + FINISH_SECONDS
    while state.in_flight and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    logging.info("stopped: %d requests cut", state.in_flight)
    await runner.cleanup()
