"""RAR archives in volumes: joined where they lie beside each other, and what is missing is said.

The volumes are RAR's own, and ones that the program rars wrote (RAR 4 and 5; packed, solid, encrypted).
"""

from __future__ import annotations

import random
import re
import zipfile
import zlib
from functools import cache
from pathlib import Path

import pytest

from safelight.evidence.archives import foreign
from safelight.evidence.archives.rar_headers import Archive
from safelight.evidence.archives.rar_volumes import name_after, names_before
from safelight.evidence.protocol import Limits
from tests.evidence.archives.rar_volume_samples import RAR3_OLD_NAMES, RAR3_PARTS, RAR5_PARTS, Volumes
from tests.evidence.encrypted.made import Seen, needs, seen
from tests.evidence.images import run

needs_library = pytest.mark.skipif(not foreign.installed(), reason="Debian's libarchive13 is not installed")
SETS = pytest.mark.parametrize(
    "volumes", [RAR3_PARTS, RAR3_OLD_NAMES, RAR5_PARTS], ids=["3", "3-old-names", "5"]
)
BIG, SMALL = (205_000, 0x509AD74C), (2_050, 0xD08A1F86)
"""Size and CRC-32 of the two members, as RAR states them."""
PASSWORD = "geheim"
_CUT = ("cut off", "end mark", "it ends within", "ends within a header", "is none of its volumes")
_VOLUME = re.compile(r"\.r(ar|\d\d)$")


