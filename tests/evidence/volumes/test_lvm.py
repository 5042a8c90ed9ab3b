"""LVM2: metadata that LVM's own tools wrote on loop devices; and what they cannot write here, by the same layout."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.volumes.lvm import LvmReader
from safelight.evidence.volumes.lvm_metadata import parse
from safelight.evidence.volumes.lvm_neighbours import opening
from safelight.evidence.walk import walk
from tests.evidence import images
from tests.evidence.encrypted.made import volume as volume_of_fat

QUICK = Limits(carve=False)
EXTENT = 1 << 20
BEGIN = 1 << 20
SEGMENT = """segment1 {{ start_extent = 0
    extent_count = {count}
    type = "{type}"
    {rest} }}"""


def volume(name: str, count: int, kind: str, rest: str, status: str = '"READ", "WRITE", "VISIBLE"') -> str:
    segment = SEGMENT.format(count=count, type=kind, rest=rest)
    identifier = (name * 6)[:6] + "-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA"
    return f'{name} {{ id = "{identifier}"\nstatus = [{status}]\nsegment_count = 1\n{segment} }}\n'


LINEAR = volume("lin", 20, "striped", 'stripe_count = 1\nstripes = [ "pv0", 2 ]')
TWO_COLUMNS = volume(
    "two", 16, "striped", 'stripe_count = 2\nstripe_size = 128\nstripes = ["pv0", 22, "pv0", 30]'
)
ACROSS = volume(
    "across", 8, "striped", 'stripe_count = 2\nstripe_size = 128\nstripes = ["pv0", 38, "pv1", 0]'
)
LONG = """long { id = "long00-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA"
status = ["READ", "WRITE", "VISIBLE"]
segment_count = 2
segment1 { start_extent = 0
    extent_count = 16
    type = "striped"
    stripe_count = 1
    stripes = ["pv0", 46] }
segment2 { start_extent = 16
    extent_count = 4
    type = "striped"
    stripe_count = 1
    stripes = ["pv1", 8] } }
