"""Measure carving against PhotoRec on the same image, with the same kinds of files enabled.

    python bench/carving.py                        # noise, all formats, and (as root) real free space
    python bench/carving.py --parts noise --mib 256

Noise: JPEGs whole and split in two, in random bytes. Formats: every kind of file, whole, in random bytes. Free:
ext4 (the kernel), NTFS (ntfs-3g), FAT16 and FAT32 (mtools) on which files were written, deleted and written again, so
that remnants and fragments are where those left them; but for FAT that needs root and loop devices.

Said of each: files found byte by byte as they were, found by one side only, bytes right (of inexact finds as far as
they agree with a file that begins alike), false finds (given as whole, and equal to no file nor a part of one;
PhotoRec is told not to keep what it knows to be broken), MB/s of the image. What a file system lists as deleted counts
as found on our side, as PhotoRec has to carve it. Speed is by CPU seconds (user and system), which other work on the
machine does not change much; all on one core. Needs testdisk.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from safelight.evidence.carve import carve
from safelight.evidence.ext import ExtReader
from safelight.evidence.fat import FatReader
from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Kind, Limits, Node, Reader
from safelight.evidence.source import FileSource
from safelight.model import State

BLOCK = 4096
KINDS = ("jpg", "png", "gif", "bmp", "riff", "mov", "pdf", "zip")
"""PhotoRec's names of the families that are enabled."""
_ENVIRONMENT = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}


# --- benign content --------------------------------------------------------------------------------------


@cache
def _grain() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(1).normal(0, 8, (2_048, 2_048, 3)).astype(np.float32)


def picture(seed: int, width: int, height: int) -> Image.Image:
    """Smooth colours with grain: entropy like a photograph's."""
    rng = np.random.default_rng(seed)
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)
    planes = [127 + 120 * np.sin(x / rng.uniform(9, 60) + y / rng.uniform(9, 60)) for _ in range(3)]
    top, left = rng.integers(0, 2_048 - height), rng.integers(0, 2_048 - width)
    pixels = np.stack(planes, axis=2) + _grain()[top : top + height, left : left + width]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def photo(seed: int, rng: random.Random) -> bytes:
    """A JPEG: baseline, progressive or with restarts, some with a thumbnail in their EXIF."""
    width, height = rng.choice(((640, 480), (800, 600), (480, 640), (1280, 960)))
    options: dict[str, object] = {"quality": rng.choice((75, 85, 90, 95))}
    match rng.randrange(5):
        case 0:
            options["progressive"] = True
        case 1:
            options["restart_marker_rows"] = 1
        case 2:
            options["optimize"] = True
    data = saved(picture(seed, width, height), "JPEG", **options)
    if rng.random() < 0.4:
        thumbnail = saved(picture(seed, width, height).resize((160, 120)), "JPEG", quality=70)
        data = (
            data[:2]
            + b"\xff\xe1"
            + (len(thumbnail) + 8).to_bytes(2, "big")
            + b"Exif\0\0"
            + thumbnail
            + data[2:]
        )
    return data


