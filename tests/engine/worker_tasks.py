"""Tasks that the engine tests run in workers: harmless ones, and stand-ins for an exploit."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safelight.engine.beat import beat
from safelight.engine.protocol import TaskLimits
from safelight.engine.wire import Wire


@dataclass
class Square:
    """The square of each number, and who computed it."""

    limits: TaskLimits = field(default_factory=TaskLimits)

    def prepare(self) -> None:
        """Nothing to load."""

    def __call__(self, batch: Sequence[int]) -> list[Wire]:
        return [{"square": number * number, "worker": os.getpid()} for number in batch]

    def decode(self, raw: Any) -> int:
        return int(raw["square"])


@dataclass
class Measure:
    """The length of each payload and its last byte."""

    limits: TaskLimits = field(default_factory=TaskLimits)

    def prepare(self) -> None:
        """Nothing to load."""

    def __call__(self, batch: Sequence[bytes]) -> list[Wire]:
        return [[len(data), data[-1:]] for data in batch]

    def decode(self, raw: Any) -> tuple[int, bytes]:
        length, last = raw
        return length, last


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _eat() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(64 << 20))


def _hang() -> None:
    while True:
        time.sleep(0.05)


def _hang_holding_everything() -> None:
    ctypes.pythonapi.usleep(600_000_000)


ATTACKS: dict[str, Callable[[], object]] = {
    "read a file": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "write a file": lambda: os.open("/tmp/safelight-escaped", os.O_CREAT | os.O_WRONLY),
    "list a folder": lambda: list(os.scandir("/")),
    "remove a file": lambda: Path("/tmp/safelight-not-there").unlink(),
    "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "open a local socket": lambda: socket.socketpair(),
    "fork": _fork,
    "run a program": lambda: os.execv("/bin/true", ["true"]),
    "kill the parent": lambda: os.kill(os.getppid(), signal.SIGTERM),
    "make a memory file": lambda: os.memfd_create("x"),
    "map code": lambda: __import__("mmap").mmap(-1, 4096, prot=7),
    "raise its limits": lambda: __import__("resource").setrlimit(7, (64, 64)),
    "escape the parent's death": lambda: _prctl(1, 0),
    "eat memory": _eat,
    "hang": _hang,
    "hang in C": _hang_holding_everything,
    "crash": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "leave": lambda: os._exit(7),
    "raise": lambda: (_ for _ in ()).throw(ValueError("bad\npicture\x1b[31m")),
}


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise PermissionError(ctypes.get_errno(), "prctl")


@dataclass
class Attack:
    """Does what each item names (a key of ATTACKS, or anything else for nothing) and says it succeeded."""

    limits: TaskLimits = field(
        default_factory=lambda: TaskLimits(memory_bytes=1 << 28, seconds_per_item=20.0)
    )

    def prepare(self) -> None:
        """Load what the attacks need, as an exploit would bring it along."""
        for name in ("mmap", "resource"):
            __import__(name)
        ctypes.CDLL(None)

    def __call__(self, batch: Sequence[str]) -> list[Wire]:
        results: list[Wire] = []
        for name in batch:
            beat()
            if name == "noise":
                os.write(2, b"chatter " * 100_000)
            ATTACKS.get(name, lambda: None)()
            results.append(name)
        return results

    def decode(self, raw: Any) -> str:
        return str(raw)


@dataclass
class Liar:
    """Answers with whatever bytes it likes, as a worker in an attacker's hands would."""

    forged: bytes
    limits: TaskLimits = field(default_factory=TaskLimits)

    def prepare(self) -> None:
        """Take the place of the worker's own sender."""

    def __call__(self, batch: Sequence[int]) -> list[Wire]:
        for descriptor in range(3, 12):
            try:
                os.write(descriptor, self.forged)
            except OSError:
                continue
        time.sleep(30)
        return [None for _ in batch]

    def decode(self, raw: Any) -> Any:
        return raw


@dataclass
class Unready:
    """Cannot be prepared."""

    limits: TaskLimits = field(default_factory=TaskLimits)

    def prepare(self) -> None:
        raise RuntimeError("the model is not there")

    def __call__(self, batch: Sequence[int]) -> list[Wire]:
        return list(batch)

    def decode(self, raw: Any) -> Any:
        return raw
