"""7z: the methods of the 7-Zip program, solid or not; damage in one folder leaves the others."""

from __future__ import annotations

import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from safelight.evidence import seven_header
from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.seven_header import Reader
from safelight.evidence.walk import walk
from safelight.store.entry import place_key

TEXT = b"".join(b"%d\n" % (number * number) for number in range(60_000))


def packed(folder: Path, *options: str, name: str = "x.7z") -> Path:
    command = ["7z", "a", "-snl", *options, str(folder.parent / name), "."]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder.parent / name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("seven") / "in"
    (root / "deep" / "hollow").mkdir(parents=True)
    (root / "numbers.txt").write_bytes(TEXT)
    (root / "deep" / "program.exe").write_bytes(Path("/bin/true").read_bytes() * 3)
    (root / "deep" / "ü.bin").write_bytes(bytes(range(256)) * 3000)
    (root / "empty").touch()
    (root / "link").symlink_to("numbers.txt")
    return root


def inside(path: Path, limits: Limits | None = None) -> tuple[dict[str, bytes], list[Found]]:
    content, found = {}, []
    for one in walk(path, limits=limits):
        if one.kind is Kind.FILE and one.readable and len(one.place.trail) == 2:
            content[one.place.trail[-1].decode("utf-8", "surrogatepass")] = b"".join(one.chunks())
        found.append(one)
    return content, found


def errors(found: list[Found]) -> list[str]:
    return [one.error for one in found if one.error]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-ms=off",),
        ("-mx=9", "-mf=off"),
        ("-m0=LZMA",),
        ("-m0=BCJ", "-m1=LZMA"),
        ("-m0=BCJ", "-m1=LZMA2"),
        ("-m0=ARM", "-m1=BZip2"),
        ("-m0=Delta:4", "-m1=LZMA"),
        ("-m0=BZip2",),
        ("-m0=Deflate",),
        ("-m0=Deflate64",),
        ("-m0=Copy",),
        ("-mhc=off",),
    ],
    ids=" ".join,
)
def test_every_method_gives_the_same(options: tuple[str, ...], folder: Path) -> None:
    path = packed(folder, *options, name=f"{'_'.join(options).replace(':', '')}.7z")
    content, found = inside(path)
    there = [one for one in folder.rglob("*") if one.is_file() and not one.is_symlink()]
    assert content == {str(one.relative_to(folder)): one.read_bytes() for one in there}
    link = next(one for one in found if one.kind is Kind.LINK)
    assert link.node.target == b"numbers.txt"
    assert {one.place.trail[-1] for one in found if one.kind is Kind.FOLDER} == {b"deep", b"deep/hollow"}
    assert not errors(found)


@pytest.mark.parametrize(("option", "name"), [("-m0=PPMd", "PPMd"), ("-mf=BCJ2", "BCJ2")])
def test_a_method_that_is_not_supported_is_named(option: str, name: str, folder: Path) -> None:
    content, found = inside(packed(folder, option, name=f"{name}.7z"))
    assert content == {"empty": b""}
    assert all(name in error for error in errors(found)) and len(errors(found)) == 4


def test_times_are_utc(folder: Path) -> None:
    _, found = inside(packed(folder, name="times.7z"))
    modified = next(one for one in found if one.place.trail[-1] == b"numbers.txt").place.times.modified
    assert modified is not None and modified.source == "7z" and modified.zone == "utc"


def test_a_damaged_folder_leaves_the_others(folder: Path) -> None:
    path = packed(folder, "-ms=off", name="damaged.7z")
    data = bytearray(path.read_bytes())
    data[60:90] = b"\xff" * 30
    path.write_bytes(data)
    content, found = inside(path)
    right = [name for name in content if content[name] == (folder / name).read_bytes()]
    assert len(right) == 3
    assert len(errors(found)) == 1


