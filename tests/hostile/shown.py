"""Small sound pictures and films beyond the common ones: one of each kind that is decoded or looked into."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from io import BytesIO

from tests.evidence import images
from tests.evidence.carving.made import video
from tests.evidence.test_embedded_media import mpf, samsung, segment, with_thumbnail
from tests.media import raws

PHOTO = images.jpeg(1, 96, 64)
SMALL = images.jpeg(2, 48, 32)


def _saved(format: str, frames: int = 1, mode: str = "RGB") -> bytes:
    out = BytesIO()
    pictures = [images.picture(seed, 64, 48).convert(mode) for seed in range(frames)]
    more = {"save_all": True, "append_images": pictures[1:], "duration": 100} if frames > 1 else {}
    pictures[0].save(out, format, **more)
    return out.getvalue()


def _jxl() -> bytes:
    import imagecodecs
    import numpy as np

    return bytes(imagecodecs.jpegxl_encode(np.asarray(images.picture(3, 64, 48)), usecontainer=True))


def _motion() -> bytes:
    film = video("mp4")
    said = f'<a GCamera:MicroVideo="1" GCamera:MicroVideoOffset="{len(film)}"/>'
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + said.encode(), PHOTO) + film


def _psd() -> bytes:
    """A grey picture as Photoshop stores it, uncompressed."""
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 1, 48, 64, 8, 1) + bytes(12) + bytes(2)
    return head + images.picture(3, 64, 48).convert("L").tobytes()


SHOWN: dict[str, Callable[[], bytes]] = {
    "a.jxl": _jxl,
    "moving.avif": partial(_saved, "AVIF", 4),
    "moving.png": partial(_saved, "PNG", 4),
    "pages.tif": partial(_saved, "TIFF", 3),
    "cmyk.jpg": partial(_saved, "JPEG", 1, "CMYK"),
    "a.psd": _psd,
    "a.dng": lambda: raws.dng(PHOTO, raws.lossless(bytes(range(1, 200)) * 20)),
    "a.rw2": lambda: raws.rw2(PHOTO),
    "a.raf": lambda: raws.raf(PHOTO),
    "a.cr3": lambda: raws.cr3(PHOTO, SMALL),
    "thumbnail.jpg": lambda: with_thumbnail(PHOTO, SMALL),
    "mpf.jpg": lambda: mpf(PHOTO, (0x010001, SMALL)),
    "motion.jpg": _motion,
    "samsung.jpg": lambda: PHOTO + samsung((0x0A30, b"MotionPhoto_Data", video("mp4"))),
}
FILMS: dict[str, Callable[[], bytes]] = {
    "real.mp4": partial(video, "mp4"),
    "a.mov": partial(video, "mov"),
    "a.3gp": partial(video, "3gp"),
    "a.mkv": partial(video, "matroska"),
    "a.webm": partial(video, "webm", "libvpx"),
    "a.avi": partial(video, "avi"),
    "mjpeg.avi": partial(video, "avi", "mjpeg"),
    "a.wmv": partial(video, "asf", "msmpeg4"),
    "a.flv": partial(video, "flv", "flv"),
    "a.mpg": partial(video, "mpeg", "mpeg2video"),
    "a.ts": partial(video, "mpegts", "mpeg2video"),
}
"""Real ones: each is decoded by FFmpeg in a process of its own."""
