"""Values in the words of a report: numbers, sizes, times, trails, and what a signal says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from safelight.export.plots import shorten
from safelight.export.protocol import MODEL_MISSING, NOT_ALLOWED, Coverage, LeadView, PlaceView
from safelight.export.summary import is_conflict, is_exact
from safelight.export.text import clean, instant, visible
from safelight.matching.films import when as where
from safelight.matching.forms import told
from safelight.model import Match, SignalValue, Timestamp

LONGEST = 1_000
"""Characters of a name that are written out; the middle of longer ones is left out and the cut shows."""

_STATES = {
    "allocated": "allocated",
    "deleted": "deleted",
    "carved": "carved from unallocated space",
    "embedded": "inside another file",
}
_SIGNALS = {
    "exif": "what the file states about its making",
    "explicit": "explicit content",
    "faces": "faces and their apparent age",
    "pdq": "likeness to other pictures",
    "preview": "whether an embedded preview shows the same",
    "vpdq": "likeness to other films",
    "templates": "recognition of faces",
}
_EXIF = {
    "make": "camera make",
    "model": "camera model",
    "serial": "serial number",
    "lens": "lens",
    "lens_serial": "serial number of the lens",
    "artist": "artist",
    "owner": "owner of the camera",
    "description": "description",
    "comment": "comment",
    "image_id": "id of the picture",
    "digitized": "digitized, by the camera’s clock",
    "changed": "last changed, by the clock of what changed it",
    "datum": "geodetic datum",
    "software": "software",
    "taken": "taken, by the camera’s clock",
    "zone": "zone stated",
    "latitude": "latitude",
    "longitude": "longitude",
    "altitude": "altitude",
    "gps_time": "GPS time",
    "orientation": "orientation",
}


def number(value: int) -> str:
    """`1204331` as `1,204,331`."""
    return f"{value:,}"


def count(value: int, noun: str, plural: str = "") -> str:
    """`1 lead`, `24 leads`."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def size(value: int | None) -> str:
    """Bytes exactly, and in decimal units where that helps."""
    if value is None:
        return "size unknown"
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if value >= factor:
            return f"{value:,} bytes ({value / factor:.1f} {unit})"
    return count(value, "byte")


def name(value: str) -> str:
    """A name of the evidence, safe for the eye and not endless."""
    return visible(shorten(clean(value), LONGEST))


def brief(value: str) -> Markup:
    """A path in a table: its middle left out beyond 160 characters."""
    return _breakable(visible(shorten(clean(value), 160)))


def path(value: str) -> Markup:
    """A path, whole as far as `name` goes."""
    return _breakable(name(value))


def _breakable(text: str) -> Markup:
    """A path that a line may break after each slash."""
    first, *rest = text.split("/")
    head = escape(first if first or not rest else f"/{rest.pop(0)}")
    return Markup("/<wbr>").join([head, *rest])


def trail(place: PlaceView) -> Markup:
    """The whole trail; each name is isolated, so that right-to-left names cannot reorder the others."""
    parts = [Markup("<bdi>{}</bdi>").format(_breakable(name(part))) for part in place.trail]
    return Markup(' <span class="sep">›</span> ').join(parts)


def state(value: str) -> str:
    """The state of a place in words."""
    return _STATES.get(value, value)


def time(value: Timestamp | None) -> Markup:
    """A time as stated, its zone in words and its source."""
    if value is None:
        return Markup("—")
    zone = {"utc": "UTC", "local": "local time, zone unknown"}.get(value.zone, f"UTC{value.zone}")
    stated = value.value.removesuffix("Z").replace("T", " ")
    return Markup('<span class="nowrap">{}</span> {} <span class="source">({})</span>').format(
        stated, zone, value.source
    )


def when(value: datetime) -> Markup:
    """One of our own times: `2026-03-01 09:30:00 UTC`, unbroken."""
    return Markup('<span class="nowrap">{} UTC</span>').format(instant(value)[:-1].replace("T", " "))


def address(value: Mapping[str, int]) -> str:
    """Where it lies on the medium."""
    return ", ".join(f"{key} {item:,}" if key == "offset" else f"{key} {item}" for key, item in value.items())


def is_assessment(signal: SignalValue) -> bool:
    """Does a model stand behind it? Then its version names the model, and it is never a fact."""
    return "+" in signal.version or signal.name in ("explicit", "faces", "age")


