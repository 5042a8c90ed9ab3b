"""Covers, and what is no cover, painted on photographs of faces: what `persons_covers.py` measures with."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from safelight.media.open import open_media
from safelight.persons.portraits import find

KINDS = {
    "eyes": ("glasses", "bar", "eyes, any"),
    "mouth": ("mask", "hand", "scarf", "mouth, any"),
    "side": ("hair", "side scarf", "side, any"),
}
COVERS = tuple(kind for kinds in KINDS.values() for kind in kinds)
BARE = ("clear glasses", "beard", "fringe", "hat", "gamma", "tint", "half shade")
DAMAGE = (
    "whole", "grey", "jpeg 20", "80 px", "48 px", "dark", "bright", "blur", "tilt", "noise", "mirror", "warm",
    "side light",
)  # fmt: skip
_FRONTAL = 0.5
Rgb = np.ndarray[Any, Any]
Rng = np.random.Generator


@dataclass(frozen=True)
class Face:
    """A photograph cut around one face, and where its eyes and nose are in it."""

    name: str
    who: str
    rgb: Rgb
    eyes: tuple[Rgb, Rgb]
    nose: Rgb

    def at(self, across: float, down: float) -> tuple[float, float]:
        """A place in distances of the eyes, from the middle between them, along the face."""
        left, right = self.eyes
        middle, axis = (left + right) / 2, right - left
        fall = self.nose - middle
        apart = max(float(np.linalg.norm(axis)), 1.45 * float(np.linalg.norm(fall)))
        place = middle + apart * (across * axis / np.linalg.norm(axis) + down * fall / np.linalg.norm(fall))
        return float(place[0]), float(place[1])


def faces(folder: Path) -> Iterator[Face]:
    """Each face that looks at the camera, with its person: the folder, or for `_probes` whoever it is most like."""
    from safelight.persons.portraits.embedders import embedder

    model = embedder("dlib-mirrored")
    model.prepare()
    known: list[tuple[str, Rgb]] = []
    paths = sorted(path for path in folder.rglob("*.jp*g"))
    for path in sorted(paths, key=lambda one: (one.parent.name.startswith("_"), one)):
        picture = open_media(path.read_bytes()).pictures[0]
        rgb = np.asarray(Image.open(path).convert("RGB"))
        found = [one for one in find.portrait_faces(picture) if one.within.chips.frontal >= _FRONTAL]
        for number, one in enumerate(found):
            vector = model.describe([(one.patch, one.within)])[0]
            who = path.parent.name
            if who.startswith("_"):
                who = max(known, key=lambda other: float(other[1] @ vector))[0]
            else:
                known.append((who, vector))
            yield _cut(f"{path.parent.name}/{path.name}/{number}", who, rgb, one.box)


def _cut(name: str, who: str, rgb: Rgb, box: tuple[float, ...]) -> Face:
    from safelight.signals import align
    from safelight.signals.detect import Box
    from safelight.signals.locate import locator

    height, width = rgb.shape[:2]
    left, top, across, down = (side * whole for side, whole in zip(box, (width, height) * 2, strict=True))
    reach = 1.1 * max(across, down)
    x, y = left + across / 2, top + down / 2
    x0, y0, x1, y1 = (
        int(v) for v in (max(0, x - reach), max(0, y - reach), min(width, x + reach), min(height, y + reach))
    )
    scale = min(1.0, 300 / max(across, down))
    part = Image.fromarray(rgb[y0:y1, x0:x1])
    part = part.resize((round(part.width * scale), round(part.height * scale)), Image.Resampling.LANCZOS)
    cut = np.ascontiguousarray(np.asarray(part))
    place = align._dlib_box(Box((left - x0) * scale, (top - y0) * scale, across * scale, down * scale, 1.0))
    seen = locator()._aligner._predictor(cut, place)
    points = np.array([[seen.part(k).x, seen.part(k).y] for k in range(5)], float)
    eyes = sorted((points[:2].mean(0), points[2:4].mean(0)), key=lambda eye: float(eye[0]))
    return Face(name, who, cut, (eyes[0], eyes[1]), points[4])


# What is painted -----------------------------------------------------------------------------------------------------


def _soft(rng: Rng, shape: tuple[int, int], cells: tuple[int, int]) -> Rgb:
    """Smooth noise, about ±1."""
    small = Image.fromarray(rng.normal(0, 1, cells).astype(np.float32))
    return np.asarray(small.resize(shape[::-1], Image.Resampling.BICUBIC))[..., None]


def _cloth(rng: Rng, shape: tuple[int, int], kind: str) -> Rgb:
    height, width = shape
    made = np.ones((height, width, 3))
    if kind == "plain":
        made *= rng.choice(
            [[235, 235, 240], [150, 190, 220], [30, 30, 34], [60, 80, 60], [190, 60, 60], [225, 200, 190]]
        )
    elif kind == "stripes":
        lines = np.arange(height)[:, None] + rng.uniform(-0.5, 0.5) * np.arange(width)[None]
        on = (np.sin(2 * np.pi * lines / rng.uniform(8, 24)) > 0)[..., None]
        made = np.where(on, rng.integers(20, 240, 3), rng.integers(20, 240, 3)).astype(float)
    elif kind == "blobs":
        small = rng.integers(0, 255, (max(2, height // 14), max(2, width // 14), 3), dtype=np.uint8)
        made = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)).astype(
            float
        )
    else:  # hair
        colour = rng.choice([[25, 20, 18], [60, 40, 28], [120, 80, 50], [170, 140, 100]])
        made = colour * (1 + 0.35 * _soft(rng, shape, (max(2, height // 20), width)))
    made = made * (1 + 0.12 * _soft(rng, shape, (5, 5))) + rng.normal(0, 4, (height, width, 1))
    return np.clip(made, 0, 255)


def _skin(rng: Rng, face: Face) -> Rgb:
    """Of the same face's colour, shaded."""
    spots = []
    for place in ((-0.45, 0.45), (0.45, 0.45), (0, -0.4)):
        x, y = (
            int(np.clip(v, 4, side - 5))
            for v, side in zip(face.at(*place), face.rgb.shape[1::-1], strict=True)
        )
        spots.append(np.median(face.rgb[y - 4 : y + 5, x - 4 : x + 5].reshape(-1, 3), 0))
    shape = face.rgb.shape[:2]
    shade = (1 + 0.1 * _soft(rng, shape, (4, 4))) * rng.uniform(0.8, 1.05)
    return np.clip(np.median(spots, 0) * shade + rng.normal(0, 3, (*shape, 1)), 0, 255)


