"""Find the faces of a portrait photograph: more patient than a scan, which looks once at every picture.

The scan's own search (`signals/locate.py`) comes first, and usually last. Where it finds nothing, or small faces only,
further looks follow, each at a known cost and none open-ended: at more pixels, with room around the picture (a face
that fills it), evened out in brightness, turned by half quarters, and last with dlib's HOG. Then every face that is
small, tilted or doubtful gets a close look in a square of its own, cut from a decode that is large enough and turned
until its eyes are level. A box that a close look does not confirm is not counted beside a face that is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import dlib
import numpy as np
from PIL import Image, ImageOps

from safelight.engine.beat import beat
from safelight.errors import FormatError
from safelight.media.protocol import Picture, Pixels
from safelight.persons.portraits.candidate import SAME_FACE, Candidate, distinct
from safelight.persons.portraits.first import SURE, at_first_sight
from safelight.persons.portraits.view import View, cut
from safelight.signals.detect import Box
from safelight.signals.locate import LocatedFace, locator
from safelight.signals.orientation import upright

SIDE = 640
"""Pixels that the shorter side keeps where a photograph is looked at first."""
MOST_FACES = 12
PATCH_SIDE = 400
"""Pixels of the longer side of a face's own part at most; what lies in the photograph of it is kept as its crop."""
AROUND = 0.6
"""Of the face's size, kept on each side of it: hair, ears, chin."""
_PART = 1 + 2 * AROUND
_SMALL = 0.125
"""Share of the longer side below which a face is small: there may be others that the first look missed."""
_LOOKS = (768, 1536)
"""Longer sides, in pixels, of the further looks."""
_MOST_PIXELS = 48_000_000
"""A larger decode than this is not made for a closer look."""
_CHIP_FACE = 100
"""Pixels of a face from which its chip is not enlarged."""
_LEVEL = 10.0
"""Degrees of tilt that the chips take as they are."""
_CONFIRMED = 0.9
"""The verifier's share that a close look must reach …"""
_PLAIN, _CONFIRMED_ALONE = 0.5, 0.98
"""… where the detector's score is the first; where it is less, the verifier's share must be the second. A patch of
painted leaves reached .91 at a score of .42."""
_CLOSE_LOOK, _LEVELLING_LOOK = 256, 128
"""Pixels of a close look: where it must confirm a face, and where it stands a sure one upright or sees whether one
beside it is worth the other (a quarter of the time; of sure faces of 50 pixels and more the templates are the same:
cosine of .998 at least)."""
_WORTH_A_LOOK = 0.8
"""The verifier's share from which it is, below what a look must confirm."""
_TILTS = (45.0, -30.0, 30.0)
_HOG_SIDE = 640
_ROOM = 0.7
"""Of each side of the photograph, added before and behind it."""
_LIKELY = 0.5
"""The verifier's share from which a doubtful face is kept where there is no other."""


@dataclass(frozen=True, slots=True)
class PortraitFace:
    """A face with a square of its own."""

    box: tuple[float, float, float, float]
    """Left, top, width, height as fractions of the photograph as EXIF turns it upright."""
    turn: int
    """Degrees counter-clockwise (0..359) by which the photograph must be turned for it to stand upright."""
    pixels: int
    """Its width in the full photograph."""
    patch: Pixels
    """`(h, w, 3) uint8`, upright, the face in the middle; black where it reaches out of the photograph."""
    kept: Pixels
    """The same without what lies outside of the photograph; the whole patch where the face was tilted."""
    within: LocatedFace
    """The face as it lies in the patch, with its chips."""
    confirmed: bool
    """Do both networks take it for a face? Else it is doubtful."""

    @property
    def share(self) -> float:
        """Of the photograph's sides, the larger."""
        return max(self.box[2:])


def portrait_faces(picture: Picture) -> list[PortraitFace]:
    """The faces of a photograph, from left to right; a doubtful one only where there is no other."""
    kept = _Search(picture, upright(picture, SIDE)).faces()[:MOST_FACES]
    return sorted(kept, key=lambda one: (one.box[0], one.box[1]))


def prepare() -> None:
    """Run every path once, before the jail closes."""
    blank = np.zeros((64, 96, 3), np.uint8)
    _hog(blank)
    for view in (_with_room(blank), *_further_views(blank)):
        locator().faces(view.pixels, look=64)
    locator().face_at(blank, Box(8, 8, 32, 32, 1.0))


