"""Nine frames of a moving picture, spread over its length, decoded from memory by FFmpeg (PyAV).

The demuxer is chosen by content, never probed: the formats of FFmpeg that open other files (playlists,
`concat`) cannot be reached. One thread; sound is left alone. Of small clips everything is decoded to find the nine, of
others key frames, and where these are few some of what follows on them. All frames, for hashing, come from
`film.py` where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Any

import av
import numpy as np

from safelight.errors import FormatError
from safelight.evidence.sniff import MOVING, sniff
from safelight.media.exif import stated_by
from safelight.media.film import (
    MOST_PIXELS,
    VideoFilm,
    decoded,
    extent_of,
    picture_stream,
    position_of,
    quarters_of,
    seconds_of,
)
from safelight.media.picture import LazyPicture, check_size, luma_of, reduced
from safelight.media.pillow import said
from safelight.media.protocol import Picture, Pixels
from safelight.media.wholeness import is_cut

FRAMES = 9
"""Frames taken of one video: what models look at, and its contact sheet."""
_SMALL_CLIP = 200_000_000
"""Clips with no more pixels in all their frames are decoded from end to end: their nine lie where they should."""
_ROUNDED = 0.001
"""By how much a position may have been rounded down: a key frame must not be sought before itself."""
_STEP = 30
"""Frames between two that follow on a key frame."""
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
    "heic": "mov",
}
_MAX_LOOSE_FRAMES = 50
"""Frames decoded at most where a video has no key frame to be found."""


class VideoDecoder:
    """MP4, QuickTime, 3GP, Matroska, WebM, AVI, WMV, FLV, MPEG, Ogg."""

    name = "video"

    def detect(self, head: bytes) -> str | None:
        """See `Decoder.detect`."""
        found = sniff(head)
        return found if found in MOVING else None

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
        first = self.decode(made.getvalue(), "mp4")[0]
        if first.film is not None:
            list(first.film.frames())

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """See `Decoder.decode`; the pictures have the format `frame` and a `position`, and stand upright."""
        found: dict[float, LazyPicture] = {}
        problem: str | None = None
        try:
            with _opened(data, format) as container:
                stated = stated_by(container.metadata)
                for take in (_spread_frames, _key_frames, _loose_frames):
                    try:
                        for frame in take(container):
                            picture = _picture(frame, stated)
                            found.setdefault(picture.position or 0.0, picture)
                    except (av.FFmpegError, OverflowError) as error:
                        problem = said(error)
                    if found:
                        break
                if found and problem is None:
                    with suppress(av.FFmpegError, OverflowError):  # they only add to what there is
                        for frame in _frames_behind(container, sorted(found)):
                            picture = _picture(frame, stated)
                            found.setdefault(picture.position or 0.0, picture)
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
        pictures[0].film = VideoFilm(partial(_opened, data, format))
        return list(pictures)


def _opened(data: bytes, format: str) -> Any:
    """FFmpeg's view of the bytes, as a context manager; nothing but these bytes can be reached from it."""
    return av.open(
        BytesIO(data),
        format=_DEMUXERS[format],
        metadata_errors="replace",
        options={"protocol_whitelist": "none"},
    )


def _spread_frames(container: Any) -> Iterator[Any]:
    """Of a small clip, the first frame at or after each of nine points in time; nothing of a larger one."""
    stream = picture_stream(container)
    extent = extent_of(container, stream)
    if extent.frames is None or extent.pixels is None or extent.pixels > _SMALL_CLIP:
        return
    following = 0.0
    for number, frame in enumerate(decoded(container, stream)):
        if number >= 2 * extent.frames:
            return
        if number >= following:
            following += max(1.0, extent.frames / FRAMES)
            yield frame


def _key_frames(container: Any) -> Iterator[Any]:
    """The first key frame at or before each of a few points in time; from the start where time is unknown."""
    stream = picture_stream(container)
    stream.codec_context.skip_frame = "NONKEY"
    seconds = seconds_of(container, stream)
    if seconds is None:
        yield from _next_frames(container, stream, FRAMES, keys=True)
        return
    start = float((stream.start_time or 0) * stream.time_base)
    for number in range(FRAMES):
        if number:
            point = start + seconds * number / FRAMES
            container.seek(int(point / stream.time_base), stream=stream, backward=True)
        yield from _next_frames(container, stream, 1, keys=True)


def _frames_behind(container: Any, positions: list[float]) -> Iterator[Any]:
    """Where there are fewer than nine key frames: some that follow on these, as far as that may cost."""
    stream = picture_stream(container)
    codec = stream.codec_context
    wanted = FRAMES - len(positions)
    if wanted <= 0:
        return
    step = max(1, min(_STEP, _SMALL_CLIP // (wanted * codec.width * codec.height)))
    codec.skip_frame = "DEFAULT"
    for number, position in enumerate(positions):
        here = -(-wanted // (len(positions) - number))  # of those still wanted, shared out evenly
        container.seek(int((position + _ROUNDED) / stream.time_base), stream=stream, backward=True)
        for count, frame in enumerate(decoded(container, stream)):
            if count and count % step == 0:
                yield frame
                here, wanted = here - 1, wanted - 1
            if here <= 0:
                break


def _loose_frames(container: Any) -> Iterator[Any]:
    """Where there is no key frame: whatever decodes first."""
    stream = picture_stream(container)
    stream.codec_context.skip_frame = "DEFAULT"
    container.seek(0)
    for number, frame in enumerate(_next_frames(container, stream, _MAX_LOOSE_FRAMES, keys=False)):
        if number % (_MAX_LOOSE_FRAMES // FRAMES) == 0:
            yield frame


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


def _picture(frame: Any, stated: Mapping[str, Any]) -> LazyPicture:
    check_size(frame.width, frame.height, MOST_PIXELS)
    kept = 1
    while frame.width * frame.height > _KEPT_PIXELS * kept * kept:
        kept *= 2
    width, height = -(-frame.width // kept), -(-frame.height // kept)
    pixels: Pixels = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    quarters = quarters_of(frame)
    pixels = np.ascontiguousarray(np.rot90(pixels, quarters))

    def read(scale: int, luma: bool) -> Pixels:
        scaled = reduced(pixels, max(1, scale // kept))
        return luma_of(scaled) if luma else scaled

    return LazyPicture(
        "frame",
        (frame.height, frame.width) if quarters % 2 else (frame.width, frame.height),
        b"",
        read,
        position=position_of(frame),
        least_scale=kept,
        metadata=stated,
    )
