"""An agency's own network as an embedder, fed as its card says (`signals/models/face_tables.py`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from safelight.errors import FormatError
from safelight.media.protocol import Pixels
from safelight.persons.portraits.dlib_ import unit
from safelight.persons.portraits.points import Points, aligned, onet_points, yunet_points
from safelight.persons.portraits.view import cut
from safelight.persons.protocol import Floats
from safelight.signals import verify
from safelight.signals.detect import Box
from safelight.signals.locate import LocatedFace, locator
from safelight.signals.models.card import ModelCard, card
from safelight.signals.models.face_tables import DLIB_CHIP, DetectorTable, EmbedderTable
from safelight.signals.models.session import Network, load_network
from safelight.signals.models.version import ModelVersion

_REVISION = "own-1"
_BATCH = 16
_YUNET_OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32))


class OwnEmbedder:
    """An `Embedder` (see `persons/protocol.py`) made of a card."""

    _network: Network
    _detector: Network

    def __init__(self, one: ModelCard) -> None:
        if one.embedder is None:
            raise FormatError(f"model {one.name} describes no faces: its card has no [embedder] table")
        self.name = one.name
        self._table: EmbedderTable = one.embedder
        self.dimensions = one.embedder.dimensions
        models = (one.name, one.embedder.detector) if one.embedder.detector else (one.name,)
        self._version = ModelVersion(_REVISION, models)
        self._found_by: DetectorTable | None = None

    @property
    def version(self) -> str:
        """See `Embedder`."""
        return str(self._version)

    def prepare(self) -> None:
        """See `Embedder`. Raises ModelMissingError, IntegrityError, or FormatError where card and network disagree."""
        self._version.fix()
        self._network = load_network(self.name)
        if self._table.alignment != DLIB_CHIP:
            self._prepare_points()
        width, height = self._table.size
        self._run([np.zeros((height, width, 3), np.uint8)])

    def describe(self, faces: Sequence[tuple[Pixels, LocatedFace]]) -> Floats:
        """See `Embedder`."""
        chips = [self._chip(rgb, face) for rgb, face in faces]
        if not chips:
            return np.empty((0, self.dimensions), np.float32)
        vectors = self._run(chips)
        if self._table.mirrored:
            other = self._run([np.ascontiguousarray(chip[:, ::-1]) for chip in chips])
            vectors = unit(vectors) + unit(other)
        return unit(vectors)

    def _prepare_points(self) -> None:
        """Load what gives the five points, and see that it does."""
        if not self._table.detector:
            self._detector = load_network(verify.MODEL)
            onet_points(self._detector, np.zeros((64, 64, 3), np.uint8), Box(8, 8, 32, 32, 1.0))
            return
        table = card(self._table.detector).detector
        if table is None:
            raise FormatError(
                f"model {self._table.detector} finds no points: its card has no [detector] table"
            )
        self._found_by = table
        self._detector = load_network(self._table.detector)
        self._yunet(np.zeros((64, 64, 3), np.uint8), Box(8, 8, 32, 32, 1.0), table)

    def _chip(self, rgb: Pixels, face: LocatedFace) -> Pixels:
        """The face as the network wants it, `(height, width, 3) uint8` RGB."""
        width, height = self._table.size
        rows, columns = rgb.shape[:2]
        left, top, across, down = face.box
        box = Box(left * columns, top * rows, across * columns, down * rows, face.score)
        if self._table.alignment == DLIB_CHIP:
            return locator().chip(rgb, box, width, self._table.padding)
        points = self._points(rgb, box)
        try:
            return aligned(rgb, points, self._table.points, (width, height))
        except (
            ValueError
        ):  # a network that gives one place five times has seen no face: the middle of the box
            middle = complex(box.left + box.width / 2, box.top + box.height / 2)
            side = max(box.width, box.height)
            return cut(rgb, middle, (side, side * height / width), 0.0, side / width).pixels[:height, :width]

    def _points(self, rgb: Pixels, box: Box) -> Points:
        if self._found_by is None:
            return onet_points(self._detector, rgb, box)
        found = self._yunet(rgb, box, self._found_by)
        return found if found is not None else np.zeros(5, np.complex128)

    def _yunet(self, rgb: Pixels, box: Box, table: DetectorTable) -> Points | None:
        """YuNet's points in the part of the picture around a face, which its square input is filled with."""
        side = table.side
        around = 2.2 * max(box.width, box.height)
        middle = complex(box.left + box.width / 2, box.top + box.height / 2)
        view = cut(rgb, middle, (around, around), 0.0, around / side)
        pixels = view.pixels[:, :, ::-1] if table.colour == "bgr" else view.pixels
        values = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None].astype(np.float32))
        outputs = self._detector(values)
        names = self._detector.outputs
        if set(_YUNET_OUTPUTS) <= set(names):
            outputs = [outputs[names.index(one)] for one in _YUNET_OUTPUTS]
        if len(outputs) != len(_YUNET_OUTPUTS):
            raise FormatError(f"model {self._table.detector} has not YuNet's twelve outputs")
        found = yunet_points(outputs, side, complex(side, side) / 2)
        return None if found is None else np.asarray(view.origin + view.step * found)

    def _run(self, chips: Sequence[Pixels]) -> Floats:
        """`(n, dimensions) float32` as the network puts them out. FormatError where they have another shape."""
        parts = []
        mean = np.array(self._table.mean, np.float32)
        for start in range(0, len(chips), _BATCH):
            values = np.stack(chips[start : start + _BATCH])
            if self._table.colour == "bgr":
                values = values[..., ::-1]
            shaped = ((values.astype(np.float32) - mean) * np.float32(self._table.scale)).transpose(
                0, 3, 1, 2
            )
            batch = np.ascontiguousarray(shaped)
            # Many published networks take one face at a time.
            runs = [batch] if self._network.batched else [batch[at : at + 1] for at in range(len(batch))]
            for run in runs:
                made = self._network(run)[0].reshape(len(run), -1)
                if made.shape[1] != self.dimensions or not np.isfinite(made).all():
                    raise FormatError(
                        f"model {self.name} puts out {made.shape[1]} numbers a face, its card says {self.dimensions}"
                        if made.shape[1] != self.dimensions
                        else f"model {self.name} puts out what is no number"
                    )
                parts.append(made)
        return np.concatenate(parts)