def _any_fill(rng: Rng, face: Face, all_faces: list[Face]) -> Rgb:
    shape = face.rgb.shape[:2]
    kind = str(rng.choice(["cut", "cut", "colour", "hair", "skin", "dark", "stripes", "light"]))
    if kind == "cut":  # of another person's photograph, its border
        others = [one for one in all_faces if one.who != face.who]
        rgb = others[rng.integers(len(others))].rgb
        deep = max(12, int(0.2 * min(rgb.shape[:2])))
        part = (rgb[:deep], rgb[:, :deep], rgb[-deep:])[rng.integers(3)]
        image = Image.fromarray(np.ascontiguousarray(part)).resize(shape[::-1], Image.Resampling.BICUBIC)
        return np.asarray(image).astype(float)
    if kind == "skin":
        return _skin(rng, face)
    if kind in ("dark", "light", "colour"):
        low, high = {"dark": (5, 70), "light": (150, 245), "colour": (10, 245)}[kind]
        colour = (
            rng.uniform(low, high) * rng.uniform(0.8, 1.15, 3)
            if kind != "colour"
            else rng.integers(low, high, 3)
        )
        return np.clip(np.ones((*shape, 3)) * colour + rng.normal(0, 2, (*shape, 1)), 0, 255)
    return _cloth(rng, shape, kind)


