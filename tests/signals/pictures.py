"""Benign pictures for tests: generated scenes, the public test photographs, and a plain `Picture`."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from safelight.media.protocol import Pixels

DATA = Path(__file__).parents[3] / "shared" / "data"


class PillowPicture:
    """A `Picture` over Pillow: JPEGs are decoded at 1/2, 1/4, 1/8, everything else is reduced."""

    position: float | None = None
    damaged: str | None = None

    def __init__(self, data: bytes) -> None:
        self.data = data
        with Image.open(BytesIO(data)) as image:
            self.format = (image.format or "").lower()
            self.width, self.height = image.size
        self.decodes: list[int] = []

    def rgb(self, at_least: int | None = None) -> Pixels:
        scale = 1
        while at_least and scale < 8 and min(self.width, self.height) // (scale * 2) >= at_least:
            scale *= 2
        self.decodes.append(scale)
        with Image.open(BytesIO(self.data)) as image:
            if self.format == "jpeg":
                image.draft("RGB", (self.width // scale, self.height // scale))
                return np.asarray(image.convert("RGB"))
            return np.asarray(image.convert("RGB").reduce(scale))

    def luma(self, at_least: int | None = None) -> Pixels:
        return np.asarray(Image.fromarray(self.rgb(at_least)).convert("L"))


def scene(seed: int, width: int = 800, height: int = 600) -> Image.Image:
    """A generated landscape of soft shapes: structure like a photograph's, nothing depicted."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (height // 40 + 2, width // 40 + 2, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    grain = rng.normal(0, 6, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)).filter(
        ImageFilter.SMOOTH
    )


def encoded(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def public(folder: str, pattern: str = "*.jp*g") -> list[Path]:
    """The public test photographs below a folder; the test is skipped where they are not at hand."""
    found = sorted((DATA / folder).rglob(pattern))
    if not found:
        pytest.skip(f"../shared/data/{folder} is not at hand")
    return found
