"""What is left of a file is read, digested and looked at, and what is missing is said."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source
from safelight.pipeline import salvage
from safelight.pipeline.salvage import BLOCK, HOLES, Salvage
from safelight.workspace import Workspace
from tests.pipeline.test_rescan import lines

BLOCKS = 40


class Dying:
    """A source some of whose blocks cannot be read."""

    name = "dying"

    def __init__(self, data: bytes, bad: set[int]) -> None:
        self.size = len(data)
        self.data, self.bad, self.reads = data, bad, 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads += 1
        length = min(length, self.size - offset)
        if any(block in self.bad for block in range(offset // BLOCK, -(-(offset + length) // BLOCK))):
            raise EvidenceError("the disk clicks")
        return self.data[offset : offset + length]

    def sibling(self, name: str) -> Source | None:
        return None

    def close(self) -> None: ...


@given(st.sets(st.integers(0, BLOCKS - 1)), st.integers(1, 3))
def test_every_block_that_can_be_read_is_read(bad: set[int], pieces: int) -> None:
    data = b"".join(bytes([number + 1]) * BLOCK for number in range(BLOCKS))
    source = Salvage(Dying(data, bad))
    step = -(-len(data) // pieces // BLOCK) * BLOCK
    got = b"".join(source.read_at(offset, step) for offset in range(0, len(data), step))
    assert got == b"".join(bytes([0 if n in bad else n + 1]) * BLOCK for n in range(BLOCKS))
    if bad:
        assert source.damage == f"{len(bad) * BLOCK:,} of {len(data):,} bytes {HOLES} (the disk clicks)"
    else:
        assert source.damage is None
    assert source.nothing == (len(bad) == BLOCKS)


def test_a_dead_disk_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salvage, "MOST_FAILURES", 10)
    dead = Dying(bytes(BLOCK * 4000), set(range(4000)))
    source = Salvage(dead)
    assert source.read_at(0, dead.size) == bytes(dead.size)
    assert source.nothing and dead.reads == 10


def test_half_a_picture_on_half_a_disk_is_looked_at(workspace: Workspace, tmp_path: Path) -> None:
    staged, image = tmp_path / "staged", tmp_path / "disk.img"
    staged.mkdir()
    with BytesIO() as buffer:
        Image.effect_noise((900, 700), 90).save(buffer, "JPEG", quality=95)
        (staged / "noise.jpg").write_bytes(buffer.getvalue())
    subprocess.run(["mkfs.ext4", "-q", "-F", "-b", "1024", "-d", staged, image, "8M"], check=True)
    said = subprocess.run(
        ["debugfs", "-R", "blocks /noise.jpg", image], check=True, capture_output=True, text=True
    ).stdout.split()
    middle = int(said[len(said) // 2])
    with image.open("r+b") as file:
        file.truncate(middle * 1024)

    found = workspace.scan([image])
    assert (found["media"], found["items"]) == (1, 1)
    line = lines(workspace, tmp_path)["disk.img//noise.jpg"]
    assert line["sha256"] and line["format"] == "jpeg" and HOLES in line["error"]
    assert "disk.img//noise.jpg" in {one["path"] for one in found["unread"]}