def video(seed: int, format: str) -> bytes:
    """A second of moving colours."""
    import av

    out = io.BytesIO()
    width, height = (176, 144) if format == "3gp" else (320, 240)
    with av.open(out, "w", format=format) as container:
        stream: Any = container.add_stream("mjpeg" if format == "avi" and seed % 2 else "mpeg4", rate=15)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if stream.codec_context.name == "mjpeg" else "yuv420p"
        still = picture(seed, width + 60, height)
        for number in range(15):
            frame = av.VideoFrame.from_image(still.crop((4 * number, 0, 4 * number + width, height)))  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def archive(seed: int, rng: random.Random, folder: str = "") -> bytes:
    """A ZIP of text and pictures, or of a document's parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        if folder:
            file.writestr("[Content_Types].xml", "<Types/>" * 40)
            file.writestr(f"{folder}/document.xml", " ".join(str(rng.random()) for _ in range(3_000)))
        file.writestr(f"{folder or 'pictures'}/media/image1.jpeg", photo(seed, rng))
    return out.getvalue()


@cache
def one_file(seed: int) -> tuple[str, bytes]:
    """(suffix, content) of some kind, half of them JPEG."""
    rng = random.Random(seed)
    made: dict[str, Callable[[], bytes]] = {
        "png": lambda: saved(picture(seed, 320, 240), "PNG"),
        "gif": lambda: saved(picture(seed, 320, 240).convert("P"), "GIF"),
        "webp": lambda: saved(picture(seed, 480, 360), "WEBP", quality=80),
        "bmp": lambda: saved(picture(seed, 200, 150), "BMP"),
        "heic": lambda: _heic(seed),
        "mp4": lambda: video(seed, "mp4"),
        "mov": lambda: video(seed, "mov"),
        "3gp": lambda: video(seed, "3gp"),
        "avi": lambda: video(seed, "avi"),
        "pdf": lambda: saved(picture(seed, 600, 400), "PDF"),
        "zip": lambda: archive(seed, rng),
        "docx": lambda: archive(seed, rng, "word"),
    }
    suffix = rng.choice(("jpg",) * len(made) + tuple(made))
    return suffix, photo(seed, rng) if suffix == "jpg" else made[suffix]()


def _heic(seed: int) -> bytes:
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(picture(seed, 480, 360)).save(out, quality=80)
    return out.getvalue()


# --- what was found --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Truth:
    """Every file that was ever there; those still listed do not count."""

    by_digest: dict[bytes, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def add(self, name: str, data: bytes, *, gone: bool = True) -> None:
        self.contents[name] = data
        self.by_digest[hashlib.md5(data).digest()] = name
        if gone:
            self.gone.add(name)

    def alike(self, data: bytes) -> int:
        """Bytes that agree with a file that begins alike."""
        best = 0
        for known in self.contents.values():
            if known[:600] == data[:600]:
                best = max(best, _common(known, data))
        return best


def _common(one: bytes, other: bytes) -> int:
    size = min(len(one), len(other))
    differ = np.flatnonzero(np.frombuffer(one[:size], np.uint8) != np.frombuffer(other[:size], np.uint8))
    return int(differ[0]) if len(differ) else size


@dataclass(slots=True)
class Found:
    """One side's finds."""

    seconds: float
    whole: set[str] = field(default_factory=set)
    right: int = 0
    false: int = 0
    inexact: int = 0
    said: int = 0
    false_names: list[str] = field(default_factory=list)

    def add(
        self, truth: Truth, data: bytes, name: str, is_said: bool = False, is_listed: bool = False
    ) -> None:
        known = truth.by_digest.get(hashlib.md5(data).digest())
        if known is not None:
            if known in truth.gone and known not in self.whole:
                self.whole.add(known)
                self.right += len(data)
            return
        if is_listed:
            return
        alike = truth.alike(data)
        self.right += alike
        if is_said:
            self.said += 1
        elif not any(data in one for one in truth.contents.values()):
            self.false += 1
            self.false_names.append(f"{name}:{alike}/{len(data)}")

    def line(self, name: str, size: int, peer: Found | None = None) -> str:
        only = "" if peer is None else f", {len(self.whole - peer.whole)} found by it alone"
        return (
            f"  {name:22} {len(self.whole):5} whole{only}; {self.right / 1e6:7.1f} MB right; {self.false} false, "
            f"{self.said} said to be broken; {size / self.seconds / 1e6:7,.0f} MB/s"
        )


