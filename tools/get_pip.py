"""Stands in for the get-pip.py that ansible-test downloads: pip comes from this Python, then installs what is asked for."""

from __future__ import annotations

import ensurepip
import subprocess
import sys

wanted = [argument for argument in sys.argv[1:] if argument not in {"--no-setuptools", "--no-wheel"}]
ensurepip.bootstrap()
sys.exit(subprocess.run([sys.executable, "-m", "pip", "install", *wanted], check=False).returncode)
