"""What happens to a photograph in a jailed worker: its faces, how good each is, a template of each, a crop to show.

The whole photograph is not kept: it may show other people. What is kept of a face is a crop around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from safelight.engine.beat import beat
from safelight.engine.protocol import TaskLimits
from safelight.errors import FormatError
from safelight.media.protocol import Pixels
from safelight.persons.portraits.coded import coarseness
from safelight.persons.portraits.embedders import embedder
from safelight.persons.portraits.find import AROUND, PATCH_SIDE
from safelight.persons.portraits.quality import Quality, measure
from safelight.persons.protocol import Embedder, Floats
from safelight.signals.detect import Box
from safelight.signals.locate import LocatedFace

CROP_SIDE = PATCH_SIDE
"""Pixels of a kept crop's longer side at most; the face in it is upright."""
_PLAINLY_LARGER = 3.0
"""So many times wider than every other face, a face is what a photograph is of."""


@dataclass(frozen=True, slots=True)
class PhotoJob:
    """A photograph to describe: a number for the caller, and its bytes."""

    number: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Described:
    """One face of a photograph; from left to right they are numbered from 1."""

    box: tuple[float, float, float, float]
    """Left, top, width, height as fractions of the photograph as EXIF turns it upright."""
    pixels: int
    """Its width in the full photograph."""
    turn: int
    """Degrees counter-clockwise by which the photograph must be turned for it to stand upright."""
    score: float
    quality: Quality
    template: bytes = field(repr=False)
    """float32, little-endian, of length one."""
    crop: bytes = field(repr=False)
    """JPEG, upright."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """What a worker saw in a photograph. `error` is set, and the rest empty, where it is none."""

    number: int
    error: str | None = None
    damaged: str | None = None
    taken: date | None = None
    """As EXIF states it."""
    faces: tuple[Described, ...] = ()
    doubtful: Described | None = None
    """Where no face was found: what may be one, if somebody looks and says so."""

    @property
    def subject(self) -> int | None:
        """The number of the face that the photograph plainly is of; None where somebody must say.

        Of several faces it is the one that is three times wider than every other: whoever stands beside a person is
        not, and whoever passes in the background, or hangs on the wall, is.
        """
        if not self.faces:
            return None
        widest, *others = sorted(self.faces, key=lambda one: -one.pixels)
        if others and widest.pixels < _PLAINLY_LARGER * others[0].pixels:
            return None
        return self.faces.index(widest) + 1


@dataclass(slots=True)
class Describe:
    """The task: one `Portrait` a photograph. `embedder` is a name under `safelight.embedders`."""

    embedder: str
    limits: TaskLimits

    def prepare(self) -> None:
        """Load decoders and models, before the jail closes."""
        from safelight.media.open import prepare
        from safelight.persons.portraits import find
        from safelight.signals.locate import locator

        prepare()
        locator()
        find.prepare()
        self._embedder().prepare()
        blank = np.zeros((64, 96, 3), np.uint8)
        face = locator().face_at(blank, Box(8, 8, 32, 32, 1.0))
        self._embedder().describe([(blank, face)])
        measure(face)
        as_jpeg(blank)

    def __call__(self, batch: Sequence[PhotoJob]) -> list[Any]:
        """One plain dictionary per photograph."""
        from safelight.media.exif import exif_of_picture
        from safelight.media.open import open_media
        from safelight.persons.portraits import find

        seen: list[dict[str, Any]] = []
        waiting: list[tuple[dict[str, Any], Pixels, LocatedFace]] = []
        for job in batch:
            beat()
            said: dict[str, Any] = {"number": job.number}
            seen.append(said)
            try:
                medium = open_media(job.data)
            except FormatError as error:
                said["error"] = str(error)
                continue
            if medium.kind != "image":
                said["error"] = "a film, not a photograph: take a frame of it with a player, and enrol that"
                continue
            picture = medium.pictures[0]
            said |= {"damaged": picture.damaged, "taken": _taken(exif_of_picture(job.data)), "faces": []}
            try:
                faces = find.portrait_faces(picture)
            except FormatError as error:
                said["error"] = str(error)
                continue
            coarse = coarseness(job.data)
            for face in faces:
                entry: dict[str, Any] = {
                    "box": list(face.box),
                    "pixels": face.pixels,
                    "turn": face.turn,
                    "score": face.within.score,
                    "quality": list(measure(face.within, coarse).all()),
                    "crop": as_jpeg(face.kept),
                    "doubtful": not face.confirmed,
                }
                said["faces"].append(entry)
                waiting.append((entry, face.patch, face.within))
        if waiting:
            beat()
            vectors = self._embedder().describe([(rgb, face) for _, rgb, face in waiting])
            for (entry, _, _), vector in zip(waiting, vectors, strict=True):
                entry["template"] = vector.astype("<f4").tobytes()
        return seen

    def decode(self, raw: Any) -> Portrait:
        """Make a portrait of what the worker sent. Raises ValueError, TypeError or KeyError where it lies."""
        if raw.get("error") is not None:
            return Portrait(_number(raw["number"]), error=_text(raw["error"]))
        faces = []
        for one in raw["faces"]:
            box = tuple(float(side) for side in one["box"])
            if len(box) != 4 or not all(np.isfinite(box)):
                raise ValueError("a box has four sides")
            quality = Quality(*(min(1.0, max(0.0, float(part))) for part in one["quality"]))
            template = bytes(one["template"])
            read_template(template, self._embedder().dimensions)
            turn = _number(one["turn"])
            faces.append(
                Described(
                    box,
                    _number(one["pixels"]),
                    turn,
                    float(one["score"]),
                    quality,
                    template,
                    bytes(one["crop"]),
                )
            )
        taken = raw.get("taken")
        return Portrait(
            _number(raw["number"]),
            damaged=_text(raw.get("damaged")),
            taken=date.fromisoformat(taken) if taken is not None else None,
            faces=tuple(face for face, one in zip(faces, raw["faces"], strict=True) if not one["doubtful"]),
            doubtful=next(
                (face for face, one in zip(faces, raw["faces"], strict=True) if one["doubtful"]), None
            ),
        )

    def _embedder(self) -> Embedder:
        return embedder(self.embedder)


def read_template(data: bytes, dimensions: int) -> Floats:
    """`(d,) float32` of length one. Raises ValueError where it is none."""
    vector = np.frombuffer(data, "<f4").astype(np.float32)
    if vector.shape != (dimensions,) or not abs(float(np.linalg.norm(vector)) - 1) < 1e-3:
        raise ValueError("not a template")
    return vector


def as_jpeg(rgb: Pixels) -> bytes:
    """A crop as it is kept."""
    image = Image.fromarray(rgb)
    made = BytesIO()
    image.save(made, "JPEG", quality=85)
    return made.getvalue()


def _taken(exif: dict[str, Any]) -> str | None:
    """The day on which the camera says that it was taken; None for one that no clock was set for."""
    said = str(exif.get("taken") or "")[:10]
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return said if day.year >= 1980 else None


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 40:
        raise TypeError("a number expected")
    return value


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("text expected")
    return value[:2_000] if value is not None else None


__all__ = ["AROUND", "CROP_SIDE", "Describe", "Described", "PhotoJob", "Portrait", "as_jpeg", "read_template"]