def laid(folder: Path, volumes: Volumes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in volumes.items():
        (folder / name).write_bytes(data)
    return folder


def looked(path: Path, *passwords: str, limits: Limits | None = None) -> Seen:
    """Members by their path in the archive."""
    found = seen(path, *passwords, limits=limits)
    inside = {name.rpartition("//")[2]: data for name, data in found.content.items() if "//" in name}
    return Seen({n: d for n, d in inside.items() if not _VOLUME.search(n)}, found.notes, found.errors)


def sums(content: dict[str, bytes]) -> dict[str, tuple[int, int]]:
    return {name: (len(data), zlib.crc32(data)) for name, data in content.items()}


@SETS
def test_volumes_of_rar_are_joined(volumes: Volumes, tmp_path: Path) -> None:
    found = looked(laid(tmp_path / "in", volumes))
    assert sums(found.content) == {"vols/bigfile.txt": BIG, "vols/smallfile.txt": SMALL}
    assert not found.errors
    assert len(found.notes) == 2 and all(
        "a volume of a RAR archive: read with " in note for note in found.notes
    )


@SETS
def test_the_first_volume_as_an_exhibit_brings_the_others(volumes: Volumes, tmp_path: Path) -> None:
    first = laid(tmp_path / "in", volumes) / next(iter(volumes))
    found = looked(first)
    assert sums(found.content) == {"vols/bigfile.txt": BIG, "vols/smallfile.txt": SMALL} and not found.errors


@SETS
def test_volumes_in_a_zip_and_in_a_file_system_are_joined(volumes: Volumes, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as out:
        for name, data in volumes.items():
            out.writestr(f"deep/{name}", data)
    found = looked(tmp_path / "all.zip")
    assert sums(found.content)["vols/bigfile.txt"] == BIG and not found.errors


@needs("mkfs.vfat", "mcopy")
@SETS
def test_volumes_in_a_disk_image_are_joined(volumes: Volumes, tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    image.write_bytes(bytes(4 << 20))
    run("mkfs.vfat", image)
    for name, data in volumes.items():
        run("mcopy", "-i", image, "-", f"::{name}", data=data)
    found = seen(image)
    assert BIG in sums(found.content).values() and not found.errors


@SETS
def test_a_missing_volume_is_named_and_the_others_are_read(volumes: Volumes, tmp_path: Path) -> None:
    names = list(volumes)
    last = looked(laid(tmp_path / "last", {name: volumes[name] for name in names[:2]}))
    assert f"the archive goes on in the volume {names[2]}, which is not beside it" in last.errors[-1]
    assert any("goes on in a later volume" in error for error in last.errors)
    assert len(last.content["vols/bigfile.txt"]) > 190_000
    middle = looked(laid(tmp_path / "middle", {name: volumes[name] for name in (names[0], names[2])}))
    assert any(f"the volume {names[1]}, which is not beside it" in error for error in middle.errors)
    assert any("begins in an earlier volume" in error for error in middle.errors)
    assert sums(middle.content)["vols/smallfile.txt"] == SMALL
    first = looked(laid(tmp_path / "first", {name: volumes[name] for name in names[1:]}))
    assert any("begins in an earlier volume" in error for error in first.errors)
    assert sums(first.content)["vols/smallfile.txt"] == SMALL


@SETS
def test_volumes_that_are_cut_or_changed_are_said(volumes: Volumes, tmp_path: Path) -> None:
    names = list(volumes)
    for number, keep in ((0, 90), (0, 50_000), (1, 20), (1, 30), (1, 90_000), (2, 40), (2, 1_000)):
        cut = volumes | {names[number]: volumes[names[number]][:keep]}
        found = looked(laid(tmp_path / "cut", cut))
        errors, whole = found.errors, looked(laid(tmp_path / "whole", volumes)).content
        assert all(
            whole[name].startswith(data) or whole[name].endswith(data) for name, data in found.content.items()
        )
        assert any(said in error for error in errors for said in _CUT), errors
    changed = bytearray(volumes[names[1]])
    changed[5_000] ^= 1
    found = looked(laid(tmp_path / "cut", volumes | {names[1]: bytes(changed)}))
    assert found.errors == ["its checksum (CRC-32) is wrong"]


@SETS
def test_what_only_has_the_name_of_a_volume_is_none(volumes: Volumes, tmp_path: Path) -> None:
    names = list(volumes)
    other = RAR3_PARTS if volumes is RAR5_PARTS else RAR5_PARTS
    for strange in (b"no archive", list(other.values())[1], volumes[names[0]]):
        found = looked(laid(tmp_path / "in", volumes | {names[1]: strange}))
        assert any(
            f"the volume {names[1]}, which is not beside it, or is none" in error for error in found.errors
        )
        assert len(found.content["vols/bigfile.txt"]) < 205_000


@SETS
def test_flipped_bits_in_headers_end_in_a_finding_never_worse(volumes: Volumes, tmp_path: Path) -> None:
    rng, names = random.Random(3), list(volumes)
    for _ in range(25):
        number = rng.randrange(3)
        broken = bytearray(volumes[names[number]])
        for _ in range(3):
            broken[rng.randrange(0, 90)] ^= 1 << rng.randrange(8)
        found = looked(laid(tmp_path / "in", volumes | {names[number]: bytes(broken)}))
        assert not any("reader failed" in error for error in found.errors)


def test_more_members_than_an_archive_may_have_are_cut(tmp_path: Path) -> None:
    folder = laid(tmp_path / "in", RAR5_PARTS)
    found = looked(folder, limits=Limits(members=1, carve=False))
    assert any("more than 1 members" in error or "guard" in error for error in found.errors)


@cache
def content() -> dict[str, bytes]:
    rng = random.Random(5)
    return {
        "a.bin": rng.randbytes(30_000),
        "b.txt": b"some words here\n" * 9_000 + rng.randbytes(2_000),
        "c.txt": bytes(rng.choices(b"abcdefgh ", k=60_000)),
        "empty": b"",
    }


def by_rars(folder: Path, first: str, **options: object) -> dict[str, bytes]:
    """Volumes that the program rars writes, and what is in them."""
    rars = pytest.importorskip("rars", reason="rars is not installed")
    folder.mkdir()
    builder = rars.RarBuilder(volume_size=20_000, **options)
    members = (
        content() if options["format"] == "rar50" else {"c.txt": content()["c.txt"]}
    )  # it cannot do more
    for name, data in members.items():
        builder.add_bytes(data, name)
    builder.write_volumes(folder / first)
    assert len(list(folder.iterdir())) > 1
    return members


@needs_library
@pytest.mark.parametrize(
    ("password", "names"),
    [(None, False), (PASSWORD, False), (PASSWORD, True)],
    ids=["plain", "encrypted", "names-too"],
)
@pytest.mark.parametrize(
    ("first", "options"),
    [
        ("x.part1.rar", {"format": "rar50"}),
        ("x.part1.rar", {"format": "rar50", "solid": True}),
        ("x.part1.rar", {"format": "rar50", "store": True}),
        ("x.rar", {"format": "rar40"}),
        ("x.rar", {"format": "rar40", "store": True}),
    ],
    ids=["5", "5-solid", "5-stored", "4", "4-stored"],
)
def test_packed_solid_and_encrypted_volumes_are_joined(
    first: str, options: dict[str, object], password: str | None, names: bool, tmp_path: Path
) -> None:
    expected = by_rars(tmp_path / "in", first, **options, password=password, encrypt_headers=names)
    found = looked(tmp_path / "in", "wrong", PASSWORD)
    assert found.content == expected
    assert not [error for error in found.errors if "no end mark" not in error]  # rars writes none in RAR 4
    if password is not None:
        assert any("opened with password 2 of 2" in note for note in found.notes)
        shut = looked(tmp_path / "in", "wrong")
        assert not any(shut.content.values()) and any("none of the 1 given" in error for error in shut.errors)


def test_the_names_of_volumes_follow_each_other() -> None:
    new, old = Archive(True), Archive(False, numbered=False)
    for first, second, archive in (
        ("a.part1.rar", "a.part2.rar", new),
        ("a.part9.rar", "a.part10.rar", new),
        ("a.part09.rar", "a.part10.rar", new),
        ("2019.PART0001.RAR", "2019.PART0002.RAR", new),
        ("a.rar", "a.r00", old),
        ("A.RAR", "A.R00", old),
        ("a.r09", "a.r10", old),
        ("a.r99", "a.s00", old),
    ):
        assert name_after(first, archive) == second
        assert first in names_before(second, archive) or first == "a.part9.rar"
    assert not names_before("a.rar", old) and not names_before("a.part0.rar", new)
    assert not name_after("a.bin", new) and not name_after("a.bin", old) and not name_after("a.z99", old)
