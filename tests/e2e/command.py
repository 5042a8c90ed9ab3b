"""Run the installed `safelight` command as a user would, with a workspace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SAFELIGHT = Path(sys.executable).with_name("safelight")


@cache
def _may_trace() -> bool:
    return (
        subprocess.run(["strace", "-f", "--seccomp-bpf", "true"], capture_output=True, check=False).returncode
        == 0
    )


def traced(log: Path, *options: str) -> tuple[str, ...]:
    """What a command runs under to have its system calls written to `log`; skips where the kernel forbids it."""
    if not _may_trace():
        pytest.skip("this kernel or sandbox lets nobody trace a process")
    return ("strace", "-f", "-qq", "--seccomp-bpf", "-o", str(log), *options)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Command:
    """The command in one workspace; models are shared, keys are not."""

    home: Path
    under: tuple[str, ...] = ()
    """What the command runs under: `strace`, another mount namespace."""

    def environment(self) -> dict[str, str]:
        """The environment of a run: only this workspace and its own key folder."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("SAFELIGHT_")},
            "SAFELIGHT_WORKSPACE": str(self.home / "workspace"),
            "SAFELIGHT_KEY_FOLDER": str(self.home / "keys"),
        }

    def run(self, *arguments: str | Path, code: int | None = 0, timeout: float = 300, **more: str) -> Ran:
        """Run to the end; `code` is the exit code that must come (None: any)."""
        done = subprocess.run(
            [*self.under, SAFELIGHT, *map(str, arguments)],
            env=self.environment() | more,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace"))
        assert code is None or ran.code == code, f"{arguments}: exit {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Start and do not wait; in a session of its own, so that a kill reaches only this run."""
        return subprocess.Popen(
            [*self.under, SAFELIGHT, *map(str, arguments)],
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def open_case(self, allow: str = "hash-match,classify,screening,export", name: str = "sample") -> None:
        """Open a case on a sample warrant."""
        self.run(
            "case", "open", name, "--basis", "warrant", "--reference", "12 Gs 345/26",
            "--issued-by", "Sample Court", "--valid-until", "2099-12-31", "--allow", allow,
        )  # fmt: skip
