"""dlib's face descriptor as an embedder: the face and its mirror image, averaged, as a unit vector.

The average keeps a mirrored photograph where it belongs and was measured to find more (its model card). Cosine of unit
vectors replaces dlib's Euclidean distance on raw ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from safelight.media.protocol import Pixels
from safelight.persons.protocol import Floats
from safelight.signals.locate import LocatedFace
from safelight.signals.models.session import Network, load_network
from safelight.signals.models.version import ModelVersion
from safelight.signals.templates import templates

_MODEL = "face-template"


class DlibMirrored:
    """An `Embedder` (see `persons/protocol.py`): two runs of the network a face."""

    name = "dlib-mirrored"
    dimensions = 128
    _network: Network

    def __init__(self) -> None:
        self._version = ModelVersion("mirrored-1", (_MODEL,))

    @property
    def version(self) -> str:
        """See `Embedder`."""
        return str(self._version)

    def prepare(self) -> None:
        """See `Embedder`. Raises ModelMissingError or IntegrityError."""
        self._version.fix()
        self._network = load_network(_MODEL)
        templates(self._network, [np.zeros((150, 150, 3), np.uint8)])

    def describe(self, faces: Sequence[tuple[Pixels, LocatedFace]]) -> Floats:
        """See `Embedder`."""
        chips = [face.chips.template for _, face in faces]
        both = templates(
            self._network, [*chips, *(np.ascontiguousarray(chip[:, ::-1]) for chip in chips)]
        ).reshape(2, len(chips), self.dimensions)
        return unit(both.mean(axis=0))


class DlibPlain(DlibMirrored):
    """The same network without the mirror image: half the work, a little less found."""

    name = "dlib-plain"

    def __init__(self) -> None:
        self._version = ModelVersion("plain-1", (_MODEL,))

    def describe(self, faces: Sequence[tuple[Pixels, LocatedFace]]) -> Floats:
        """See `Embedder`."""
        return unit(templates(self._network, [face.chips.template for _, face in faces]))


def unit(vectors: Floats) -> Floats:
    """Rows of `(n, d)` at length one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    made: Floats = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return made
