"""What a file states of its making (EXIF, QuickTime and Matroska tags) as flat, bounded, JSON-able facts.

Pure functions over hostile bytes: broken directories, loops, huge counts, NaN and nonsense give fewer facts,
never an error. Times are local and without a zone; `zone` says which zone the file states, if any.

Sources: EXIF 2.32 (CIPA DC-008), QuickTime File Format (Apple), ISO 6709.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from safelight.evidence.sniff import sniff
from safelight.media import maker_note
from safelight.media.exif_block import exif_block
from safelight.media.tiff import Tiff, Value, number_in, text_in, text_of

_EXIF_DIRECTORY, _GPS_DIRECTORY, _MAKER_NOTE, _USER_COMMENT = 0x8769, 0x8825, 0x927C, 0x9286
_ORIENTATION, _THUMBNAIL_OFFSET, _THUMBNAIL_STRIPS = 0x0112, 0x0201, 0x0111
_TEXTS = {
    "description": 0x010E,
    "make": 0x010F,
    "model": 0x0110,
    "software": 0x0131,
    "artist": 0x013B,
}
_EXIF_TEXTS = {
    "image_id": 0xA420,
    "owner": 0xA430,
    "serial": 0xA431,
    "lens": 0xA434,
    "lens_serial": 0xA435,
    "subsecond": 0x9291,
}
_TIMES = {"taken": 0x9003, "digitized": 0x9004}
_CHANGED = 0x0132
_OFFSET_ORIGINAL, _OFFSET = 0x9011, 0x9010
_TIME = re.compile(r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)|Z")
_MOST_COMMENT = 500
_CHARACTER_SETS = {b"ASCII\0\0\0": "latin-1", b"JIS\0\0\0\0\0": "iso2022_jp", b"\0" * 8: "latin-1"}


def exif_of_picture(data: bytes) -> dict[str, Any]:
    """Facts of the EXIF that a still image carries; {} where it has none."""
    return exif(data, sniff(data[:4096]) or "")


def exif(data: bytes, format: str) -> dict[str, Any]:
    """Facts of the EXIF in a picture of this format; {} where it states nothing.

    Texts: `make model serial lens lens_serial software artist owner description comment image_id datum
    subsecond`. Times (`YYYY-MM-DDTHH:MM:SS`): `taken digitized changed`, with `zone` (`local`, or an offset
    such as `+02:00`); `gps_time` in UTC. Numbers: `latitude longitude` (degrees), `altitude` (metres),
    `orientation` (1..8). `thumbnail`: whether a small picture is embedded.
    """
    tiff = Tiff.parse(exif_block(data, format))
    if tiff is None:
        return {}
    main, following = tiff.directory(tiff.first)
    detail = _directory(tiff, main, _EXIF_DIRECTORY)
    facts: dict[str, Any] = {}
    for texts, entries in ((_TEXTS, main), (_EXIF_TEXTS, detail)):
        for name, tag in texts.items():
            if (text := text_in(entries, tag)) is not None:
                facts[name] = text
    if (comment := _comment(tiff, detail)) is not None:
        facts["comment"] = comment
    facts |= _times(main, detail)
    orientation = number_in(main, _ORIENTATION)
    if orientation in range(1, 9):
        facts["orientation"] = int(orientation)
    facts |= _gps(_directory(tiff, main, _GPS_DIRECTORY))
    if (
        "serial" not in facts
        and (serial := maker_note.serial(tiff, detail.get(_MAKER_NOTE), facts)) is not None
    ):
        facts["serial"] = serial
    second = tiff.directory(following)[0] if following != tiff.first else {}
    if facts or second:
        facts["thumbnail"] = bool(second.get(_THUMBNAIL_OFFSET) or second.get(_THUMBNAIL_STRIPS))
    return facts


def stated_by(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Camera, place and time that a video's container states; {} where it states none."""
    stated = {str(name).lower(): str(value) for name, value in metadata.items()}
    facts: dict[str, Any] = {}
    for fact, keys in {
        "make": ("com.apple.quicktime.make", "com.android.manufacturer", "make"),
        "model": ("com.apple.quicktime.model", "com.android.model", "model"),
        "software": ("com.apple.quicktime.software", "encoder"),
        "comment": ("comment",),
        "description": ("title",),
    }.items():
        found = (text_of(stated[key].encode(errors="replace")) for key in keys if key in stated)
        if (text := next((text for text in found if text), None)) is not None:
            facts[fact] = text
    for key in ("com.apple.quicktime.creationdate", "creation_time"):
        if (time := _time(stated.get(key, ""))) is not None:
            facts["taken"] = time
            facts["zone"] = _zone(stated[key][19:]) or "local"
            break
    for key in ("com.apple.quicktime.location.iso6709", "location", "location-eng"):
        if (place := _iso6709(stated.get(key, ""))) is not None:
            facts |= place
            break
    return facts


