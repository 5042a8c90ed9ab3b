"""Portraits are described in a jailed worker: nothing is imported, opened or loaded after the jail has closed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.persons.portraits.own_model import averaging, put
from tests.signals.pictures import encoded, public, scene

SCRIPT = """
import sys
from safelight.engine.jail import close_jail
from safelight.engine.protocol import TaskLimits
from safelight.persons.portraits.describe import Describe, PhotoJob
from safelight.signals.models import add_model
from pathlib import Path

add_model(Path(sys.argv[1]))
jobs = [PhotoJob(at, Path(path).read_bytes()) for at, path in enumerate(sys.argv[2:])]
tasks = [Describe(name, TaskLimits(3 << 30, 60.0)) for name in ("agency-1", "dlib-mirrored")]
for task in tasks:
    task.prepare()
close_jail(3 << 30)
try:
    open("/etc/hostname")
    print("no jail")
except OSError:
    print([[len(task.decode(seen).faces) for seen in task(jobs)] for task in tasks])
"""


def test_every_embedder_describes_in_the_jail(tmp_path: Path) -> None:
    table = '[embedder]\nsize = [112, 112]\ndimensions = 48\nalignment = "five-points"\n'
    put(tmp_path / "stick", "agency-1", averaging(112), table)
    # One where every further look is taken, down to the last.
    (tmp_path / "nobody.jpg").write_bytes(encoded(scene(2)))
    paths = [str(path) for path in public("faces/obama")[:1]]
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "stick"), *paths, str(tmp_path / "nobody.jpg")],
        env={"PATH": "/usr/bin", "OPENBLAS_NUM_THREADS": "1", "SAFELIGHT_MODELS": str(tmp_path / "models")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.strip() == str([[1] * len(paths) + [0]] * 2)
