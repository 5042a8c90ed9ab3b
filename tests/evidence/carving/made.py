"""Benign files of every kind that is carved, and media with them in it."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterable
from functools import cache
from typing import Any

from PIL import Image

from safelight.evidence.carve import carve
from safelight.evidence.protocol import Node
from safelight.evidence.source import BytesSource
from tests.evidence import images

BLOCK = 4_096


def noise(blocks: int, seed: int = 1) -> bytes:
    """So many blocks of random bytes."""
    return random.Random(seed).randbytes(blocks * BLOCK)


def padded(data: bytes, unit: int = BLOCK) -> bytes:
    """Filled up with zeros to whole blocks."""
    return data + bytes(-len(data) % unit)


def jpeg(seed: int, width: int = 640, height: int = 480, **options: Any) -> bytes:
    """A JPEG as Pillow (libjpeg) writes it with `options`."""
    out = io.BytesIO()
    images.picture(seed, width, height).save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def with_thumbnail(data: bytes, thumbnail: bytes) -> bytes:
    """A JPEG with another one in its EXIF segment."""
    return (
        data[:2] + b"\xff\xe1" + (len(thumbnail) + 8).to_bytes(2, "big") + b"Exif\0\0" + thumbnail + data[2:]
    )


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


@cache
def video(format: str, codec: str = "mpeg4") -> bytes:
    """Ten frames as FFmpeg writes them."""
    import av

    out = io.BytesIO()
    width, height = (176, 144) if format == "3gp" else (320, 240)
    with av.open(out, "w", format=format) as container:
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_image(images.picture(number, width, height))  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@cache
def heic() -> bytes:
    """A HEIC as libheif writes it."""
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(images.picture(3)).save(out, quality=80)
    return out.getvalue()


@cache
def archive(folder: str = "", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP, or a document by the folder of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        if folder:
            file.writestr("[Content_Types].xml", "<Types/>")
        for number in range(4):
            file.writestr(
                f"{folder or 'text'}/part{number}.xml", random.Random(number).randbytes(9_000).hex()
            )
    return out.getvalue()


def animation(frames: int = 5) -> bytes:
    """A GIF of some frames."""
    pictures = [images.picture(seed, 160, 120).convert("P") for seed in range(frames)]
    return saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:])


def found(data: bytes, ranges: Iterable[tuple[int, int]] | None = None, **options: object) -> list[Node]:
    """What is carved from a medium, or from ranges of it."""
    return list(carve(BytesSource(data), ranges or [(0, len(data))], **options))  # type: ignore[arg-type]
