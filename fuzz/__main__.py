"""Fuzz one target, or all in turn: `python -m fuzz [TARGET …] [--seconds 60]`. A finding is kept in fuzz/found/."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

HERE = Path(__file__).parent
LONGEST = {"trails": 1_024, "scopes": 512}
"""Bytes of an input, where long ones show nothing more."""
LONGEST_RUN = 300
"""Seconds after which a target goes on in a new process: the fuzzer's own memory grows by some 13 kB an input."""
NAMES = ("carver", "hash-lists", "trails", "scopes", "containers", "heads", "png")


def seeds(folder: Path) -> None:
    """Sound files of every format, to begin from."""
    from PIL import Image
    from tests.hostile.samples import SAMPLES, sample

    for name in SAMPLES:
        if len(data := sample(name)) < 64 << 10:
            (folder / name).write_bytes(data)
    lists = {
        "a.vics": b'{"@odata.context":"http://x/$metadata#Media","value":[{"MediaID":1,"MD5":"%s","Category":1}]}'
        % (b"A" * 32),
        "a.hex": b"a" * 32 + b"\n" + b"b" * 40 + b"\n" + b"c" * 64 + b"\n",
        "a.csv": b'"SHA-1","MD5","FileName"\n"%s","%s","x"\n' % (b"a" * 40, b"b" * 32),
        "a.rule": b"modified:2024-01..2024-06-30",
        "a.glob": b"Users/*/[a-z]?ictures/**",
    }
    for mode in ("L", "RGB", "RGBA"):
        Image.linear_gradient("L").resize((640, 480)).convert(mode).save(folder / f"large-{mode}.png")
    for name, data in lists.items():
        (folder / name).write_bytes(data)


def fuzz(name: str, seconds: int, corpus: Path) -> None:
    """Run one target in this process until its time is over, or it finds something; `corpus` grows."""
    import atheris

    with atheris.instrument_imports(include=["safelight.evidence", "safelight.hashsets", "safelight.media"]):
        from fuzz.targets import TARGETS
        from safelight.plugins import load

        load("hashsets")
        load("evidence")

    found = HERE / "found"
    found.mkdir(exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        "-rss_limit_mb=3000",
        "-timeout=30",
        f"-max_len={LONGEST.get(name, 65_536)}",
        "-print_final_stats=1",
    ]
    atheris.Setup([f"fuzz {name}", str(corpus), f"-artifact_prefix={found}/{name}-", *options], TARGETS[name])
    atheris.Fuzz()


def runs(name: str, seconds: int) -> bool:
    """Fuzz one target in processes of its own, one after the other; False where something was found."""
    # Compiled loops do not see where an array ends unless they are asked to: kept apart from those of every day.
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(HERE / "found" / "compiled")}
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as corpus:
        seeds(Path(corpus))
        end = monotonic() + seconds
        while (left := min(round(end - monotonic()), LONGEST_RUN)) > 0:
            command = [sys.executable, "-m", "fuzz", name, "--corpus", corpus, "--seconds", str(left)]
            if subprocess.run(command, check=False, env=os.environ | checked).returncode:
                return False
    return True


def main() -> int:
    """Each target in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*NAMES, []], default=[])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.corpus is not None:
        fuzz(given.targets[0], given.seconds, given.corpus)
        return 0
    failed = []
    for name in given.targets or NAMES:
        print(f"== {name}, {given.seconds} s", flush=True)
        if not runs(name, given.seconds):
            failed.append(name)
    print(f"Found something: {', '.join(failed)}; see fuzz/found." if failed else "Nothing found.")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
