"""The faces of a picture: found, verified, turned upright and cut out. Shared by `faces` and `templates`.

A picture that EXIF leaves turned is the rule on phones whose pictures were passed on. BlazeFace finds turned
faces too, but its points do not tell the turn; O-Net, which was trained on upright faces, does: boxes that it
does not accept at once are shown to it in four turns, and where another one is clearly better, the picture is
searched again at that turn. On 17 faces of adults, each in 20 variants (whole, grey, JPEG quality 25, at half
and quarter size; four turns), it named the right turn for 96 %; the rest were not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from safelight.media.protocol import Picture, Pixels
from safelight.signals import align, detect, verify
from safelight.signals.align import Chips, FaceAligner
from safelight.signals.detect import Box, FaceFinder
from safelight.signals.orientation import upright
from safelight.signals.scale import SHARED_SIDE
from safelight.signals.verify import FaceCheck

MODELS = (detect.MODEL, verify.MODEL, align.MODEL)

_HINT = 0.1
"""Detector score from which a box may be a turned face: those score lower."""
_AT_ONCE = 0.995
"""O-Net's share from which a box is accepted without trying turns: 92 % of faces reach it, and fewer than
1 % of those that are turned."""
_CLEARLY = 0.7
"""O-Net's share that a turned box must reach for the picture to be searched at that turn."""
_SAME_FACE = 0.5
_MOST = 64
"""Faces looked at in one picture: crowds are cut here."""
_MOST_TRIED = 4
"""Boxes tried in four turns, the best ones; noise gives hundreds. One is enough to search the picture again."""


@dataclass(frozen=True, slots=True)
class LocatedFace:
    """A face and where it lies."""

    box: tuple[float, float, float, float]
    """Left, top, width, height as fractions of the picture turned upright by EXIF."""
    score: float
    """Of the detector, 0..1."""
    check: float
    """Of the verifier, 0..1."""
    turn: int
    """Degrees counter-clockwise by which that picture must be turned for the face to stand upright."""
    pixels: int
    """Width of the face in pixels of the full picture."""
    chips: Chips


