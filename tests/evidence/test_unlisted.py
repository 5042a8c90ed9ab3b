"""Volumes that cannot be listed are named, and carved unless they are encrypted."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk
from safelight.model import State


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot((200, 200), (-2, -1.5, 1, 1.5), 40).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def volume(path: Path, at: int, mark: bytes) -> Path:
    """Four MiB with a mark and a picture."""
    data = bytearray(4 << 20)
    data[at : at + len(mark)] = mark
    data[1 << 20 : (1 << 20) + len(picture())] = picture()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("at", "mark", "name"),
    [
        (0x10040, b"_BHRfS_M", "Btrfs"),
        (0x10034, b"ReIsErFs", "ReiserFS"),
        (3, b"ReFS\0\0\0\0", "ReFS"),
        (0x218, b"LVM2 001", "LVM"),
    ],
)
def test_it_is_named_and_carved(at: int, mark: bytes, name: str, tmp_path: Path) -> None:
    path = volume(tmp_path / "x.img", at, mark)
    first, *carved = walk(path)
    assert first.kind is Kind.FINDING and name in (first.error or "")
    assert [(one.place.state, b"".join(one.chunks())) for one in carved] == [(State.CARVED, picture())]
    assert len(list(walk(path, limits=Limits(carve=False)))) == 1


def test_swap_has_nothing_to_list_and_is_carved(tmp_path: Path) -> None:
    path = tmp_path / "swap.img"
    path.write_bytes(bytes(4 << 20))
    subprocess.run(["/usr/sbin/mkswap", path], check=True, capture_output=True)
    with path.open("r+b") as out:
        out.seek(2 << 20)
        out.write(picture())
    found = list(walk(path))
    assert [one.place.state for one in found] == [State.CARVED]


@pytest.mark.parametrize("name", ["btrfs.img.zst", "f2fs.img.zst"])
def test_public_images_of_others_are_named(name: str, shared: Path) -> None:
    errors = [one.error for one in walk(shared / "evidence" / name, limits=Limits(carve=False)) if one.error]
    assert len(errors) == 1 and "cannot list" in errors[0]