class _Mask:
    """Where something is painted."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self.image = Image.new("L", face.rgb.shape[1::-1], 0)
        self._on = ImageDraw.Draw(self.image)

    def shape(self, *places: tuple[float, float], fill: int = 255) -> None:
        self._on.polygon([self._face.at(*place) for place in places], fill=fill)

    def oval(self, x: float, y: float, wide: float, high: float, fill: int = 255) -> None:
        turn = np.linspace(0, 2 * np.pi, 40)
        self.shape(*((x + wide * np.cos(a), y + high * np.sin(a)) for a in turn), fill=fill)

    def line(self, *places: tuple[float, float], wide: float, fill: int = 255) -> None:
        apart = np.hypot(*np.subtract(self._face.at(1, 0), self._face.at(0, 0)))
        self._on.line(
            [self._face.at(*place) for place in places], fill=fill, width=max(1, round(wide * apart))
        )

    def put(self, fill: Rgb, soft: float = 1.0, share: float = 1.0) -> Rgb:
        mask = np.asarray(self.image.filter(ImageFilter.GaussianBlur(soft)), float)[..., None] / 255 * share
        return np.clip(self._face.rgb * (1 - mask) + fill * mask, 0, 255).astype(np.uint8)


def painted(face: Face, kind: str, seed: int, all_faces: list[Face]) -> Rgb:
    """A photograph with something of `kind` on it."""
    rng = np.random.default_rng(zlib.crc32(f"{kind} {face.name} {seed}".encode()))
    mask, shape, u = _Mask(face), face.rgb.shape[:2], rng.uniform
    cloth = lambda *kinds: _cloth(rng, shape, str(rng.choice(kinds)))  # noqa: E731
    if kind == "glasses":
        size, form = u(0.85, 1.15), rng.integers(3)
        if form == 2:
            mask.shape((-0.95, -0.25 * size), (0.95, -0.25 * size), (0.9, 0.3 * size), (-0.9, 0.3 * size))
        for x in (-0.5, 0.5):
            if form == 0:
                mask.oval(x, 0.05, 0.36 * size, 0.27 * size)
            elif form == 1:
                wide = 0.36 * size
                mask.shape(
                    (x - wide, -0.2), (x + wide, -0.2), (x + 0.85 * wide, 0.25), (x - 0.85 * wide, 0.25)
                )
        mask.line((-0.5 if form == 0 else -1, -0.05), (0.5 if form == 0 else 1, -0.05), wide=0.06)
        colour = rng.choice([[12, 12, 14], [40, 26, 18], [24, 30, 50], [55, 55, 58]])
        fall = np.linspace(0.8, 1.5, shape[0])[:, None, None] * np.ones((*shape, 1))
        return mask.put(colour * fall + rng.normal(0, 2, (*shape, 1)), share=0.88 if u() < 0.4 else 1.0)
    if kind == "bar":
        mask.shape((-1.1, -0.22), (1.1, -0.22), (1.1, 0.22), (-1.1, 0.22))
        return mask.put(cloth("plain"))
    if kind == "mask":
        top = u(0.15, 0.4)
        half = [(0.25, top), (0.75, top + 0.12), (0.85, 1.1), (0.45, 1.75)]
        mask.shape((0, top - 0.05), *half, (0, 1.9), *((-x, y) for x, y in half[::-1]))
        return mask.put(cloth("plain", "plain", "plain", "stripes", "blobs"))
    if kind == "hand":
        mask.oval(u(-0.12, 0.12), 0.95, u(0.5, 0.75), u(0.42, 0.55))
        lines = _Mask(face)
        for at in (0.7, 0.92, 1.14):
            lines.line(
                (-0.8, at + u(-0.04, 0.04)), (0.8, at + u(-0.04, 0.04)), wide=0.03, fill=int(u(40, 110))
            )
        dark = np.asarray(lines.image.filter(ImageFilter.GaussianBlur(1.5)), float)[..., None] / 255
        return mask.put(_skin(rng, face) * (1 - 0.5 * dark), 2)
    if kind == "scarf":
        mask.shape((-1.3, 0.78), (1.3, 0.78), (1.4, 2.4), (-1.4, 2.4))
        return mask.put(cloth("plain", "stripes", "blobs"), 1.5)
    if kind in ("hair", "side scarf"):
        side, edge = rng.choice([-1, 1]), u(-0.1, 0.15)
        mask.shape(
            (edge * side, -1.6),
            (edge * side, 0),
            (edge * side + 0.1, 1.9),
            (2.2 * side, 1.9),
            (2.2 * side, -1.6),
        )
        return mask.put(cloth(*(("hair",) if kind == "hair" else ("plain", "stripes", "blobs"))), 1.5)
    if kind == "eyes, any":
        if u() < 0.5:
            for x in (-0.5, 0.5):
                mask.oval(x + u(-0.05, 0.05), u(-0.05, 0.1), u(0.28, 0.42), u(0.2, 0.34))
        else:
            ends = [u(0.85, 1.3) for _ in range(4)]
            mask.shape(
                (-ends[0], -u(0.18, 0.35)),
                (ends[1], -u(0.18, 0.35)),
                (ends[2], u(0.15, 0.35)),
                (-ends[3], u(0.15, 0.35)),
            )
    elif kind == "mouth, any":
        form = rng.integers(3)
        if form == 0:
            mask.oval(u(-0.15, 0.15), u(0.95, 1.15), u(0.5, 0.95), u(0.45, 0.8))
        elif form == 1:
            mask.shape((-1.2, u(0.3, 0.85)), (0, u(0.25, 0.7)), (1.2, u(0.3, 0.85)), (1.2, 2.2), (-1.2, 2.2))
        else:
            wide = [u(0.5, 0.9) for _ in range(4)]
            mask.shape(
                (-wide[0], u(0.35, 0.65)),
                (wide[1], u(0.35, 0.65)),
                (wide[2], u(1.35, 1.8)),
                (-wide[3], u(1.35, 1.8)),
            )
    elif kind == "side, any":
        side, edge = rng.choice([-1, 1]), u(-0.12, 0.12)
        top, low = edge + u(-0.1, 0.3), edge + u(-0.1, 0.25)
        mask.shape(
            (top * side, -1.6), (edge * side, 0.1), (low * side, 1.9), (2.2 * side, 1.9), (2.2 * side, -1.6)
        )
    elif kind == "clear glasses":
        size, wide, power = u(0.85, 1.1), u(0.03, 0.08), rng.choice([1.0, 0.4])
        round_ = lambda v: np.sign(v) * abs(v) ** power  # noqa: E731
        turn = np.linspace(0, 2 * np.pi, 40)
        for x in (-0.5, 0.5):
            ring = (
                (x + 0.36 * size * round_(np.cos(a)), 0.04 + 0.26 * size * round_(np.sin(a))) for a in turn
            )
            mask.line(*ring, wide=wide)
            mask.line((1.7 * x, -0.05), (2.2 * x, -0.1), wide=wide)
        mask.line((-0.15, 0), (0.15, 0), wide=wide)
        return mask.put(
            np.ones((*shape, 3)) * rng.choice([[15, 15, 18], [60, 40, 25], [150, 150, 155], [120, 30, 30]]),
            0.7,
        )
    elif kind == "beard":
        mask.oval(0, 1.35, 0.75, 0.65)
        for place in (
            (0, 1.02, 0.36, 0.13),
            (-0.7, 0.75, 0.35, 0.3),
            (0.7, 0.75, 0.35, 0.3),
            (0, 0.7, 0.35, 0.15),
        ):
            mask.oval(*place, fill=0)
        return mask.put(cloth("hair"), 3, 0.75)
    elif kind in ("fringe", "hat"):
        edge = u(-0.4, -0.28) if kind == "fringe" else u(-0.55, -0.4)
        mask.shape((-1.3, -2), (1.3, -2), (1.3, edge), (-1.3, edge))
        return mask.put(cloth(*(("hair",) if kind == "fringe" else ("plain", "stripes"))), 2)
    elif kind == "gamma":
        return np.clip(255 * (face.rgb / 255.0) ** u(0.5, 2.2), 0, 255).astype(np.uint8)
    elif kind == "tint":
        return np.clip(face.rgb * rng.uniform(0.75, 1.2, 3), 0, 255).astype(np.uint8)
    else:  # half shade
        apart = face.at(1, 0)[0] - face.at(0, 0)[0]
        fall = (np.arange(shape[1])[None] - face.nose[0]) * rng.choice([-1, 1]) / (0.12 * apart)
        return np.clip(face.rgb * (0.35 + 0.65 / (1 + np.exp(-fall)))[..., None], 0, 255).astype(np.uint8)
    return mask.put(_any_fill(rng, face, all_faces), u(0.6, 2.5))


def damaged(rgb: Rgb, kind: str) -> bytes:
    """As JPEG, worsened."""
    image, quality = Image.fromarray(rgb), 20 if kind == "jpeg 20" else 92
    longer = max(image.size)
    if kind.endswith(" px"):
        scale = int(kind[:-3]) * 2.2 / longer
        image = image.resize(
            (round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS
        )
    ramp = np.linspace(0.35, 1.25, image.width)[None, :, None]
    numbers: dict[str, Callable[[], Rgb]] = {
        "noise": lambda: rgb + np.random.default_rng(1).normal(0, 10, rgb.shape),
        "warm": lambda: rgb * np.array([1.1, 0.95, 0.75]),
        "side light": lambda: rgb * ramp,
        "mirror": lambda: rgb[:, ::-1],
    }
    pictures: dict[str, Callable[[], Image.Image]] = {
        "grey": lambda: image.convert("L").convert("RGB"),
        "dark": lambda: ImageEnhance.Brightness(image).enhance(0.4),
        "bright": lambda: ImageEnhance.Brightness(image).enhance(1.5),
        "blur": lambda: image.filter(ImageFilter.GaussianBlur(longer / 220)),
        "tilt": lambda: image.rotate(14, resample=Image.Resampling.BICUBIC),
    }
    if kind in numbers:
        image = Image.fromarray(np.clip(numbers[kind](), 0, 255).astype(np.uint8))
    elif kind in pictures:
        image = pictures[kind]()
    made = io.BytesIO()
    image.save(made, "JPEG", quality=quality)
    return made.getvalue()
