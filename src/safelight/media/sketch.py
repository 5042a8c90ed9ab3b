"""A picture's brightness for hashing, cheaper than a whole decode: what some pictures and decoders offer beyond
their protocol. Everything works without it, slower."""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

from safelight.media.protocol import Picture, Pixels

SKETCH_SIDE: Final = 256
"""Pixels of the shorter side that PDQ needs: its buffer has 64."""


@runtime_checkable
class Sketched(Protocol):
    """A picture with a cheap look at it."""

    def sketch(self, at_least: int, *, colour: bool = False) -> Pixels:
        """`(h, w, 3)` RGB where a decode with enough pixels is there already, or with `colour`; else `(h, w)` luma.

        Scaled as `Picture.rgb` does it. Luma may lack detail that does not show at this size.
        """
        ...


@runtime_checkable
class SketchDecoder(Protocol):
    """A decoder that can hand out a picture after trying no more of it than a sketch."""

    def decode_sketch(self, data: bytes, format: str, *, colour: bool) -> list[Picture]:
        """As `Decoder.decode`, for callers that will hash it and, with `colour`, keep a thumbnail; no more.

        Damage that shows neither in the sketch nor in the file's structure stays unseen.
        """
        ...
