"""UDF as genisoimage writes it beside ISO 9660 (which is blotted out here), and as mkudffs lays it out."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.udf import UdfReader
from safelight.evidence.walk import walk
from safelight.model import State
from tests.evidence import images

SECTOR = 2048
QUICK = Limits(carve=False)
MKUDFFS = shutil.which("mkudffs", path="/usr/sbin:/sbin:/usr/bin")
needs_genisoimage = pytest.mark.skipif(
    shutil.which("genisoimage") is None, reason="genisoimage is not installed"
)
needs_mkudffs = pytest.mark.skipif(MKUDFFS is None, reason="Debian's udftools is not installed")


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disc with UDF alone: the descriptors of ISO 9660 are taken out, those of UDF moved to their place."""
    path = tmp_path_factory.mktemp("udf") / "disc.iso"
    subprocess.run(
        ["genisoimage", "-quiet", "-udf", "-o", path, images.tree()], check=True, capture_output=True
    )
    data = bytearray(path.read_bytes())
    begin = next(at for at in range(16, 64) if data[at * SECTOR + 1 : at * SECTOR + 6] == b"BEA01")
    sequence = data[begin * SECTOR : (begin + 3) * SECTOR]
    data[16 * SECTOR : (begin + 3) * SECTOR] = sequence.ljust((begin + 3 - 16) * SECTOR, b"\0")
    path.write_bytes(data)
    return path


def content(path: Path) -> tuple[dict[str, bytes], list[str]]:
    found = images.nodes(UdfReader(), path, QUICK)
    return images.files(found), [node.error for node in found if node.error]


@needs_genisoimage
def test_every_file_is_found_with_its_bytes(disc: Path) -> None:
    files, errors = content(disc)
    assert errors == []
    assert files == images.TREE


@needs_genisoimage
def test_the_walk_takes_it_for_udf_and_states_its_times(disc: Path) -> None:
    found = {one.path: one for one in walk(disc)}
    one = found["disc.iso//Pictures/one.jpg"]
    modified = one.place.times.modified
    assert modified is not None and modified.source == "udf" and modified.value.startswith("2023-11-14")
    assert not any(one.kind is Kind.FINDING for one in found.values())


@needs_genisoimage
def test_a_deleted_name_is_listed_as_deleted(disc: Path, tmp_path: Path) -> None:
    data = bytearray(disc.read_bytes())
    name = b"\x10" + "gone.jpg".encode("utf-16-be")
    name = name if name in data else b"\x08gone.jpg"
    at = data.index(name)
    use = next(size for size in range(0, 64) if data[at - 38 - size : at - 36 - size] == b"\x01\x01")
    begin = at - 38 - use
    data[begin + 18] |= 4
    data[begin + 4] = (sum(data[begin : begin + 16]) - data[begin + 4]) & 0xFF
    path = tmp_path / "x.iso"
    path.write_bytes(data)
    states = {node.name: node.state for node in images.nodes(UdfReader(), path, QUICK)}
    assert states[b"Pictures/gone.jpg"] is State.DELETED
    assert states[b"Pictures/one.jpg"] is State.ALLOCATED


@needs_genisoimage
@pytest.mark.parametrize("keep", [0.15, 0.6])
def test_a_disc_that_is_cut_off_says_so(disc: Path, keep: float, tmp_path: Path) -> None:
    data = disc.read_bytes()
    path = tmp_path / "x.iso"
    path.write_bytes(data[: int(len(data) * keep)])
    assert [one for one in walk(path, limits=QUICK) if one.error]


@needs_genisoimage
def test_a_folder_that_holds_itself_ends(disc: Path, tmp_path: Path) -> None:
    """The entry of `Pictures/deep` leads to the root folder."""
    data = bytearray(disc.read_bytes())
    found = {node.name: node.address.get("block") for node in images.nodes(UdfReader(), disc, QUICK)}
    block = struct.pack("<IIH", SECTOR, found[b"Pictures/deep"] or 0, 0)
    root = struct.pack("<IIH", SECTOR, found[b"Pictures"] or 0, 0)
    assert block in data
    path = tmp_path / "x.iso"
    path.write_bytes(data.replace(block, root))
    assert len(images.nodes(UdfReader(), path, QUICK)) < 40


@needs_genisoimage
def test_flipped_bytes_raise_nothing_but_findings(disc: Path, tmp_path: Path) -> None:
    data = disc.read_bytes()
    rng = random.Random(5)
    path = tmp_path / "x.iso"
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(8):
            changed[rng.randrange(256 * SECTOR, 300 * SECTOR)] = rng.randrange(256)
        path.write_bytes(changed)
        for one in walk(path, limits=QUICK):
            assert "reader failed" not in (one.error or "")


@needs_mkudffs
@pytest.mark.parametrize("kind", ["hd", "dvd", "dvdram", "cdrw", "bdr"])
@pytest.mark.parametrize("revision", ["1.02", "2.01", "2.60"])
def test_an_empty_volume_of_mkudffs_is_opened(kind: str, revision: str, tmp_path: Path) -> None:
    path = tmp_path / "x.img"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    done = subprocess.run(
        [MKUDFFS or "", f"--media-type={kind}", f"--udfrev={revision}", path], capture_output=True
    )
    if done.returncode:
        pytest.skip("mkudffs does not combine these")
    found = images.nodes(UdfReader(), path, QUICK)
    errors = [node.error or "" for node in found if node.error]
    assert all("sparing" in error or "VAT" in error for error in errors)
    if kind in ("hd", "dvd", "dvdram"):
        assert errors == []
        assert {node.name for node in found} <= {b"lost+found", b""}
