"""Does a picture's embedded preview show what the picture shows? Cameras write both; edits may leave the old one.

Compared are 32 × 32 means of luma, each brought to the same mean and spread, over the eight ways to turn and mirror;
black or white bars that fit a preview to a fixed shape are cut off before. The number is the correlation of the best
way. A preview that differs is looked at with its picture, as a further frame: models and lists see it.

Measured (`bench/previews.py`) on 15 benign photographs, previews of 160 × 120 at JPEG quality 70, against the picture
after turning, mirroring, greyscale, gamma 0.6 and 1.6, contrast, a colour cast: least likeness 0.83, none told as
different. A border of 3 %: 3 % told as different; a crop of 10 %: least 0.68, none. Against another photograph: 0.59 at
most, all told. A crop of a third: all told; what was cut away may be what matters. Edits of a small part (a face made
unrecognisable) are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Annotated, Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat

from safelight.errors import FormatError
from safelight.evidence.embedded_media import previews
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import BytesSource
from safelight.media.jpeg import JpegDecoder
from safelight.media.picture import luma_of
from safelight.media.protocol import Picture, Pixels
from safelight.media.sketch import Sketched
from safelight.model import NOT_APPLICABLE, Capability, SignalValue
from safelight.signals.scale import SHARED_SIDE
from safelight.signals.shape import EXACTLY, TypedDict, with_config

SAME_FROM: Final = 0.65
"""The least correlation with which a preview shows the same."""
_SIDE: Final = 32
_FLAT: Final = 6.0
"""Standard deviation of luma below which there is nothing to compare."""
_BAR: Final = 3.0
"""The same within a bar, and its distance from black or white at most ten times that."""
_MOST: Final = 8
_LARGEST: Final = 256

Floats = NDArray[np.float64]


@with_config(EXACTLY)
class PreviewValue(TypedDict):
    """One embedded preview, and how like its picture it is."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    likeness: Annotated[FiniteFloat, Field(ge=-1, le=1)]
    differs: bool


class PreviewSignal:
    """Value: `[{"sha256": of the preview's bytes, "likeness": -1..1, "differs": bool}, …]`, one a preview."""

    name = "preview"
    capability = Capability.HASH_MATCH
    shape = Annotated[list[PreviewValue], Field(max_length=_MOST)]
    version = "1"

    def prepare(self) -> None:
        """Nothing to load beyond the decoders."""

    def compute(self, media: Sequence[Sequence[Picture]]) -> list[SignalValue]:
        """Compare each picture with the previews in its own bytes."""
        return [self._of(frames[0] if frames else None) for frames in media]

    def _of(self, picture: Picture | None) -> SignalValue:
        if picture is None or picture.format != "jpeg":
            return SignalValue(self.name, self.version, None, f"{NOT_APPLICABLE}: it is no JPEG")
        found = [value for value, _ in _compared(picture)]
        if not found:
            return SignalValue(self.name, self.version, None, f"{NOT_APPLICABLE}: there is no preview in it")
        return SignalValue(self.name, self.version, found)


_seen: WeakKeyDictionary[Picture, list[tuple[PreviewValue, Picture]]] = WeakKeyDictionary()
"""What was found in pictures that are being looked at: the search and the signal ask for the same."""


def differing(pictures: Sequence[Picture]) -> list[Picture]:
    """The previews in a medium's first picture that show something else: models and lists must see these too."""
    if not pictures or pictures[0].format != "jpeg":
        return []
    return [picture for value, picture in _compared(pictures[0]) if value["differs"]]


def shown_instead(data: bytes, why: str) -> Picture | None:
    """The largest preview of a JPEG that cannot be decoded itself; `damaged` says so. None where there is none."""
    found = [preview for preview, _ in _previews(data)]
    if not found:
        return None
    largest = max(found, key=lambda one: one.width * one.height)
    largest.damaged = f"only its embedded preview can be shown: {why}"
    return largest


def _compared(picture: Picture) -> list[tuple[PreviewValue, Picture]]:
    if picture not in _seen:
        _seen[picture] = list(_compare(picture))
    return _seen[picture]


def _compare(picture: Picture) -> Iterator[tuple[PreviewValue, Picture]]:
    for preview, data in _previews(picture.data):
        try:
            seen = likeness(_luma(picture), _luma(preview))
        except FormatError:
            continue
        if seen is not None:
            value: PreviewValue = {
                "sha256": sha256(data).hexdigest(),
                "likeness": round(seen, 4),
                "differs": seen < SAME_FROM,
            }
            yield value, preview


def _previews(data: bytes) -> Iterator[tuple[Picture, bytes]]:
    """Each preview that can be decoded, and its bytes."""
    if sniff(data[:HEAD]) != "jpeg":
        return
    for part in previews(BytesSource(data))[:_MOST]:
        offset, length = part.span
        inner = data[offset : offset + length]
        try:
            (preview,) = JpegDecoder().decode(inner, "jpeg")
        except FormatError:
            continue
        yield preview, inner


def _luma(picture: Picture) -> Pixels:
    """Luma of a decode that there is already, thinned out: what is compared are means of far larger squares."""
    there = picture.sketch(_SIDE) if isinstance(picture, Sketched) else picture.rgb(SHARED_SIDE)
    step = max(1, min(there.shape[:2]) // _LARGEST)
    thinned = np.ascontiguousarray(there[::step, ::step])
    return thinned if thinned.ndim == 2 else luma_of(thinned)


def likeness(whole: Pixels, preview: Pixels) -> float | None:
    """Correlation -1..1 of two pictures' luma, the best over turning and mirroring; None where one is flat."""
    first, second = _means(_without_bars(whole)), _means(_without_bars(preview))
    if first is None or second is None:
        return None
    turned = [np.rot90(side, turn) for side in (second, second[:, ::-1]) for turn in range(4)]
    return float(np.clip(max(float((first * one).mean()) for one in turned), -1.0, 1.0))


def _means(luma: Pixels) -> Floats | None:
    """`(32, 32)` means with mean 0 and spread 1; None where nothing varies."""
    from PIL import Image

    small = np.asarray(Image.fromarray(luma).resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float64)
    spread = float(small.std())
    return None if spread < _FLAT else (small - small.mean()) / spread


def _without_bars(luma: Pixels) -> Pixels:
    """Without black or white bars at opposite sides, which are equally thick."""
    for _ in range(2):
        bar = 0
        most = luma.shape[0] // 3
        while bar < most and _is_bar(luma[bar]) and _is_bar(luma[-1 - bar]):
            bar += 1
        luma = (luma[bar : len(luma) - bar] if bar else luma).T
    return np.ascontiguousarray(luma)


def _is_bar(row: Pixels) -> bool:
    mean = float(row.mean())
    return float(row.std()) < _BAR and min(mean, 255 - mean) < 10 * _BAR
