"""Measure reading disk images: listing against `fls`, digesting against memory, carving against PhotoRec.

    python bench/evidence_images.py                # lists and digests 100,000 files in ext4, NTFS, FAT32, E01
    python bench/evidence_images.py --carve 256    # MiB of noise with whole and split JPEGs in it

Needs e2fsprogs, ntfs-3g, wimtools, dosfstools, mtools, ewf-tools, sleuthkit, and testdisk for --carve. Each
figure is the least CPU time of `--rounds`, both sides by turns, warm, on one core; the kernel's share and that of
programs counts. Ratios are to the peer in the same run. Carving is told by the clock, as PhotoRec tells it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from safelight.evidence.carve import carve
from safelight.evidence.e01 import E01Reader
from safelight.evidence.ext import ExtReader
from safelight.evidence.fat import FatReader
from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Kind, Limits, Node, Reader, Source
from safelight.evidence.source import FileSource
from safelight.model import State

NO_CARVING = Limits(carve=False)
LISTING = {"ext4": 3.5, "ntfs": 2, "fat32": 1.5, "e01": 2.5}
"""Goals, times `fls`."""
DIGESTS = 1.25
"""Goal, times digesting the same bytes in memory."""
RECOVERED = 1.11
"""Goal for three digests of a compressed E01, times `tsk_recover`: inflating alone costs as much as digesting."""


def run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def best(rounds: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def cpu() -> float:
    """Seconds of CPU of this process and of the programs it ran, so far."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


not_counted: list[float] = []
"""CPU seconds of cleaning up."""


def by_turns(rounds: int, *sides: Callable[[], object]) -> list[float]:
    """The least CPU seconds of each side."""
    least = [float("inf")] * len(sides)
    for _ in range(rounds):
        for number, side in enumerate(sides):
            not_counted.clear()
            start = cpu()
            side()
            least[number] = min(least[number], cpu() - start - sum(not_counted))
    return least


def make_tree(folder: Path, folders: int, files: int, seed: int) -> int:
    """Write `folders` × `files` files of 1 to 20 kB of noise; return how many."""
    rng = random.Random(seed)
    for number in range(folders):
        (folder / f"d{number:03}").mkdir(parents=True)
        for name in range(files):
            (folder / f"d{number:03}" / f"file_{name:04}.jpg").write_bytes(
                rng.randbytes(rng.randint(1_000, 20_000))
            )
    return folders * files


