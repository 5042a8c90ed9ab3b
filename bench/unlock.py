"""How fast encrypted evidence is read: `python bench/unlock.py [--mib N]`, against other programs in the same run.

LUKS against `qemu-img convert`, BitLocker against libbde (`pybde`, if it is there), ZIP and 7z against `7z t`. CPU
time, without deriving the key where that can be taken off: it is the same work for everybody.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.evidence.encrypted.bitlocker_writer import written

from safelight.evidence.encrypted import zipcrypto
from safelight.evidence.encrypted.bitlocker import BitlockerReader
from safelight.evidence.encrypted.luks import LuksReader
from safelight.evidence.protocol import Kind, Limits, Reader, Source
from safelight.evidence.source import BytesSource, FileSource
from safelight.evidence.unlock import Keys
from safelight.evidence.walk import walk

PASSWORD = "lantern"
KEYS = Keys((PASSWORD,))


def opened(reader: Reader, source: Source) -> Source:
    """The volume that a reader gives."""
    *_, layer = reader.walk(source, Limits(keys=KEYS))
    assert layer.open is not None
    return layer.open()


def read(volume: Source, end: int) -> None:
    """Read it in pieces, as everything here does."""
    for offset in range(0, end, 1 << 20):
        volume.read_at(offset, 1 << 20)


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process, best of three."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def child(*command: str | Path) -> float:
    """CPU seconds of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def told(what: str, size: int, ours: float, peer: str, theirs: float | None) -> None:
    """One line."""
    line = f"{what:28} {size / 1e6 / ours:7.0f} MB/s"
    if theirs:
        line += f", {peer} {size / 1e6 / theirs:7.0f} MB/s: {theirs / ours:.2f} x"
    print(line, flush=True)


def luks(folder: Path, size: int) -> None:
    """A volume of QEMU's, read by us and by QEMU; its time for an empty volume is taken off."""
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    with_key = ("--object", f"secret,id=s,file={secret}")
    cost = []
    for name, length in (("empty", 1 << 20), ("full", size)):
        plain = folder / f"{name}.raw"
        plain.write_bytes(os.urandom(1 << 20) * (length >> 20))
        options = ("-f", "raw", "-O", "luks", "-o", "key-secret=s,iter-time=50")
        subprocess.run(
            ["qemu-img", "convert", *with_key, *options, plain, folder / f"{name}.luks"], check=True
        )
        shown = f"driver=luks,file.filename={folder / name}.luks,key-secret=s"
        cost.append(
            child("qemu-img", "convert", *with_key, "--image-opts", shown, "-O", "raw", folder / "out")
        )
    volume = opened(LuksReader(), FileSource(folder / "full.luks"))
    told(
        "LUKS, AES-XTS 256", size, cpu(lambda: read(volume, size)), "qemu-img", max(0.001, cost[1] - cost[0])
    )


def bitlocker(folder: Path, size: int, method: int, name: str) -> None:
    """Noise, read by us and by libbde."""
    plain = bytearray(os.urandom(1 << 20) * (size >> 20))
    plain[3:14] = b"NTFS    \0\2\x08"  # libbde wants to see NTFS inside
    plain[40:72] = (
        (size // 512).to_bytes(8, "little")
        + b"\4".ljust(8, b"\0")
        + b"\2".ljust(8, b"\0")
        + b"\xf6\0\0\0\1\0\0\0"
    )
    data = written(bytes(plain), method=method)
    end, theirs = size - (2 << 20), None
    try:
        import pybde
    except ImportError:
        pass
    else:
        (folder / "volume").write_bytes(data)
        other = pybde.volume()
        other.set_password(PASSWORD)
        other.open(str(folder / "volume"))
        theirs = cpu(lambda: [other.read_buffer_at_offset(1 << 20, at) for at in range(0, end, 1 << 20)])
        other.close()
    volume = opened(BitlockerReader(), BytesSource(data))
    told(f"BitLocker, {name}", end, cpu(lambda: read(volume, end)), "libbde", theirs)


def archives(folder: Path, size: int) -> None:
    """Members that are only stored, so that the cipher is what counts."""
    zipcrypto.prepare()
    (folder / "noise").write_bytes(os.urandom(size))
    for what, name, options in (
        ("ZIP, traditional cipher", "a.zip", ("-tzip", "-mem=ZipCrypto", "-mx=0")),
        ("ZIP, AES-256", "b.zip", ("-tzip", "-mem=AES256", "-mx=0")),
        ("7z, AES-256", "c.7z", ("-mx=0",)),
    ):
        subprocess.run(
            ["7z", "a", *options, f"-p{PASSWORD}", folder / name, folder / "noise"],
            check=True,
            capture_output=True,
        )

        def ours(path: Path = folder / name) -> None:
            for one in walk(path, limits=Limits(keys=KEYS, member_bytes=1 << 40)):
                if one.kind is Kind.FILE and len(one.place.trail) > 1:
                    assert sum(map(len, one.chunks())) == size

        told(what, size, cpu(ours), "7z t", child("7z", "t", f"-p{PASSWORD}", folder / name))


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, default=128)
    size = parser.parse_args().mib << 20
    with tempfile.TemporaryDirectory() as made:
        luks(Path(made), size)
        bitlocker(Path(made), size, 0x8004, "AES-XTS 128")
        bitlocker(Path(made), size, 0x8003, "AES-CBC 256")
        bitlocker(Path(made), 6 << 20, 0x8001, "AES-CBC 256, diffuser")  # slow to write in plain Python
        archives(Path(made), size)


if __name__ == "__main__":
    main()
