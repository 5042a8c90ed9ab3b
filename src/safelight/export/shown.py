"""What the small picture of a lead shows: the picture, one frame, or a contact sheet of how many, and when each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from safelight.export.media_kinds import VIDEO, media_kind
from safelight.export.protocol import LeadView
from safelight.matching.films import clock

_MOST: Final = 9
"""Frames of a contact sheet (`media/thumbnail.py`)."""
_SHORT: Final = 20.0
"""Seconds up to which the tenth of a second is told."""
_PREVIEW: Final = "only its embedded preview can be shown"


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands above a small picture, and below it; `frames` is more than one of a contact sheet."""

    caption: str
    note: str = ""
    frames: int = 1


def shown_of(view: LeadView) -> Shown:
    """What the thumbnail of a lead shows, as far as its signals tell.

    The signal `pdq` has a value for each picture or frame that was decoded. A JPEG is one picture: a second value is of
    a preview in it.
    """
    signal = view.signals.get("pdq")
    values = signal.value if signal is not None and isinstance(signal.value, list) else []
    is_film = media_kind(view.format) == VIDEO
    count = len(values) if view.format != "jpeg" else 1
    if count < 2:
        return Shown(f"{_alone(view, is_film)}, grey and blurred")
    frames = min(count, _MOST)
    evenly = np.linspace(0, count - 1, frames).round().astype(int)  # as the sheet was made
    chosen = [values[number]["position"] or 0.0 for number in evenly.tolist()]
    film = view.signals.get("vpdq")
    if is_film or (film is not None and film.value is not None):
        what = "film" if is_film else "animation"
        timed = is_film or any(chosen)
        note = f"Left to right, row by row{f', at {_times(chosen)} of it' if timed else ''}."
        return Shown(f"Contact sheet: {frames} frames of the {what}, grey and blurred", note, frames)
    of = f"{frames} of the {count:,}" if count > frames else f"the {count}"
    said = f"Contact sheet: {of} pictures in the file, grey and blurred"
    return Shown(said, "Left to right, row by row.", frames)


def _alone(view: LeadView, is_film: bool) -> str:
    """What is shown where it is one picture."""
    if is_film:
        return "One frame of the film, the only one that was decoded"
    if (view.damaged or "").startswith(_PREVIEW):
        return "The preview embedded in it, as the picture itself cannot be shown"
    return "What the camera's file shows of itself" if view.format == "raw" else "The picture"


def _times(positions: Sequence[float]) -> str:
    """Points of time in a film: `0.0, 0.4 and 0.8 s`; of a longer one `0:00, 0:07 and 0:14`."""
    is_short = positions[-1] < _SHORT
    said = [f"{one:.1f}" if is_short else clock(one) for one in positions]
    return f"{', '.join(said[:-1])} and {said[-1]}{' s' if is_short else ''}"
