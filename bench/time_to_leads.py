"""How soon the planted leads of a large image are leads: by promise, against the same engine in the order of folders.

    python bench/time_to_leads.py [--files 50000] [--layouts 11,12,13] [--keep FOLDER]

Each layout is an ext4 image with the folders of a laptop, or of a phone's extraction, made by `mkfs.ext4 -d`. Forty
pictures are planted: thirty whose digests a list holds, ten of which it holds the PDQ hash only (saved again), half in
plausible places (camera, downloads, messengers, the recycle bin) and half in implausible ones (below programs, with the
wrong extension, in an archive). Layouts 1 to 9 were used for tuning, 11 and up only for what is reported.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import numpy as np
import sqlalchemy as sa
from PIL import Image

from safelight.model import Authority, Basis, Capability, HashSetKind
from safelight.progress import Progressed
from safelight.settings import Settings
from safelight.signals.pdq import plain_pdq
from safelight.store.tables import lead
from safelight.workspace import open_workspace

PLANTED, BY_PDQ = 40, 10
SHARES = (1 / PLANTED, 0.5, 0.95)
_SYSTEM = (
    "Windows/System32", "Windows/WinSxS/amd64_{}", "Program Files/Vendor{}/App", "Program Files/Vendor{}/App/assets",
    "Users/a/AppData/Local/Vendor{}/Cache", "ProgramData/Vendor{}", "usr/share/icons/theme{}/48x48", "usr/lib/app{}",
)  # fmt: skip
_OWN = (
    "Users/a/Documents/Project {}", "Users/a/Pictures/Holiday {}", "Users/a/Downloads", "Users/a/Desktop",
    "Users/a/Pictures/Camera Roll", "Users/a/Videos", "sdcard/DCIM/1{:02d}ANDRO",
    "sdcard/WhatsApp/Media/WhatsApp Images",
)  # fmt: skip
_PLAUSIBLE = (
    "Users/a/Pictures/Camera Roll", "Users/a/Downloads", "sdcard/DCIM/1{:02d}ANDRO", "Users/a/Pictures/Holiday {}",
    "sdcard/WhatsApp/Media/WhatsApp Images", "$RECYCLE.BIN/S-1-5-21", "Users/a/Videos",
)  # fmt: skip
_HIDDEN = (
    "Program Files/Vendor{}/App/assets", "Windows/WinSxS/amd64_{}", "usr/share/icons/theme{}/48x48",
    "Users/a/Documents/Project {}", "ProgramData/Vendor{}",
)  # fmt: skip


@dataclass(slots=True)
class Layout:
    """One made image: where it lies, and the SHA-256 of what was planted."""

    image: Path
    digests: set[bytes] = field(default_factory=set)
    lists: dict[str, str] = field(default_factory=dict)


def pictures(rng: random.Random, count: int) -> list[bytes]:
    """JPEGs of smooth colour fields with detail, 480 to 2000 pixels wide: photographs as far as size and cost go."""
    made = []
    noise = np.random.default_rng(rng.randrange(1 << 30))
    for _ in range(count):
        width = rng.choice((480, 640, 1024, 1280, 1600, 2000))
        rough = noise.integers(0, 255, (rng.randrange(6, 40), rng.randrange(6, 40), 3), dtype=np.uint8)
        picture = Image.fromarray(rough).resize((width, width * 3 // 4), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=rng.choice((75, 85, 92)))
        made.append(out.getvalue())
    return made


def stamped(picture: bytes, number: int) -> bytes:
    """The same picture as another file: a comment behind its first marker."""
    text = f"number {number}".encode()
    return picture[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + picture[2:]


def saved_again(picture: bytes) -> bytes:
    """The picture at half its size and another quality."""
    opened = Image.open(io.BytesIO(picture))
    out = io.BytesIO()
    opened.resize((opened.width // 2, opened.height // 2)).save(out, "JPEG", quality=70)
    return out.getvalue()


def make(folder: Path, files: int, seed: int) -> Layout:
    """Write the files, pack them into an image, and make the lists."""
    rng = random.Random(seed)
    base = pictures(rng, 60)
    tree = folder / "tree"

    def put(where: str, name: str, data: bytes) -> None:
        path = tree / where.format(rng.randrange(40)) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    for number in range(files):
        kind = rng.random()
        own = kind < 0.3
        where = rng.choice(_OWN if own else _SYSTEM)
        if own and rng.random() < 0.6:
            put(where, f"IMG_{number:05}.jpg", stamped(rng.choice(base), number))
        elif rng.random() < 0.08:
            put(where, f"asset{number}.jpg", stamped(rng.choice(base), number))
        else:
            put(
                where,
                f"file{number}.{rng.choice(['dll', 'txt', 'xml', 'dat', 'bin', 'js'])}",
                rng.randbytes(rng.randrange(200, 40_000)),
            )
    made = Layout(folder / f"layout{seed}.img")
    digests, hashes = [], []
    for number, picture in enumerate(pictures(rng, PLANTED)):
        data = stamped(picture, number)
        if number < BY_PDQ:
            code, _ = plain_pdq(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
            hashes.append(code.hex())
            data = saved_again(picture)
        else:
            digests.append(_sha256(data).hex())
        made.digests.add(_sha256(data))
        if number % 2:
            put(rng.choice(_PLAUSIBLE), f"IMG_9{number:04}.jpg", data)
        elif number % 8 == 0:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as packed:
                packed.writestr("a.jpg", data)
            put(rng.choice(_HIDDEN), f"backup{number}.zip", archive.getvalue())
        else:
            put(rng.choice(_HIDDEN), f"res{number}.{rng.choice(['dat', 'jpg', 'bin'])}", data)
    made.lists = {"digests": "\n".join(digests) + "\n", "pdq": "\n".join(hashes) + "\n"}
    size = sum(path.stat().st_size + 8_192 for path in tree.rglob("*")) * 5 // 4 + (64 << 20)
    subprocess.run(["truncate", "-s", str(size), made.image], check=True)
    inodes = str(files * 5 // 4 + 2_000)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-N", inodes, "-d", tree, made.image], check=True)
    shutil.rmtree(tree)
    return made


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def run(layout: Layout, in_order: bool) -> tuple[list[float | None], float]:
    """Seconds until each share of the planted was a lead, and of the whole scan."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = Settings(workspace=folder / "w", key_folder=folder / "k", workers=2)
        with open_workspace(config=config, evaluation=True) as opened:
            today = datetime.now(UTC).date()
            allows = frozenset({Capability.HASH_MATCH, Capability.CLASSIFY})
            opened.open_case(
                "made", Authority(Basis.WARRANT, "1", "Court", today, today + timedelta(days=9), allows)
            )
            for kind, text in layout.lists.items():
                (folder / f"{kind}.txt").write_text(text)
                format_ = "pdq" if kind == "pdq" else "auto"
                opened.import_hashset(
                    folder / f"{kind}.txt", name=kind, kind=HashSetKind.KNOWN_ILLEGAL, format=format_
                )
            seen: list[tuple[float, int]] = []
            begun = last = monotonic()

            def look(_: Progressed) -> None:
                nonlocal last
                now = monotonic()
                if now - last >= 0.5:
                    last = now
                    seen.append((now - begun, planted()))

            def planted() -> int:
                with opened.database.snapshot() as connection:
                    found = {row.sha256 for row in connection.execute(sa.select(lead.c.sha256))}
                return len(
                    layout.digests & {bytes.fromhex(one) if isinstance(one, str) else one for one in found}
                )

            opened.scan([layout.image], case="made", progress=look, in_order=in_order)
            whole = monotonic() - begun
            seen.append((whole, planted()))
    wanted = [max(1, round(share * PLANTED)) for share in SHARES]
    return [next((at for at, count in seen if count >= one), None) for one in wanted], whole


def main() -> None:
    """Print a line a layout and way, and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--layouts", default="11,12,13")
    parser.add_argument("--keep", type=Path, help="folder for the images")
    given = parser.parse_args()
    print(
        f"{given.files:,} files, {PLANTED} planted; seconds until 1, 50 %, 95 % of them are leads, and the whole scan"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        for seed in map(int, given.layouts.split(",")):
            layout = make(folder, given.files, seed)
            results = {}
            for way in ("promise", "in order"):
                times, whole = run(layout, way == "in order")
                results[way] = (times, whole)
                shown = "  ".join("never" if at is None else f"{at:7.1f}" for at in times)
                print(f"layout {seed:>3} {way:<9} {shown}  {whole:7.1f}", flush=True)
            (ours, total), (peer, peer_total) = results["promise"], results["in order"]
            ratios = "  ".join(
                f"{b / a:6.1f}x" if a and b else "    - " for a, b in zip(ours, peer, strict=True)
            )
            print(f"layout {seed:>3} sooner    {ratios}   total {total / peer_total:.2f}x", flush=True)
            layout.image.unlink()


if __name__ == "__main__":
    sys.exit(main())
