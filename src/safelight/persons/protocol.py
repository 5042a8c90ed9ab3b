"""The seams of this folder: what reads a register, and what describes a face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from safelight.media.protocol import Pixels
from safelight.persons.person import Finding, Record
from safelight.signals.locate import LocatedFace

Floats = NDArray[np.float32]


class RegisterReader(Protocol):
    """One kind of register. One file each in `registers/`, one line under `safelight.persons`."""

    name: str
    """As `--format` calls it."""

    def detect(self, path: Path, head: bytes) -> bool:
        """Is the file (its first 64 KiB, by content before name) a register of this kind?"""
        ...

    def read(self, path: Path, mapping: Mapping[str, Any]) -> Iterator[Record | Finding]:
        """Every person of the register, each once, with all its lines; what cannot be used comes as a finding.

        `mapping` is the content of the mapping file (empty: the reader's own). Raises FormatError where nothing of
        it can be read at all. Never opens anything but `path`.
        """
        ...


class Embedder(Protocol):
    """A way to describe a face by numbers. Templates of two embedders are never compared."""

    name: str
    """As the model card calls it."""
    dimensions: int

    @property
    def version(self) -> str:
        """`<revision>+<first 12 hex digits of the model's SHA-256>`: what a template is bound to."""
        ...

    def prepare(self) -> None:
        """Load the models, once per process, before the jail closes."""
        ...

    def describe(self, faces: Sequence[tuple[Pixels, LocatedFace]]) -> Floats:
        """`(n, dimensions) float32`, unit vectors, for faces and the upright pictures `(h, w, 3) uint8` they are in."""
        ...
