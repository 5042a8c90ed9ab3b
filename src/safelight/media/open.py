"""Open a medium of any format by content: the way from hostile bytes to pictures."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from safelight.errors import FormatError
from safelight.media.pillow import said
from safelight.media.protocol import Decoder, Picture
from safelight.media.sketch import SketchDecoder
from safelight.plugins import load

HEAD = 4096
_FRAME = "frame"


@dataclass(frozen=True, slots=True)
class Opened:
    """A medium: its format by content, what kind it is, and one picture or several frames, first to last."""

    format: str
    kind: Literal["image", "video"]
    pictures: Sequence[Picture]


def prepare() -> None:
    """Load every decoder and what it loads late, before the jail closes."""
    for name in ("latin-1", "utf-16-be", "utf-16-le", "iso2022_jp"):
        codecs.lookup(name)  # a codec is a module, and found by opening files
    for decoder in load("media").values():
        decoder.prepare()


def open_media(data: bytes, *, sketch: Literal["grey", "colour"] | None = None) -> Opened:
    """Decode `data` with the decoder that knows it. Raises FormatError where nothing can be shown.

    With `sketch` decoders that can do so try no more of it than hashing, or hashing and a thumbnail, needs.
    """
    head = data[:HEAD]
    decoders: dict[str, Decoder] = load("media")
    for decoder in decoders.values():
        format = decoder.detect(head)
        if format is None:
            continue
        try:
            if sketch is not None and isinstance(decoder, SketchDecoder):
                pictures = decoder.decode_sketch(data, format, colour=sketch == "colour")
            else:
                pictures = decoder.decode(data, format)
        except (FormatError, MemoryError):
            raise
        except Exception as error:  # why: codecs raise anything on hostile bytes
            raise FormatError(f"the {format} cannot be decoded: {said(error)}") from error
        if not pictures:
            raise FormatError(f"the {format} holds no picture")
        kind: Literal["image", "video"] = "video" if pictures[0].format == _FRAME else "image"
        return Opened(format, kind, pictures)
    raise FormatError("cannot be decoded: there is no decoder for this format")
