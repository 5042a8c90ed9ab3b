"""Disk images for tests, made with Debian's tools, without mounting anything; each is made once a session.

What goes into them is in `TREE`. Images are read-only for tests: `edit` gives a copy to change.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import os
import random
import shutil
import struct
import subprocess
import tempfile
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from safelight.demo.ntfs_delete import delete_files
from safelight.evidence.protocol import Kind, Limits, Node, Reader
from safelight.evidence.source import FileSource

_ENVIRONMENT = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin", "TZ": "UTC"}


@cache
def folder() -> Path:
    """The session's folder for images; it goes when the session ends."""
    made = Path(tempfile.mkdtemp(prefix="safelight-images-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def run(*command: str | Path, data: bytes | None = None) -> bytes:
    """Run a tool and return its standard output; what it says on failure is in the error."""
    done = subprocess.run(list(map(str, command)), input=data, capture_output=True, env=_ENVIRONMENT)
    assert done.returncode == 0, f"{command[0]}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def edit(image: Path, name: str) -> Path:
    """Return a copy of an image that a test may change."""
    copy = folder() / name
    shutil.copyfile(image, copy)
    return copy


# --- content ---------------------------------------------------------------------------------------------


@cache
def picture(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """A benign picture: smooth colour gradients with some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 120 * np.sin(x / rng.uniform(9, 60) + y / rng.uniform(9, 60)) for _ in range(3)]
    noise = rng.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(np.stack(planes, axis=2) + noise, 0, 255).astype(np.uint8))


@cache
def jpeg(seed: int, width: int = 320, height: int = 240, progressive: bool = False) -> bytes:
    """A JPEG of some 10 to 100 kB."""
    out = io.BytesIO()
    picture(seed, width, height).save(out, "JPEG", quality=90, progressive=progressive)
    return out.getvalue()


@cache
def png(seed: int) -> bytes:
    """A PNG of some 150 kB."""
    out = io.BytesIO()
    picture(seed, 240, 180).save(out, "PNG")
    return out.getvalue()


@cache
def mp4(seed: int, index_first: bool = False) -> bytes:
    """The boxes of an MP4 (the media is noise: carving looks at the structure alone)."""
    media = random.Random(seed).randbytes(70_000)

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    start = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"free", b"")
    parts = [box(b"mdat", media), box(b"moov", box(b"mvhd", bytes(100)))]
    return start + b"".join(reversed(parts) if index_first else parts)


TREE: dict[str, bytes] = {
    "empty.txt": b"",
    "small.txt": b"a few bytes\n",
    "Pictures/one.jpg": jpeg(1),
    "Pictures/two.jpg": jpeg(2, 640, 480),
    "Pictures/deep/er/three.png": png(3),
    "Pictures/gone.jpg": jpeg(4),
    "Pictures/lost.jpg": jpeg(5),
    "Videos/clip.mp4": mp4(6),
    "Ünï cödé/файл ☂.bin": random.Random(7).randbytes(5_000),
    "large.bin": random.Random(8).randbytes(1_500_000),
}
"""Path → content. `gone` and `lost` are deleted in most images."""
DELETED = ("Pictures/gone.jpg", "Pictures/lost.jpg")


@cache
def tree() -> Path:
    """`TREE` as a folder."""
    root = written(folder() / "tree", TREE, 1_700_000_000.5)
    (root / "link").symlink_to("Pictures/one.jpg")
    return root


def written(root: Path, files: Mapping[str, bytes], modified: float) -> Path:
    """A folder with these files, all modified at one time (seconds since 1970); returns it."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        os.utime(root / path, (1_700_000_000, modified))
    return root


# --- file systems ----------------------------------------------------------------------------------------


def blank(name: str, megabytes: int) -> Path:
    """An empty sparse file."""
    image = folder() / name
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    return image


def ext(version: int = 4, *features: str) -> Path:
    """ext2, 3 or 4 with `TREE`, names of raw bytes, a sparse file, a pipe; `DELETED` removed."""
    return _ext(version, features)


@cache
def _ext(version: int, features: tuple[str, ...]) -> Path:
    name = f"ext{version}-{zlib.crc32(repr(features).encode()):08x}"
    root = folder() / f"{name}-tree"
    shutil.copytree(tree(), root, symlinks=True)
    for raw in (b"not-utf8-\xff\xfe", b"new\nline", b"n" * 244):
        (root / os.fsdecode(raw)).write_bytes(raw)
    with (root / "sparse").open("wb") as file:
        file.write(b"start")
        file.seek(1 << 20)
        file.write(b"end")
    os.mkfifo(root / "pipe")
    image = blank(f"{name}.img", 16)
    run(f"mkfs.ext{version}", "-q", "-F", *features, "-d", root, image)
    lines = "".join(f'rm "/{path}"\n' for path in DELETED)
    run("debugfs", "-w", "-f", "-", image, data=lines.encode())
    return image


@cache
def ntfs_whole() -> Path:
    """NTFS with `TREE`, nothing deleted; a stream `small.txt:secret` of 3,000 bytes and one on a folder."""
    image = blank("ntfs-whole.img", 24)
    run("mkntfs", "-F", "-Q", "-q", image)
    wim = folder() / "tree.wim"
    config = folder() / "wim.ini"
    config.write_text("[ExclusionList]\n")
    run("wimlib-imagex", "capture", tree(), wim, "--compress=none", f"--config={config}")
    run("wimlib-imagex", "apply", wim, "1", image)
    for name, content in NTFS_STREAMS.items():
        path, stream = name.split(":")
        plain = folder() / "stream"
        plain.write_bytes(content)
        run("ntfscp", "-N", stream, image, plain, path)
    return image


NTFS_STREAMS = {"small.txt:secret": bytes(range(250)) * 12, "Pictures/one.jpg:note": b"resident"}


@cache
def ntfs() -> Path:
    """The same, and `DELETED` removed as Windows does."""
    image = edit(ntfs_whole(), "ntfs.img")
    delete_files(image, list(DELETED))
    return image


@cache
def fat(bits: int) -> Path:
    """FAT12, 16 or 32 with `TREE` (no link), `DELETED` removed, and times a winter's and a summer's night."""
    image = blank(f"fat{bits}.img", {12: 4, 16: 16, 32: 40}[bits])
    run("mkfs.fat", "-F", str(bits), "-n", "LABEL", *(["-s", "1"] if bits != 12 else []), image)
    for path in sorted(tree().iterdir()):
        if not path.is_symlink():
            run("mcopy", "-s", "-m", "-i", image, path, "::/")
    for path in DELETED:
        run("mdel", "-i", image, f"::/{path}")
    return image


@cache
def iso(*options: str) -> Path:
    """ISO 9660 with `TREE`."""
    image = folder() / f"image{''.join(options)}.iso"
    run("xorriso", "-as", "mkisofs", "-quiet", *options, "-o", image, tree())
    return image


@cache
def exfat() -> Path:
    """exFAT with two files in the root folder, the second one deleted (its entries lose their in-use bit).

    The entries are written here, as there is no tool that fills exFAT without mounting it.
    """
    image = blank("exfat.img", 8)
    run("mkfs.exfat", "-L", "LABEL", image)
    data = bytearray(image.read_bytes())
    sector, cluster = 1 << data[108], 1 << data[108] + data[109]
    heap, _, root = struct.unpack_from("<III", data, 88)
    begin = heap * sector
    position = begin + (root - 2) * cluster
    bitmap_at = 0
    while data[position]:
        if data[position] == 0x81:
            bitmap_at = begin + (struct.unpack_from("<I", data, position + 20)[0] - 2) * cluster
        position += 32
    following = root + 1
    for name, content, used in (("kept.jpg", jpeg(1), True), ("gone.jpg", jpeg(4), False)):
        entries = _exfat_entries(name, following, len(content), used)
        data[position : position + len(entries)] = entries
        position += len(entries)
        where = begin + (following - 2) * cluster
        data[where : where + len(content)] = content
        count = -(-len(content) // cluster)
        for number in range(following - 2, following - 2 + count) if used else ():
            data[bitmap_at + number // 8] |= 1 << number % 8
        following += count
    image.write_bytes(data)
    return image


def _exfat_entries(name: str, cluster: int, size: int, used: bool) -> bytes:
    time = (2024 - 1980) << 25 | 7 << 21 | 1 << 16 | 23 << 11 | 30 << 5 | 4
    file = struct.pack("<BBHHHIIIBBBBB7x", 0x85, 2, 0, 0x20, 0, time, time, time, 50, 150, 0x88, 0x88, 0)
    name_hash = 0
    for byte in name.upper().encode("utf-16-le"):
        name_hash = ((name_hash << 15 | name_hash >> 1) + byte) & 0xFFFF
    stream = struct.pack("<BBBBHHQIIQ", 0xC0, 3, 0, len(name), name_hash, 0, size, 0, cluster, size)
    names = struct.pack("<BB30s", 0xC1, 0, name.encode("utf-16-le"))
    entries = bytearray(file + stream + names)
    checksum = 0
    for index, byte in enumerate(entries):
        if index not in (2, 3):
            checksum = ((checksum << 15 | checksum >> 1) + byte) & 0xFFFF
    struct.pack_into("<H", entries, 2, checksum)
    if not used:
        for entry in range(0, len(entries), 32):
            entries[entry] &= 0x7F
    return bytes(entries)


# --- partition tables ------------------------------------------------------------------------------------


def mbr_entry(kind: int, start: int, length: int) -> bytes:
    """One line of an MBR; `start` and `length` in sectors."""
    return struct.pack("<BBBBBBBBII", 0, 0, 2, 0, kind, 255, 255, 255, start, length)


def mbr(
    size: int, primary: list[tuple[int, int, int]], logical: list[tuple[int, int]] | None = None
) -> bytearray:
    """A disk of `size` sectors: primary (type, start, length), then logical (start, length) partitions.

    Each logical one has its boot record in the sector before it.
    """
    disk = bytearray(size * 512)
    lines = [mbr_entry(*line) for line in primary]
    if logical:
        base = logical[0][0] - 1
        lines.append(mbr_entry(0x0F, base, size - base))
        for index, (start, length) in enumerate(logical):
            record = mbr_entry(0x83, 1, length)
            if index + 1 < len(logical):
                following = logical[index + 1]
                record += mbr_entry(0x05, following[0] - 1 - base, following[1] + 1)
            where = (start - 1) * 512
            disk[where + 446 : where + 446 + len(record)] = record
            disk[where + 510 : where + 512] = b"\x55\xaa"
    table = b"".join(lines)
    disk[446 : 446 + len(table)] = table
    disk[510:512] = b"\x55\xaa"
    return disk


def gpt(size: int, partitions: list[tuple[int, int]], sector: int = 512) -> bytearray:
    """A disk of `size` sectors with (start, length) partitions, header and backup."""
    disk = bytearray(size * sector)
    lines = b""
    for number, (start, length) in enumerate(partitions):
        kind = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4").bytes_le
        lines += struct.pack(
            "<16s16sQQQ72s", kind, bytes([number + 1]) * 16, start, start + length - 1, 0, b"p\0"
        )
    lines = lines.ljust(128 * 128, b"\0")
    table = len(lines) // sector

    def header(here: int, other: int, entries: int) -> bytes:
        def build(crc: int) -> bytes:
            start = struct.pack("<8sIIIIQQQQ", b"EFI PART", 0x10000, 92, crc, 0, here, other, 34, size - 34)
            return start + struct.pack("<16sQIII", b"d" * 16, entries, 128, 128, zlib.crc32(lines))

        return build(zlib.crc32(build(0)))

    disk[446:462] = mbr_entry(0xEE, 1, size - 1)
    disk[510:512] = b"\x55\xaa"
    for here, other, entries in ((1, size - 1, 2), (size - 1, 1, size - 1 - table)):
        disk[here * sector : here * sector + 92] = header(here, other, entries)
        disk[entries * sector : entries * sector + len(lines)] = lines
    return disk


# --- containers ------------------------------------------------------------------------------------------


@cache
def e01(
    compression: str = "fast", segment: str = "100MiB", kind: str = "encase6", image: Path | None = None
) -> Path:
    """An E01 of `image` (the ext4 image) with MD5 and SHA-1."""
    source = image or ext()
    target = folder() / f"{source.stem}-{compression}-{segment}-{kind}"
    run(
        "ewfacquire",
        "-u",
        "-q",
        "-c",
        compression,
        "-S",
        segment,
        "-f",
        kind,
        "-d",
        "sha1",
        "-t",
        target,
        source,
    )
    return next(
        path for path in sorted(folder().glob(target.name + ".*")) if path.suffix.lower().endswith("01")
    )


@cache
def converted(format: str, options: str = "", compressed: bool = False, image: Path | None = None) -> Path:
    """The ext4 image (or another) converted by qemu-img."""
    source = image or ext()
    suffix = {"vpc": "vhd"}.get(format, format)
    target = folder() / f"{source.stem}-{zlib.crc32(options.encode()):08x}{compressed:d}.{suffix}"
    extra = ["-c"] if compressed else []
    chosen = ["-o", options] if options else []
    run("qemu-img", "convert", "-f", "raw", "-O", format, *extra, *chosen, source, target)
    return target


# --- reading ---------------------------------------------------------------------------------------------


def nodes(reader: Reader, image: Path, limits: Limits | None = None) -> list[Node]:
    """All nodes a reader yields of an image, what is carved included; the reader must recognise it."""
    source = FileSource(image)
    assert reader.detect(source.read_at(0, 1 << 16), source), f"{reader.name} does not recognise {image.name}"
    return all_of(reader.walk(source, limits or Limits()))


def all_of(found: Iterable[Node]) -> list[Node]:
    """What a reader yields, with what it leaves for the end (free space), its pauses aside."""
    every = (one for node in found for one in ([node] if node.more is None else node.more()))
    return [one for one in every if one.kind is not Kind.PAUSE]


def content(node: Node) -> bytes:
    """The whole content of a node."""
    assert node.open is not None, node.error
    source = node.open()
    try:
        return b"".join(chunks(source.read_at, source.size))
    finally:
        source.close()


def chunks(read_at: object, size: int) -> Iterator[bytes]:
    """The content in pieces of 1 MiB."""
    for offset in range(0, size, 1 << 20):
        yield read_at(offset, 1 << 20)  # type: ignore[operator]


def md5(data: bytes) -> str:
    """The MD5 in hex."""
    return hashlib.md5(data).hexdigest()


def files(found: list[Node]) -> dict[str, bytes]:
    """Path → content of the allocated files (not streams) that can be opened."""
    return {
        node.name.decode("utf-8", "surrogateescape"): content(node)
        for node in found
        if node.kind is Kind.FILE and node.state.value == "allocated" and node.open and node.layer == "file"
    }


def fls(image: Path, *options: str) -> dict[str, str]:
    """What sleuthkit lists of regular allocated files: path → inode, as `icat` takes it."""
    lines = run("fls", "-r", "-p", *options, image).decode("utf-8", "surrogateescape").splitlines()
    listed = {}
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "r/r" and not rest.startswith("*"):
            inode, _, path = rest.partition(":\t")
            listed[path] = inode
    return listed
