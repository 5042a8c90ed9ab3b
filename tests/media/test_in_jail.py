"""Everything that decodes outside the jail decodes inside it: nothing is loaded late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.engine.wire import Wire
from safelight.errors import FormatError
from tests.media.test_media import clip, encoded, scene

MODES = {
    "TIFF": ("1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16"),
    "PNG": ("1", "L", "LA", "P", "RGBA", "I;16"),
    "GIF": ("1", "L", "P", "RGBA"),
    "BMP": ("1", "L", "P", "RGBA"),
    "WEBP": ("L", "RGBA"),
    "AVIF": ("L", "RGBA"),
    "JPEG2000": ("L", "RGBA", "I;16"),
    "HEIF": ("L", "RGBA"),
}
"""What Pillow writes in modes of its own, each read by other code."""


@dataclass
class Decode:
    """Open each medium; say what it is, whether it is whole, and how large its first thumbnail is."""

    limits: TaskLimits = field(default_factory=lambda: TaskLimits(seconds_per_item=30))

    def prepare(self) -> None:
        from safelight.media.open import prepare

        prepare()

    def __call__(self, batch: Sequence[bytes]) -> list[Wire]:
        return [_seen(data) for data in batch]

    def decode(self, raw: Any) -> Any:
        return raw


def _seen(data: bytes) -> Wire:
    from safelight.media.exif import exif_of_picture
    from safelight.media.open import open_media
    from safelight.media.thumbnail import thumbnail

    try:
        opened = open_media(data)
    except FormatError as error:
        return {"error": str(error)}
    exif_of_picture(data)
    first = opened.pictures[0]
    return {"format": opened.format, "damaged": first.damaged, "thumbnail": len(thumbnail(first))}


def media() -> dict[str, bytes]:
    stills = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF", "AVIF", "JPEG2000")
    made = {name: encoded(name, scene(200, 150)) for name in stills}
    for name, modes in MODES.items():
        made |= {f"{name} {mode}": encoded(name, scene(40, 30).convert(mode)) for mode in modes}
    made["MPO"] = encoded("MPO", scene(40, 30), save_all=True, append_images=[scene(40, 30)])
    made["PNG large"] = encoded("PNG", scene(900, 700))
    made["JPEG large"] = encoded("JPEG", scene(2400, 2100), progressive=True)
    made["PNG interlaced"] = encoded("PNG", scene(40, 30), interlace=1)
    made["HEIF 16 bit grey"] = encoded("HEIF", scene(40, 30).convert("L").convert("I;16"))
    made["ICO"] = encoded("ICO", scene(64, 64))
    made["CMYK"] = encoded("JPEG", scene().convert("CMYK"))
    for options in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits"):
        made[options] = encoded("TIFF", compression=options)
    for name in ("mp4", "avi", "matroska", "webm"):
        made[name] = clip(2, name)
    return made


def test_every_format_decodes_in_the_jail_whole_and_cut() -> None:
    whole = media()
    cut = {f"half of {name}": data[: len(data) // 2] for name, data in whole.items()}
    names = list(whole | cut)
    with PoolEngine(1) as engine:
        (outcome,) = engine.map(Decode(), [[(whole | cut)[name] for name in names]])
        assert engine.jail is not None
        assert engine.jail["jailed"]
    assert isinstance(outcome, Done)
    seen = dict(zip(names, outcome.results, strict=True))
    assert {name: found for name, found in seen.items() if name in whole and "thumbnail" not in found} == {}
    assert not [name for name, found in seen.items() if "Operation not permitted" in str(found)]
    assert not [name for name, found in seen.items() if "EPERM" in str(found) or "import" in str(found)]
