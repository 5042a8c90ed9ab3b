"""Every signal computes after the jail has closed: nothing is imported, opened or started later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .pictures import public

SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tests.signals.pictures import PillowPicture, encoded, scene
from safelight.engine.jail import close_jail
from safelight.plugins import load

media = [[PillowPicture(open(path, "rb").read())] for path in sys.argv[2:]]
media += [[PillowPicture(encoded(scene(1)))], [PillowPicture(encoded(scene(2), "PNG"))]]
for frames in media:
    frames[0].rgb()
names = ("explicit", "faces", "pdq", "templates")
signals = [load("signals")[name] for name in names]
for signal in signals:
    signal.prepare()
close_jail(3 << 30)
try:
    open("/etc/hostname")
    print("no jail")
except OSError:
    print(json.dumps([[value.absent for value in signal.compute(media)] for signal in signals]))
"""


def test_signals_compute_in_the_jail() -> None:
    root = Path(__file__).parents[2]
    paths = [str(path) for path in public("faces")[:3]]
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), *paths],
        env={"PATH": "/usr/bin", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.strip() == str([[None] * (len(paths) + 2)] * 4).replace("None", "null")
