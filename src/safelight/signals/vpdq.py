"""vPDQ: the PDQ hash of each frame of a film, with its quality, its number and its time.

A short clip gives every frame, a longer one a sample (`media/film.py` says which). Whether two films are the same
is told by two shares: how many frames of the one lie near a frame of the other, and the reverse (`matching/vpdq.py`).
Frames are hashed upright, from luma, and not made square before. On the three public clips with reference hashes
(480 × 720 and 1280 × 720, H.264) all 830 frames of quality 50 and better lie within 16 bits of the reference, 1.1 on
average; `tests/signals/test_vpdq.py` holds it to that.

Source: "vPDQ", Meta, ThreatExchange `vpdq/` (BSD).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field, FiniteFloat

from safelight.engine.beat import beat
from safelight.media.film import MOST_FRAMES
from safelight.media.protocol import Film, FilmFrame, Picture
from safelight.model import NOT_APPLICABLE, Capability, SignalValue
from safelight.signals.pdq import Hashed, linear_hashes, plain_pdq
from safelight.signals.pdq_operator import SIDE
from safelight.signals.shape import EXACTLY, Text, TypedDict, with_config

_DIGITS: Final = 64


Hashes = Annotated[str, Field(max_length=_DIGITS * MOST_FRAMES, pattern="^([0-9a-f]{64})*$")]


@with_config(EXACTLY)
class VpdqValue(TypedDict):
    """The hashes of a film: columns of the same length, in order of showing."""

    hashes: Hashes
    mirrored: Hashes
    quality: Annotated[list[Annotated[int, Field(ge=0, le=100)]], Field(max_length=MOST_FRAMES)]
    frame: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=MOST_FRAMES)]
    position: Annotated[list[Annotated[FiniteFloat, Field(ge=0)]], Field(max_length=MOST_FRAMES)]
    rule: Literal["every frame", "every second", "key frames"]
    problem: Text | None


class VpdqSignal:
    """Value: `{"hashes": 64 hex digits a frame, "mirrored": the same of the frames mirrored left-right, "quality":
    [0..100, …], "frame": […], "position": [seconds, …], "rule": "every frame" | "every second" | "key frames",
    "problem": why it is not all, or None}`. Where the quality is below 50, `mirrored` has zeros.
    """

    name = "vpdq"
    capability = Capability.HASH_MATCH
    shape = VpdqValue
    version = "2"

    def prepare(self) -> None:
        """Nothing to load beyond the decoders."""

    def compute(self, media: Sequence[Sequence[Picture]]) -> list[SignalValue]:
        """Hash the films; of what does not move there is none."""
        return [self._of(frames[0].film if frames else None) for frames in media]

    def _of(self, film: Film | None) -> SignalValue:
        beat()  # each takes seconds
        if film is None:
            return SignalValue(self.name, self.version, None, f"{NOT_APPLICABLE}: it is no film")
        value = film_hashes(film)
        if not value["hashes"]:
            why = value["problem"] or "it holds none"
            return SignalValue(self.name, self.version, None, f"not computed: no frame was decoded ({why})")
        return SignalValue(self.name, self.version, value)


def film_hashes(film: Film) -> VpdqValue:
    """Hash the frames of a film as far as they can be decoded."""
    frames: list[int] = []
    positions: list[float] = []
    qualities: list[int] = []
    hashes: list[str] = []
    mirrored: list[str] = []
    for frame in film.frames():
        hashed = frame_hashes(frame)
        hashes.append(hashed.hash.hex())
        mirrored.append(hashed.mirrored[0].hex() if hashed.mirrored is not None else "0" * _DIGITS)
        qualities.append(hashed.quality)
        frames.append(frame.number)
        positions.append(frame.position)
    return {
        "hashes": "".join(hashes),
        "mirrored": "".join(mirrored),
        "quality": qualities,
        "frame": frames,
        "position": positions,
        "rule": film.rule,  # type: ignore[typeddict-item]  # why: checked where the answer comes in
        "problem": film.problem,
    }


def frame_hashes(frame: FilmFrame) -> Hashed:
    """The hash of one frame, and those of it mirrored."""
    if min(frame.size) < SIDE:
        code, quality = plain_pdq(np.repeat(frame.luma[..., None], 3, axis=2))
        return Hashed(code, quality)
    return linear_hashes(frame.luma, frame.size)[0]
