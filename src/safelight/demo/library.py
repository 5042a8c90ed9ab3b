"""The pieces that the exhibits are filled with: stand-ins for known material, photographs, all the rest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache

from PIL import Image

from safelight.demo import archives, documents, encode
from safelight.demo.scenes import draw
from safelight.demo.truth import Piece, Role

KNOWN_SCENES = (
    ("landscape", 101),
    ("town", 102),
    ("landscape", 103),
    ("town", 104),
    ("still-life", 105),
    ("landscape", 106),
    ("town", 107),
    ("material", 108),
)
"""Which drawings stand in for known material."""

SERIES = 4
"""The stand-in that carries the serial number of a camera."""

HARBOUR = (53.5436, 9.9668)
FOREST = (48.3069, 8.2171)
_TRIP = datetime(2026, 9, 12, 10, 4, 31)
_RECENT = datetime(2026, 11, 2, 17, 40, 12)
_KINDS = ("landscape", "town", "still-life", "landscape", "town", "material")


@cache
def known_scene(number: int) -> Image.Image:
    """The drawing behind stand-in `number`, 1..8."""
    kind, seed = KNOWN_SCENES[number - 1]
    return draw(kind, seed)


@cache
def known(number: int) -> Piece:
    """Stand-in `number`, 1..8: a drawn picture that the lists of the demonstration call known-illegal."""
    scene = known_scene(number)
    if number == SERIES:
        data = encode.camera_jpeg(scene, encode.OLD_COMPACT, datetime(2019, 5, 30, 11, 2, 40))
    else:
        data = encode.jpeg(scene, 86)
    return Piece(data, Role.KNOWN, f"known-{number}", f"stand-in {number}")


def near_known(number: int, change: str) -> Piece:
    """A changed copy of a stand-in, with PDQ still within 31 bits."""
    scene = known_scene(number)
    changes: dict[str, Callable[[], bytes]] = {
        "smaller": lambda: encode.jpeg(encode.resized(scene, 480), 80),
        "thumbnail": lambda: encode.jpeg(encode.resized(scene, 256), 75),
        "recompressed": lambda: encode.jpeg(scene, 25),
        "brighter": lambda: encode.jpeg(encode.brightened(scene, 1.12), 85),
        "darker": lambda: encode.jpeg(encode.brightened(scene, 0.85), 85),
        "png": lambda: encode.encode(encode.resized(scene, 512), "PNG"),
        "webp": lambda: encode.encode(encode.resized(scene, 640), "WEBP", quality=60),
        "gif": lambda: encode.encode(encode.resized(scene, 400), "GIF"),
    }
    return Piece(changes[change](), Role.NEAR_KNOWN, f"known-{number}", f"stand-in {number}, {change}")


def new_in_series(camera: encode.Camera, number: int) -> Piece:
    """A camera original of November that shows nearly what stand-in `number` shows, on no list.

    It stands in for the case that matters most: a new picture of a known series. One camera has the serial
    number that stand-in SERIES carries.
    """
    scene = encode.brightened(known_scene(number), 1.06)
    place = FOREST if camera is encode.PHONE else None
    data = encode.camera_jpeg(scene, camera, phone_time(number), place)
    return Piece(data, Role.NEAR_KNOWN, f"known-{number}", f"stand-in {number}, new, from a camera")


@cache
def wallpaper(number: int) -> Piece:
    """A picture that the operating system brings along: on the known-good list."""
    scene = draw("landscape" if number % 2 else "pattern", 300 + number)
    return Piece(encode.jpeg(scene, 92), Role.KNOWN_GOOD, note="comes with the system")


@cache
def disputed() -> Piece:
    """A picture that one list calls illegal and another good: a mistake in a list, as happens."""
    return Piece(encode.jpeg(draw("pattern", 390), 92), Role.DISPUTED, note="the lists disagree")


def trip_time(number: int) -> datetime:
    """When photograph `number` of the trip was taken, in the camera's local time."""
    return _TRIP + timedelta(minutes=17 * number, seconds=number)


@cache
def trip_photo(number: int) -> Piece:
    """A camera original of a trip in September, without GPS."""
    data = encode.camera_jpeg(_photographed(500, number), encode.COMPACT, trip_time(number))
    return Piece(data, Role.CAMERA, f"trip-{number}")


def trip_copy(number: int, change: str) -> Piece:
    """A copy of a photograph of the trip without its EXIF, as mail and messengers make them."""
    with Image.open(io.BytesIO(trip_photo(number).data)) as scene:
        if change == "mail":
            data = encode.jpeg(encode.resized(scene, 800), 82)
        else:
            data = encode.jpeg(encode.resized(scene, 1024), 55)
    return Piece(data, Role.PICTURE, f"trip-{number}", change)


