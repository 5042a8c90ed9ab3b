"""How like are pictures to their previews after ordinary edits, and to those of others: `python bench/previews.py`.

Takes the public photographs (`../shared/data/pdq`, `faces`) and prints the least and highest correlation for each edit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from safelight.media.open import open_media, prepare
from safelight.media.protocol import Pixels
from safelight.signals.preview import SAME_FROM, likeness

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"

Edit = Callable[[Image.Image], Image.Image]


def cropped(share: float) -> Edit:
    """Cut a share of width and height away, half of it on each side."""

    def edit(image: Image.Image) -> Image.Image:
        dx, dy = int(image.width * share / 2), int(image.height * share / 2)
        return image.crop((dx, dy, image.width - dx, image.height - dy))

    return edit


def corner(image: Image.Image) -> Image.Image:
    """The upper left two thirds."""
    return image.crop((0, 0, image.width * 2 // 3, image.height * 2 // 3))


def gamma(power: float) -> Edit:
    """Brighter or darker in the middle."""
    table = [round(255 * (value / 255) ** power) for value in range(256)] * 3
    return lambda image: image.point(table)


def cast(image: Image.Image) -> Image.Image:
    """Warmer by a fifth."""
    red, green, blue = image.split()
    return Image.merge("RGB", (red.point(lambda v: min(255, v * 1.2)), green, blue.point(lambda v: v * 0.8)))


EDITS: dict[str, Edit] = {
    "as it was": lambda image: image,
    "turned 90": lambda image: image.rotate(90, expand=True),
    "turned 180": lambda image: image.rotate(180),
    "mirrored": ImageOps.mirror,
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "gamma 0.6": gamma(0.6),
    "gamma 1.6": gamma(1.6),
    "contrast 1.5": lambda image: ImageEnhance.Contrast(image).enhance(1.5),
    "colour cast": cast,
    "border 3 %": lambda image: ImageOps.expand(image, int(image.width * 0.03), "white"),
    "crop 5 %": cropped(0.05),
    "crop 10 %": cropped(0.10),
    "crop 33 %": cropped(0.33),
    "corner": corner,
}


def luma(image: Image.Image, quality: int = 90) -> Pixels:
    """Through a JPEG, as the decoder gives it."""
    made = BytesIO()
    image.save(made, "JPEG", quality=quality)
    return open_media(made.getvalue()).pictures[0].luma(32)


def letterboxed(image: Image.Image) -> Image.Image:
    """As cameras fit a picture into 160 × 120, with black bars."""
    return ImageOps.pad(image, (160, 120), color="black")


def main() -> None:
    """Print the table."""
    prepare()
    paths = [DATA / "pdq" / "aaa-orig.jpg", *sorted((DATA / "faces").glob("*/*.jp*g"))]
    pictures = [Image.open(path).convert("RGB") for path in paths if path.is_file()]
    if not pictures:
        sys.exit("the public test data is not there")
    previews = [[luma(ImageOps.contain(one, (160, 160)), 70), luma(letterboxed(one), 70)] for one in pictures]
    print(f"{len(pictures)} photographs; the same from {SAME_FROM}")
    for name, edit in EDITS.items():
        own = [
            likeness(luma(edit(one), 85), two) or 0.0
            for one, mine in zip(pictures, previews, strict=True)
            for two in mine
        ]
        _line(name, "least", min(own), own)
    others = [
        likeness(luma(one, 85), two) or 0.0
        for at, one in enumerate(pictures)
        for other, mine in enumerate(previews)
        if at != other
        for two in mine
    ]
    _line("another", "highest", max(others), others)


def _line(name: str, which: str, extreme: float, found: list[float]) -> None:
    different = np.mean(np.array(found) < SAME_FROM)
    print(
        f"{name:14} {which} {extreme:.2f}  median {np.median(found):.2f}  told as different {different:.1%}"
    )


if __name__ == "__main__":
    main()