def _directory(tiff: Tiff, entries: Mapping[int, Value], tag: int) -> Mapping[int, Value]:
    offset = number_in(entries, tag)
    return tiff.directory(int(offset))[0] if offset else {}


def _times(main: Mapping[int, Value], detail: Mapping[int, Value]) -> dict[str, Any]:
    facts = {}
    for name, entries, tag in (
        ("taken", detail, _TIMES["taken"]),
        ("digitized", detail, _TIMES["digitized"]),
        ("changed", main, _CHANGED),
    ):
        if (time := _time(text_in(entries, tag) or "")) is not None:
            facts[name] = time
    if facts:
        stated = text_in(detail, _OFFSET_ORIGINAL) or text_in(detail, _OFFSET) or ""
        facts["zone"] = _zone(stated) or "local"
    return facts


def _time(text: str) -> str | None:
    """`2024:05:01 12:30:00` (or with `-` and `T`, and more behind) as `2024-05-01T12:30:00`."""
    found = _TIME.match(text)
    if found is None:
        return None
    try:
        return datetime(*map(int, found.groups())).isoformat()  # type: ignore[arg-type]  # why: six ints
    except ValueError:
        return None  # 0000:00:00 and the like: a clock that was never set


def _zone(text: str) -> str | None:
    found = _ZONE.search(text)
    if found is None:
        return None
    return "utc" if found[0] == "Z" else f"{found[1]}{found[2]}:{found[3]}"


def _comment(tiff: Tiff, detail: Mapping[int, Value]) -> str | None:
    value = detail.get(_USER_COMMENT)
    if not isinstance(value, bytes) or len(value) <= 8:
        return None
    encoding = _CHARACTER_SETS.get(value[:8])
    if value[:8] == b"UNICODE\0":
        encoding = "utf-16-le" if tiff.order == "<" else "utf-16-be"
    if encoding is None:
        return None
    return text_of(value[8:].decode(encoding, "replace").encode(errors="replace"), _MOST_COMMENT)


def _gps(gps: Mapping[int, Value]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    latitude = _degrees(gps.get(2), text_in(gps, 1), "N", "S", 90)
    longitude = _degrees(gps.get(4), text_in(gps, 3), "E", "W", 180)
    if latitude is not None and longitude is not None and (latitude, longitude) != (0, 0):
        facts["latitude"], facts["longitude"] = latitude, longitude
    altitude = number_in(gps, 6)
    if altitude is not None and altitude < 1e5:
        below = number_in(gps, 5) == 1 or gps.get(5) == b"\x01"
        facts["altitude"] = round(-altitude if below else altitude, 3)
    if (datum := text_in(gps, 18)) is not None:
        facts["datum"] = datum
    clock = gps.get(7)
    if isinstance(clock, tuple) and len(clock) == 3 and None not in clock:
        hour, minute, second = (int(part or 0) for part in clock)
        day = (text_in(gps, 29) or "").replace("-", ":")
        if (time := _time(f"{day} {hour:02}:{minute:02}:{second:02}")) is not None:
            facts["gps_time"] = time + "Z"
    return facts


def _degrees(value: Value | None, reference: str | None, plus: str, minus: str, most: int) -> float | None:
    """Decimal degrees; None without a hemisphere: half the world away is worse than unknown."""
    if not isinstance(value, tuple) or not 1 <= len(value) <= 3 or None in value:
        return None
    degrees = sum(float(part or 0) / (1, 60, 3600)[power] for power, part in enumerate(value))
    if not 0 <= degrees <= most or reference not in (plus, minus):
        return None
    return round(-degrees if reference == minus else degrees, 7)


def _iso6709(text: str) -> dict[str, float] | None:
    """`+52.5200+013.4050+034.2/` as degrees and metres."""
    found = re.match(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)([+-]\d{1,5}(?:\.\d+)?)?", text)
    if found is None:
        return None
    facts = {"latitude": float(found[1]), "longitude": float(found[2])}
    if abs(facts["latitude"]) > 90 or abs(facts["longitude"]) > 180 or not any(facts.values()):
        return None
    if found[3]:
        facts["altitude"] = float(found[3])
    return facts