def blank(path: Path, megabytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(megabytes << 20)
    return path


def make_images(work: Path, folders: int) -> dict[str, Path]:
    """The ext4 image has all folders, NTFS a fifth of them, FAT32 a fiftieth; the E01 is of the ext4."""
    images = {name: work / f"{name}.img" for name in ("ext4", "ntfs", "fat32")} | {"e01": work / "ext4.E01"}
    if all(image.exists() for image in images.values()):
        return images
    work.mkdir(parents=True, exist_ok=True)
    for name, share in (("ext4", folders), ("ntfs", folders // 5), ("fat32", folders // 50)):
        tree = work / f"tree-{name}"
        count = make_tree(tree, share, 200, share)
        image = blank(images[name], count * 17 // 1000 + 80)
        if name == "ext4":
            run("mkfs.ext4", "-q", "-F", "-N", str(count * 12 // 10), "-d", tree, image)
        elif name == "ntfs":
            run("mkntfs", "-F", "-Q", "-q", image)
            run("wimlib-imagex", "capture", tree, work / "x.wim", "--compress=none")
            run("wimlib-imagex", "apply", work / "x.wim", "1", image)
            (work / "x.wim").unlink()
        else:
            run("mkfs.fat", "-F", "32", "-s", "1", image)
            run("mcopy", "-s", "-i", image, *sorted(tree.iterdir()), "::/")
        shutil.rmtree(tree)
    run("ewfacquire", "-u", "-q", "-c", "fast", "-S", "4GiB", "-t", work / "ext4", images["ext4"])
    return images


def medium(image: Path, source: Source) -> Source:
    """The decoded medium of an E01, anything else as it is."""
    if image.suffix != ".E01":
        return source
    node = next(n for n in E01Reader().walk(source, Limits()) if n.kind is Kind.LAYER)
    assert node.open is not None
    return node.open()


def list_all(reader: Reader, image: Path) -> int:
    source = FileSource(image)
    opened = medium(image, source)
    count = sum(1 for _ in reader.walk(opened, NO_CARVING))
    opened.close()
    source.close()
    return count


def three_digests(data: bytes) -> None:
    for name in ("md5", "sha1", "sha256"):
        hashlib.new(name, data).digest()


def digest_all(reader: Reader, image: Path) -> None:
    source = FileSource(image)
    opened = medium(image, source)
    for node in reader.walk(opened, NO_CARVING):
        if node.open is not None:
            content = node.open()
            three_digests(content.read_at(0, 1 << 20))
            content.close()
    opened.close()
    source.close()


def contents(reader: Reader, image: Path) -> list[bytes]:
    source = FileSource(image)
    nodes = [node for node in reader.walk(source, NO_CARVING) if node.open is not None]
    data = [node.open().read_at(0, 1 << 20) for node in nodes if node.open is not None]
    source.close()
    return data


def measure_images(work: Path, folders: int, rounds: int) -> None:
    images = make_images(work, folders)
    readers: dict[str, Reader] = {
        "ext4": ExtReader(),
        "ntfs": NtfsReader(),
        "fat32": FatReader(),
        "e01": ExtReader(),
    }
    print(f"{'listing':8} {'entries':>8} {'fls':>8} {'ours':>8} {'ratio':>6}")
    for name, image in images.items():
        entries = list_all(readers[name], image)
        peer, ours = by_turns(
            rounds,
            lambda image=image: run("fls", "-r", "-m", "/", image),  # type: ignore[misc]
            lambda name=name, image=image: list_all(readers[name], image),  # type: ignore[misc]
        )
        print(f"{name:8} {entries:8,} {peer:7.3f}s {ours:7.3f}s {ours / peer:6.2f}  (goal: {LISTING[name]})")
    print(f"\n{'digests':8} {'files':>8} {'memory':>8} {'ours':>8} {'ratio':>6}")
    data = contents(readers["ext4"], images["ext4"])
    memory, plain, packed, peer = by_turns(
        rounds,
        lambda: [three_digests(one) for one in data],
        lambda: digest_all(readers["ext4"], images["ext4"]),
        lambda: digest_all(readers["e01"], images["e01"]),
        lambda: recover(images["e01"], work / "recovered"),
    )
    print(f"ext4     {len(data):8,} {memory:7.3f}s {plain:7.3f}s {plain / memory:6.2f}  (goal: {DIGESTS})")
    print(f"e01      {len(data):8,} {memory:7.3f}s {packed:7.3f}s {packed / memory:6.2f}")
    ratio = packed / peer
    print(f"e01, against tsk_recover ({peer:.3f}s, digests nothing): {ratio:.2f}  (goal: {RECOVERED})")


def recover(image: Path, folder: Path) -> None:
    """Let The Sleuth Kit write every allocated file of an image into a folder, for which it must read them."""
    run("tsk_recover", "-a", image, folder)
    before = cpu()
    shutil.rmtree(folder)
    not_counted.append(cpu() - before)


def make_noise(path: Path, megabytes: int, seed: int) -> list[bytes]:
    """Noise with JPEGs of noise-like pictures in it, one in five split by a gap of 3 to 20 blocks of 4 KiB."""
    import io

    import numpy as np
    from PIL import Image

    rng = random.Random(seed)
    pieces: list[bytes] = []
    blocks: list[bytes] = []
    for number in range(megabytes * 25 // 32):
        y, x = np.mgrid[0:480, 0:640]
        values = np.random.default_rng(number)
        planes = [127 + 120 * np.sin(x / values.uniform(9, 60) + y / values.uniform(9, 60)) for _ in range(3)]
        pixels = np.stack(planes, axis=2) + values.normal(0, 8, (480, 640, 3))
        out = io.BytesIO()
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
        piece = out.getvalue()
        pieces.append(piece)
        padded = piece + bytes(-len(piece) % 4096)
        if number % 5 == 4:
            cut = rng.randint(1, len(padded) // 4096 - 1) * 4096
            padded = padded[:cut] + rng.randbytes(4096 * rng.randint(3, 20)) + padded[cut:]
        blocks += [padded, rng.randbytes(4096 * rng.randint(1, 60))]
    with path.open("wb") as file:
        for block in blocks:
            file.write(block)
        file.write(rng.randbytes(max(0, (megabytes << 20) - file.tell())))
    return pieces


def measure_carving(work: Path, megabytes: int, rounds: int) -> None:
    image = work / "noise.img"
    pieces = make_noise(image, megabytes, 1)
    known = {hashlib.md5(piece).digest() for piece in pieces}

    def ours() -> list[Node]:
        source = FileSource(image)
        return [node for node in carve(source, [(0, source.size)]) if node.kind is Kind.FILE]

    seconds = best(rounds, ours)
    whole = wrong = broken = 0
    for node in ours():
        assert node.state is State.CARVED
        assert node.open is not None
        good = hashlib.md5(node.open().read_at(0, node.size or 0)).digest() in known
        whole += good
        broken += node.error is not None
        wrong += not good and node.error is None
    size = image.stat().st_size
    print(f"\ncarving {len(pieces)} JPEGs ({len(pieces) // 5} split) in {size >> 20} MiB of noise")
    print(
        f"ours      {whole} whole, {broken} said to be broken, {wrong} wrong; {size / seconds / 1e6:,.0f} MB/s"
    )
    if shutil.which("photorec") is None:
        print("photorec  is not installed (package testdisk)")
        return
    for mode in ("paranoid", "paranoid_bf"):
        target = work / mode
        options = (
            f"partition_none,options,{mode},keep_corrupted_file_no,fileopt,everything,disable,jpg,enable"
        )
        command = ["photorec", "/log", "/d", str(target), "/cmd", str(image), options + ",wholespace,search"]
        start = time.perf_counter()
        subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        files = list(work.glob(f"{mode}.*/*.jpg"))
        good = sum(hashlib.md5(path.read_bytes()).digest() in known for path in files)
        print(f"photorec  {mode}: {good} whole of {len(files)}; {size / seconds / 1e6:,.0f} MB/s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folders", type=int, default=500, help="folders of 200 files in the ext4 image")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="make the images there, or use those that are"
    )
    parser.add_argument("--carve", type=int, metavar="MIB", help="measure carving instead")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as work:
        if options.carve:
            measure_carving(Path(work), options.carve, options.rounds)
        else:
            measure_images(options.keep or Path(work), options.folders, options.rounds)


if __name__ == "__main__":
    main()
