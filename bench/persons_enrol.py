"""Enrolling photographs of people: ours against `face_recognition`'s recipe, and how both fall on what shelters send.

    python bench/persons_enrol.py                 # ../shared/data/faces: a folder a person, `_probes` beside them
    python bench/persons_enrol.py --faces FOLDER  # other photographs of public adults, a folder a person

Both sides get the same decoded pixels (640 on the longer side, upright), one core, and take turns; CPU time is
compared, models loaded before. Ours is what enrolment runs of a photograph once it is decoded: the portraits' search
with all its looks and close looks (`portraits/find.py`; BlazeFace, O-Net, dlib's five points), the figure of quality,
the crop that is kept, and dlib's network through onnxruntime in batches of sixteen photographs, for the face and its
mirror image (`dlib-mirrored`) or the face alone (`dlib-plain`). The recipe: dlib's HOG detector with one upsampling,
five points, dlib's own network (which gains nothing by batches); it measures no quality and keeps no crop.

The table gives, for each way in which a photograph suffers: the share of faces found; the share recognised (the
right person first among all, and as near as 1 in 100 pairs of strangers is: cosine .89, for the recipe its own
distance of 0.6); the mean cosine with the person's undamaged photographs; the mean figure of quality that ours gives.
A face is compared with people's *other* photographs only. Truth are the faces of people in the folders that either
side finds in the undamaged photograph; in group pictures and `_probes` the nearest person of the folders, from cosine
.92 on, who is in it once. Faces that neither side knows in the undamaged photograph are not asked for, so the first
row flatters both.
A handful of photographs of adults tests that the parts fit together; it measures no model, and says nothing about
children.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import dlib
import face_recognition_models as weights
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from safelight.media.picture import LazyPicture
from safelight.persons.compare.fuse import APART_DLIB, fuse
from safelight.persons.portraits import find
from safelight.persons.portraits.describe import as_jpeg
from safelight.persons.portraits.dlib_ import DlibMirrored, DlibPlain
from safelight.persons.portraits.quality import measure
from safelight.signals.locate import locator

SIDE = 640
TURNS = 5
BATCH = 16
CANVAS = (640, 480)
RECIPE_DISTANCE = 0.6
SURELY = 0.92
Matrix = NDArray[np.float64]
Floats = NDArray[np.float32]
Changed = tuple[Image.Image, Matrix]
"""A changed photograph, and the 3 × 3 matrix that takes points of the whole one to it."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face as one side sees it: left, top, right, bottom in pixels, its template, and its quality where measured."""

    box: tuple[float, float, float, float]
    template: Floats
    quality: float = float("nan")


@dataclass(frozen=True, slots=True)
class Known:
    """A face of truth: in which photograph, where, and whose."""

    photograph: int
    box: tuple[float, float, float, float]
    person: str


