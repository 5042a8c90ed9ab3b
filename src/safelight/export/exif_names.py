"""What a file states about its making, under the names of the EXIF standard (CIPA DC-008)."""

from __future__ import annotations

from safelight.export.protocol import LeadView
from safelight.export.text import clean

_NAMES = {
    "make": "Make",
    "model": "Model",
    "serial": "BodySerialNumber",
    "lens": "LensModel",
    "lens_serial": "LensSerialNumber",
    "artist": "Artist",
    "owner": "CameraOwnerName",
    "description": "ImageDescription",
    "comment": "UserComment",
    "image_id": "ImageUniqueID",
    "datum": "GPSMapDatum",
    "subsecond": "SubSecTimeOriginal",
    "zone": "OffsetTimeOriginal",
    "gps_time": "GPSTimeStamp",
    "digitized": "DateTimeDigitized",
    "changed": "DateTime",
    "software": "Software",
    "taken": "DateTimeOriginal",
    "latitude": "GPSLatitude",
    "longitude": "GPSLongitude",
    "altitude": "GPSAltitude",
    "orientation": "Orientation",
}


def exif_properties(view: LeadView) -> list[tuple[str, str]]:
    """Return name and value of every plain statement, in a fixed order; empty where none was read."""
    signal = view.signals.get("exif")
    stated = signal.value if signal and isinstance(signal.value, dict) else {}
    return [
        (_NAMES.get(key, clean(str(key))), clean(str(value)))
        for key, value in sorted(stated.items())
        if isinstance(value, str | int | float) and value != ""
    ]