class _Search:
    """One photograph, at the sizes that are needed."""

    def __init__(self, picture: Picture, rgb: Pixels) -> None:
        self._picture, self._rgb = picture, rgb
        self._full = max(picture.width, picture.height) / max(rgb.shape[:2])
        """Pixels of the full photograph a pixel of the first decode."""
        self._larger: Pixels | None = None

    def faces(self) -> list[PortraitFace]:
        """Every face that some look found and a close look confirmed, best first; else the likeliest doubtful one."""
        doubtful: list[PortraitFace] = []
        at_once = self._closer_each(at_first_sight(self._rgb))
        confirmed = [one for one in at_once if one.confirmed]
        if confirmed:
            return _distinct_faces(confirmed)
        for number, look in enumerate(self._looks()):
            beat()
            for face in self._closer_each(distinct(look())):
                (confirmed if face.confirmed else doubtful).append(face)
            confirmed = _distinct_faces(confirmed)
            if not confirmed:
                continue
            if number or max(one.share for one in confirmed) >= _SMALL:
                if number or max(one.within.check for one in confirmed) >= SURE:
                    break
            else:  # small ones only: look at more pixels once, for others that are smaller still
                more = self._closer_each(distinct(self._at(_LOOKS[0])))
                confirmed = _distinct_faces([*confirmed, *(one for one in more if one.confirmed)])
                break
        likely = sorted(
            (one for one in doubtful if one.within.check >= _LIKELY), key=lambda one: -one.within.check
        )
        return confirmed or likely[:1]

    def _closer_each(self, found: Sequence[Candidate]) -> list[PortraitFace]:
        found = found[:MOST_FACES]
        sure = any(one.cut_out is not None and one.check >= SURE for one in found)
        return [self.closer(one, beside=sure) for one in found]

    def _looks(self) -> Iterator[Callable[[], list[Candidate]]]:
        """The looks in their order, cheap and likely ones first."""
        yield lambda: self._look(View(self._rgb, 1 + 0j, 0j))
        yield lambda: self._look(_with_room(self._rgb))
        for look in _LOOKS:
            if max(self._rgb.shape[:2]) * self._full > look / 2:
                yield lambda look=look: self._at(look)  # type: ignore[misc]
        for view in _further_views(self._rgb):
            yield lambda view=view: self._look(view)  # type: ignore[misc]
        yield self._by_hog

    def closer(self, one: Candidate, beside: bool = False) -> PortraitFace:
        """Give a candidate its square; look again in it where that can help. `beside`: another face is sure already."""
        sure = one.cut_out is not None and one.check >= SURE
        start, look = one, _CLOSE_LOOK
        if (sure or beside) and one.width >= _CHIP_FACE / 2:
            look = _LEVELLING_LOOK
        if one.cut_out is not None and sure:
            level = abs(one.cut_out.chips.roll) < _LEVEL
            if level and (one.width >= _CHIP_FACE or self._full <= 1):
                return self._portrait(one, one.cut_out, confirmed=True)
            if not level:  # the look that is wanted is the one at which it stands upright
                one = replace(one, turn=one.turn + one.cut_out.chips.roll)
        for number in range(3):
            view = self._patch(one)
            box = _nearest(locator().boxes(view.pixels, 0.3, look), view)
            if box is None and number == 0 and one is not start:
                one, look = start, _CLOSE_LOOK  # its points misled: look at it as it stands
                continue
            if box is None:
                break
            face = locator().face_at(view.pixels, box)
            better = _moved(one, view, box, face)
            if abs(face.chips.roll) < _LEVEL:
                if sure or look == _CLOSE_LOOK or face.check < _WORTH_A_LOOK:
                    return self._portrait(better, face, confirmed=_is_confirmed(better.score, face.check))
                one, look = better, _CLOSE_LOOK
                continue
            if number and face.check <= one.check and face.check < SURE:
                break  # turning it has not made more of a face of it
            one = replace(better, turn=better.turn + face.chips.roll)
        view = self._patch(one)
        face = locator().face_at(view.pixels, _middle(one, view))
        one = replace(one, check=max(one.check, face.check))
        return self._portrait(one, face, confirmed=False)

    def _portrait(self, one: Candidate, face: LocatedFace, *, confirmed: bool) -> PortraitFace:
        height, width = self._rgb.shape[:2]
        turn = round(one.turn) % 360
        one = replace(one, turn=float(turn))
        # The box is drawn along the photograph's own sides: for a face on its side, width and height change places.
        across, down = (one.height, one.width) if 45 <= turn % 180 < 135 else (one.width, one.height)
        left, top = one.centre.real - across / 2, one.centre.imag - down / 2
        box = (left / width, top / height, across / width, down / height)
        patch = self._patch(one)
        inner = _middle(one, patch)
        rows, columns = patch.pixels.shape[:2]
        pixels = round(one.width * self._full)
        within = LocatedFace(
            (inner.left / columns, inner.top / rows, inner.width / columns, inner.height / rows),
            one.score,
            face.check if one.cut_out is not face else one.check,
            0,
            pixels,
            face.chips,
        )
        kept = _inside(patch, complex(width, height)) if one.turn % 90 == 0 else patch.pixels
        return PortraitFace(box, turn, pixels, patch.pixels, kept, within, confirmed)

    def _patch(self, one: Candidate) -> View:
        """The part around a candidate, from pixels that are fine enough, in the first decode's coordinates."""
        size = _PART * one.width, _PART * one.height
        source, ratio = self._rgb, 1.0
        if self._full > 1 and max(size) < PATCH_SIDE:
            source, ratio = self._at_least(PATCH_SIDE / max(size))
        scale = max(1.0, max(size) * ratio / PATCH_SIDE)
        view = cut(source, one.centre * ratio, (size[0] * ratio, size[1] * ratio), one.turn, scale)
        return View(view.pixels, view.step / ratio, view.origin / ratio)

    def _at_least(self, ratio: float) -> tuple[Pixels, float]:
        """A decode that is `ratio` times the first one, as far as the photograph and memory go; and what it is."""
        wanted = min(ratio, self._full)
        height, width = self._rgb.shape[:2]
        while wanted > 1.01 and height * width * _power_of_two(wanted) ** 2 > _MOST_PIXELS:
            wanted /= 2
        if wanted <= 1.01:
            return self._rgb, 1.0
        if self._larger is None or self._larger.shape[1] < 0.99 * wanted * width:
            try:
                self._larger = upright(self._picture, int(min(height, width) * wanted))
            except FormatError:  # damaged where only the larger decode looks
                self._larger = self._rgb
        return self._larger, self._larger.shape[1] / width

    def _at(self, look: int) -> list[Candidate]:
        """The scan's search in the whole photograph, at so many pixels where it has them."""
        source, ratio = self._at_least(look / max(self._rgb.shape[:2]))
        return self._look(View(source, 1 / ratio + 0j, 0j), look)

    def _look(self, view: View, look: int | None = None) -> list[Candidate]:
        """The scan's search in a view, in the first decode's coordinates."""
        sizes = {} if look is None else {"look": look}
        height, width = view.pixels.shape[:2]
        found = []
        for face in locator().faces(view.pixels, **sizes):
            left, top, across, down = face.box
            centre = complex((left + across / 2) * width, (top + down / 2) * height)
            wide, high = (down, across) if face.turn % 180 else (across, down)
            sides = (height, width) if face.turn % 180 else (width, height)
            found.append(
                Candidate(
                    view.back(centre),
                    wide * sides[0] * view.scale,
                    high * sides[1] * view.scale,
                    view.turn + face.turn,
                    face.score,
                    face.check,
                    face if view.pixels is self._rgb else None,
                )
            )
        return found

    def _by_hog(self) -> list[Candidate]:
        """The last resort: dlib's HOG detector, upright, at a size that bounds its time (about 0.1 s)."""
        beat()
        height, width = self._rgb.shape[:2]
        scale = max(1.0, max(height, width) / _HOG_SIDE)
        view = cut(self._rgb, complex(width, height) / 2, (width, height), 0.0, scale)
        return [
            Candidate(
                view.back(complex(box.left + box.width / 2, box.top + box.height / 2)),
                box.width * view.scale,
                box.height * view.scale,
                0.0,
                box.score,
                0.0,
            )
            for box in _hog(view.pixels)
        ]