class FaceLocator:
    """The three models. One instance a process (`locator`), because `faces` and `templates` share its work."""

    def __init__(self) -> None:
        self._finder = FaceFinder()
        self._check = FaceCheck()
        self._aligner = FaceAligner()
        self._latest: dict[int, tuple[Picture, list[LocatedFace]]] = {}

    def locate(self, media: Sequence[Sequence[Picture]]) -> list[list[tuple[Picture, list[LocatedFace]]]]:
        """The faces of each frame of each medium. Frames of the previous call are not searched again."""
        known, self._latest = self._latest, {}
        for frames in media:
            for frame in frames:
                entry = known.get(id(frame))
                if entry is None or entry[0] is not frame:
                    entry = (frame, self.faces(upright(frame, SHARED_SIDE), max(frame.width, frame.height)))
                self._latest[id(frame)] = entry
        return [[self._latest[id(frame)] for frame in frames] for frames in media]

    def faces(
        self, rgb: Pixels, longer_side: int | None = None, look: int = detect.LONG_SIDE
    ) -> list[LocatedFace]:
        """The faces in `(h, w, 3) uint8`, best first; `longer_side` is of the full picture, in pixels.

        `look` is the longer side in pixels at which the detector looks: more finds smaller faces, for its square.

        Boxes that O-Net takes for upright faces at once are faces. The best of the others, and where there is
        no face yet also of those that scored too low, are tried in four turns; the rest is faces from O-Net's
        usual threshold on.
        """
        scale = (longer_side or max(rgb.shape[:2])) / max(rgb.shape[:2])
        boxes = self._finder.find(rgb, _HINT, look, most_hints=_MOST_TRIED)
        likely = [box for box in boxes if box.score >= detect.THRESHOLD][:_MOST]
        crops = [verify.crop(rgb, box) for box in likely]
        checked = list(zip(likely, self._check.of_crops(crops).tolist(), crops, strict=True))
        sure = [(box, share) for box, share, _ in checked if share >= _AT_ONCE]
        others = [(box, share) for box, share, _ in checked if share < _AT_ONCE]
        squares = [square for _, share, square in checked if share < _AT_ONCE][:_MOST_TRIED]
        known = [share for _, share in others][:_MOST_TRIED]
        if not sure:
            others += [(box, 0.0) for box in boxes[len(likely) :]]
        tried = [box for box, _ in others[:_MOST_TRIED]]
        squares += [verify.crop(rgb, box) for box in tried[len(squares) :]]
        turns = set()
        for box, (turn, share) in zip(tried, self._turns_of(squares, known), strict=True):
            if turn and share >= _CLEARLY:
                turns.add(turn)
            elif turn == 0 and share >= verify.THRESHOLD and box.score >= detect.THRESHOLD:
                sure.append((box, share))
        sure += [(box, share) for box, share in others[_MOST_TRIED:] if share >= verify.THRESHOLD]
        faces = [self._cut_out(rgb, box, share, 0, scale) for box, share in sure]
        for turn in sorted(turns):
            faces += self._turned(rgb, turn, scale, look)
        return _distinct(faces)

    def face_at(self, rgb: Pixels, box: Box) -> LocatedFace:
        """The upright face in `box` of `(h, w, 3) uint8`, whatever the verifier thinks of it (`check` says)."""
        return self._cut_out(rgb, box, float(self._check.shares(rgb, [box])[0]), 0, 1.0)

    def shares(self, rgb: Pixels, boxes: Sequence[Box]) -> list[float]:
        """How much of an upright face the verifier sees in each box, 0..1."""
        return [float(share) for share in self._check.shares(rgb, boxes)]

    def cut_out(self, rgb: Pixels, box: Box, share: float) -> LocatedFace:
        """The upright face in `box`, whose share the verifier has said."""
        return self._cut_out(rgb, box, share, 0, 1.0)

    def chip(self, rgb: Pixels, box: Box, side: int, padding: float) -> Pixels:
        """See `FaceAligner.chip`."""
        return self._aligner.chip(rgb, box, side, padding)

    def boxes(self, rgb: Pixels, threshold: float, look: int) -> list[Box]:
        """What the detector alone sees, best first."""
        return self._finder.find(rgb, threshold, look)

    def best_turns(self, rgb: Pixels, boxes: Sequence[Box]) -> list[tuple[int, float]]:
        """For each box, in which turn (degrees counter-clockwise) O-Net takes it for a face most, and how much."""
        return self._turns_of([verify.crop(rgb, box) for box in boxes])

    def _turns_of(self, crops: Sequence[Pixels], known: Sequence[float] = ()) -> list[tuple[int, float]]:
        """The same for crops `(48, 48, 3) uint8`; of the first some it is `known` how much upright they are faces."""
        shares = np.zeros((len(crops), 4), np.float32)
        shares[: len(known), 0] = known
        asked = [(one, quarter) for one in range(len(crops)) for quarter in range(one < len(known), 4)]
        if asked:
            turned = [np.rot90(crops[one], quarter) for one, quarter in asked]
            shares[tuple(zip(*asked, strict=True))] = self._check.of_crops(turned)
        return [(90 * int(four.argmax()), float(four.max())) for four in shares]

    def _turned(
        self, rgb: Pixels, turn: int, scale: float, look: int = detect.LONG_SIDE
    ) -> list[LocatedFace]:
        """The faces that stand upright once the picture is turned."""
        turned = np.ascontiguousarray(np.rot90(rgb, turn // 90))
        boxes = self._finder.find(turned, long_side=look)[:_MOST]
        shares = self._check.shares(turned, boxes)
        return [
            self._cut_out(turned, box, float(share), turn, scale)
            for box, share in zip(boxes, shares, strict=True)
            if share >= verify.THRESHOLD
        ]

    def _cut_out(self, rgb: Pixels, box: Box, share: float, turn: int, scale: float) -> LocatedFace:
        height, width = rgb.shape[:2]
        fractions = (box.left / width, box.top / height, box.width / width, box.height / height)
        pixels = round(box.width * scale)
        return LocatedFace(
            _turned_back(fractions, turn), box.score, share, turn, pixels, self._aligner.chips(rgb, box)
        )


_locator: FaceLocator | None = None


def locator() -> FaceLocator:
    """The locator of this process, its models loaded at the first call.

    Raises:
        ModelMissingError, IntegrityError: a model is not installed, or not the pinned one.
    """
    global _locator
    if _locator is None:
        _locator = FaceLocator()
        # Every path runs once before the jail closes: nothing may be imported or opened later.
        _locator.faces(np.zeros((64, 96, 3), np.uint8))
        _locator._turned(np.zeros((64, 96, 3), np.uint8), 90, 1.0)
        _locator._cut_out(np.zeros((64, 96, 3), np.uint8), Box(8, 8, 32, 32, 1.0), 1.0, 0, 1.0)
    return _locator


def _turned_back(box: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    """Fractions in the turned picture as fractions in the picture before the turn."""
    for _ in range(turn // 90):
        left, top, width, height = box
        # One quarter counter-clockwise took (x, y) to (y, 1 - x).
        box = (1 - top - height, left, height, width)
    return box


def _distinct(faces: Iterable[LocatedFace]) -> list[LocatedFace]:
    """Each face once, in the turn that the verifier likes best; best first."""
    kept: list[LocatedFace] = []
    for face in sorted(faces, key=lambda one: -one.check):
        if all(_shared(face.box, other.box) < _SAME_FACE for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda one: -one.score)


def _shared(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """How much of the smaller of two boxes lies in the other: boxes of a turned face vary in size."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    inner = max(across, 0.0) * max(down, 0.0)
    return inner / max(min(one[2] * one[3], other[2] * other[3]), 1e-9)
