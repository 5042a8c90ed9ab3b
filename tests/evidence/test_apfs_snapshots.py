"""Snapshots of APFS: what the live volume has no more is found, what it still has is not listed twice.

Unverified against a real sample: none is public. The snapshots are written by `apfs_made.py` into containers that
macOS and `mkapfs` made; `apfsck` finds them right, and apfs-fuse reads the same names and contents of them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.agenda import Agenda
from safelight.evidence.apfs import ApfsReader
from safelight.evidence.apfs_snapshots import ApfsSnapshotReader
from safelight.evidence.apfs_superblock import checksum
from safelight.evidence.dmg import DmgReader
from safelight.evidence.found import Found
from safelight.evidence.gpt import GptReader
from safelight.evidence.protocol import Kind, Limits, Node
from safelight.evidence.scope import Scope
from safelight.evidence.source import BytesSource, FileSource
from safelight.evidence.unlock import Keys
from safelight.evidence.walk import walk
from safelight.model import State as Allocation
from tests.evidence import images
from tests.evidence.apfs_image import BLOCK, MAP, Image, node, records
from tests.evidence.apfs_made import GONE, NAMES, NEW, OLD, formatted, made

LOCKED = (
    Path(os.environ.get("SAFELIGHT_SAMPLES") or "/nonexistent")
    / "john-samples"
    / "APFS"
    / "Apple Disk Image Media.dmg"
)
VOLUME_KEY = bytes.fromhex("d6ccd2f0734e904c48eac65e583923e139ec3a363bb84f843ebb7ea22c6ebeee")
"""Of that public sample, whose password is known."""
QUICK = Limits(carve=False)
TOOLS = "/usr/sbin:/sbin:/usr/bin:/bin"


@pytest.fixture(scope="module")
def of_linux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The container of `mkapfs`."""
    if shutil.which("mkapfs", path=TOOLS) is None:
        pytest.skip("apfsprogs is not there")
    return formatted(tmp_path_factory.mktemp("apfs") / "test.img")


@pytest.fixture
def of_macos(shared: Path) -> Image:
    """The container of macOS, with what it wrote into it."""
    return made(Image(bytearray((shared / "evidence" / "apfs.raw").read_bytes()))).image


@pytest.fixture
def path(of_macos: Image, tmp_path: Path) -> Path:
    path = tmp_path / "disk.raw"
    path.write_bytes(of_macos.data)
    return path


def content(found: Found) -> bytes:
    return b"".join(found.chunks())


def files(path: Path, limits: Limits = QUICK) -> dict[str, bytes]:
    return {
        one.path.partition("//")[2]: content(one)
        for one in walk(path, limits=limits)
        if one.kind is Kind.FILE
    }


def notes(path: Path) -> list[str]:
    return [one.node.note or "" for one in walk(path, limits=QUICK) if one.kind is Kind.NOTE]


def test_old_versions_and_deleted_files_are_found_with_their_content(of_linux: Path) -> None:
    assert files(of_linux) == {"changed.txt": NEW, "s2/changed.txt": OLD, "s2/gone.jpg": GONE}


def test_a_snapshot_is_said_by_its_name_and_time(of_linux: Path) -> None:
    found = {one.path: one for one in walk(of_linux, limits=QUICK)}
    gone = found["test.img//s2/gone.jpg"]
    assert gone.place.layers[-2:] == ("snapshot", "file")
    assert gone.node.note == f"snapshot 2 “{NAMES[1]}” of 2023-11-14T22:13:25Z"
    assert gone.place.times.modified is not None
    assert gone.place.times.modified.value == "2023-11-14T22:13:21Z"
    assert notes(of_linux)[1].startswith(f"snapshot 1 “{NAMES[0]}” of 2023-11-14T22:13:20Z: 1 of its entries")


