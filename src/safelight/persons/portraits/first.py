"""A first look at a photograph, at few pixels: most portraits need no other.

It ends the search where a face is sure, upright and so large that hardly anybody who matters can have been missed.
Somebody less than a third as wide as the largest face does not change whom a photograph is of (`Portrait.subject`), and
wider faces have 10 pixels or more in this look, of which it sees 95 %, and all from 12 pixels on (detector and
verifier; the faces of 14 photographs of adults, made smaller and pasted in four places each). At 256 pixels it takes
less than half of what the scan's look takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safelight.media.protocol import Pixels
from safelight.persons.portraits.candidate import SAME_FACE, Candidate, distinct
from safelight.signals import verify
from safelight.signals.detect import THRESHOLD, Box
from safelight.signals.locate import locator

LOOKS = ((256, 0.12), (384, 0.08))
"""Pixels of the longer side at which the detector looks, and the share of it that the largest face must have: faces a
third as wide then have 10 pixels. The second look follows where the first is sure of smaller faces."""
BESIDE = 1 / 3
"""Of the largest face's width: a narrower one is a bystander, and need not be settled if it is doubtful."""
SURE = 0.995
"""The verifier's share from which a face that stands upright needs no second opinion."""
_TURNED = 0.7
"""Its share for a face to be looked at as one that lies on its side or upside down."""
_MOST_DOUBTFUL = 4


def at_first_sight(rgb: Pixels) -> list[Candidate]:
    """The faces of `(h, w, 3) uint8`, where the largest settles it; empty where more looks are needed."""
    for side, large in LOOKS:
        boxes = locator().boxes(rgb, THRESHOLD, side)
        seen = [_Seen(box, share) for box, share in zip(boxes, locator().shares(rgb, boxes), strict=True)]
        sure = [one for one in seen if one.share >= SURE]
        widest = max((one.box.width for one in sure), default=0.0)
        if widest >= large * max(rgb.shape[:2]):
            return distinct([*(_sure(rgb, one) for one in sure), *_doubtful(rgb, seen, sure, widest)])
        if not sure:
            break
    return []


def _doubtful(rgb: Pixels, seen: Sequence[_Seen], sure: Sequence[_Seen], widest: float) -> list[Candidate]:
    """Of the other boxes those that may be somebody beside the sure faces, in the turn in which they are one most."""
    others = [
        one.box
        for one in seen
        if one.share < SURE
        and max(one.box.width, one.box.height) >= BESIDE * widest
        and all(abs(_centre(one.box) - _centre(each.box)) > SAME_FACE * each.box.width for each in sure)
    ][:_MOST_DOUBTFUL]
    turns = locator().best_turns(rgb, others)
    return [
        _turned(box, turn, share)
        for box, (turn, share) in zip(others, turns, strict=True)
        if share >= (_TURNED if turn else verify.THRESHOLD)
    ]


@dataclass(frozen=True, slots=True)
class _Seen:
    box: Box
    share: float


def _sure(rgb: Pixels, one: _Seen) -> Candidate:
    box = one.box
    face = locator().cut_out(rgb, box, one.share)
    return Candidate(_centre(box), box.width, box.height, 0.0, box.score, one.share, face)


def _turned(box: Box, turn: int, share: float) -> Candidate:
    """A box of the photograph as it stands, for a face that stands upright once that is turned by whole quarters."""
    width, height = (box.height, box.width) if turn % 180 else (box.width, box.height)
    return Candidate(_centre(box), width, height, float(turn), box.score, share)


def _centre(box: Box) -> complex:
    return complex(box.left + box.width / 2, box.top + box.height / 2)
