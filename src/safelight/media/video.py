"""A few key frames of a moving picture, spread over its length, decoded from memory by FFmpeg (PyAV).

The demuxer is chosen by content, never probed: the formats of FFmpeg that open other files (playlists,
`concat`) cannot be reached. One thread; sound and everything between key frames is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import av
import numpy as np

from safelight.errors import FormatError
from safelight.evidence.sniff import sniff
from safelight.media.exif import stated_by
from safelight.media.picture import LazyPicture, check_size, luma_of, reduced
from safelight.media.pillow import said
from safelight.media.protocol import Picture, Pixels
from safelight.media.wholeness import is_cut

KEY_FRAMES = 5
"""Frames taken of one video."""
_MAX_FRAME_PIXELS = 64_000_000
_KEPT_PIXELS = 2_100_000
"""Larger frames (above full HD) are halved until they fit: the frames of a batch share one worker's memory."""
_MAX_PACKETS = 20_000
"""Packets read in search of one key frame."""
_DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "3gp": "mov",
    "mkv": "matroska",
    "webm": "matroska",
    "avi": "avi",
    "wmv": "asf",
    "flv": "flv",
    "mpeg": "mpeg",
    "mpegts": "mpegts",
    "ogg": "ogg",
}
_MAX_LOOSE_FRAMES = 50
"""Frames decoded at most where a video has no key frame to be found."""


class VideoDecoder:
    """MP4, QuickTime, 3GP, Matroska, WebM, AVI, WMV, FLV, MPEG, Ogg."""

    name = "video"

    def detect(self, head: bytes) -> str | None:
        """See `Decoder.detect`."""
        found = sniff(head)
        return found if found in _DEMUXERS else None

    def prepare(self) -> None:
        """Keep FFmpeg quiet, and decode something once."""
        av.logging.set_level(None)
        made = BytesIO()
        with av.open(made, "w", format="mp4") as container:
            stream = container.add_stream("mpeg4", rate=5)
            stream.width = stream.height = 32
            stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        self.decode(made.getvalue(), "mp4")

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """See `Decoder.decode`; the pictures have the format `frame` and a `position`, and stand upright."""
        found: dict[float, LazyPicture] = {}
        problem: str | None = None
        try:
            with _opened(data, format) as container:
                stated = stated_by(container.metadata)
                for take in (_key_frames, _loose_frames):
                    try:
                        for frame in take(container):
                            picture = _picture(frame, stated)
                            found.setdefault(picture.position or 0.0, picture)
                    except (av.FFmpegError, OverflowError) as error:
                        problem = said(error)
                    if found:
                        break
        except (av.FFmpegError, ValueError) as error:
            problem = said(error)
        if not found:
            raise FormatError(f"no frame of the {format} can be decoded: {problem or 'it holds none'}")
        damaged = f"damaged: {problem}" if problem else None
        if is_cut(data, format):
            damaged = "the end is missing"
        pictures = [found[position] for position in sorted(found)]
        for picture in pictures:
            picture.damaged = damaged
        return list(pictures)


def _opened(data: bytes, format: str) -> Any:
    """FFmpeg's view of the bytes, as a context manager; nothing but these bytes can be reached from it."""
    return av.open(
        BytesIO(data),
        format=_DEMUXERS[format],
        metadata_errors="replace",
        options={"protocol_whitelist": "none"},
    )


def _key_frames(container: Any) -> Iterator[Any]:
    """The first key frame at or before each of a few points in time; from the start where time is unknown."""
    stream = _stream(container)
    stream.codec_context.skip_frame = "NONKEY"
    seconds = _duration(container, stream)
    if seconds is None:
        yield from _next_frames(container, stream, KEY_FRAMES, keys=True)
        return
    start = float((stream.start_time or 0) * stream.time_base)
    for number in range(KEY_FRAMES):
        if number:
            point = start + seconds * number / KEY_FRAMES
            container.seek(int(point / stream.time_base), stream=stream, backward=True)
        yield from _next_frames(container, stream, 1, keys=True)


def _loose_frames(container: Any) -> Iterator[Any]:
    """Where there is no key frame: whatever decodes first."""
    stream = _stream(container)
    stream.codec_context.skip_frame = "DEFAULT"
    container.seek(0)
    for number, frame in enumerate(_next_frames(container, stream, _MAX_LOOSE_FRAMES, keys=False)):
        if number % (_MAX_LOOSE_FRAMES // KEY_FRAMES) == 0:
            yield frame


def _stream(container: Any) -> Any:
    if not container.streams.video:
        raise FormatError("there is no moving picture in it")
    stream = container.streams.video[0]
    codec = stream.codec_context
    if codec is None:
        raise FormatError("the codec of its pictures is not known")
    check_size(codec.width or 1, codec.height or 1, _MAX_FRAME_PIXELS)
    if not codec.is_open:
        codec.thread_type = "NONE"
        codec.thread_count = 1
    return stream


def _next_frames(container: Any, stream: Any, count: int, *, keys: bool) -> Iterator[Any]:
    for number, packet in enumerate(container.demux(stream)):
        if number > _MAX_PACKETS:
            return
        if keys and packet.size and not packet.is_keyframe:
            continue
        for frame in packet.decode():
            yield frame
            count -= 1
            if count == 0:
                return


def _duration(container: Any, stream: Any) -> float | None:
    """Seconds; None where the file does not say or says nonsense."""
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration:
        seconds = container.duration / av.time_base
    else:
        return None
    return seconds if 0 < seconds < 1e7 else None


def _position(frame: Any) -> float:
    """Seconds from the start of the stream, to the millisecond."""
    return round(float(frame.time), 3) if frame.time is not None and math.isfinite(frame.time) else 0.0


def _picture(frame: Any, stated: Mapping[str, Any]) -> LazyPicture:
    check_size(frame.width, frame.height, _MAX_FRAME_PIXELS)
    kept = 1
    while frame.width * frame.height > _KEPT_PIXELS * kept * kept:
        kept *= 2
    width, height = -(-frame.width // kept), -(-frame.height // kept)
    pixels: Pixels = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    quarters = round(frame.rotation / 90) % 4
    pixels = np.ascontiguousarray(np.rot90(pixels, quarters))

    def read(scale: int, luma: bool) -> Pixels:
        scaled = reduced(pixels, max(1, scale // kept))
        return luma_of(scaled) if luma else scaled

    return LazyPicture(
        "frame",
        (frame.height, frame.width) if quarters % 2 else (frame.width, frame.height),
        b"",
        read,
        position=_position(frame),
        least_scale=kept,
        metadata=stated,
    )
