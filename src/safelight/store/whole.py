"""A file that has its name only once it is whole: killed at any instant, the writer leaves nothing to be mistaken."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import io
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from safelight.errors import UsageError

_SUFFIX = ".partial"


def no_export_into(out: Path, kept: Sequence[Path]) -> None:
    """Raise UsageError where `out` is a folder, or is or lies in one of the `kept` (evidence, the store, its keys)."""
    try:
        target = out.resolve()
        folder = out.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"{out} cannot be written: {error}.", "Choose another -o FILE.") from error
    if folder or not out.name:
        raise UsageError(f"{out} is a folder.", "Name a file in it: -o FILE.")
    for one in kept:
        if target.is_relative_to(one.resolve()):
            raise UsageError(
                f"{out} lies in {one}: evidence, the workspace and its keys are never written over.",
                "Choose another -o FILE.",
            )


@contextmanager
def whole_file(path: Path) -> Iterator[io.BufferedRandom]:
    """Give a file to write (and read) beside `path`; when the block ends well it is made durable and takes the name.

    A file that had the name before is there until then. Where the block fails nothing is left, and what a
    killed writer of the same name left is removed first. Raises OSError.
    """
    _sweep(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_SUFFIX}")
    try:
        with temporary.open("xb+") as file:
            # A file system may have no locks; then nothing is swept there either.
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove what is left of writers that are gone: the kernel has dropped their locks."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{_SUFFIX}"):
        with contextlib.suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


__all__ = ["whole_file"]