def test_apfsck_finds_the_volume_right(of_linux: Path) -> None:
    checker = shutil.which("apfsck", path=TOOLS)
    if checker is None:
        pytest.skip("apfsprogs is not there")
    done = subprocess.run([checker, "-cuw", of_linux], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_macos_wrote_is_listed_once(path: Path, shared: Path) -> None:
    before = files(shared / "evidence" / "apfs.raw")
    assert "a_directory/a_resourcefork:com.apple.ResourceFork" in before
    assert files(path) == before | {"changed.txt": NEW, "s2/changed.txt": OLD, "s2/gone.jpg": GONE}
    second, first = [note for note in notes(path) if note.startswith("snapshot")]
    # eight files and a fork of macOS, two folders and a link; in the first all that is in the second, but for one
    assert ": 11 of its entries are in the live volume or a later snapshot" in second
    assert ": 12 of its entries" in first


def test_a_snapshot_that_is_listed_again_gives_all_of_it(of_macos: Image) -> None:
    """What a file of it refers to may be one that did not change."""
    nodes = images.all_of(ApfsReader().walk(BytesSource(bytes(of_macos.data)), QUICK))
    layers = [one for one in nodes if one.kind is Kind.LAYER]
    assert [one.name for one in layers] == [b"s2", b"s1"]
    assert layers[0].open is not None
    source, reader = layers[0].open(), ApfsSnapshotReader()
    assert reader.detect(b"", source)
    once, again = ({one.name for one in reader.walk(source, QUICK)} for _ in range(2))
    assert again - once >= {b"passwords.txt", b"a_link", b"a_directory/a_file"}
    assert b"gone.jpg" in once & again


def test_rules_of_paths_start_at_the_root_of_a_snapshot_too(path: Path) -> None:
    examined = [
        one.path
        for one in walk(path, limits=QUICK, scope=Scope.parse(["changed.txt"]))
        if one.kind is Kind.FILE and one.examined
    ]
    assert examined == ["disk.raw//changed.txt", "disk.raw//s2/changed.txt"]


def test_all_is_found_when_files_are_read_by_promise(path: Path) -> None:
    with Agenda() as agenda:
        by_promise = {
            one.path: content(one) for one in walk(path, limits=QUICK, agenda=agenda) if one.readable
        }
    assert by_promise == {one.path: content(one) for one in walk(path, limits=QUICK) if one.readable}
    assert by_promise["disk.raw//s2/gone.jpg"] == GONE


def test_what_a_snapshot_holds_is_no_free_space(path: Path) -> None:
    found = [
        one.place.state
        for one in walk(path)
        if one.kind is Kind.FILE and hashlib.sha256(content(one)).digest() == hashlib.sha256(GONE).digest()
    ]
    assert found == [Allocation.ALLOCATED]


def test_snapshots_are_read_where_the_live_volume_cannot_be(of_macos: Image, tmp_path: Path) -> None:
    of_macos.put(of_macos.catalog, bytes(BLOCK))
    (tmp_path / "disk.raw").write_bytes(of_macos.data)
    found = list(walk(tmp_path / "disk.raw", limits=QUICK))
    assert any("volume 1 " in (one.error or "") for one in found)
    contents = {one.path: content(one) for one in found if one.kind is Kind.FILE}
    assert contents["disk.raw//s2/gone.jpg"] == GONE
    assert "disk.raw//s2/a_directory/a_file" in contents


def test_snapshots_of_several_volumes_are_told_apart(of_macos: Image) -> None:
    second = bytearray(of_macos.block(of_macos.volume))
    second[0xF0:0x100], second[0x2C0:0x2CA] = bytes(range(16)), b"Data".ljust(10, b"\0")
    struct.pack_into("<Q", second, 8, 2_000)
    second[:8] = checksum(second)
    at = of_macos.add(bytes(second))
    volumes = [
        *records(of_macos.block(of_macos.volumes)),
        (struct.pack("<QQ", 2_000, of_macos.now), struct.pack("<IIQ", 0, BLOCK, at)),
    ]
    of_macos.put(of_macos.volumes, node(of_macos.volumes, of_macos.now, MAP, volumes, fixed=(16, 16)))
    for at in (0, of_macos.container):
        of_macos.change(at, (0xC0, "<Q", 2_000))
    found = images.all_of(ApfsReader().walk(BytesSource(bytes(of_macos.data)), QUICK))
    assert [one.name for one in found if one.kind is Kind.LAYER] == [b"s2", b"s1", b"s4", b"s3"]
    assert {b"apfs_test/changed.txt", b"Data/changed.txt"} <= {one.name for one in found}
    # the second volume is the first under another name: what the first's snapshots hold is not taken for its own
    layer = next(one for one in found if one.name == b"s4")
    with pytest.raises(
        EvidenceError, match=r"“before the update” .* of the volume “Data” .* of another volume"
    ):
        listed(layer)
    own = listed(next(one for one in found if one.name == b"s2"))
    assert b"apfs_test/gone.jpg" in {one.name for one in own}
    assert any("of the volume “apfs_test”" in (one.note or "") for one in own)


@pytest.mark.skipif(not LOCKED.is_file(), reason="SAFELIGHT_SAMPLES names no folder with it")
def test_snapshots_of_an_encrypted_volume_open_with_its_password(tmp_path: Path) -> None:
    """A volume that macOS encrypted; the key is the one that apfs-fuse unwraps with the password."""
    (medium,) = DmgReader().walk(FileSource(LOCKED), QUICK)
    assert medium.open is not None
    (partition,) = [one for one in GptReader().walk(medium.open(), QUICK) if one.name == b"p1"]
    assert partition.open is not None
    source = partition.open()
    image = made(Image(bytearray(source.read_at(0, source.size)), VOLUME_KEY)).image
    path = tmp_path / "disk.raw"
    path.write_bytes(image.data)
    found = files(path, Limits(carve=False, keys=Keys(("wrong", "password"))))
    assert found == {"changed.txt": NEW, "s2/changed.txt": OLD, "s2/gone.jpg": GONE}
    locked = list(walk(path, limits=Limits(carve=False, keys=Keys(("wrong",)))))
    assert not [one for one in locked if one.kind is Kind.FILE]
    assert [one.node.note for one in locked if one.kind is Kind.NOTE] == [
        f"2 snapshots, locked like the volume: “{NAMES[1]}” of 2023-11-14T22:13:25Z, "
        f"“{NAMES[0]}” of 2023-11-14T22:13:20Z"
    ]


def listed(layer: Node) -> list[Node]:
    assert layer.open is not None
    return list(ApfsSnapshotReader().walk(layer.open(), QUICK))
