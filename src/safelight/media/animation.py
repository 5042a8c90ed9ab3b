"""Pictures that move (GIF, WebP, AVIF, APNG, JPEG XL): frames from the first to the last, and a film of them all.

Nine stand for it, spread evenly, and beside them each frame that shows something else than all before.

Frames can only be had one after another, so they are decoded in order, up to fixed limits; of what lies beyond these
nothing is shown, and the film says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

import numpy as np

from safelight.errors import FormatError
from safelight.media import pillow
from safelight.media.further import Means, alike, further_picture, means_of, small
from safelight.media.picture import check_size, luma_of, reduced
from safelight.media.protocol import FilmFrame, Picture, Pixels

FRAMES: Final = 9
"""Shown of one animation, the first included, however little changes."""
SCENES: Final = 24
"""Shown beside them: frames that show something else than all before. One picture among many is not passed over."""
Frame = tuple[int, float | None, Pixels]
_MOST_FRAMES: Final = 1_000
_MOST_PIXELS: Final = 500_000_000
"""Of all decoded frames together."""
_LEAST_SIDE: Final = 256
_WEBP_ANIMATION: Final = 0x02
_LONGEST_MS: Final = 3_600_000


def may_move(data: bytes, format: str) -> bool:
    """Does the head of the file leave open that there is more than one frame? Most files are told apart here."""
    if format == "gif":
        return True
    if format == "png":
        return b"acTL" in data[:4096]
    if format == "webp":
        return data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & _WEBP_ANIMATION)
    return format == "avif" and b"avis" in data[8 : min(int.from_bytes(data[:4], "big"), 256)]


class Steps(Protocol):
    """The frames of an animation, decoded one after another."""

    problem: str | None
    """What ended them early, or None. Valid after they were gone through."""

    def __iter__(self) -> Iterator[tuple[int, float | None, Pixels]]:
        """Yield number, seconds from the start (None where these are not known), `(h, w, 3)` RGB."""
        ...


class AnimatedFilm:
    """The frames of an animation, which `steps` begins anew; see `protocol.Film`. Times that are not known are 0."""

    def __init__(self, steps: Callable[[], Steps]) -> None:
        self._steps = steps
        self.rule = "every frame"
        self.problem: str | None = None

    def frames(self) -> Iterator[FilmFrame]:
        """Yield what can be decoded; afterwards `problem` says why it is not all."""
        steps = self._steps()
        for number, position, pixels in steps:
            scale = 1
            while scale < 8 and min(pixels.shape[:2]) >= 2 * _LEAST_SIDE * scale:
                scale *= 2
            luma = luma_of(reduced(pixels, scale))
            yield FilmFrame(number, position or 0.0, (pixels.shape[1], pixels.shape[0]), luma)
        self.problem = steps.problem


def later_frames(steps: Steps, orientation: int = 1) -> Sequence[Picture]:
    """Up to eight frames behind the first, the last one among them, and each that shows something else than all before.

    None where nothing moves. How many there are is not known before: of those that stand evenly, every second one is
    dropped whenever twice as many as wanted are held.
    """
    held: list[Frame] = []
    scenes: list[Frame] = []
    seen: list[Means | None] = []
    last: Frame | None = None
    step = 1
    for number, position, pixels in steps:
        if len(scenes) < SCENES:
            means = means_of(pixels)
            if not any(alike(means, one) for one in seen):
                seen.append(means)
                if number:
                    scenes.append((number, position, small(pixels)))
        if not number:
            continue
        last = (number, position, small(pixels))
        if number % step == 0:
            held.append(last)
        if len(held) > 2 * FRAMES:
            step *= 2
            held = [one for one in held if one[0] % step == 0]
    if last is None:
        return []
    if held[-1][0] != last[0]:
        held.append(last)
    even = np.linspace(0, len(held) - 1, min(FRAMES - 1, len(held))).round().astype(int)
    chosen = {one[0]: one for one in [*(held[index] for index in even.tolist()), *scenes]}
    return [further_picture(chosen[at][2], chosen[at][1], orientation) for at in sorted(chosen)]


class PillowFrames:
    """`(number, seconds from the start, (h, w, 3) RGB)` of each frame; `problem` says what ended them early."""

    def __init__(self, data: bytes, names: tuple[str, ...]) -> None:
        self._data, self._names = data, names
        self.problem: str | None = None

    def __iter__(self) -> Iterator[tuple[int, float, Pixels]]:
        try:
            with pillow.rules(tolerant=False):
                image = pillow.open_image(self._data, self._names)
        except FormatError as error:
            self.problem = str(error)
            return
        milliseconds, pixels = 0.0, 0
        for number in range(_MOST_FRAMES + 1):
            if number == _MOST_FRAMES or pixels > _MOST_PIXELS:
                self.problem = f"not looked at beyond frame {number}"
                return
            try:
                with pillow.rules(tolerant=False):
                    image.seek(number)
                    frame = np.array(image.convert("RGB"))
                check_size(frame.shape[1], frame.shape[0])
            except EOFError:
                return
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001  # why: Pillow's parsers raise almost anything
                self.problem = f"damaged: {pillow.said(error)}"
                return
            pixels += frame.shape[0] * frame.shape[1]
            yield number, round(milliseconds / 1000, 3), frame
            milliseconds += _duration(image)


def _duration(image: Any) -> float:
    """Milliseconds that a frame is shown; nonsense is none."""
    stated = image.info.get("duration", 0)
    return float(stated) if isinstance(stated, int | float) and 0 <= stated <= _LONGEST_MS else 0.0
