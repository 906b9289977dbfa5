"""Every scenario of Molecule on the fleet."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_ends_well(scenario: str, tmp_path: Path) -> None:
    """Molecule keeps what it has prepared by the path of the checkout, and would skip that for a fleet that is new."""
    command = ["molecule", "test", "--scenario-name", scenario]
    fresh = {**os.environ, "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path)}
    ran = subprocess.run(
        command, cwd=ROOT, env=fresh, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