def _further_views(rgb: Pixels) -> Iterator[View]:
    """Evened out in brightness, turned."""
    height, width = rgb.shape[:2]
    middle = complex(width, height) / 2
    scale = max(1.0, max(width, height) / SIDE)
    yield View(_evened(rgb), 1 + 0j, 0j)
    for tilt in _TILTS:
        yield cut(rgb, middle, (1.3 * width, 1.3 * height), tilt, scale)


def _with_room(rgb: Pixels) -> View:
    """The photograph with its border drawn out: a face that fills it is no longer too large to be found."""
    height, width = rgb.shape[:2]
    view = cut(rgb, complex(width, height) / 2, (width, height), 0.0, max(1.0, max(width, height) / SIDE))
    rows, columns = (max(1, round(_ROOM * side)) for side in view.pixels.shape[:2])
    wider = np.pad(view.pixels, ((rows, rows), (columns, columns), (0, 0)), mode="edge")
    return View(wider, view.step, view.back(-complex(columns, rows)))


def _evened(rgb: Pixels) -> Pixels:
    """Brightness spread evenly (histogram of luma), colours kept: for a photograph that is nearly black or white."""
    luma, blue, red = Image.fromarray(rgb).convert("YCbCr").split()
    return np.asarray(Image.merge("YCbCr", (ImageOps.equalize(luma), blue, red)).convert("RGB"))