def test_damage_in_a_solid_archive_is_said_of_all_that_follow(folder: Path) -> None:
    path = packed(folder, "-ms=on", "-mf=off", name="solid.7z")
    data = bytearray(path.read_bytes())
    data[60:90] = b"\xff" * 30
    path.write_bytes(data)
    content, found = inside(path)
    assert len(errors(found)) >= 3
    assert all(content[name] != (folder / name).read_bytes() for name in content if name != "empty")


def test_members_that_nobody_reads_are_passed_over_in_order(folder: Path) -> None:
    path = packed(folder, "-ms=on", "-mf=off", name="skipped.7z")
    last = b""
    for found in walk(path):
        found.descend = found.path == "skipped.7z"
        if found.place.trail[-1] == b"numbers.txt":
            last = b"".join(found.chunks())
    assert last == TEXT


def test_a_guard_cuts_and_names_what_is_lost(folder: Path) -> None:
    path = packed(folder, "-ms=on", "-mf=off", name="cut.7z")
    _, found = inside(path, Limits(total_bytes=100_000))
    assert any("“total_bytes”" in error for error in errors(found))
    _, found = inside(path, Limits(member_bytes=700_000))
    assert sum("“member_bytes”" in error for error in errors(found)) == 1


def test_half_a_surrogate_pair_in_a_name_is_kept(folder: Path) -> None:
    path = packed(folder, "-mhc=off", name="odd.7z")
    data = bytearray(path.read_bytes())
    at = data.index("numbers.txt".encode("utf-16-le"))
    data[at : at + 2] = b"\x00\xd8"
    offset, size, _ = struct.unpack_from("<QQL", data, 12)
    data[28:32] = struct.pack("<L", zlib.crc32(data[32 + offset : 32 + offset + size]))
    data[8:12] = struct.pack("<L", zlib.crc32(data[12:32]))
    path.write_bytes(data)
    content, found = inside(path)
    assert content["\ud800umbers.txt"] == TEXT
    assert "odd.7z//\\xed\\xa0\\x80umbers.txt" in [one.path for one in found]


@pytest.mark.parametrize("count", [1 << 22, 1 << 50])
def test_a_header_that_states_too_much_is_refused(count: int) -> None:
    stated = b"\xff" + count.to_bytes(8, "little")
    for header in (b"\1\4\6\0" + stated, b"\1\4\7\x0b" + stated + b"\0", b"\1\5" + stated):
        with pytest.raises(ValueError, match="header"):
            list(seven_header.parse(header + bytes(100))[1])


def test_the_formats_own_integers_are_read() -> None:
    for written, value in (
        (b"\x7f", 127),
        (b"\x80\x80", 128),
        (b"\xc0\0\1", 256),
        (b"\xff" + bytes(range(8)), 0x0706050403020100),
    ):
        assert Reader(written).number() == value


def test_members_of_one_name_are_places_of_their_own(tmp_path: Path) -> None:
    for name, text in (("aaaa", "first"), ("bbbb", "second one"), ("cccc", "third")):
        (tmp_path / name).write_text(text)
    subprocess.run(
        ["7z", "a", "-mhc=off", "x.7z", "aaaa", "bbbb", "cccc"], cwd=tmp_path, check=True, capture_output=True
    )
    data = (tmp_path / "x.7z").read_bytes()
    at = int.from_bytes(data[12:20], "little") + 32
    header = data[at:]
    for letter in "bc":
        header = header.replace((letter * 4).encode("utf-16-le"), "aaaa".encode("utf-16-le"))
    start = data[12:28] + struct.pack("<L", zlib.crc32(header))
    (tmp_path / "x.7z").write_bytes(
        data[:8] + struct.pack("<L", zlib.crc32(start)) + start + data[32:at] + header
    )
    members = [one for one in walk(tmp_path / "x.7z") if len(one.place.trail) > 1]
    assert {one.place.trail[-1] for one in members} == {b"aaaa"}
    assert [one.place.address for one in members] == [
        {"offset": 0, "member": 1}, {"offset": 5, "member": 2}, {"offset": 15, "member": 3},
    ]  # fmt: skip
    assert len({place_key(one.place) for one in members}) == 3
