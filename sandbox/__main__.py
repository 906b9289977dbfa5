"""``python -m sandbox COMMAND``: the fleet of containers that everything here is tried on."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext

from . import commands, demo
from .errors import SandboxError
from .lock import alone
from .settings import Settings, read_settings

READ_ONLY = {"images", "status"}


def main() -> int:
    options = parser().parse_args()
    try:
        settings = read_settings(os.environ)
        with nullcontext() if options.command in READ_ONLY else alone(settings):
            run(options, settings)
    except SandboxError as why:
        print(f"sandbox {options.command}: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"sandbox {options.command}: interrupted; run it again, it goes on where it stopped", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    names = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    names.add_parser("engine", help="install and start a Docker Engine if this machine has none")
    names.add_parser("build", help="build the images that are missing or outdated")
    up = names.add_parser("up", help="bring the fleet up and wait until it answers")
    up.add_argument("--apps", type=int, default=3, help="how many application hosts (default: %(default)s)")
    names.add_parser("release", help="build the sample application's releases and push them into the fleet's registry")
    names.add_parser("demo", help="deploy, replace under load, refuse a broken release, roll back, and count what was lost")
    down = names.add_parser("down", help="remove every trace of the fleet")
    down.add_argument("--images", action="store_true", help="remove the images too")
    names.add_parser("images", help="show which images are built")
    status = names.add_parser("status", help="show every host and whether it answers")
    status.add_argument("--apps", type=int, default=3, help="how many application hosts (default: %(default)s)")
    return top


def run(options: argparse.Namespace, settings: Settings) -> None:
    """The command that was asked for; argparse has made sure that it is one of these."""
    performed: dict[str, Callable[[], object]] = {
        "engine": lambda: commands.start_engine(settings),
        "build": lambda: commands.build(settings),
        "up": lambda: commands.up(settings, options.apps),
        "release": lambda: commands.release(settings),
        "demo": lambda: demo.play(settings),
        "down": lambda: commands.down(settings, options.images),
        "images": commands.list_images,
        "status": lambda: commands.status(settings, options.apps),
    }
    performed[options.command]()


if __name__ == "__main__":
    sys.exit(main())
