"""A photograph that is searched with or looked at: one regular file, never an address, a camera or a stream."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from safelight.errors import RefusedError, UsageError
from safelight.persons.registers.open import refuse_address


def read_probe(photo: Path, most: int) -> bytes:
    """Its bytes, `most` at most. Raises UsageError where it cannot be read, RefusedError where it is no file."""
    refuse_address(str(photo))
    try:
        descriptor = os.open(photo, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise UsageError(f"{photo} cannot be read: {error.strerror}.") from error
    with os.fdopen(descriptor, "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode):
            raise RefusedError(
                f"{photo} is no file: a probe is a photograph of the case, never a camera or a stream.",
                "probe",
            )
        if info.st_size > most:
            raise UsageError(f"{photo} is larger than {most >> 20} MiB.")
        return file.read(most + 1)


__all__ = ["read_probe"]
