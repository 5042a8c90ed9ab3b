"""What it costs to look for media inside pictures: `python bench/embedded_media.py [--files N]`.

Walks a folder of photographs twice in one run, with and without the reader, everything digested as a scan does, and
prints the difference for each file. Best of five; the files lie in the page cache.
"""

from __future__ import annotations

import argparse
import struct
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from safelight.evidence.embedded_media import EmbeddedMediaReader
from safelight.evidence.walk import readers, walk
from safelight.signals.digest import digest


def photo(width: int, height: int, quality: int = 92) -> bytes:
    """Noise over a smooth picture: as many bytes a pixel as a camera's."""
    rng = np.random.default_rng(1)
    ground = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize((width, height))
    noise = rng.normal(0, 6, (height, width, 1))
    made = BytesIO()
    Image.fromarray(np.clip(np.asarray(ground) + noise, 0, 255).astype(np.uint8)).save(
        made, "JPEG", quality=quality
    )
    return made.getvalue()


def with_thumbnail(data: bytes, thumbnail: bytes) -> bytes:
    """EXIF with a thumbnail, as every camera writes it."""
    block = b"II*\0\x08\0\0\0" + struct.pack("<HI", 0, 14) + struct.pack("<H", 3)
    for tag, value in ((0x0103, 6), (0x0201, 56), (0x0202, len(thumbnail))):
        block += struct.pack("<HHII", tag, 4, 1, value)
    body = b"Exif\0\0" + block + bytes(4) + thumbnail
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def seconds(folder: Path) -> tuple[float, float]:
    """Time to walk and digest everything without and with the reader, best of five; they take turns."""
    plain = [one for one in readers() if not isinstance(one, EmbeddedMediaReader)]
    best = [float("inf")] * 2
    for _ in range(5):
        for side, asked in enumerate((plain, readers())):
            begun = time.perf_counter()
            for found in walk(folder, readers=asked):
                found.container  # noqa: B018  # why: asks the readers, as a scan does
                digest(found.read_all(1 << 30))
            best[side] = min(best[side], time.perf_counter() - begun)
    return best[0], best[1]


def main() -> None:
    """Print a line for each kind of photograph."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=60)
    count = parser.parse_args().files
    small = photo(160, 120, 75)
    kinds = {
        "640 x 480": photo(640, 480),
        "3 megapixels": photo(2048, 1536),
        "12 megapixels": photo(4000, 3000),
    }
    kinds |= {f"{name}, thumbnail": with_thumbnail(data, small) for name, data in kinds.items()}
    for name, data in kinds.items():
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            for number in range(count):
                (folder / f"{number}.jpg").write_bytes(data + bytes(number % 7))
            without, looked = seconds(folder)
        each = (looked - without) / count
        print(
            f"{name:26} {len(data) / 1e6:5.2f} MB  read and digested {without / count * 1e3:6.2f} ms, "
            f"looked into as well + {each * 1e3:5.2f} ms ({looked / without:.2f} x)"
        )


if __name__ == "__main__":
    main()