"""
THIN = volume("thin", 4, "thin-pool", 'metadata = "m"\npool = "d"')
MIRROR = volume("mirror", 16, "raid1", 'device_count = 2\nraids = ["mirror_rmeta_0", "image", "x", "y"]')
IMAGE = volume("image", 16, "striped", 'stripe_count = 1\nstripes = ["pv0", 62]', '"READ", "WRITE"')


@contextmanager
def loops(*paths: Path) -> Iterator[list[str]]:
    """Loop devices of the files; skips the test where there are none to be had."""
    tools = [shutil.which(tool, path="/usr/sbin:/sbin:/usr/bin") for tool in ("losetup", "lvm")]
    if None in tools or os.geteuid() != 0:
        pytest.skip("LVM's tools need root and loop devices")
    made: list[str] = []
    try:
        for path in paths:
            done = subprocess.run(["losetup", "-f", "--show", path], capture_output=True, text=True)
            if done.returncode:
                pytest.skip("there are no loop devices")
            made.append(done.stdout.strip())
        yield made
    finally:
        for device in made:
            subprocess.run(["losetup", "-d", device], check=False)


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two physical volumes of one group: made by pvcreate and vgcreate, the volumes added by vgcfgrestore.

    `lvcreate` would want the kernel's device mapper. ext4 lies in `lin`, in `two` and in the mirror.
    """
    folder = tmp_path_factory.mktemp("lvm")
    paths = [folder / "pv0.img", folder / "pv1.img"]
    for path in paths:
        with path.open("wb") as file:
            file.truncate(100 << 20)
    with loops(*paths) as devices:
        accepted = ", ".join(f'"a|{device}|"' for device in devices)
        config = f'devices {{ scan=["/dev"] filter=[{accepted}, "r|.*|"] use_devicesfile=0 }}'
        config += " global { use_lvmpolld=0 } activation { udev_sync=0 udev_rules=0 monitoring=0 }"
        environment = {**os.environ, "PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}

        def lvm(*command: str) -> None:
            done = subprocess.run(
                ["lvm", command[0], "--config", config, *command[1:]],
                capture_output=True,
                text=True,
                env=environment,
            )
            assert done.returncode == 0, done.stderr

        lvm("pvcreate", "-y", *devices)
        lvm("vgcreate", "-s", "1M", "vgtest", *devices)
        text = folder / "vg.txt"
        lvm("vgcfgbackup", "-f", str(text), "vgtest")
        described = text.read_text(encoding="utf-8")
        end = described.rindex("}")
        volumes = LINEAR + TWO_COLUMNS + ACROSS + LONG
        text.write_text(f"{described[:end]}logical_volumes {{ {volumes} }}\n}}\n", encoding="utf-8")
        lvm("vgcfgrestore", "-f", str(text), "vgtest")
    content = images.ext().read_bytes()
    assert len(content) == 16 * EXTENT
    with paths[0].open("r+b") as file:
        for extent in (2, 46):
            file.seek(BEGIN + extent * EXTENT)
            file.write(content)
        stripe = 128 * 512
        for number in range(len(content) // stripe):
            column, row = number % 2, number // 2
            file.seek(BEGIN + (22 + 8 * column) * EXTENT + row * stripe)
            file.write(content[number * stripe : (number + 1) * stripe])
    return paths[0], paths[1]


def names(path: Path) -> tuple[dict[str, bytes], list[str]]:
    files, errors = {}, []
    for found in walk(path, limits=QUICK):
        if found.kind is Kind.FILE and found.readable and found.place.state.value == "allocated":
            files[found.path.partition("//")[2]] = b"".join(found.chunks())
        if found.error:
            errors.append(found.error)
    return files, errors


def test_linear_and_striped_volumes_hold_their_files(group: tuple[Path, Path]) -> None:
    files, errors = names(group[0])
    for name in ("lin", "two", "long"):
        assert files[f"{name}/Pictures/two.jpg"] == images.TREE["Pictures/two.jpg"]
        assert files[f"{name}/large.bin"] == images.TREE["large.bin"]
    (across,) = [error for error in errors if "across" in error]
    assert "striped over 2 physical volumes, of which not all are here: physical volume pv1 (UUID " in across
    (long,) = [error for error in errors if "long" in error]
    assert "4,194,304 of its 20,971,520 bytes are read as zeros: physical volume pv1 (UUID " in long
    assert f"UUID {uuid(group[1])}, last seen as /dev/loop" in long and "is not here" in long


def test_the_other_physical_volume_says_what_it_lacks(group: tuple[Path, Path]) -> None:
    files, errors = names(group[1])
    assert files == {}
    for name in ("lin", "two", "across", "long"):
        (error,) = [error for error in errors if f"logical volume {name} " in error]
        assert "pv0 (UUID " in error and uuid(group[0]) in error


def uuid(pv: Path) -> str:
    """The identifier of a physical volume, as LVM writes it for people."""
    plain = pv.read_bytes()[512 + 32 : 512 + 64].decode()
    return "-".join(plain[at:end] for at, end in pairwise((0, 6, 10, 14, 18, 22, 26, 32)))


@pytest.fixture(scope="module")
def joined(group: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk with the two physical volumes in its partitions 2 and 1; in `across` lies a FAT, behind `long` noise."""
    pvs = [bytearray(pv.read_bytes()) for pv in group]
    fat, stripe = volume_of_fat(8).read_bytes(), 128 * 512
    for number in range(len(fat) // stripe):
        at = BEGIN + (0 if number % 2 else 38 * EXTENT) + number // 2 * stripe
        pvs[number % 2][at : at + stripe] = fat[number * stripe : (number + 1) * stripe]
    pvs[1][BEGIN + 8 * EXTENT : BEGIN + 12 * EXTENT] = random.Random(8).randbytes(4 * EXTENT)
    disk = tmp_path_factory.mktemp("joined") / "disk.img"
    size = 100 << 11
    with disk.open("wb") as file:
        file.write(images.mbr(2048, [(0x8E, 2048, size), (0x8E, 2048 + size, size)]))
        file.write(pvs[1] + pvs[0])
    return disk


def test_physical_volumes_in_partitions_of_one_disk_are_joined(joined: Path) -> None:
    files, errors = names(joined)
    assert errors == []
    assert files["p2/across/one.jpg"] == images.jpeg(21)
    for name in ("lin", "two", "long"):
        assert files[f"p2/{name}/Pictures/two.jpg"] == images.TREE["Pictures/two.jpg"]
    assert not any(name.startswith("p1/") for name in files)
    said = [found.node.note for found in walk(joined, limits=QUICK) if found.node.note]
    assert len(said) == 4 and all("begins in partition 2, and is read there" in note for note in said)


def test_a_volume_goes_on_in_the_other_partition(joined: Path) -> None:
    with joined.open("rb") as file:
        file.seek(1 << 20)
        disk = file.read()
    table = [(1, 0, 100 << 20), (2, 100 << 20, 100 << 20)]
    second = opening(BytesSource(disk), table)[1]()
    (long,) = [node for node in LvmReader().walk(second, QUICK) if node.name == b"long"]
    assert long.open is not None and long.error is None and long.size == 20 * EXTENT
    assert long.open().read_at(16 * EXTENT, 4 * EXTENT) == random.Random(8).randbytes(4 * EXTENT)


def test_the_newest_description_counts_and_serves_those_without_any(joined: Path, tmp_path: Path) -> None:
    disk = bytearray(joined.read_bytes())
    start = (1 << 20) + (100 << 20)  # the second partition
    area = disk[start + 4096 : start + (1 << 20)]
    older = re.sub(rb"seqno = \d", b"seqno = 0", area.replace(b"lin {", b"old {"))
    assert older != area and len(older) == len(area)
    disk[start + 4096 : start + (1 << 20)] = older
    (tmp_path / "stale.img").write_bytes(disk)
    files, _ = names(tmp_path / "stale.img")
    assert "p2/lin/Pictures/two.jpg" in files and not any("old" in name for name in files)
    disk[start + 4096 + 40 : start + 4096 + 64] = bytes(24)  # no text at all, as with --metadatacopies 0
    (tmp_path / "none.img").write_bytes(disk)
    files, errors = names(tmp_path / "none.img")
    assert "p2/lin/Pictures/two.jpg" in files and errors == []


def test_a_physical_volume_in_a_partition_of_an_e01(group: tuple[Path, Path], tmp_path: Path) -> None:
    disk = tmp_path / "disk.img"
    start = 2048
    with disk.open("wb") as file:
        file.write(bytes(images.mbr(start, [(0x8E, start, 100 << 11)])))
        file.write(group[0].read_bytes())
    image = images.e01(image=disk)
    files, _ = names(image)
    assert files["p1/lin/Pictures/one.jpg"] == images.TREE["Pictures/one.jpg"]


def changed(pv: Path, out: Path, old: bytes, new: bytes) -> Path:
    """The volume with some of its metadata changed in place; LVM's checksum of them is not looked at."""
    assert len(old) == len(new)
    data = bytearray(pv.read_bytes())
    assert old in data
    out.write_bytes(data.replace(old, new))
    return out


def test_damaged_metadata_are_a_finding_and_the_rest_is_carved(
    group: tuple[Path, Path], tmp_path: Path
) -> None:
    path = changed(group[0], tmp_path / "x.img", b"extent_size = 2048", b"extent_size ] 2048")
    _, errors = names(path)
    assert any("LVM metadata cannot be read" in error for error in errors)
    assert any(one.place.state.value == "carved" for one in walk(path))


def small_group(volumes: str) -> bytes:
    """A physical volume by the published layout, for types that need the kernel's device mapper to be made."""
    text = f'''vg {{ id = "x"
seqno = 3
extent_size = 2048 # of 512 bytes
physical_volumes {{ pv0 {{ id = "{"A" * 6}-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA"
pe_start = 2048
pe_count = 90 }} }}
logical_volumes {{ {volumes} }} }}
'''.encode()
    data = bytearray(82 << 20)
    label = b"LABELONE" + (1).to_bytes(8, "little") + bytes(4) + (32).to_bytes(4, "little") + b"LVM2 001"
    areas = [(1 << 20, 0), (0, 0), (4096, 0xFF000), (0, 0)]
    header = b"A" * 32 + len(data).to_bytes(8, "little")
    header += b"".join(number.to_bytes(8, "little") for pair in areas for number in pair)
    data[512 : 512 + 32 + len(header)] = label + header
    at = 0xFF000 - 200  # it goes on at the beginning of the ring
    area = bytes(4) + b" LVM2 x[5A%r0N*>" + (1).to_bytes(4, "little")
    area += b"".join(number.to_bytes(8, "little") for number in (4096, 0xFF000, at, len(text)))
    data[4096 : 4096 + len(area)] = area
    data[4096 + at : 4096 + at + 200] = text[:200]
    data[4096 + 512 : 4096 + 512 + len(text) - 200] = text[200:]
    content = images.ext().read_bytes()
    data[BEGIN + 62 * EXTENT : BEGIN + 62 * EXTENT + len(content)] = content
    return bytes(data)


def test_a_mirror_is_read_by_one_of_its_images_and_a_thin_pool_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pv.img"
    path.write_bytes(small_group(MIRROR + IMAGE + THIN))
    files, errors = names(path)
    assert files["mirror/Pictures/one.jpg"] == images.TREE["Pictures/one.jpg"]
    assert not any(name.startswith("image/") for name in files)
    assert [error for error in errors if "thin-pool" in error]


@pytest.mark.parametrize(
    "text", ["a {", "a = ", "a = [1", "}", "a { b = 1 } }", "= 1", "{ }", "a { " * 40, 'a = "x']
)
def test_what_is_no_text_of_lvm_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        parse(text)
