"""Print the packages of models.in with the SHA-256 of their files: `python requirements/pin_models.py`.

pip-compile would also pin what these packages depend on (TensorFlow, OpenCV); only their weights are used.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Ask pip what it would install, and print it as a requirements file."""
    wanted = Path(__file__).with_name("models.in")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    command += ["--no-deps", "--report", "-", "-r", str(wanted)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print("# Made from models.in by `make pins`. Installed with --no-deps: only the weights inside are used.")
    for package in sorted(report["install"], key=lambda one: one["metadata"]["name"]):
        facts = package["metadata"]
        digest = package["download_info"]["archive_info"]["hashes"]["sha256"]
        print(f"{facts['name']}=={facts['version']} \\\n    --hash=sha256:{digest}")


if __name__ == "__main__":
    main()
