"""Open a medium of any format by content: the way from hostile bytes to pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from safelight.errors import FormatError
from safelight.media.protocol import Decoder, Picture
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
    import encodings.iso2022_jp
    import encodings.latin_1
    import encodings.utf_16_be
    import encodings.utf_16_le  # noqa: F401  # why: codecs are found by opening files, which the jail forbids

    for decoder in load("media").values():
        decoder.prepare()


def open_media(data: bytes) -> Opened:
    """Decode `data` with the decoder that knows it. Raises FormatError where nothing can be shown."""
    if not data:
        raise FormatError("the file is empty")
    head = data[:HEAD]
    decoders: dict[str, Decoder] = load("media")
    for decoder in decoders.values():
        format = decoder.detect(head)
        if format is not None:
            pictures = decoder.decode(data, format)
            kind: Literal["image", "video"] = "video" if pictures[0].format == _FRAME else "image"
            return Opened(format, kind, pictures)
    raise FormatError("no decoder knows this format")
