"""Photographs of faces at one scale: each is placed so that the box found around the face is equally large.

What is kept of a photograph is a crop around the face, turned upright (`persons/portraits/describe.py`). Where the
face lies in it follows from the box and from how much is kept around it; no picture is decoded here.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from markupsafe import Markup, escape
from PIL import Image, UnidentifiedImageError

from safelight.export.person_phrases import told
from safelight.persons.keep.people import ENROLLED, Kept, People, Photo
from safelight.persons.portraits.describe import AROUND
from safelight.persons.weigh.pair import shown_days
from safelight.store.blobs import BlobStore

WIDE, HIGH = 240, 264
"""Of the frame that every face is shown in, in units of its own."""
FACE = 118
"""Of the face's box in the frame: the geometric mean of its sides."""
SHOWN = 4
"""Photographs of one person that are shown, the best first."""
SCALE = (
    "All faces are drawn at one scale and in one place: the box that was found around each is equally large. "
    "A photograph is cut around the face and turned upright; the rest of it is not kept."
)
_PIXELS = 1 << 22


@dataclass(frozen=True, slots=True)
class Portrait:
    """A face in its frame."""

    svg: str
    """A drawing of `WIDE` × `HIGH` units with the photograph within; nothing of it lies elsewhere."""
    caption: tuple[str, ...]
    """What is known about the photograph, a line each."""
    label: str
    """What the drawing shows, for who cannot see it."""

    def markup(self) -> Markup:
        """The drawing for a page."""
        return Markup(self.svg)  # nosec B704: made below of numbers, base64 and an escaped label


@dataclass(frozen=True, slots=True)
class Place:
    """Where a crop lies in the frame, in its units."""

    left: float
    top: float
    width: float
    height: float


def portraits(people: People, blobs: BlobStore, kept: Kept, who: str, most: int = SHOWN) -> list[Portrait]:
    """The photographs of a person, the best first, each unsealed. `who` is what the page calls them."""
    shown = [photo for photo in kept.photos if photo.state == ENROLLED and photo.blob][:most]
    return [
        portrait(photo, blobs.get(people.sealer(kept.id), str(photo.blob)), f"Photograph {number} of {who}")
        for number, photo in enumerate(shown, start=1)
    ]


def portrait(photo: Photo, crop: bytes, label: str) -> Portrait:
    """One photograph in its frame; a blank one that says so where the crop is no picture of ours."""
    caption = [
        f"{told(photo.name.rpartition('/')[2], 80)}"
        + (f", face {photo.face} of {photo.faces}" if photo.faces > 1 else "")
    ]
    caption.append(f"taken {shown_days(photo.taken)}" if photo.taken else "when it was taken is not stated")
    size = _size(crop)
    if size is None:
        return Portrait(_blank(label), (*caption, "the kept picture cannot be shown"), label)
    caption.append(f"{size[0]} × {size[1]} pixels are kept")
    box = placed(photo.box, photo.turn, size)
    if box is None:
        caption.append("where the face lies in it is not known: not drawn at the common scale")
        box = _fitted(size)
    return Portrait(_drawn(box, crop, label), tuple(caption), label)


def placed(box: Sequence[float], turn: int, size: tuple[int, int]) -> Place | None:
    """Where a crop of `size` pixels lies so that its face has the common size; None where no box is known.

    `box` is left, top, width, height as fractions of the photograph, before the crop was turned by `turn` degrees
    counter-clockwise.
    """
    if len(box) != 4 or not (box[2] > 0 and box[3] > 0):
        return None
    if turn % 90:  # the crop of a tilted face is whole: what lay outside of the photograph is blank in it
        x = y = AROUND / (1 + 2 * AROUND)
        across = down = 1 / (1 + 2 * AROUND)
    else:
        x, across = _within(box[0], box[2])
        y, down = _within(box[1], box[3])
        for _ in range(turn // 90 % 4):  # counter-clockwise: what was at the top comes to the left
            x, y, across, down = y, 1 - x - across, down, across
    width, height = size
    scale = FACE / sqrt(across * width * down * height)
    middle_x, middle_y = (x + across / 2) * width * scale, (y + down / 2) * height * scale
    return Place(WIDE / 2 - middle_x, HIGH / 2 - middle_y, width * scale, height * scale)


def _within(start: float, length: float) -> tuple[float, float]:
    """Start and length of a face in its crop, as fractions of the crop, along one side."""
    begin, end = max(0.0, start - AROUND * length), min(1.0, start + (1 + AROUND) * length)
    kept = max(end - begin, 1e-6)
    return (start - begin) / kept, min(1.0, length / kept)


def _size(crop: bytes) -> tuple[int, int] | None:
    try:
        with Image.open(io.BytesIO(crop), formats=("JPEG",)) as picture:
            size = picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None
    return size if 0 < size[0] * size[1] <= _PIXELS else None


def _fitted(size: tuple[int, int]) -> Place:
    scale = min(WIDE / size[0], HIGH / size[1])
    width, height = size[0] * scale, size[1] * scale
    return Place((WIDE - width) / 2, (HIGH - height) / 2, width, height)


def _drawn(at: Place, crop: bytes, label: str) -> str:
    data = base64.b64encode(crop).decode("ascii")
    picture = (
        f'<image x="{at.left:.2f}" y="{at.top:.2f}" width="{at.width:.2f}" height="{at.height:.2f}" '
        f'preserveAspectRatio="none" href="data:image/jpeg;base64,{data}"/>'
    )
    return _framed(picture, label)


def _blank(label: str) -> str:
    return _framed("", label)


def _framed(inner: str, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="portrait" viewBox="0 0 {WIDE} {HIGH}" role="img" '
        f'aria-label="{escape(label)}"><rect width="{WIDE}" height="{HIGH}" fill="#e4e8ec"/>{inner}</svg>'
    )
