"""The small picture that is kept of a medium, encrypted: enough for a blurred stand-in, not more. Of a film: nine."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from safelight.media.picture import FIRST_SIDE, turned
from safelight.media.protocol import Picture
from safelight.media.sketch import Sketched

SIDE = 256
"""Pixels of the longer side."""
CELL = 128
"""Pixels of the longer side of a frame in a contact sheet."""
_ACROSS = 3
_QUALITY = 75


def thumbnail(picture: Picture, side: int = SIDE) -> bytes:
    """A JPEG of at most `side` pixels a side, turned upright, without any metadata. Never enlarged."""
    there = picture.sketch(SIDE, colour=True) if isinstance(picture, Sketched) else picture.rgb(FIRST_SIDE)
    image = Image.fromarray(there)  # a decode that there is already
    image.thumbnail((side, side))
    if picture.orientation != 1:
        image = Image.fromarray(turned(np.asarray(image), picture.orientation))
    made = BytesIO()
    image.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def stand_in(pictures: Sequence[Picture]) -> bytes:
    """What is kept of a medium: the thumbnail of a picture; of what moves a contact sheet of its frames."""
    return thumbnail(pictures[0]) if len(pictures) == 1 else contact_sheet(pictures)


def contact_sheet(pictures: Sequence[Picture]) -> bytes:
    """A JPEG of up to nine frames in their order, evenly chosen, three a row, each at most `CELL` pixels a side.

    The frames of one film have one shape; of other sizes each stands in the middle of its cell.
    """
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), _ACROSS * _ACROSS)).round().astype(int)
    cells = [Image.open(BytesIO(thumbnail(pictures[index], CELL))) for index in chosen.tolist()]
    width, height = max(cell.width for cell in cells), max(cell.height for cell in cells)
    across = min(_ACROSS, len(cells))
    down = -(-len(cells) // across)
    sheet = Image.new("RGB", (across * width, down * height))
    for number, cell in enumerate(cells):
        row, column = divmod(number, across)
        left, top = (width - cell.width) // 2, (height - cell.height) // 2
        sheet.paste(cell, (column * width + left, row * height + top))
    made = BytesIO()
    sheet.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()
