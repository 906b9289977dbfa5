# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over what an earlier run left."""

from __future__ import annotations

from .model import Command, Running


def is_over(running: Running) -> bool:
    """It has ended, or never began."""
    return running.state not in {"running", "restarting", "paused"}


def is_same(running: Running, command: Command) -> bool:
    """It is just what is to run now."""
    return (running.release, running.config) == (command.release, command.config)
