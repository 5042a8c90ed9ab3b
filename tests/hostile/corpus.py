"""Broken files by the thousand: cut, flipped, swollen, nested, lying, looping. Each has a name that says what it is."""

from __future__ import annotations

import gzip
import io
import lzma
import math
import random
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.evidence import images
from tests.hostile import loops, samples
from tests.hostile.samples import png_of, sample

STEP = 64
LIES = (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"\1\0\0\0")


@dataclass(frozen=True, slots=True)
class Case:
    """One file: a sound one that ends early or has other bytes in places; must a scan say that it is broken?

    The sound one is shared, as a thousand cases of a disk image would not fit into memory.
    """

    name: str
    sound: bytes
    must_say: bool = False
    end: int | None = None
    changes: tuple[tuple[int, bytes], ...] = ()

    def write(self, path: Path) -> None:
        """Write it, and leave holes where it is zeros."""
        whole = memoryview(self.sound)[: self.end]
        with path.open("wb") as file:
            for at in range(0, len(whole), 1 << 12):
                piece = whole[at : at + (1 << 12)]
                if piece != _ZEROS[: len(piece)]:
                    file.seek(at)
                    file.write(piece)
            file.truncate(len(whole))
            for at, data in self.changes:
                file.seek(at)
                file.write(data)


_ZEROS = bytes(1 << 12)


def cases(cuts: int, flips: int, *, soak: bool = False) -> Iterator[Case]:
    """Of each format at most so many cuts (at every 64th byte, spread over the file) and so many flips.

    Formats that take longer have fewer; those whose samples take seconds to make are left out of the short run.
    """
    for name in samples.every(soak):
        share = samples.share(name, soak)
        yield from broken(name, math.ceil(cuts * share), math.ceil(flips * share))
    yield from bombs()
    yield from shapes()
    for name, data in loops.every():
        yield Case(f"loop/{name}", data)


