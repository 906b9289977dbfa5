"""What the sandbox raises on purpose: one line for the operator, without a traceback."""

from __future__ import annotations


class SandboxError(Exception):
    """Says what did not work and what to do."""


class EngineMissing(SandboxError):
    """No Docker Engine answers on this machine."""