def main() -> None:
    """Time both sides, then the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared = Path(__file__).resolve().parents[2] / "shared" / "data" / "faces"
    parser.add_argument("--faces", type=Path, default=shared)
    parser.add_argument("--seed", type=int, default=6)
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    paths = sorted(path for path in options.faces.rglob("*.jp*g"))
    if not paths:
        sys.exit(f"no photographs under {options.faces}: name a folder of public adults, a folder a person")
    photographs = [_opened(path) for path in paths]
    sides: dict[str, Side] = {"safelight": Ours(), "recipe": Recipe()}
    whole = {name: side(photographs) for name, side in sides.items()}
    alone = [image for image, faces in zip(photographs, whole["recipe"], strict=True) if len(faces) == 1]
    timed("photographs", photographs, sides)
    timed("of them in which the recipe finds one face", alone, sides)
    print("goal: 6 ×, at no lower recall")
    known = truth(whole, [path.parent.name for path in paths])
    further = {name: sum(map(len, faces)) - len(_found(known, faces)) for name, faces in whole.items()}
    print(
        f"\n{len(known)} faces of {len({one.person for one in known})} people; beside them ours frames"
        f" {further['safelight']} and the recipe {further['recipe']} (bystanders, or no faces)\n\n"
        f"{'':26}{'found':>16} {'recognised':>16} {'cosine':>16}  quality\n{'':26}"
        + f"{'ours':>8}{'recipe':>8} "
        * 3
    )
    for title, change in CHANGES.items():
        rng = np.random.default_rng(options.seed)
        changed = [
            change(image, [one.box for one in known if one.photograph == number], rng)
            for number, image in enumerate(photographs)
        ]
        rows = [fall(side, name, changed, known, whole[name]) for name, side in sides.items()]
        cells = "".join(
            f"{ours:>8}{theirs:>8} " for ours, theirs in zip(*(row[:3] for row in rows), strict=True)
        )
        print(f"{title:26}{cells}{rows[0][3]:>8}")


def timed(title: str, photographs: Sequence[Image.Image], sides: dict[str, Side]) -> None:
    """CPU time a photograph of both sides, in turns; each at its best, as other work on the machine slows both."""
    plain = Ours(mirrored=False)
    everyone: dict[str, Side] = {**sides, "safelight, plain": plain}
    for side in everyone.values():
        side(photographs[:1])
    spent = dict.fromkeys(everyone, 0.0)
    for start in range(0, len(photographs), BATCH):
        taken: dict[str, list[float]] = defaultdict(list)
        for _ in range(TURNS):
            for name, side in everyone.items():
                began = time.process_time()
                side(photographs[start : start + BATCH])
                taken[name].append(time.process_time() - began)
        for name, times in taken.items():
            spent[name] += min(times)
    print(f"{len(photographs)} {title}, {SIDE} pixels, one core, the best of {TURNS} turns")
    for name, seconds in spent.items():
        print(
            f"  {name:<18}{1000 * seconds / len(photographs):7.1f} ms a photograph"
            f"{spent['recipe'] / seconds:7.1f} ×"
        )


# --- the two sides -----------------------------------------------------------------------------------------

Side = Callable[[Sequence[Image.Image]], list[list[Face]]]


class Ours:
    """What enrolment runs a photograph, from its pixels on (`portraits/describe.py` adds decoding and EXIF)."""

    def __init__(self, mirrored: bool = True) -> None:
        locator()
        find.prepare()
        self._embedder = DlibMirrored() if mirrored else DlibPlain()
        self._embedder.prepare()

    def __call__(self, images: Sequence[Image.Image]) -> list[list[Face]]:
        """The faces of RGB images."""
        found = [find.portrait_faces(_decoded(image)) for image in images]
        for face in (one for faces in found for one in faces):
            as_jpeg(face.kept)
        pairs = [(face.patch, face.within) for faces in found for face in faces]
        vectors = iter(self._embedder.describe(pairs) if pairs else ())
        return [
            [Face(_pixels(face.box, image), next(vectors), measure(face.within).figure) for face in faces]
            for image, faces in zip(images, found, strict=True)
        ]


def _decoded(image: Image.Image) -> LazyPicture:
    """A picture whose only size is that of the image, decoded already."""
    pixels = np.ascontiguousarray(image)
    return LazyPicture("frame", image.size, b"", lambda _scale, _luma: pixels)


class Recipe:
    """face_recognition's `face_locations` and `face_encodings` with its five-point model."""

    def __init__(self) -> None:
        self._find = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(weights.pose_predictor_five_point_model_location())
        self._network: Any = dlib.face_recognition_model_v1(weights.face_recognition_model_location())

    def __call__(self, images: Sequence[Image.Image]) -> list[list[Face]]:
        """The faces of RGB images."""
        return [self._faces(np.ascontiguousarray(image)) for image in images]

    def _faces(self, pixels: Any) -> list[Face]:
        faces = []
        for box in self._find(pixels, 1):
            vector = self._network.compute_face_descriptor(pixels, self._points(pixels, box), 1)
            faces.append(
                Face((box.left(), box.top(), box.right(), box.bottom()), np.array(vector, np.float32))
            )
        return faces


def _pixels(box: tuple[float, float, float, float], image: Image.Image) -> tuple[float, float, float, float]:
    x, y, across, down = box
    width, height = image.size
    return (x * width, y * height, (x + across) * width, (y + down) * height)


# --- truth and score ---------------------------------------------------------------------------------------


def truth(whole: dict[str, list[list[Face]]], folders: Sequence[str]) -> list[Known]:
    """Every face that a side finds in a whole photograph and that is known, once, with its person."""
    alone: dict[str, list[Floats]] = defaultdict(list)
    for faces, folder in zip(whole["safelight"], folders, strict=True):
        if len(faces) == 1 and not folder.startswith("_"):
            alone[folder].append(faces[0].template)
    known: list[Known] = []
    for number, folder in enumerate(folders):
        faces = list(whole["safelight"][number])
        faces += [
            one for one in whole["recipe"][number] if not any(_same(one.box, each.box) for each in faces)
        ]
        if len(faces) == 1 and not folder.startswith("_"):
            known.append(Known(number, faces[0].box, folder))
            continue
        nearest = [(*_nearest(_unit(face.template), alone), face.box) for face in faces]
        for score, person, box in nearest:
            # nobody is in a photograph twice: whoever else looks a little like them is a bystander
            if score >= SURELY and score == max(other for other, name, _ in nearest if name == person):
                known.append(Known(number, box, person))
    return known