def phone_time(number: int) -> datetime:
    """When picture `number` of the telephone was taken, in local time."""
    return _RECENT + timedelta(hours=7 * number, minutes=number)


@cache
def phone_photo(number: int) -> Piece:
    """A telephone's original of November, with GPS; every fourth is stored turned."""
    lat, lon = HARBOUR if number % 3 else FOREST
    scene = _photographed(700, number + 1)
    place = (lat + number * 0.0011, lon - number * 0.0007)
    turned = 6 if number % 4 == 0 else 1
    return Piece(encode.camera_jpeg(scene, encode.PHONE, phone_time(number), place, turned), Role.CAMERA)


def old_photo(number: int) -> Piece:
    """An original of 2019, from the old compact camera that made a stand-in too."""
    taken = datetime(2019, 6, 3, 14, 0, 5) + timedelta(days=number)
    return Piece(encode.camera_jpeg(draw("town", 800 + number), encode.OLD_COMPACT, taken), Role.SAME_CAMERA)


def cached_picture(number: int) -> Piece:
    """What a browser keeps: a small picture in one of four formats."""
    kinds = ("pattern", "chart", "material", "pattern", "town")
    scene = draw(kinds[number % len(kinds)], 900 + number, (640, 480))
    format, options = (("JPEG", {"quality": 78}), ("PNG", {}), ("WEBP", {"quality": 70}), ("GIF", {}))[
        number % 4
    ]
    return Piece(encode.encode(scene, format, **options), Role.PICTURE)


def icon(number: int) -> Piece:
    """A picture of 48 × 48 pixels: too small to tell anything."""
    return Piece(encode.encode(draw("pattern", 1100 + number, (48, 48)), "PNG"), Role.PICTURE)


def in_format(format: str, seed: int, **options: object) -> Piece:
    """A still life in another format: `TIFF`, `BMP`, `HEIF`, `AVIF` …"""
    scene = draw("still-life", 1200 + seed, (800, 600))
    return Piece(encode.encode(scene, format, **options), Role.PICTURE, note=format)


def office_chart(number: int) -> Piece:
    """A chart, as any office has."""
    return Piece(encode.encode(draw("chart", 1000 + number, (800, 600)), "PNG"), Role.PICTURE)


@cache
def clip(seed: int) -> Piece:
    """Two seconds of video that pan over a landscape."""
    return Piece(encode.video(draw("landscape", 1300 + seed, (960, 540))), Role.PICTURE, note="video")


def half(piece: Piece, note: str) -> Piece:
    """The first half of a file."""
    return Piece(piece.data[: len(piece.data) // 2], Role.DAMAGED, note=note)


def unreadable(data: bytes, note: str) -> Piece:
    """Something that claims to be what it is not."""
    return Piece(data, Role.UNREADABLE, note=note)


def other(data: bytes, note: str = "") -> Piece:
    """Something that is no medium."""
    return Piece(data, Role.OTHER, note=note)


def container(
    pack: Callable[[Mapping[str, bytes]], bytes], members: Mapping[str, Piece], note: str = ""
) -> Piece:
    """An archive of these pieces."""
    data = pack({name: piece.data for name, piece in members.items()})
    return Piece(data, Role.CONTAINER, note=note, members={name.encode(): p for name, p in members.items()})


def matryoshka(members: Mapping[str, Piece]) -> Piece:
    """A ZIP in a 7z in a tar.gz."""
    inner = container(archives.zip_archive, members)
    middle = container(archives.seven_zip_archive, {"inner/pictures.zip": inner})
    return container(archives.tar_gz_archive, {"backup/2026/pack.7z": middle}, "three archives deep")


def letter(picture: Piece) -> Piece:
    """A word-processor document with a picture in it."""
    members = {name: other(data) for name, data in documents.letter_parts().items()}
    return container(archives.zip_archive, {**members, "word/media/image1.jpeg": picture})


def digests(pieces: Iterable[Piece], algorithm: str) -> list[str]:
    """Hex digests of the contents, in order."""
    return [hashlib.new(algorithm, piece.data).hexdigest() for piece in pieces]


def _photographed(series: int, number: int) -> Image.Image:
    """A scene of 1280 × 960 pixels, drawn smaller and enlarged: that is three times as fast."""
    return encode.resized(draw(_KINDS[number % len(_KINDS)], series + number, (800, 600)), 1280)