_DETECTOR: list[Callable[..., tuple[Sequence[dlib.rectangle], Sequence[float], Sequence[int]]]] = []


def _hog(rgb: Pixels) -> list[Box]:
    if not _DETECTOR:
        detector = dlib.get_frontal_face_detector()
        _DETECTOR.append(lambda image: detector.run(image, 1, 0.0))
    rectangles, scores, _ = _DETECTOR[0](rgb)
    return [
        Box(one.left(), one.top(), one.width(), one.height(), min(1.0, max(0.0, float(score))))
        for one, score in zip(rectangles, scores, strict=True)
    ]


def _power_of_two(ratio: float) -> float:
    made = 1.0
    while made < ratio:
        made *= 2
    return made


def _inside(view: View, whole: complex) -> Pixels:
    """What of a view lies in the picture; it was turned by whole quarters."""
    corners = [view.into(0j), view.into(whole)]
    left, right = sorted(round(one.real) for one in corners)
    top, bottom = sorted(round(one.imag) for one in corners)
    inner = view.pixels[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    return np.ascontiguousarray(inner) if min(inner.shape[:2]) >= 2 else view.pixels


def _middle(one: Candidate, view: View) -> Box:
    centre = view.into(one.centre)
    width, height = one.width / view.scale, one.height / view.scale
    return Box(centre.real - width / 2, centre.imag - height / 2, width, height, one.score)


def _is_confirmed(score: float, share: float) -> bool:
    return share >= (_CONFIRMED if score >= _PLAIN else _CONFIRMED_ALONE)


def _nearest(boxes: Sequence[Box], view: View) -> Box | None:
    """The box that is the face the view was cut around: in its middle, and about as large."""
    rows, columns = view.pixels.shape[:2]
    middle, expected = complex(columns, rows) / 2, max(rows, columns) / _PART

    def off(box: Box) -> float:
        return float(abs(complex(box.left + box.width / 2, box.top + box.height / 2) - middle) / expected)

    near = [box for box in boxes if off(box) < SAME_FACE and 0.5 < max(box.width, box.height) / expected < 2]
    return max(near, key=lambda box: box.score, default=None)


def _moved(one: Candidate, view: View, box: Box, face: LocatedFace) -> Candidate:
    """The candidate as the close look saw it."""
    return Candidate(
        view.back(complex(box.left + box.width / 2, box.top + box.height / 2)),
        box.width * view.scale,
        box.height * view.scale,
        one.turn,
        max(one.score, box.score),
        face.check,
    )


def _distinct_faces(found: Sequence[PortraitFace]) -> list[PortraitFace]:
    """Two candidates that a close look moved onto one face are one."""
    kept: list[PortraitFace] = []
    for one in sorted(found, key=lambda each: -each.within.check):
        if all(not _one_face(one.box, other.box) for other in kept):
            kept.append(one)
    return kept


def _one_face(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    across = abs(one[0] + one[2] / 2 - other[0] - other[2] / 2) / max(one[2], other[2], 1e-9)
    down = abs(one[1] + one[3] / 2 - other[1] - other[3] / 2) / max(one[3], other[3], 1e-9)
    return bool(across**2 + down**2 < SAME_FACE**2)
