"""EXIF of a picture and the metadata of a video, as bounded, plain, JSON-able facts. Pure functions.

Sources: EXIF 2.32 (CIPA DC-008), QuickTime File Format. Local times stay local unless the file states an offset.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image

MOST = 200
"""Characters kept of any text."""
_TEXTS = {
    "make": ExifTags.Base.Make,
    "model": ExifTags.Base.Model,
    "software": ExifTags.Base.Software,
    "artist": ExifTags.Base.Artist,
}
_EXIF_TEXTS = {
    "serial": ExifTags.Base.BodySerialNumber,
    "lens": ExifTags.Base.LensModel,
    "lens_serial": ExifTags.Base.LensSerialNumber,
    "owner": ExifTags.Base.CameraOwnerName,
    "image_id": ExifTags.Base.ImageUniqueID,
    "offset": ExifTags.Base.OffsetTimeOriginal,
    "subsecond": ExifTags.Base.SubsecTimeOriginal,
}
_TIMES = {"taken": ExifTags.Base.DateTimeOriginal, "digitized": ExifTags.Base.DateTimeDigitized}


def exif_of_picture(data: bytes) -> dict[str, Any]:
    """Facts of the EXIF that a still image carries; {} where it has none."""
    try:
        with Image.open(BytesIO(data)) as image:
            facts = _facts(image.getexif())
            facts.setdefault("thumbnail", False)
            return facts if len(facts) > 1 or facts["thumbnail"] else {}
    except (
        OSError,
        SyntaxError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        IndexError,
        OverflowError,
        AttributeError,
    ):
        return {}


def stated_by(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Camera, place and time that a video's container states; {} where it states none."""
    stated = {str(name).lower(): str(value) for name, value in metadata.items()}
    facts: dict[str, Any] = {}
    for fact, keys in {
        "make": ("com.apple.quicktime.make", "com.android.manufacturer", "make"),
        "model": ("com.apple.quicktime.model", "com.android.model", "model"),
        "software": ("com.apple.quicktime.software", "encoder"),
        "taken": ("com.apple.quicktime.creationdate", "creation_time"),
    }.items():
        for key in keys:
            if stated.get(key, "").strip():
                facts[fact] = _text(stated[key])
                break
    place = stated.get("com.apple.quicktime.location.iso6709") or stated.get("location")
    if place and (found := _iso6709(place)) is not None:
        facts["latitude"], facts["longitude"] = found
    return facts


def _facts(exif: Image.Exif) -> dict[str, Any]:
    sub = exif.get_ifd(ExifTags.IFD.Exif)
    facts: dict[str, Any] = {}
    for tags, table in ((_TEXTS, exif), (_EXIF_TEXTS, sub)):
        for name, tag in tags.items():
            if (value := _text(table.get(tag))) is not None:
                facts[name] = value
    for name, tag in _TIMES.items():
        if (time := _time(sub.get(tag))) is not None:
            facts[name] = time
    if (time := _time(exif.get(ExifTags.Base.DateTime))) is not None:
        facts["changed"] = time
    orientation = exif.get(ExifTags.Base.Orientation)
    if isinstance(orientation, int) and 1 <= orientation <= 8:
        facts["orientation"] = orientation
    facts |= _gps(exif.get_ifd(ExifTags.IFD.GPSInfo))
    if exif.get_ifd(ExifTags.IFD.IFD1).get(0x0201):
        facts["thumbnail"] = True
    return facts


def _gps(gps: Mapping[int, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    latitude = _degrees(gps.get(2), gps.get(1), "S", 90)
    longitude = _degrees(gps.get(4), gps.get(3), "W", 180)
    if latitude is not None and longitude is not None and (latitude, longitude) != (0, 0):
        facts["latitude"], facts["longitude"] = latitude, longitude
    altitude = _number(gps.get(6))
    if altitude is not None and abs(altitude) < 1e5:
        facts["altitude"] = -altitude if gps.get(5) in (1, b"\x01") else altitude
    if (datum := _text(gps.get(18))) is not None:
        facts["datum"] = datum
    day, clock = _text(gps.get(29)), gps.get(7)
    if day and isinstance(clock, tuple) and len(clock) == 3:
        parts = [_number(part) for part in clock]
        if all(part is not None and 0 <= part < 61 for part in parts):
            hour, minute, second = (int(part or 0) for part in parts)
            facts["gps_time"] = f"{day.replace(':', '-')}T{hour:02}:{minute:02}:{second:02}Z"
    return facts


def _degrees(value: Any, reference: Any, negative: str, most: int) -> float | None:
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    parts = [_number(part) for part in value]
    if any(part is None for part in parts):
        return None
    degrees = (parts[0] or 0) + (parts[1] or 0) / 60 + (parts[2] or 0) / 3600
    if not 0 <= degrees <= most:
        return None
    return round(-degrees if _text(reference) == negative else degrees, 7)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return None
    cleaned = "".join(char for char in value.strip("\0 ") if char.isprintable())[:MOST].strip()
    return cleaned.encode("utf-8", "ignore").decode("utf-8") or None


def _time(value: Any) -> str | None:
    """`2024:05:01 12:30:00` as `2024-05-01T12:30:00`, or None."""
    text = _text(value)
    if text is None or len(text) < 19:
        return None
    made = f"{text[:4]}-{text[5:7]}-{text[8:10]}T{text[11:19]}"
    try:
        return datetime.fromisoformat(made).isoformat()
    except ValueError:
        return None


def _iso6709(text: str) -> tuple[float, float] | None:
    """`+52.5200+013.4050/` as degrees."""
    found = re.match(r"([+-]\d{1,3}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)", text)
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
