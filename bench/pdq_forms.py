"""What PDQ finds of changed copies with the eight forms and the trimmed border, against the hash as it stands alone.

    python bench/pdq_forms.py

Originals are the public photographs in ../shared/data/{pdq,faces} and generated scenes, hashed by `pdqhash` as a list
holds them, at 31 bits and quality 50. Copies are made with Pillow, saved as JPEG of quality 80 at three quarters of
the size, and hashed as `screen` does it. `plain` compares the copy's hash as it stands, `forms` every form of it.

The second table asks lists of random hashes for random pictures: how much longer eight forms take than one, and how
much would be saved by asking a case for the entries of a list instead, where the list is the smaller one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pdqhash
from PIL import Image, ImageOps

from safelight.matching.forms import Prints
from safelight.matching.hamming import RADIUS, HammingIndex, hamming_distance
from safelight.media.open import open_media, prepare
from safelight.signals.pdq import Hashed, picture_hashes

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Without `share` of the width and of the height, from all sides alike."""
    across, down = image.width * share / 2, image.height * share / 2
    return image.crop((round(across), round(down), round(image.width - across), round(image.height - down)))


def framed(image: Image.Image, share: float, colour: str) -> Image.Image:
    """With a border of `share` of the shorter side."""
    return ImageOps.expand(image, round(share * min(image.size)), colour)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "resaved": lambda image: image,
    "mirrored": ImageOps.mirror,
    "turned by 90°": lambda image: image.transpose(Image.Transpose.ROTATE_270),
    "turned by 180°": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "mirrored, turned by 90°": lambda image: ImageOps.mirror(image).transpose(Image.Transpose.ROTATE_270),
    "border of 5 %, white": lambda image: framed(image, 0.05, "white"),
    "border of 15 %, black": lambda image: framed(image, 0.15, "black"),
    "letterbox, 12 % each": lambda image: ImageOps.expand(image, (0, round(0.12 * image.height)), "black"),
    "mirrored, border of 5 %": lambda image: framed(ImageOps.mirror(image), 0.05, "white"),
    "turned by 2°": lambda image: image.rotate(2, Image.Resampling.BICUBIC),
    "cropped by 5 %": lambda image: cropped(image, 0.05),
    "cropped by 20 %": lambda image: cropped(image, 0.2),
}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=int, default=40, help="how many generated scenes (40)")
    parser.add_argument("--list", type=int, default=1_000_000, help="hashes of the list (1,000,000)")
    parser.add_argument("--pictures", type=int, default=2_000, help="pictures asked for (2,000)")
    options = parser.parse_args()
    prepare()
    recall(list(originals(options.scenes)))
    cost(options.list, options.pictures)


def recall(images: list[Image.Image]) -> None:
    """How many copies are found, by change."""
    listed = [pdqhash.compute(np.asarray(image)) for image in images]
    kept = [
        (image, np.packbits(bits))
        for image, (bits, quality) in zip(images, listed, strict=True)
        if quality >= 50
    ]
    codes = np.stack([code for _, code in kept])
    print(f"{len(kept)} originals\n{'':<28}{'plain':>8}{'forms':>8}{'wrong':>8}{'bits':>7}")
    for title, change in CHANGES.items():
        plain = forms = wrong = 0
        bits = []
        for number, (image, code) in enumerate(kept):
            whole, trimmed = hashes(change(image))
            plain += int(hamming_distance(np.frombuffer(whole.hash, np.uint8), code)) <= RADIUS
            every = np.concatenate([asked for asked, _, _ in prints(whole, trimmed).blocks()])
            nearest = hamming_distance(every[:, None], codes[None]).min(axis=0)
            forms += int(nearest[number]) <= RADIUS
            bits.append(int(nearest[number]))
            nearest[number] = 256
            wrong += int((nearest <= RADIUS).any())
        print(
            f"{title:<28}{plain / len(kept):>8.0%}{forms / len(kept):>8.0%}{wrong:>8}{np.median(bits):>7.0f}"
        )


def cost(count: int, pictures: int) -> None:
    """What eight forms cost, and what asking the other way round would."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 256, (count, 32), np.uint8)
    asked = rng.integers(0, 256, (pictures, 128), np.uint8)
    one = Prints.of([(number, False, row[:32].tobytes(), 80, None) for number, row in enumerate(asked)])
    eight = Prints.of(
        [(number, False, row[:32].tobytes(), 80, row[32:].tobytes()) for number, row in enumerate(asked)]
    )
    index = HammingIndex(codes)
    index.range_search(codes[:2])
    print(f"\n{count:,} listed hashes, {pictures:,} pictures")
    for title, prints_ in (("one form", one), ("eight forms", eight)):
        start = time.perf_counter()
        for block, _, _ in prints_.blocks():
            for _ in index.range_chunks(block):
                pass
        print(f"  {title:<34}{time.perf_counter() - start:8.2f} s")
    start = time.perf_counter()
    other = HammingIndex(np.concatenate([block for block, _, _ in eight.blocks()]))
    for _ in other.range_chunks(codes):
        pass
    print(f"  {'the list against eight forms':<34}{time.perf_counter() - start:8.2f} s")


def hashes(image: Image.Image) -> tuple[Hashed, Hashed | None]:
    """The copy, made smaller and saved, as `screen` hashes it."""
    small = image.resize((round(image.width * 0.75), round(image.height * 0.75)), Image.Resampling.BICUBIC)
    made = BytesIO()
    small.save(made, "JPEG", quality=80)
    return picture_hashes(open_media(made.getvalue(), sketch="grey").pictures[0])


def prints(whole: Hashed, trimmed: Hashed | None) -> Prints:
    """All that is known of one picture."""
    return Prints.of(
        [
            (0, one is trimmed, one.hash, one.quality, b"".join(one.mirrored) if one.mirrored else None)
            for one in (whole, trimmed)
            if one is not None
        ]
    )


def originals(scenes: int) -> list[Image.Image]:
    """Photographs where they are, and scenes of soft shapes."""
    paths = sorted((DATA / "faces").rglob("*.jp*g")) + sorted((DATA / "pdq").glob("*-orig.jpg"))
    if not paths:
        sys.exit("../shared/data/{faces,pdq} is needed")
    found = [Image.open(path).convert("RGB") for path in paths]
    rng = np.random.default_rng(3)
    for _ in range(scenes):
        rough = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        soft = np.asarray(rough.resize((1024, 768), Image.Resampling.BICUBIC))
        found.append(
            Image.fromarray(np.clip(soft + rng.normal(0, 8, (768, 1024, 1)), 0, 255).astype(np.uint8))
        )
    return found


if __name__ == "__main__":
    main()
