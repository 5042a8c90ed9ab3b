"""The page that shows a photograph with its faces framed and numbered, as `persons enrol --face` counts them.

The photograph leaves the jail with everybody on it, so it is an export like any other page with photographs. Nobody
is described, and nothing of it is stored.
"""

from __future__ import annotations

import base64
import hashlib
import os
from contextlib import closing
from pathlib import Path
from typing import Any

from markupsafe import Markup

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Failed, TaskLimits
from safelight.errors import FormatError
from safelight.evidence.names import show
from safelight.export.person_page import PersonPage
from safelight.export.person_phrases import told
from safelight.governance.gate import Permit
from safelight.persons.desk.house import House
from safelight.persons.desk.probe import read_probe
from safelight.persons.portraits.describe import PhotoJob
from safelight.persons.portraits.frames import FindFrames, Frame, Framed

_WIDE = 1000
"""Units that the picture is wide in its drawing."""


def page_of_faces(house: House, permit: Permit, photo: Path) -> tuple[PersonPage, tuple[Frame, ...]]:
    """The page of a photograph, and its faces; its name and digest are in the event, sealed.

    Raises FormatError where it is no photograph, UsageError and RefusedError as a search does.
    """
    data = read_probe(photo, house.config.media_bytes)
    permit.personal["photo"] = hashlib.sha256(data).hexdigest()
    found = _found(house, data)
    if found.error is not None:
        raise FormatError(f"{photo} cannot be shown: {found.error}", "Give a photograph.")
    name = show(os.fsencode(photo.name))
    faces = [
        {
            "number": number,
            "pixels": one.pixels,
            "turn": one.turn,
            "doubtful": one.doubtful,
            "option": f"--face {name}={number}",
        }
        for number, one in enumerate(found.frames, start=1)
    ]
    context = {"name": told(name, 200), "drawing": Markup(drawn(found)), "faces": faces}  # nosec B704: numbers, base64
    return PersonPage("faces.html.j2", "Faces of a photograph", context, len(faces), "face"), found.frames


def _found(house: House, data: bytes) -> Framed:
    task = FindFrames(TaskLimits(house.config.worker_memory, house.config.seconds_per_item))
    with closing(PoolEngine(1)) as engine:
        for outcome in engine.map(task, [[PhotoJob(0, data)]]):
            if isinstance(outcome, Failed):
                return Framed(error=outcome.reason)
            framed: Any = outcome.results[0]
            return framed  # type: ignore[no-any-return]
    return Framed(error="no answer came from the worker")


def drawn(found: Framed) -> str:
    """The picture with a numbered frame around each face, as SVG: numbers and the picture alone are in it."""
    width, height = found.size
    high = _WIDE * height / width
    size = max(22.0, 0.035 * _WIDE)
    label = f"The photograph with {len(found.frames)} numbered frames"
    picture = base64.b64encode(found.picture).decode("ascii")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="framed" viewBox="0 0 {_WIDE} {high:.1f}" role="img" '
        f'aria-label="{label}">'
        f'<image width="{_WIDE}" height="{high:.1f}" href="data:image/jpeg;base64,{picture}"/>'
    ]
    for number, one in enumerate(found.frames, start=1):
        left, top, across, down = (
            side * whole for side, whole in zip(one.box, (_WIDE, high, _WIDE, high), strict=True)
        )
        dashes = ' stroke-dasharray="10 8"' if one.doubtful else ""
        shape = f'x="{left:.1f}" y="{top:.1f}" width="{across:.1f}" height="{down:.1f}" fill="none"'
        tag_wide = size * (0.5 + 0.6 * len(str(number)))
        # below the face where there is no room above it; never over it, as it is what people look at
        tag_top = top - size * 1.2 if top >= size * 1.2 else min(top + down, high - size * 1.2)
        tag_left = min(left, _WIDE - tag_wide)
        parts.append(
            f'<rect {shape} stroke="#000" stroke-width="7"/><rect {shape} stroke="#fff" stroke-width="3"{dashes}/>'
            f'<rect x="{tag_left:.1f}" y="{tag_top:.1f}" width="{tag_wide:.1f}" height="{size * 1.2:.1f}" fill="#000"/>'
            f'<text x="{tag_left + tag_wide / 2:.1f}" y="{tag_top + size * 0.95:.1f}" font-size="{size:.1f}" '
            f'font-family="sans-serif" font-weight="700" text-anchor="middle" fill="#fff">{number}</text>'
        )
    return "".join([*parts, "</svg>"])


__all__ = ["drawn", "page_of_faces"]