def ours(truth: Truth, nodes: Callable[[], Iterable[Node]], rounds: int) -> Found:
    """Run a search of ours `rounds` times; the fastest counts."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        kept = list(nodes())
        seconds.append(time.process_time() - start)
    found = Found(min(seconds))
    for node in kept:
        if node.open is None or node.kind is not Kind.FILE or node.state is State.ALLOCATED:
            if node.kind is Kind.FINDING:
                print(f"  said: {node.error}")
            continue
        content = node.open()
        said = node.error is not None and not node.error.startswith("put together")
        found.add(truth, _read(content, content.size), node.name.decode(), said, node.state is State.DELETED)
    return found


def _read(content: object, size: int) -> bytes:
    try:
        data: bytes = content.read_at(0, size)  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001 -- why: a deleted file whose content is gone
        del error
        return b""
    return data


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def photorec(
    truth: Truth, image: Path, work: Path, mode: str, kinds: Iterable[str], space: str, rounds: int
) -> Found:
    """Run PhotoRec unattended; the fastest of `rounds` counts."""
    enabled = ",".join(f"{kind},enable" for kind in kinds)
    options = f"partition_none,options,{mode},keep_corrupted_file_no,fileopt,everything,disable,{enabled}"
    seconds = []
    for number in range(rounds):
        target = work / f"{mode}-{number}"
        command = ["photorec", "/log", "/d", str(target), "/cmd", str(image), f"{options},{space},search"]
        start = _children()
        subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds.append(_children() - start)
    found = Found(min(seconds))
    for path in sorted(work.glob(f"{mode}-0.*/*")):
        if path.name != "report.xml" and not path.name.startswith("t"):  # t…: thumbnails, written again apart
            found.add(truth, path.read_bytes(), path.name)
    for folder in work.glob(f"{mode}-*.*"):
        shutil.rmtree(folder)
    return found


# --- images ----------------------------------------------------------------------------------------------


def noise(path: Path, megabytes: int, seed: int) -> Truth:
    """JPEGs in noise, one in five split by a gap of 3 to 20 blocks."""
    rng = random.Random(seed)
    truth = Truth()
    with path.open("wb") as file:
        for number in range(megabytes * 25 // 32):
            data = saved(picture(number, 640, 480), "JPEG", quality=90)
            padded = data + bytes(-len(data) % BLOCK)
            split = number % 5 == 4
            truth.add(f"{'split' if split else 'whole'}-{number}", data)
            if split:
                cut = rng.randint(1, len(padded) // BLOCK - 1) * BLOCK
                padded = padded[:cut] + rng.randbytes(BLOCK * rng.randint(3, 20)) + padded[cut:]
            file.write(padded)
            file.write(rng.randbytes(BLOCK * rng.randint(1, 60)))
        while file.tell() < megabytes << 20:
            file.write(rng.randbytes(min(1 << 20, (megabytes << 20) - file.tell())))
    return truth


def formats(path: Path, files: int, seed: int) -> Truth:
    """Files of all kinds, whole, in noise."""
    rng = random.Random(seed)
    truth = Truth()
    with path.open("wb") as file:
        for number in range(files):
            suffix, data = one_file(seed * 100_000 + number)
            truth.add(f"{number}.{suffix}", data)
            file.write(data + bytes(-len(data) % BLOCK))
            file.write(rng.randbytes(BLOCK * rng.randint(1, 100)))
    return truth


def run(*command: str | Path) -> None:
    """Run a tool; its error ends the benchmark."""
    done = subprocess.run(list(map(str, command)), capture_output=True, env=_ENVIRONMENT)
    if done.returncode:
        raise SystemExit(f"{command[0]}: {done.stderr.decode(errors='replace')}")


MAKERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[], Reader]]] = {
    "ext4": (("mkfs.ext4", "-q", "-F"), ("mount", "-o", "loop"), ExtReader),
    "ntfs": (("mkntfs", "-F", "-Q", "-q"), ("ntfs-3g",), NtfsReader),
    "fat16": (("mkfs.fat", "-F", "16", "-s", "8"), (), FatReader),
    "fat32": (("mkfs.fat", "-F", "32", "-s", "1"), (), FatReader),
}
"""How it is made, how mounted (FAT: mtools write and delete without mounting), and our reader."""


class Volume:
    """A file system that is written to by a kernel, by ntfs-3g, or by mtools."""

    def __init__(self, kind: str, image: Path, mount: Path) -> None:
        self._attach = MAKERS[kind][1]
        self._image, self._folder = image, mount
        mount.mkdir(exist_ok=True)
        if self._attach:
            run(*self._attach, image, mount)

    def write(self, files: dict[str, bytes]) -> None:
        for name, data in files.items():
            (self._folder / name).write_bytes(data)
        os.sync()
        if not self._attach:
            run("mcopy", "-i", self._image, *(self._folder / name for name in files), "::/")
            for name in files:
                (self._folder / name).unlink()

    def delete(self, names: Iterable[str]) -> None:
        if self._attach:
            for name in names:
                (self._folder / name).unlink()
            os.sync()
        else:
            run("mdel", "-i", self._image, *(f"::/{name}" for name in names))

    def close(self) -> None:
        if self._attach:
            run("umount", self._folder)


def used(kind: str, image: Path, mount: Path, megabytes: int, seed: int) -> Truth:
    """A file system that has been in use: files written and deleted in turn, some never removed."""
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    run(*MAKERS[kind][0], image)
    volume = Volume(kind, image, mount)
    rng = random.Random(seed)
    truth = Truth()
    living: dict[str, int] = {}
    number = 0
    try:
        for turn in range(4):
            batch: dict[str, bytes] = {}
            while sum(living.values()) < (megabytes << 20) * 3 // 4:
                suffix, data = one_file(seed * 1_000_000 + number)
                name = f"{number:05}.{suffix}"
                batch[name] = data
                truth.add(name, data, gone=False)
                living[name] = len(data)
                number += 1
            volume.write(batch)
            doomed = rng.sample(sorted(living), len(living) * (2 if turn < 3 else 3) // 5)
            volume.delete(doomed)
            for name in doomed:
                truth.gone.add(name)
                del living[name]
    finally:
        volume.close()
    return truth


# --- the parts -------------------------------------------------------------------------------------------


def measure_noise(work: Path, megabytes: int, rounds: int) -> None:
    image = work / "noise.img"
    truth = noise(image, megabytes, 1)
    split = {name for name in truth.gone if name.startswith("split")}
    size = image.stat().st_size
    print(f"noise, {megabytes} MiB: {len(truth.gone) - len(split)} JPEGs whole, {len(split)} split in two")
    source = FileSource(image)
    mine = ours(truth, lambda: carve(source, [(0, source.size)]), rounds)
    _print("safelight", mine, split, size)
    for mode in ("paranoid", "paranoid_bf"):
        _print(
            f"photorec {mode}",
            found := photorec(truth, image, work, mode, ["jpg"], "wholespace", rounds),
            split,
            size,
        )
        print(f"  ratio of speed to {mode}: {found.seconds / mine.seconds:.2f}")
    source.close()


def _print(name: str, found: Found, split: set[str], size: int) -> None:
    print(f"{found.line(name, size)}; {len(found.whole & split)} of the split")


def measure_formats(work: Path, files: int, rounds: int) -> None:
    image = work / "formats.img"
    truth = formats(image, files, 2)
    size = image.stat().st_size
    print(f"formats: {files} files whole in noise, {size >> 20} MiB")
    source = FileSource(image)
    mine = ours(truth, lambda: carve(source, [(0, source.size)]), rounds)
    peer = photorec(truth, image, work, "paranoid", KINDS, "wholespace", rounds)
    print(mine.line("safelight", size, peer))
    print(peer.line("photorec paranoid", size, mine))
    print(f"  ratio of speed: {peer.seconds / mine.seconds:.2f}")
    _only(mine, peer)
    source.close()


def _only(mine: Found, peer: Found) -> None:
    for name, one, other in (("safelight", mine, peer), ("photorec", peer, mine)):
        alone = sorted(one.whole - other.whole)
        kinds: dict[str, int] = {}
        for file in alone:
            kinds[file.rpartition(".")[2]] = kinds.get(file.rpartition(".")[2], 0) + 1
        print(f"  {name} alone: {kinds}; false: {one.false_names[:8]}")


def measure_free(work: Path, kinds: Iterable[str], megabytes: int, rounds: int) -> None:
    for kind in kinds:
        image = work / f"{kind}.img"
        truth = used(kind, image, work / "mount", megabytes, 3)
        size = image.stat().st_size
        print(
            f"{kind}, {megabytes} MiB in use: {len(truth.gone)} files gone of {len(truth.contents)} ever written"
        )
        source = FileSource(image)
        reader = MAKERS[kind][2]()
        mine = ours(truth, lambda reader=reader, source=source: _all(reader.walk(source, Limits())), rounds)  # type: ignore[misc]
        lines = [mine.line("safelight", size)]
        for mode in ("paranoid", "paranoid_bf"):
            peer = photorec(truth, image, work, mode, KINDS, "freespace", rounds if mode == "paranoid" else 1)
            lines.append(peer.line(f"photorec {mode}", size, mine))
            lines.append(
                f"  ratio of speed: {peer.seconds / mine.seconds:.2f}; safelight alone: {len(mine.whole - peer.whole)}"
            )
            _only(mine, peer)
        print("\n".join(lines))
        source.close()


def _all(nodes: Iterator[Node]) -> Iterator[Node]:
    """A listing and what it names to be gone through after it."""
    later = []
    for node in nodes:
        if node.more is not None:
            later.append(node.more)
        yield node
    for more in later:
        yield from more()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--parts", nargs="+", choices=("noise", "formats", "free"), default=["noise", "formats", "free"]
    )
    parser.add_argument("--mib", type=int, default=256, help="size of the noise")
    parser.add_argument("--free-mib", type=int, default=64, help="size of each file system")
    parser.add_argument("--files", type=int, default=300, help="files of all kinds")
    parser.add_argument(
        "--kinds", nargs="+", choices=sorted(MAKERS), default=["ext4", "ntfs", "fat16", "fat32"]
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("photorec") is None:
        raise SystemExit("PhotoRec is not installed (Debian package testdisk)")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if "noise" in options.parts:
            measure_noise(work, options.mib, options.rounds)
        if "formats" in options.parts:
            measure_formats(work, options.files, options.rounds)
        if "free" in options.parts:
            can_mount = os.geteuid() == 0 and Path("/dev/loop-control").exists()
            if not can_mount:
                print("ext4 and NTFS are left out: mounting needs root and loop devices")
            kinds = [kind for kind in options.kinds if can_mount or not MAKERS[kind][1]]
            measure_free(work, kinds, options.free_mib, options.rounds)


if __name__ == "__main__":
    main()
