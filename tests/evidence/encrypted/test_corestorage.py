"""Core Storage: recognised by its header, and whatever lies behind that ends in a finding. No sample could be had."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from safelight.evidence.encrypted.corestorage import CoreStorageReader
from safelight.evidence.protocol import Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.unlock import Keys
from tests.evidence.encrypted.made import seen, volume


def header(rng: random.Random, size: int) -> bytes:
    """The first block of a physical volume, with noise where its metadata would be named."""
    out = bytearray(rng.randbytes(512))
    struct.pack_into("<IIHH", out, 0, rng.getrandbits(32), 0xFFFFFFFF, 1, 0x10)
    struct.pack_into("<Q", out, 72, size)
    out[88:90] = b"CS"
    struct.pack_into("<IHII", out, 90, 1, 1, 4096, 8192)
    return bytes(out)


def test_it_is_named_and_its_damage_too(tmp_path: Path) -> None:
    rng = random.Random(1)
    path = tmp_path / "mac.img"
    path.write_bytes(header(rng, 1 << 20) + bytes((1 << 20) - 512))
    (said,) = seen(path, "any", recovery=("AAAA-BBBB-CCCC-DDDD-EEEE-FFFF",)).errors
    assert said.startswith("Core Storage (by its header), which cannot be read: ")


def test_others_are_not_taken_for_it() -> None:
    reader = CoreStorageReader()
    data = volume().read_bytes()
    assert not reader.detect(data[: 1 << 16], BytesSource(data))
    rng = random.Random(2)
    assert not any(reader.detect(rng.randbytes(4096), BytesSource(b"")) for _ in range(2_000))


def test_noise_behind_the_header_is_never_worse_than_an_error() -> None:
    rng = random.Random(3)
    for number in range(120):
        data = bytearray(header(rng, 1 << 18) + rng.randbytes((1 << 18) - 512))
        struct.pack_into("<4Q", data, 104, *(rng.randrange(64) for _ in range(4)))
        for block in range(0, len(data), 4096):
            struct.pack_into(
                "<HH", data, block + 8, 1, rng.choice((0x10, 0x11, 0x13, 0x14, 0x16, 0x19, 0x1A, number))
            )
        try:
            for node in CoreStorageReader().walk(BytesSource(bytes(data)), Limits(keys=Keys(("x",)))):
                if node.open is not None:
                    node.open().read_at(0, 4096)
        except Exception as error:  # noqa: BLE001 -- why: whatever it is, its name is looked at
            assert type(error).__name__ in ("EvidenceError", "LockedError"), repr(error)
