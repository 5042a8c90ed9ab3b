"""Apple partition maps by GNU parted, with file systems in them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from safelight.evidence.apm import ApmReader
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk
from tests.evidence import images

PARTED = shutil.which("parted", path="/usr/sbin:/sbin:/usr/bin")
needs_parted = pytest.mark.skipif(PARTED is None, reason="Debian's parted is not installed")


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("apm") / "mac.img"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    steps = ["mklabel", "mac", "mkpart", "one", "1MiB", "20MiB", "mkpart", "two", "24MiB", "44MiB"]
    subprocess.run([PARTED or "", "-s", path, *steps], check=True, capture_output=True)
    found = [
        node.address["offset"]
        for node in images.nodes(ApmReader(), path, Limits(carve=False))
        if node.address
    ]
    with path.open("r+b") as file:
        for offset in found:
            file.seek(offset)
            file.write(images.ext().read_bytes())
    return path


@needs_parted
def test_the_partitions_and_their_files_are_found(disk: Path) -> None:
    found = {one.path: one for one in walk(disk, limits=Limits(carve=False))}
    assert found["mac.img//p2/Pictures/one.jpg"].place.layers[1] == "partition"
    assert found["mac.img//p3/Pictures/one.jpg"].node.size == len(images.TREE["Pictures/one.jpg"])
    assert [one.error for one in found.values() if one.kind is Kind.FINDING] == []


@needs_parted
def test_a_map_that_is_cut_is_said(disk: Path, tmp_path: Path) -> None:
    data = bytearray(disk.read_bytes())
    data[512 * 3 : 512 * 3 + 2] = b"XX"
    path = tmp_path / "x.img"
    path.write_bytes(data)
    errors = [one.error for one in walk(path, limits=Limits(carve=False)) if one.error]
    assert errors == ["entry 3 of the Apple partition map is missing or damaged"]


@needs_parted
def test_a_map_that_claims_millions_of_entries_ends(disk: Path, tmp_path: Path) -> None:
    data = bytearray(disk.read_bytes())
    data[516:520] = b"\x7f\xff\xff\xff"
    path = tmp_path / "x.img"
    path.write_bytes(data)
    found = list(walk(path, limits=Limits(carve=False)))
    assert any("Apple partition map" in (one.error or "") for one in found)
    assert any(one.path.endswith("p2/Pictures/one.jpg") for one in found)
