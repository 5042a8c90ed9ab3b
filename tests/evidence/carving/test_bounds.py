"""Compiled loops do not see where an array ends, so they are run here as plain Python, which does."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import random
from safelight.evidence.carve import carve
from safelight.evidence.source import BytesSource
from tests.evidence import images

dice = random.Random(7)
for number in range(40):
    whole = images.jpeg(number, 96, 64, progressive=number % 2 == 0)
    cut = len(whole) // 512 * 512 - 12 if number % 4 < 2 else dice.randrange(len(whole) // 2, len(whole))
    data = bytearray(whole[:cut])
    for _ in range(number % 3):
        data[dice.randrange(620, len(data))] = dice.randrange(256)
    for node in carve(BytesSource(bytes(data)), [(0, len(data))]):
        assert node.size is None or node.size <= len(data)
print("within bounds")
"""


def test_no_loop_reads_or_writes_beyond_its_arrays_whatever_is_broken() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout == "within bounds\n"
