"""What a process took of memory at its most, as the kernel counts it for that process alone.

Not `ru_maxrss`: a program started by another begins with what the other held (Linux keeps the largest
resident size across `exec`), so a test run of two gigabytes would make every child look as large.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path


def peak_of(process: subprocess.Popen[bytes]) -> float:
    """Wait for the process to end; MiB that it held at its most, seen every 50 ms. Its exit code is then known."""
    most = 0
    while process.poll() is None:
        most = max(most, _high_water(process.pid))
        time.sleep(0.05)
    return most / 1024


def _high_water(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # it ended just now
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