def said(signal: SignalValue) -> str:
    """What a signal says, in words, without anything that could serve to recognise a face."""
    value = signal.value
    if signal.absent is not None:
        return f"not computed: {signal.absent.removeprefix('not computed: ')}"
    if signal.name == "faces" and isinstance(value, list):
        return faces(value)
    if signal.name == "vpdq" and isinstance(value, dict):
        return f"{len(value['frame']):,} frames ({value['rule']})"
    if signal.name == "preview" and isinstance(value, list):
        return "shows something else" if any(one["differs"] for one in value) else "shows the same"
    if isinstance(value, dict) and isinstance(value.get("score"), int | float):
        return f"score {value['score']:.2f} of 1"
    if isinstance(value, int | float):
        return f"{value:.2f}" if isinstance(value, float) else str(value)
    return visible(shorten(value, 200)) if isinstance(value, str) else "computed"


def faces(value: list[Any]) -> str:
    """How many faces, and for each the share of the apparent-age estimate that lies below 18."""
    if not value:
        return "no face found (there may be one all the same)"
    shares = [face.get("below_18") for face in value if isinstance(face, dict)]
    known = [f"{share:.0%}" for share in shares if isinstance(share, int | float)]
    found = count(len(value), "face")
    if not known:
        return f"{found}; apparent age not computed"
    return f"{found}; share of the apparent-age estimate below 18: {', '.join(known[:12])}"


def exif(signal: SignalValue | None) -> list[tuple[str, str]]:
    """What the file states about its making, label and value."""
    stated = signal.value if signal and isinstance(signal.value, dict) else {}
    return [
        (label, name(_exif(stated[key])))
        for key, label in _EXIF.items()
        if stated.get(key) not in (None, "", [], {})
    ]


def _exif(value: object) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def assessments(view: LeadView) -> list[SignalValue]:
    """Signals that a model made, or did not."""
    return [signal for signal in _allowed(view) if is_assessment(signal)]


def absent(view: LeadView) -> list[SignalValue]:
    """Other signals that are not there."""
    return [signal for signal in _allowed(view) if signal.absent is not None and not is_assessment(signal)]


def _allowed(view: LeadView) -> list[SignalValue]:
    """The signals by name, without what the order does not allow: that is said once, not at every lead."""
    return [signal for _, signal in sorted(view.signals.items()) if signal.absent != NOT_ALLOWED]


def broken(value: str) -> Markup:
    """A long hexadecimal digest with places where a narrow page may break it."""
    return Markup("<wbr>").join(escape(value[at : at + 16]) for at in range(0, len(value), 16))


def entry(value: str) -> Markup:
    """The id of an entry of a list: whole where it is short, else with places to break it."""
    return broken(visible(shorten(clean(value), 160)))


def is_near(match: Match) -> bool:
    """Was it found by likeness, not by a digest?"""
    return match.is_perceptual


def meaning(signal: str) -> str:
    """What a signal is about, in a few words; empty for one that this report does not know."""
    return _SIGNALS.get(signal, "")


def unassessed(coverage: Sequence[Coverage]) -> list[str]:
    """Sentences about what could not be suspected because no model, or not every model, looked."""
    judged = [one for one in coverage if one.signal in ("explicit", "faces") and one.of]
    refused = [one for one in judged if not one.allowed]
    if len(refused) == len(judged) and refused and not any(one.computed for one in refused):
        return [
            f"The order does not allow pictures and videos to be assessed ({_signals(refused)}): none of "
            f"{refused[0].of:,} was. So nothing could be suspected by what it shows. Only lists, places and what "
            "files state of themselves made leads."
        ]
    said = []
    for one in judged:
        if one.computed == 0:
            said.append(
                f"{meaning(one.signal).capitalize()} was assessed in none of {one.of:,} pictures and videos "
                f"({'; '.join(one.missing)}): nothing could be suspected by it."
            )
        elif lacking := one.missing.get(MODEL_MISSING):
            said.append(
                f"{meaning(one.signal).capitalize()} was not assessed in {lacking:,} of {one.of:,} pictures and "
                f"videos: {MODEL_MISSING}. These could not be suspected by it."
            )
    return said


def _signals(found: Sequence[Coverage]) -> str:
    return ", ".join(one.signal for one in found)


def framed(at: tuple[float, float]) -> str:
    """Which frames of a film are like a listed picture: `a frame, at 0:40 of it`."""
    return f"{'a frame' if at[0] == at[1] else 'frames'}{where(at)}"


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "count": count,
    "size": size,
    "name": name,
    "brief": brief,
    "path": path,
    "trail": trail,
    "state": state,
    "time": time,
    "instant": when,
    "address": address,
    "said": said,
    "exif": exif,
    "assessments": assessments,
    "absent": absent,
    "digest": broken,
    "entry": entry,
    "meaning": meaning,
    "where": where,
    "framed": framed,
    "told": told,
}
TESTS: dict[str, Callable[..., bool]] = {"exact": is_exact, "near": is_near, "conflict": is_conflict}