def _nearest(template: Floats, people: dict[str, list[Floats]]) -> tuple[float, str]:
    return max((max(float(template @ one) for one in theirs), name) for name, theirs in people.items())


def fall(
    side: Side, name: str, changed: Sequence[Changed], known: Sequence[Known], whole: Sequence[Sequence[Face]]
) -> tuple[str, str, str, str]:
    """Share found, share recognised, mean cosine with the same person's whole photographs, mean quality."""
    seen = [faces for image, _ in changed for faces in side([image])]
    moved = [Known(one.photograph, _moved(one.box, changed[one.photograph][1]), one.person) for one in known]
    found = _found(moved, seen)
    enrolled = _found(known, whole)
    cosines: list[float] = []
    right = 0
    for one, face in found:
        others = [
            (each.person, theirs.template) for each, theirs in enrolled if each.photograph != one.photograph
        ]
        cosines += [
            float(_unit(face.template) @ _unit(theirs)) for person, theirs in others if person == one.person
        ]
        right += (_ours_right if name == "safelight" else _recipe_right)(face.template, one.person, others)
    quality = f"{np.mean([face.quality for _, face in found]):.2f}" if found else "-"
    cosine = f"{np.mean(cosines):.3f}" if cosines else "-"
    return f"{len(found) / len(known):.0%}", f"{right / len(known):.0%}", cosine, quality


def _found(known: Sequence[Known], seen: Sequence[Sequence[Face]]) -> list[tuple[Known, Face]]:
    """The faces of truth that are among those seen."""
    pairs = (
        (one, next((face for face in seen[one.photograph] if _same(face.box, one.box)), None))
        for one in known
    )
    return [(one, face) for one, face in pairs if face is not None]


def _ours_right(template: Floats, person: str, others: Sequence[tuple[str, Floats]]) -> bool:
    names = sorted({name for name, _ in others})
    numbers = np.array([names.index(name) for name, _ in others])
    people = fuse(np.stack([one for _, one in others]), np.ones(len(others)), numbers).people
    scores = people @ template
    return names[int(scores.argmax())] == person and float(scores.max()) >= APART_DLIB


def _recipe_right(template: Floats, person: str, others: Sequence[tuple[str, Floats]]) -> bool:
    distance, nearest = min((float(np.linalg.norm(one - template)), name) for name, one in others)
    return nearest == person and distance <= RECIPE_DISTANCE


def _same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Do two boxes frame one face? Detectors differ in how much they take: a third in common is enough."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return False
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return across * down / (areas - across * down) > 0.33


def _moved(box: Sequence[float], matrix: Matrix) -> tuple[float, float, float, float]:
    corners = np.array([(box[x], box[y], 1.0) for x in (0, 2) for y in (1, 3)]).T
    points = matrix @ corners
    points = points[:2] / points[2]
    # an upright frame of the same size about the middle: corners of a tilted one reach out too far
    middle, width = points.mean(axis=1), float(np.sqrt(abs(_area(points))))
    height = width * (box[3] - box[1]) / (box[2] - box[0])
    return (middle[0] - width / 2, middle[1] - height / 2, middle[0] + width / 2, middle[1] + height / 2)


def _area(points: Matrix) -> float:
    first, second = points[:, 2] - points[:, 0], points[:, 1] - points[:, 0]
    return float(first[0] * second[1] - first[1] * second[0])


def _unit(vector: Floats) -> Floats:
    made: Floats = vector / np.linalg.norm(vector)
    return made


# --- what photographs suffer -------------------------------------------------------------------------------


def _opened(path: Path) -> Image.Image:
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return image


Boxes = Sequence[tuple[float, float, float, float]]
Change = Callable[[Image.Image, Boxes, np.random.Generator], Changed]


def _colours(of: Callable[[Image.Image], Image.Image]) -> Change:
    return lambda image, _boxes, _rng: (of(image), np.eye(3))


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    data = BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def _light(image: Image.Image, gain: float) -> Image.Image:
    """Exposure changed in linear light; what is too bright is lost."""
    linear = (np.asarray(image) / 255.0) ** 2.2 * gain
    return Image.fromarray((255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.uint8))


