"""Turn drawn pictures into files: camera originals with EXIF, other formats, near-copies, a short video."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import av
import numpy as np
import pillow_heif
from PIL import Image, ImageEnhance
from PIL.TiffImagePlugin import IFDRational

pillow_heif.register_heif_opener()

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825


@dataclass(frozen=True, slots=True)
class Camera:
    """An invented camera; no such maker exists. `serial` None: a telephone, which writes none."""

    make: str
    model: str
    serial: str | None
    lens: str
    offset: str | None
    """UTC offset that the camera writes beside its times, such as `+02:00`; None: it writes none."""


COMPACT = Camera("Halden Optik", "NX-20", "40021877", "16-50mm f/3.5-5.6", None)
PHONE = Camera("Ostra", "Ostra 7 Pro", None, "Ostra 7 Pro back camera 5.4mm f/1.8", "+02:00")
OLD_COMPACT = Camera("Halden Optik", "Pocket 4", "11930052", "35-105mm f/2.8-4.9", None)


def jpeg(image: Image.Image, quality: int = 88, **options: object) -> bytes:
    """Encode as JPEG without any metadata."""
    return encode(image, "JPEG", quality=quality, **options)


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    """Encode as `format` (`PNG`, `GIF`, `WEBP`, `BMP`, `TIFF`, `HEIF`, `AVIF` …)."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def camera_jpeg(
    image: Image.Image,
    camera: Camera,
    taken: datetime,
    place: tuple[float, float] | None = None,
    orientation: int = 1,
) -> bytes:
    """Encode as the camera would: EXIF with maker, model, serial, local time and, with `place`, GPS.

    Args:
        image: The scene; a little sensor noise is added.
        camera: Which invented camera took it.
        taken: Local time of the camera, without a zone.
        place: Latitude and longitude in degrees; None: no GPS.
        orientation: EXIF orientation, 1..8; the pixels are left as they are.
    """
    exif = Image.Exif()
    stamp = taken.strftime("%Y:%m:%d %H:%M:%S")
    exif.update(
        {0x010F: camera.make, 0x0110: camera.model, 0x0112: orientation, 0x0131: "1.04", 0x0132: stamp}
    )
    detail: dict[int, object] = {
        0x829A: IFDRational(1, 250),
        0x829D: IFDRational(28, 10),
        0x8827: 200,
        0x9003: stamp,
        0x9004: stamp,
        0x920A: IFDRational(54, 10),
        0xA434: camera.lens,
    }
    if camera.serial:
        detail[0xA431] = camera.serial
    if camera.offset:
        detail[0x9010] = detail[0x9011] = camera.offset
    exif.get_ifd(_EXIF_IFD).update(detail)
    if place:
        exif.get_ifd(_GPS_IFD).update(_gps(place, taken))
    noise = np.random.default_rng(int(taken.strftime("%Y%m%d%H%M%S"))).normal(
        0, 2.2, (image.height, image.width, 1)
    )
    seen = Image.fromarray(np.clip(np.asarray(image, np.float32) + noise, 0, 255).astype(np.uint8))
    return jpeg(seen, quality=90, exif=exif.tobytes(), subsampling="4:2:2")


def resized(image: Image.Image, width: int) -> Image.Image:
    """The same picture at another width, in pixels."""
    return image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)


def brightened(image: Image.Image, factor: float) -> Image.Image:
    """The same picture, lighter or darker."""
    return ImageEnhance.Brightness(image).enhance(factor)


def video(image: Image.Image, seconds: float = 2.0, size: tuple[int, int] = (480, 272)) -> bytes:
    """A short MP4 (H.264) that pans over the picture, 12 frames a second."""
    out = io.BytesIO()
    frames = int(seconds * 12)
    width, height = size
    wide = image.resize((width * 3 // 2, height * 3 // 2))
    with av.open(out, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        # without x264's assembly, which rounds differently from run to run
        steady = {"preset": "fast", "threads": "1", "x264-params": "asm=0"}
        stream = container.add_stream("libx264", rate=Fraction(12), options=steady)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            left = (wide.width - width) * number // max(1, frames - 1)
            top = (wide.height - height) // 2
            view = np.asarray(wide.crop((left, top, left + width, top + height)))
            frame = av.VideoFrame.from_ndarray(view, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return out.getvalue()


def _gps(place: tuple[float, float], taken: datetime) -> dict[int, object]:
    def degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
        hundredths = round(abs(value) * 360_000)
        minutes, seconds = divmod(hundredths, 6_000)
        return IFDRational(minutes // 60), IFDRational(minutes % 60), IFDRational(seconds, 100)

    utc = taken - timedelta(hours=2)
    return {
        0: b"\x02\x03\x00\x00",
        1: "N" if place[0] >= 0 else "S",
        2: degrees(place[0]),
        3: "E" if place[1] >= 0 else "W",
        4: degrees(place[1]),
        7: (IFDRational(utc.hour), IFDRational(utc.minute), IFDRational(utc.second)),
        29: utc.strftime("%Y:%m:%d"),
    }
