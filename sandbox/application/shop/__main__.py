"""``python3 -m shop api|chat|worker``: one service of the shop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop
from aiohttp import web

from .api import Api
from .chat import Chat
from .configuration import Configuration, ConfigurationInvalid, read_configuration
from .dependencies import Check, Dependencies, checks_of, connect
from .health import Health
from .logs import start_logging
from .release import Release, read_release
from .server import BUILD, make_application, serve
from .state import State
from .worker import Worker

SERVICES = ("api", "chat", "worker")


def main() -> int:
    service = sys.argv[1] if len(sys.argv) == 2 else ""
    if service not in SERVICES:
        return refuse(f"usage: python3 -m shop {'|'.join(SERVICES)}")
    try:
        configuration = read_configuration()
    except ConfigurationInvalid as why:
        return refuse(f"refusing to start: {why}")
    release = read_release()
    start_logging(service, configuration, release)
    uvloop.install()
    asyncio.run(run(service, configuration, release))
    return 0


def refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 78  # EX_CONFIG of sysexits.h


async def run(service: str, configuration: Configuration, release: Release) -> None:
    state = State()
    application = make_application(service, release, state)
    BUILD.labels(service, release.version, configuration.replica).set(1)
    async with connected(configuration) as dependencies:
        checks = checks_of(dependencies)
        add_service(application, service, configuration, release, dependencies, state, checks)
        application.add_routes(Health(release, state, checks).routes())
        await serve(application, configuration, release, state)


@asynccontextmanager
async def connected(configuration: Configuration) -> AsyncIterator[Dependencies]:
    dependencies = await connect(configuration)
    try:
        yield dependencies
    finally:
        await dependencies.close()


def add_service(  # noqa: PLR0913 - the one place where everything meets
    application: web.Application,
    service: str,
    configuration: Configuration,
    release: Release,
    dependencies: Dependencies,
    state: State,
    checks: dict[str, Check],
) -> None:
    match service:
        case "api":
            application.add_routes(Api(release, dependencies, configuration.replica).routes())
        case "chat":
            chat = Chat(release, configuration.replica)
            application.add_routes(chat.routes())
            application.on_shutdown.append(chat.close)
        case "worker":
            worker = Worker(release, dependencies, state, configuration.replica)
            application.add_routes(worker.routes())
            application.on_startup.append(worker.start)
            application.on_shutdown.append(worker.stop)
            checks["heartbeat"] = worker.heartbeat_check()


if __name__ == "__main__":
    sys.exit(main())
