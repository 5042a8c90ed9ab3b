"""The frames of a moving picture one after another, as luma, for hashing: all of a short clip, else a sample.

Which frames are taken follows from what the file holds and never from the clock, so that a second look gives the
same. A short clip gives every frame; a longer film one a second and the first of each new scene; one that is too
large to be decoded as a whole gives key frames, which encoders place at new scenes. Nothing else of it is decoded.

Frames stand upright, as their file says. Luma is that of full range (ITU-R 601), box-averaged by a power of two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Literal

import av
import numpy as np

from safelight.errors import FormatError
from safelight.media.picture import check_size
from safelight.media.protocol import FilmFrame, Pixels

Rule = Literal["every frame", "every second", "key frames"]

SHORT_SECONDS: Final = 30.0
SHORT_FRAMES: Final = 1_000
SHORT_PIXELS: Final = 1_000_000_000
"""A clip within all three gives every frame."""
WHOLE_PIXELS: Final = 3_000_000_000
"""Frames of up to so many pixels together are all decoded, to take one a second and each new scene."""
MOST_FRAMES: Final = 1_500
"""Taken of one film."""
_KEY_PIXELS: Final = 2_000_000_000
"""Pixels of key frames decoded of a film that is too large for more."""
MOST_PIXELS: Final = 64_000_000
"""Of one frame."""
MOST_PACKETS: Final = 2_000_000
_LEAST_SIDE: Final = 256
"""The shorter side keeps at least so many pixels: PDQ does not need more."""
_NEW_SCENE: Final = 24.0
"""Mean difference of luma between two neighbouring frames, as they are where something else begins."""
_SMALL: Final = 16


@dataclass(frozen=True, slots=True)
class Extent:
    """How long and how large the moving picture is, as its container says; None where it does not."""

    width: int
    height: int
    seconds: float | None
    frames: int | None
    rate: float | None

    @property
    def pixels(self) -> int | None:
        """Of all its frames together."""
        return None if self.frames is None else self.frames * self.width * self.height

    def rule(self) -> Rule:
        """Which frames are taken."""
        if self.frames is None or self.pixels is None:
            return "every second"
        short = self.frames <= SHORT_FRAMES and self.pixels <= SHORT_PIXELS
        if short and (self.seconds is None or self.seconds <= SHORT_SECONDS):
            return "every frame"
        return "every second" if self.pixels <= WHOLE_PIXELS else "key frames"


class VideoFilm:
    """The frames of a video that `opened` opens anew; see `protocol.Film`."""

    def __init__(self, opened: Callable[[], AbstractContextManager[Any]]) -> None:
        self._opened = opened
        self.rule: str = "every frame"
        self.problem: str | None = None

    def frames(self) -> Iterator[FilmFrame]:
        """Yield what can be decoded; afterwards `problem` says why it is not all. Raises MemoryError only."""
        self.problem = None
        try:
            with self._opened() as container:
                stream = picture_stream(container)
                extent = extent_of(container, stream)
                self.rule = extent.rule()
                yield from (
                    _KeyFrames(extent).of(container, stream)
                    if self.rule == "key frames"
                    else self._all(container, stream, extent)
                )
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  # why: on hostile bytes the binding raises more than its own errors
            self.problem = " ".join(str(error).split())[:160] or type(error).__name__

    def _all(self, container: Any, stream: Any, extent: Extent) -> Iterator[FilmFrame]:
        """Decode from the first frame on; take every one, or one a second and each that begins a scene."""
        sampled = self.rule == "every second"
        stream.codec_context.skip_frame = "DEFAULT"
        taken = pixels = 0
        second, before = -1, None
        for number, frame in enumerate(decoded(container, stream)):
            pixels += frame.width * frame.height
            if taken >= MOST_FRAMES or pixels > WHOLE_PIXELS:
                self.problem = f"not looked at beyond frame {number}: it is longer than it says"
                return
            position = position_of(frame)
            if sampled:
                small = _small(frame)
                new_scene = before is None or float(np.abs(small - before).mean()) > _NEW_SCENE
                before = small
                if int(position) <= second and not new_scene:
                    continue
                second = int(position)
            taken += 1
            yield _film_frame(frame, number, position)


@dataclass(slots=True)
class _KeyFrames:
    """Key frames of a large film, evenly thinned out to what may be decoded."""

    extent: Extent

    def of(self, container: Any, stream: Any) -> Iterator[FilmFrame]:
        each = self.extent.width * self.extent.height
        most = max(9, min(MOST_FRAMES, _KEY_PIXELS // each))
        least = max(1.0, (self.extent.seconds or 0.0) / most)
        stream.codec_context.skip_frame = "NONKEY"
        following, taken = -math.inf, 0
        for number, packet in enumerate(container.demux(stream)):
            if number > MOST_PACKETS or taken >= most:
                return
            if packet.size and not packet.is_keyframe:
                continue
            if packet.size and packet.pts is not None and packet.time_base:
                if float(packet.pts * packet.time_base) < following:
                    continue
                following = float(packet.pts * packet.time_base) + least
            for frame in packet.decode():
                position = position_of(frame)
                taken += 1
                yield _film_frame(frame, round(position * (self.extent.rate or 1.0)), position)


def picture_stream(container: Any) -> Any:
    """The first stream of more than one picture, ready to be decoded on one thread. Raises FormatError.

    A cover, and the pictures of a HEIC beside its sequence, are streams of one.
    """
    if not container.streams.video:
        raise NoPictureError("sound only: there is no moving picture in it")
    stream = max(container.streams.video, key=lambda one: one.frames > 1)
    codec = stream.codec_context
    if codec is None:
        raise FormatError("the codec of its pictures is not known")
    check_size(codec.width or 1, codec.height or 1, MOST_PIXELS)
    if not codec.is_open:
        codec.thread_type = "NONE"
        codec.thread_count = 1
    return stream


class NoPictureError(FormatError):
    """A file of sound in a container for films: nothing is wrong with it, there is nothing to be seen."""


def extent_of(container: Any, stream: Any) -> Extent:
    """What the container says of the length; nonsense is the same as nothing."""
    codec = stream.codec_context
    seconds = seconds_of(container, stream)
    rate = float(stream.average_rate) if stream.average_rate else None
    if rate is not None and not 0 < rate <= 1_000:
        rate = None
    frames = stream.frames or None
    if frames is None and seconds is not None and rate is not None:
        frames = math.ceil(seconds * rate)
    return Extent(codec.width or 1, codec.height or 1, seconds, frames, rate)


def seconds_of(container: Any, stream: Any) -> float | None:
    """Length in seconds; None where the file does not say or says nonsense."""
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration:
        seconds = container.duration / av.time_base
    else:
        return None
    return seconds if 0 < seconds < 1e7 else None


def position_of(frame: Any) -> float:
    """Seconds from the start of the stream, to the millisecond."""
    time = frame.time
    return max(0.0, round(float(time), 3)) if time is not None and math.isfinite(time) else 0.0


def decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Every frame in order of showing; a packet that does not decode is passed over.

    Raises the last FFmpegError at the end where packets failed, so that nobody takes the film for whole.
    """
    failed: av.FFmpegError | None = None
    for number, packet in enumerate(container.demux(stream)):
        if number > MOST_PACKETS:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError as error:
            failed = error
    if failed is not None:
        raise failed


def quarters_of(frame: Any) -> int:
    """By how many quarters, counter-clockwise, the frame must be turned to stand upright."""
    quarters: int = round(frame.rotation / 90) % 4
    return quarters


def _small(frame: Any) -> Any:
    return (
        frame.reformat(width=_SMALL, height=_SMALL, format="gray", interpolation="AREA")
        .to_ndarray()
        .astype(int)
    )


def _film_frame(frame: Any, number: int, position: float) -> FilmFrame:
    check_size(frame.width, frame.height, MOST_PIXELS)
    scale = 1
    while scale < 8 and min(frame.width, frame.height) >= 2 * _LEAST_SIDE * scale:
        scale *= 2
    width, height = -(-frame.width // scale), -(-frame.height // scale)
    luma: Pixels = frame.reformat(
        width=width, height=height, format="gray", interpolation="AREA"
    ).to_ndarray()
    quarters = quarters_of(frame)
    size = (frame.height, frame.width) if quarters % 2 else (frame.width, frame.height)
    return FilmFrame(number, position, size, np.ascontiguousarray(np.rot90(luma, quarters)))
