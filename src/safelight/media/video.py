"""A few key frames of a moving picture, through FFmpeg (PyAV), from memory: MP4, MOV, MKV, WebM, AVI and kin.

Key frames nearest to evenly spread moments; where a file cannot be sought in, the first ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import av
import numpy as np
from PIL import Image

from safelight.errors import FormatError
from safelight.evidence.sniff import sniff
from safelight.media.exif import stated_by
from safelight.media.protocol import Picture, Pixels
from safelight.media.scaling import scale_for

FRAMES = 5
"""So many frames stand for a video."""
_MOST_DECODED = 400
"""Frames decoded at most while looking for them."""
_FORMATS = frozenset(("mp4", "mov", "3gp", "mkv", "webm", "avi", "wmv", "flv", "mpeg", "mpegts", "ogg"))


class VideoDecoder:
    """Decoder of moving pictures."""

    name = "video"

    def prepare(self) -> None:
        """Load FFmpeg's codecs by decoding a tiny clip."""
        av.logging.set_level(None)
        made = BytesIO()
        with av.open(made, "w", format="mp4") as container:
            stream = container.add_stream("mpeg4", rate=5)
            stream.width = stream.height = 32
            stream.pix_fmt = "yuv420p"
            for _ in range(3):
                frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        self.decode(made.getvalue(), "mp4")

    def detect(self, head: bytes) -> str | None:
        """By content."""
        format_ = sniff(head)
        return format_ if format_ in _FORMATS else None

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """Up to five frames, first to last. Raises FormatError when there is no picture in it."""
        try:
            with av.open(BytesIO(data), "r", metadata_errors="replace") as container:
                if not container.streams.video:
                    raise FormatError(f"no picture in it: {format} without a video stream")
                return _frames(container, format, stated_by(container.metadata))
        except av.FFmpegError as error:
            raise FormatError(f"cannot be decoded as {format}: {str(error)[:160]}") from error


class Frame:
    """One frame, as `Picture`."""

    data = b""

    def __init__(
        self, rgb: Pixels, position: float | None, damaged: str | None, metadata: Mapping[str, Any]
    ) -> None:
        self.metadata = metadata
        self.format = "frame"
        self.height, self.width = rgb.shape[:2]
        self.position, self.damaged = position, damaged
        self._made = {1: rgb}

    def rgb(self, at_least: int | None = None) -> Pixels:
        """See `Picture.rgb`."""
        scale = scale_for(self.width, self.height, at_least)
        if scale not in self._made:
            self._made[scale] = np.asarray(Image.fromarray(self._made[1]).reduce(scale))
        return self._made[scale]

    def luma(self, at_least: int | None = None) -> Pixels:
        """See `Picture.luma`."""
        return np.asarray(Image.fromarray(self.rgb(at_least)).convert("L"))


def _frames(container: Any, format: str, metadata: Mapping[str, Any]) -> list[Picture]:
    stream = container.streams.video[0]
    stream.thread_type = "NONE"
    stream.codec_context.skip_frame = "NONKEY"
    width, height = stream.codec_context.width, stream.codec_context.height
    if width and height:
        scale_for(width, height, None, largest=1)
    found: dict[int, Any] = {}
    damaged = None
    try:
        for moment in _moments(container, stream):
            if moment is not None:
                container.seek(moment, stream=stream)
            for frame in container.decode(stream):
                found.setdefault(frame.pts if frame.pts is not None else len(found), frame)
                if moment is not None or len(found) >= FRAMES:
                    break
    except (av.FFmpegError, ValueError, OverflowError) as error:
        damaged = f"damaged: {str(error)[:160]}"
    if not found:
        found, again = _first_frames(container, stream)
        damaged = damaged or again
    if not found:
        raise FormatError(f"cannot be decoded as {format}: {damaged or 'no frame came out'}")
    frames: list[Picture] = []
    for pts in sorted(found)[:FRAMES]:
        frame = found[pts]
        frames.append(Frame(frame.to_ndarray(format="rgb24"), frame.time, damaged, metadata))
    return frames


def _moments(container: Any, stream: Any) -> list[int | None]:
    """Time stamps spread evenly over the video, in the stream's units; [None]: read from the start."""
    duration = stream.duration
    if not duration and container.duration and stream.time_base:
        duration = int(container.duration / av.time_base / stream.time_base)
    if not duration or duration < 0:
        return [None]
    start = stream.start_time or 0
    return [start + duration * index // FRAMES for index in range(FRAMES)]


def _first_frames(container: Any, stream: Any) -> tuple[dict[int, Any], str | None]:
    """Whatever decodes from the start, key frame or not."""
    found: dict[int, Any] = {}
    stream.codec_context.skip_frame = "DEFAULT"
    try:
        container.seek(0, stream=stream)
        for number, frame in enumerate(container.decode(stream)):
            found[frame.pts if frame.pts is not None else number] = frame
            if len(found) >= FRAMES or number >= _MOST_DECODED:
                break
    except (av.FFmpegError, ValueError) as error:
        return found, f"damaged: {str(error)[:160]}"
    return found, None
