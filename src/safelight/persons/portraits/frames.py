"""Where the faces of a photograph are, numbered as `--face` counts them, without describing anybody (jailed worker)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from safelight.engine.beat import beat
from safelight.engine.protocol import TaskLimits
from safelight.errors import FormatError
from safelight.media.protocol import Pixels
from safelight.persons.portraits.describe import PhotoJob

_SIDE = 1280
"""Pixels of the longer side of the picture that is shown, at most."""
_MOST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Frame:
    """One face. Those of a photograph are numbered from 1 in their order."""

    box: tuple[float, float, float, float]
    """Left, top, width, height as fractions of the picture; no further out than it."""
    pixels: int
    """Its width in the full photograph."""
    turn: int
    """Degrees counter-clockwise by which the photograph must be turned for it to stand upright."""
    doubtful: bool
    """May be no face at all."""


@dataclass(frozen=True, slots=True)
class Framed:
    """A photograph and its faces, from left to right. `error` is set, and the rest empty, where it is none."""

    error: str | None = None
    picture: bytes = field(default=b"", repr=False)
    """JPEG, turned upright as EXIF says, at most 1,280 pixels a side."""
    size: tuple[int, int] = (0, 0)
    """Of the picture: width, height."""
    frames: tuple[Frame, ...] = ()


@dataclass(slots=True)
class FindFrames:
    """The task: one `Framed` a photograph."""

    limits: TaskLimits

    def prepare(self) -> None:
        """Load decoders and models, before the jail closes."""
        from safelight.media.open import prepare
        from safelight.persons.portraits import find
        from safelight.signals.locate import locator

        prepare()
        locator()
        find.prepare()
        _shown(np.zeros((64, 96, 3), np.uint8))

    def __call__(self, batch: Sequence[PhotoJob]) -> list[Any]:
        """One plain dictionary per photograph."""
        from safelight.media.open import open_media
        from safelight.persons.portraits import find
        from safelight.signals.orientation import upright

        said: list[Any] = []
        for job in batch:
            beat()
            try:
                medium = open_media(job.data)
                if medium.kind != "image":
                    raise FormatError("a film, not a photograph")
                faces = find.portrait_faces(medium.pictures[0])
                picture, size = _shown(upright(medium.pictures[0], _SIDE))
            except FormatError as error:
                said.append({"error": str(error)})
                continue
            frames = [[list(one.box), one.pixels, one.turn, not one.confirmed] for one in faces]
            said.append({"picture": picture, "size": list(size), "frames": frames})
        return said

    def decode(self, raw: Any) -> Framed:
        """Make it of what the worker sent. Raises ValueError, TypeError or KeyError where it lies."""
        if raw.get("error") is not None:
            return Framed(error=str(raw["error"])[:2_000])
        picture = bytes(raw["picture"])
        if len(picture) > _MOST_BYTES or not picture.startswith(b"\xff\xd8"):
            raise ValueError("not a picture")
        width, height = (int(side) for side in raw["size"])
        if not (0 < width <= _SIDE and 0 < height <= _SIDE):
            raise ValueError("not a size")
        frames = tuple(
            Frame(_within(box), int(pixels), int(turn) % 360, bool(doubtful))
            for box, pixels, turn, doubtful in raw["frames"]
        )
        return Framed(None, picture, (width, height), frames)


def _within(box: Sequence[Any]) -> tuple[float, float, float, float]:
    """What of a box lies in the picture."""
    left, top, across, down = (float(side) for side in box)
    if not all(map(math.isfinite, (left, top, across, down))):
        raise ValueError("a box has four sides")
    right, bottom = (min(1.0, max(0.0, end)) for end in (left + across, top + down))
    left, top = min(1.0, max(0.0, left)), min(1.0, max(0.0, top))
    return left, top, max(0.0, right - left), max(0.0, bottom - top)


def _shown(rgb: Pixels) -> tuple[bytes, tuple[int, int]]:
    image = Image.fromarray(rgb)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    made = BytesIO()
    image.save(made, "JPEG", quality=80)
    return made.getvalue(), image.size


__all__ = ["FindFrames", "Frame", "Framed"]
