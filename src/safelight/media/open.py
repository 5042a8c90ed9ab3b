"""Open a medium: its format by content, the decoder that knows it, its picture or frames."""

from __future__ import annotations

from dataclasses import dataclass

from safelight.errors import FormatError
from safelight.media.protocol import Decoder, Picture
from safelight.plugins import load

_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Opened:
    """A decoded medium: `pictures` has one still image, or a few frames of a moving one, first to last."""

    format: str
    pictures: list[Picture]


def prepare() -> None:
    """Load every decoder and its codecs, before the jail closes: nothing can be loaded later."""
    for decoder in _decoders():
        decoder.prepare()


def open_media(data: bytes) -> Opened:
    """Decode a medium. Raises FormatError, in words for a person, when nothing of it can be shown."""
    head = data[:_HEAD]
    for decoder in _decoders():
        format_ = decoder.detect(head)
        if format_ is None:
            continue
        try:
            pictures = decoder.decode(data, format_)
        except FormatError:
            raise
        except MemoryError:
            raise
        except Exception as error:  # why: codecs raise anything on hostile bytes; the item is the failure
            raise FormatError(f"cannot be decoded as {format_}: {_said(error)}") from error
        if not pictures:
            raise FormatError(f"cannot be decoded as {format_}: it holds no picture")
        return Opened(format_, pictures)
    raise FormatError("cannot be decoded: there is no decoder for this format")


def _decoders() -> list[Decoder]:
    return [decoder for _, decoder in sorted(load("media").items())]


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