def broken(name: str, cuts: int, flips: int) -> Iterator[Case]:
    """One format's; none where its sample cannot be had here."""
    if samples.found(name) is None:
        return
    yield from cut(name, cuts)
    yield from flipped(name, flips)
    yield from lying(name, flips // 2)
    yield from holed(name, flips // 3)


def cut(name: str, most: int) -> Iterator[Case]:
    """The file ends early."""
    data = sample(name)
    last = min(len(data), (lines(name)[-1] + 2) * STEP)
    places = range(STEP, last, STEP)
    chosen = places if len(places) <= most else [places[at * len(places) // most] for at in range(most)]
    for at in chosen:
        yield Case(f"cut/{at:06}-{name}", data, name in samples.MUST_SAY, at)


def flipped(name: str, count: int) -> Iterator[Case]:
    """One to eight bits are others."""
    data, rng = sample(name), random.Random(name)
    for number in range(count):
        changes = []
        for _ in range(rng.choice((1, 1, 2, 8))):
            at = _place(name, rng)
            changes.append((at, bytes((data[at] ^ 1 << rng.randrange(8),))))
        yield Case(f"flip/{number:04}-{name}", data, changes=tuple(changes))


def lying(name: str, count: int) -> Iterator[Case]:
    """Four bytes where formats state sizes and offsets say the most or nothing."""
    data, rng = sample(name), random.Random(f"lying {name}")
    for number in range(count):
        at = rng.randrange(4, min(len(data), 512) - 4) if rng.random() < 0.4 else _place(name, rng) & ~3
        yield Case(f"lie/{number:04}-{name}", data, changes=((at, rng.choice(LIES)),))


def holed(name: str, count: int) -> Iterator[Case]:
    """A stretch of it is zeros, noise, or another stretch of the same file."""
    data, rng = sample(name), random.Random(f"holed {name}")
    for number in range(count):
        size = min(rng.choice((16, 512, 512, 4096)), len(data) // 2)
        at = min(_place(name, rng) // size * size, len(data) - size)
        other = min(_place(name, rng) // size * size, len(data) - size)
        filler = rng.choice((bytes(size), rng.randbytes(size), data[other : other + size]))
        yield Case(f"hole/{number:04}-{name}", data, changes=((at, filler),))


@cache
def lines(name: str) -> list[int]:
    """The stretches of 64 bytes that are not one byte again and again: where something can be broken."""
    data = sample(name)
    found = []
    for number in range(-(-len(data) // STEP)):
        line = data[number * STEP : (number + 1) * STEP]
        if line != line[:1] * len(line):
            found.append(number)
    return found


def _place(name: str, rng: random.Random) -> int:
    """Anywhere, half of the time near the beginning."""
    marked = lines(name)
    line = rng.choice(marked if rng.random() < 0.5 else marked[:48])
    return min(line * STEP + rng.randrange(STEP), len(sample(name)) - 1)


def bombs() -> Iterator[Case]:
    """Small files that claim, or would become, far more than they are."""
    zeros = bytes(8 << 20)
    yield Case("bomb/zeros.gz", gzip.compress(zeros))
    yield Case("bomb/zeros.xz", lzma.compress(zeros))
    yield Case("bomb/twice.gz", gzip.compress(gzip.compress(zeros)))
    yield Case("bomb/wide.png", png_of(100_000, 100_000), True)
    yield Case("bomb/tall.png", png_of(1, 2_000_000_000), True)
    yield Case("bomb/page.bmp", _with(sample("a.bmp"), 18, (100_000).to_bytes(4, "little") * 2), True)
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    laughs = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY l0 "ha">' + entities + b"]>"
    yield Case("bomb/laughs.svg", laughs + b'<svg xmlns="http://www.w3.org/2000/svg">&l11;</svg>')
    yield Case("bomb/laughs.xml", laughs + b"<report>&l11;</report>")
    yield Case("bomb/outside.xml", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')
    yield Case("bomb/nested.zip", _nested(30), True)
    yield Case("bomb/itself.zip", _overlapping())
    yield Case("bomb/many.zip", _many(3_000))
    yield Case("bomb/claims.tar", _claims(1 << 40), True)


def shapes() -> Iterator[Case]:
    """Names, loops, and files that are two things at once."""
    yield Case("shape/long-names.zip", _zipped({"x" * 4_000: b"long", "d/" * 1_000 + "deep": b"deep"}))
    yield Case(
        "shape/escape.zip",
        _zipped({"../../escaped": b"x", "/etc/escaped": b"x", "C:\\escaped": b"x", "nul\0x": b"x"}),
    )
    yield Case("shape/escape.tar", _tarred({"../../escaped": b"x", "/tmp/escaped": b"x", "x" * 4_000: b"x"}))
    yield Case("shape/jpeg-and-zip.jpg", sample("a.jpg") + sample("a.zip"))
    yield Case("shape/zip-in-pdf.pdf", sample("a.pdf") + sample("a.zip"))
    yield Case("shape/html-and-gif.gif", sample("a.gif") + b"<script>alert(1)</script>")
    yield Case("shape/png-in-jpeg.jpg", sample("a.jpg") + sample("a.png"))
    yield Case("shape/empty.jpg", b"")
    yield Case("shape/loop-of-directories.tif", _tiff_loop(), True)
    yield Case("shape/loop-of-partitions.img", _partition_loop(), True)
    yield Case("shape/overlapping-partitions.img", _overlapping_partitions())
    for number in range(40):
        noise = random.Random(number).randbytes(700)
        for magic in (
            b"PK\3\4",
            b"\xff\xd8\xff\xe1",
            b"SQLite format 3\0",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ):
            yield Case(f"noise/{number:03}-{magic[:2].hex()}.bin", magic + noise)


def _with(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def _zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _nested(depth: int) -> bytes:
    data = sample("a.jpg")
    for _ in range(depth):
        data = _zipped({"in.zip": data})
    return data


def _many(count: int) -> bytes:
    return _zipped({f"{number:05}": b"" for number in range(count)})


def _overlapping() -> bytes:
    """Two hundred entries of the directory that all name the same member."""
    data = bytearray(_zipped({"a": bytes(200_000)}))
    start = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entry = bytes(data[start:end])
    directory = entry * 200
    tail = bytearray(data[end:])
    tail[8:12] = (200).to_bytes(2, "little") * 2
    tail[12:16] = len(directory).to_bytes(4, "little")
    return bytes(data[:start]) + directory + bytes(tail)


def _claims(size: int) -> bytes:
    info = tarfile.TarInfo("terabyte")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(2_048)


def _tiff_loop() -> bytes:
    """A directory of which the next one is itself."""
    entry = b"\x00\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00"
    return b"II*\0\x08\0\0\0" + b"\x01\x00" + entry + b"\x08\0\0\0"


def _partition_loop() -> bytes:
    """An extended partition whose next one is itself."""
    disk = images.mbr(16_384, [(0x05, 2_048, 8_192)])
    table = images.mbr(16_384, [(0x83, 64, 512), (0x05, 0, 8_192)])
    disk[2_048 * 512 : 2_049 * 512] = table[:512]
    return bytes(disk)


def _overlapping_partitions() -> bytes:
    return bytes(images.mbr(16_384, [(0x83, 2_048, 8_192), (0x83, 2_048, 8_192), (0x83, 1, 4_000_000_000)]))