def _small(width: int) -> Change:
    """The photograph so small that its first face is `width` pixels wide, on a plain page."""

    def change(image: Image.Image, boxes: Boxes, _rng: np.random.Generator) -> Changed:
        scale = width / (boxes[0][2] - boxes[0][0]) if boxes else 0.3
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        page = Image.new("RGB", (max(CANVAS[0], size[0]), max(CANVAS[1], size[1])), (196, 192, 186))
        left, top = (page.width - size[0]) // 2, (page.height - size[1]) // 2
        page.paste(image.resize(size, Image.Resampling.LANCZOS), (left, top))
        return page, np.array([[scale, 0, left], [0, scale, top], [0, 0, 1]])

    return change


def _tilted(degrees: float) -> Change:
    """The head tilted, one way or the other."""

    def change(image: Image.Image, _boxes: Boxes, rng: np.random.Generator) -> Changed:
        angle = np.deg2rad(degrees * rng.choice((-1, 1)))
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
        return _warped(image, turn)

    return change


def _photographed(image: Image.Image, _boxes: Boxes, rng: np.random.Generator) -> Changed:
    """A print or a screen taken with a phone, from the side: slanted, soft, with moiré, reflection and noise."""
    slant = np.array(
        [
            [1, rng.uniform(-0.08, 0.08), 0],
            [rng.uniform(-0.08, 0.08), 1, 0],
            [*rng.uniform(-3e-4, 3e-4, 2), 1],
        ]
    )
    warped, matrix = _warped(image, slant)
    pixels = np.asarray(warped.filter(ImageFilter.GaussianBlur(1.3))).astype(np.float64)
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    for channel in range(3):  # a grid seen by a grid: slow waves, a little apart in each colour
        waves = np.sin(2 * np.pi * (x / (9 + channel) + y / 31)) + np.sin(
            2 * np.pi * (y / (7.5 + channel) - x / 40)
        )
        pixels[..., channel] *= 1 + 0.06 * waves
    middle = (rng.uniform(0, pixels.shape[1]), rng.uniform(0, pixels.shape[0]))
    glare = np.exp(-(((x - middle[0]) / 120) ** 2 + ((y - middle[1]) / 120) ** 2))
    pixels = pixels * 0.9 + 70 * glare[..., None] + rng.normal(0, 5, pixels.shape)
    return _jpeg(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), 60), matrix


def _warped(image: Image.Image, matrix: Matrix) -> Changed:
    """The whole image through a projection, on a grey page that holds it."""
    corners = matrix @ np.array([[x, y, 1.0] for x in (0, image.width) for y in (0, image.height)]).T
    corners = corners[:2] / corners[2]
    low, high = corners.min(axis=1), corners.max(axis=1)
    matrix = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ matrix
    back = np.linalg.inv(matrix)
    back /= back[2, 2]
    width, height = (int(side) for side in np.ceil(high - low))
    made = image.transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        back.reshape(-1)[:8].tolist(),
        Image.Resampling.BICUBIC,
        fillcolor=(128, 128, 128),
    )
    return made, matrix


def _quarter(image: Image.Image, _boxes: Boxes, _rng: np.random.Generator) -> Changed:
    return image.transpose(Image.Transpose.ROTATE_90), np.array(
        [[0, 1, 0], [-1, 0, image.width], [0, 0, 1.0]]
    )


def _mirror(image: Image.Image, _boxes: Boxes, _rng: np.random.Generator) -> Changed:
    return ImageOps.mirror(image), np.array([[-1, 0, image.width], [0, 1, 0], [0, 0, 1.0]])


CHANGES: dict[str, Change] = {
    "whole": _colours(lambda image: image),
    "greyscale": _colours(lambda image: image.convert("L").convert("RGB")),
    "JPEG quality 20": _colours(lambda image: _jpeg(image, 20)),
    "face of 48 pixels": _small(48),
    "face of 32 pixels": _small(32),
    "face of 24 pixels": _small(24),
    "48 pixels, JPEG 20, grey": lambda image, boxes, rng: (
        _jpeg((small := _small(48)(image, boxes, rng))[0].convert("L").convert("RGB"), 20),
        small[1],
    ),
    "two stops too bright": _colours(lambda image: _light(image, 4.0)),
    "three stops too dark": _colours(lambda image: _light(image, 0.125)),
    "tilted 10°": _tilted(10),
    "tilted 20°": _tilted(20),
    "photograph of a photograph": _photographed,
    "mirrored": _mirror,
    "turned by 90°": _quarter,
}


if __name__ == "__main__":
    main()
