"""The camera's serial number from maker notes, where the EXIF tag for it is missing (older Canon, Nikon …).

Only makers whose number lies in the clear; the layouts are those that ExifTool's tag tables document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safelight.media.tiff import Tiff, Value, number_in, text_in

_CANON_SERIAL = 0x000C
_NIKON_SERIAL = 0x001D
_FUJIFILM_SERIAL = 0x0010
_PANASONIC_SERIAL = 0x0025


def serial(tiff: Tiff, note: Value | None, facts: Mapping[str, Any]) -> str | None:
    """The serial number in a maker note, or None. `facts` has the make."""
    if not isinstance(note, bytes) or len(note) < 14:
        return None
    make = str(facts.get("make", "")).casefold()
    start = tiff.data.find(note)
    if make.startswith("canon"):
        number = number_in(tiff.directory(start)[0], _CANON_SERIAL)
        return str(int(number)) if number else None
    if note.startswith(b"Nikon\0\2"):
        own = Tiff.parse(note[10:])
        return text_in(own.directory(own.first)[0], _NIKON_SERIAL) if own is not None else None
    if note.startswith(b"FUJIFILM"):
        own = Tiff(note, "<", int.from_bytes(note[8:12], "little"))
        return text_in(own.directory(own.first)[0], _FUJIFILM_SERIAL)
    if note.startswith(b"Panasonic\0"):
        return text_in(tiff.directory(start + 12)[0], _PANASONIC_SERIAL)
    return None
