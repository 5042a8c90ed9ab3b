"""ZIP: every method, names byte for byte, what is hidden behind pictures, directories that lie or are missing."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import subprocess
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk

TEXT = b"the quick brown fox\n" * 5000


def tool(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd=cwd)


def inside(path: Path, limits: Limits | None = None) -> tuple[dict[bytes, bytes], list[Found]]:
    """Content of each member, and everything found."""
    content, found = {}, []
    for one in walk(path, limits=limits):
        if one.kind is Kind.FILE and one.readable and len(one.place.trail) > 1:
            with contextlib.suppress(EvidenceError):
                content[one.place.trail[-1]] = b"".join(one.chunks())
        found.append(one)
    return content, found


def errors(found: list[Found]) -> list[str]:
    return [one.error for one in found if one.error]


@pytest.mark.parametrize("method", ["Copy", "Deflate", "Deflate64", "BZip2", "LZMA"])
def test_every_method_that_is_in_use(method: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT)
    tool("7z", "a", "-tzip", f"-mm={method}", "x.zip", "a.txt", cwd=tmp_path)
    content, found = inside(tmp_path / "x.zip")
    assert content == {b"a.txt": TEXT}
    assert not errors(found)


def test_a_method_that_is_not_supported_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT)
    tool("7z", "a", "-tzip", "-mm=PPMd", "x.zip", "a.txt", cwd=tmp_path)
    content, found = inside(tmp_path / "x.zip")
    assert not content
    assert errors(found) == ["cannot be decompressed: method 98 (PPMd)"]


def made(
    *members: tuple[bytes, bytes], flags: int = 0, crc: int | None = None, size: int | None = None
) -> bytes:
    """A ZIP written by hand: names byte for byte, and lies where they are wanted."""
    out, directory = b"", b""
    for name, data in members:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        common = struct.pack(
            "<HHHHLLLHH", flags, 8, 0x6000, 0x5521, zlib.crc32(data) if crc is None else crc,
            len(packed), len(data) if size is None else size, len(name), 0,
        )  # fmt: skip
        directory += b"PK\1\2" + struct.pack("<HH", 20, 20) + common
        directory += struct.pack("<HHHLL", 0, 0, 0, 0, len(out)) + name
        out += b"PK\3\4" + struct.pack("<H", 20) + common + name + packed
    count = len(members)
    end = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, count, count, len(directory), len(out), 0)
    return out + directory + end


def test_names_are_kept_byte_for_byte(tmp_path: Path) -> None:
    names = [b"caf\x82.txt", b"../up", b"/etc/x", b"a\\b", b"line\nbreak", b"", b"twice", b"twice", b"x//y"]
    (tmp_path / "x.zip").write_bytes(made(*((name, name + b"!") for name in names)))
    found = list(walk(tmp_path / "x.zip"))[1:]
    assert [one.place.trail[-1] for one in found] == names
    assert found[0].path == "x.zip//caf\\x82.txt"
    assert found[1].path == "x.zip//../up"
    assert len({one.place.address["offset"] for one in found}) == len(names)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.zip"]


def test_local_times_stay_local_and_extended_ones_are_utc(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(made((b"a", b"a")))
    modified = list(walk(tmp_path / "x.zip"))[1].place.times.modified
    assert modified is not None
    assert (modified.value, modified.source, modified.zone) == ("2022-09-01T12:00:00", "zip", "local")
    (tmp_path / "a.txt").write_bytes(TEXT)
    tool("zip", "y.zip", "a.txt", cwd=tmp_path)
    modified = list(walk(tmp_path / "y.zip"))[1].place.times.modified
    assert modified is not None and modified.zone == "utc" and modified.source == "zip:unix"


def test_a_wrong_checksum_is_said_and_the_content_kept(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(made((b"a", TEXT), (b"b", TEXT), crc=5))
    content, found = inside(tmp_path / "x.zip")
    assert content == {b"a": TEXT, b"b": TEXT}
    assert all("checksum" in error for error in errors(found)) and len(errors(found)) == 2


@pytest.mark.parametrize("stated", [0, 3, len(TEXT) - 1, len(TEXT) + 1, 0xFFFFFFF0])
def test_a_size_that_lies_is_said_and_mended(stated: int, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(made((b"a", TEXT), size=stated))
    content, found = inside(tmp_path / "x.zip")
    assert content == {b"a": TEXT}
    assert f"has {len(TEXT):,} bytes where {stated:,} are stated" in errors(found)[0]
    assert found[1].place.size == len(TEXT)


def test_damage_within_a_member_keeps_what_came_before(tmp_path: Path) -> None:
    varied = b"".join(b"%d " % (number * 7919) for number in range(100_000))
    data = bytearray(made((b"a", varied)))
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff" * 40
    (tmp_path / "x.zip").write_bytes(data)
    content, found = inside(tmp_path / "x.zip")
    assert errors(found)
    same = next(n for n, (one, other) in enumerate(zip(content[b"a"], varied, strict=False)) if one != other)
    assert same > len(varied) // 3


@pytest.mark.parametrize("before", [b"\xff\xd8\xff\xe0" + b"picture" * 20_000, b"MZ" + bytes(70_000)])
def test_what_is_appended_to_something_else_is_found(before: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(before + made((b"hidden.txt", TEXT)))
    content, _ = inside(tmp_path / "x.jpg")
    assert content == {b"hidden.txt": TEXT}


def test_zip64_is_read(tmp_path: Path) -> None:
    class Stream(io.RawIOBase):  # cannot seek back, so that sizes follow the data
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(memoryview(data))  # type: ignore[arg-type]
            return len(memoryview(data))  # type: ignore[arg-type]

    out = Stream()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a", "w", force_zip64=True) as a,
    ):
        a.write(TEXT)
    (tmp_path / "x.zip").write_bytes(out.data)
    content, found = inside(tmp_path / "x.zip")
    assert content == {b"a": TEXT}
    assert not errors(found)


def test_without_its_directory_members_are_found_by_their_headers(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(name.encode() * 2000)
    streamed = subprocess.run(
        ["zip", "-", "a.txt", "b.txt"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    ).stdout
    for data in (streamed, made((b"a.txt", b"a.txt" * 2000), (b"b.txt", b"b.txt" * 2000))):
        (tmp_path / "cut.zip").write_bytes(data[: data.index(b"PK\1\2")])
        content, found = inside(tmp_path / "cut.zip")
        assert content == {b"a.txt": b"a.txt" * 2000, b"b.txt": b"b.txt" * 2000}
        assert "the directory is missing" in errors(found)[0]


def test_a_directory_that_breaks_off_loses_nothing(tmp_path: Path) -> None:
    data = bytearray(made((b"a", b"1" * 999), (b"b", b"2" * 999), (b"c", b"3" * 999)))
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    data[second : second + 4] = b"lost"
    (tmp_path / "x.zip").write_bytes(data)
    content, found = inside(tmp_path / "x.zip")
    assert content == {b"a": b"1" * 999, b"b": b"2" * 999, b"c": b"3" * 999}
    assert any("damaged after 1 entries" in error for error in errors(found))


def test_each_encrypted_member_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "open.txt").write_bytes(TEXT)
    (tmp_path / "locked.txt").write_bytes(TEXT)
    tool("zip", "x.zip", "open.txt", cwd=tmp_path)
    tool("zip", "-P", "secret", "x.zip", "locked.txt", cwd=tmp_path)
    content, found = inside(tmp_path / "x.zip")
    assert content == {b"open.txt": TEXT}
    locked = next(one for one in found if one.place.trail[-1] == b"locked.txt")
    said = "encrypted (ZipCrypto): a password or key is needed (a password; none was given)"
    assert locked.error == said and locked.place.size == len(TEXT)


def test_members_are_cut_by_the_guard_of_the_whole(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(made(*((b"%d" % number, bytes(1 << 20)) for number in range(50))))
    content, found = inside(tmp_path / "x.zip", Limits(total_bytes=20 << 20))
    assert 15 < len(found) < 25
    assert "total_bytes" in errors(found)[-1]
    assert sum(map(len, content.values())) <= 21 << 20


def _repeated(one: bytes, count: int) -> bytes:
    """An archive of one member with `count` entries for it in its directory."""
    start, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    record = one[start:end]
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, start + len(record) * count, 1)
    end_64 = struct.pack(
        "<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(record) * count, start
    )
    last = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return one[:start] + record * count + end_64 + locator + last


def test_entries_that_share_one_member_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(_repeated(made((b"a", TEXT)), 3))
    content, found = inside(tmp_path / "x.zip")
    assert content == {b"a": TEXT}
    assert errors(found) == ["not read: it shares its bytes with an entry before it, which was read"] * 2


def test_a_million_entries_of_one_member_end_soon(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(_repeated(_stored(bytes(40 << 20)), 1_000_000))
    begun = time.monotonic()
    _, found = inside(tmp_path / "x.zip")
    assert time.monotonic() - begun < 20
    assert len(found) < 1_100
    assert errors(found)[-1] == "more than 1,000 entries overlap; what follows is not listed"


def test_members_that_quote_each_other_are_not_read_again_and_again(tmp_path: Path) -> None:
    headers = made(*((b"%d" % number, b"") for number in range(100)))
    start, end = headers.index(b"PK\1\2"), headers.index(b"PK\5\6")
    data, directory = headers[:start] + bytes(1 << 20), bytearray(headers[start:end])
    at = 0
    while at < len(directory):  # each claims to be stored, and to go on to the end of the archive
        struct.pack_into("<H", directory, at + 10, 0)
        struct.pack_into("<LL", directory, at + 20, 1 << 20, 1 << 20)
        at += 46 + struct.unpack_from("<H", directory, at + 28)[0]
    last = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 100, 100, len(directory), len(data), 0)
    (tmp_path / "x.zip").write_bytes(data + directory + last)
    content, found = inside(tmp_path / "x.zip")
    assert len(content) == 4
    assert sum("overlap" in error for error in errors(found)) == 96


def _stored(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("large", data)
    return out.getvalue()


def test_a_large_stored_member_is_checked_and_counted(tmp_path: Path) -> None:
    whole = bytearray(_stored(bytes(40 << 20)))
    (tmp_path / "x.zip").write_bytes(whole)
    _, found = inside(tmp_path / "x.zip")
    assert not errors(found)
    whole[30 << 20] = 1
    (tmp_path / "x.zip").write_bytes(whole)
    content, found = inside(tmp_path / "x.zip")
    assert errors(found) == ["its checksum (CRC-32) does not match"]
    assert len(content[b"large"]) == 40 << 20
    _, found = inside(tmp_path / "x.zip", Limits(total_bytes=20 << 20))
    assert "total_bytes" in errors(found)[-1]


def test_the_number_of_members_is_limited(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(made(*((b"%d" % number, b"") for number in range(50))))
    _, found = inside(tmp_path / "x.zip", Limits(members=10))
    assert len(found) == 12
    assert "“members”" in (found[-1].error or "")


def test_an_archive_that_is_split_in_zips_own_way_is_listed_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(random.Random(1).randbytes(150_000))
    tool("zip", "-s", "64k", "x.zip", "a.bin", cwd=tmp_path)
    assert (tmp_path / "x.z01").exists()
    content, found = inside(tmp_path / "x.zip")
    assert not content
    assert errors(found) == ["not read: the archive is split (.z01 …), which is not put together"]
