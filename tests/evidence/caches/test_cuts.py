"""Caches and recycle bins that end too early say so, wherever they are cut; where nothing can tell it, that is stated.

Each is cut at every byte, or at every seventh and around each border: what then holds less than the whole, and says
nothing, is named by its cuts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from safelight.evidence.protocol import Kind
from safelight.evidence.walk import walk
from tests.evidence.caches import test_browsers, test_thumbnails
from tests.evidence.opened import compound, photo
from tests.evidence.test_recycle import FILETIME, info2, record

PICTURES = [photo(seed, size=(16, 12)) for seed in (1, 2, 3)]
ENTRY = "0123456789abcdef_0"
FIREFOX = "0123456789ABCDEF0123456789ABCDEF01234567"


def _said(path: Path) -> tuple[list[tuple[str, bytes, str | None]], bool]:
    """What lies in a file, or is said of it, and whether anything is wrong with it."""
    inside, is_wrong = [], False
    for one in walk(path):
        is_member = one.kind is Kind.FILE and "//" in one.path
        if is_member or one.kind is Kind.NOTE:
            content = b"".join(one.chunks()) if is_member and one.readable and not one.node.refers else b""
            inside.append((one.path, content, one.node.note))
        is_wrong = is_wrong or bool(one.error)
    return inside, is_wrong


def silent(folder: Path, name: str, data: bytes, cuts: Iterable[int]) -> list[int]:
    """The cuts after which something is missing and nothing is said."""
    (folder / name).write_bytes(data)
    whole, is_wrong = _said(folder / name)
    assert whole and not is_wrong
    found = []
    for at in sorted({cut for cut in cuts if 0 < cut < len(data)}):
        (folder / name).write_bytes(data[:at])
        left, is_wrong = _said(folder / name)
        if left != whole and not is_wrong:
            found.append(at)
    return found


def _around(data: bytes, *borders: int) -> set[int]:
    near = {border + by for border in borders for by in (-1, 0, 1)}
    return {*near, *range(0, len(data), 7), *range(1, 40)}


def _ansi_list() -> bytes:
    """What Windows 98 writes: names without Unicode."""
    out = struct.pack("<5I", 4, 2, 2, 280, 0)
    for number, path in enumerate((rb"C:\sea.jpg", rb"C:\gone.jpg"), 1):
        out += path.ljust(260, b"\0") + struct.pack("<IIQI", number, 2, FILETIME, 1234)
    return out


def test_a_record_of_the_recycle_bin(tmp_path: Path) -> None:
    for version in (1, 2):
        data = record(r"C:\Users\x\sea.jpg", version)
        last = {543} if version == 1 else set()  # of version 1 some writers leave out the last byte
        cuts = set(range(8, len(data), version)) - last
        assert silent(tmp_path, "$IABC123.jpg", data, cuts) == []
    (tmp_path / "$IABC123.jpg").write_bytes(data[:50])
    (error,) = {one.error for one in walk(tmp_path / "$IABC123.jpg") if one.error}
    assert error == (
        "the record of the recycle bin is cut short after 50 bytes: its path begins C:\\Users\\x\\; "
        "deleted 2024-03-01T10:30:05Z"
    )


def test_the_list_of_an_old_recycle_bin(tmp_path: Path) -> None:
    for data, name in ((_ansi_list(), "INFO2"), (info2(r"C:\sea.jpg", r"C:\gone.jpg"), "INFO2")):
        (tmp_path / "Dc1.jpg").write_bytes(photo())
        (tmp_path / "Dc2.jpg").write_bytes(photo())
        assert silent(tmp_path, name, data, _around(data, 20, 300, 580, 820, 1_100) - {1, 2, 3}) == []


def test_a_record_of_an_old_list_without_its_unicode_name_is_still_told(tmp_path: Path) -> None:
    data = info2(r"C:\sea.jpg", r"C:\gone.jpg")
    (tmp_path / "INFO2").write_bytes(data[: 20 + 800 + 280])
    found = list(walk(tmp_path / "INFO2"))
    assert [one.path for one in found if one.kind is Kind.FILE] == [
        "INFO2",
        "INFO2//C/sea.jpg",
        "INFO2//C/gone.jpg",
    ]
    said = [one.error for one in found if one.kind is Kind.FINDING]
    assert said[0] == (
        "the list ends after 280 of the 800 bytes of its record 2: only what is left of it is said"
    )
    assert said[1] == "the list states 2 records, and has 1: it is cut short, or was altered"


def test_an_old_list_under_another_name_is_known_by_its_first_path(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(info2(r"C:\sea.jpg", r"C:\gone.jpg")[:900])
    assert [one.path for one in walk(tmp_path / "x.bin") if one.kind is Kind.FILE][1:] == ["x.bin//C/sea.jpg"]
    (tmp_path / "y.bin").write_bytes(struct.pack("<5I", 5, 1, 1, 800, 0) + bytes(900))
    assert not [one for one in walk(tmp_path / "y.bin") if "//" in one.path]


def test_thumbnails_of_windows(tmp_path: Path) -> None:
    for version in (0x14, 0x15, 0x20):
        data = test_thumbnails.thumbcache(version, *PICTURES)
        borders = [at for at in range(len(data)) if data.startswith(b"CMMM", at)]
        assert silent(tmp_path, "thumbcache_96.db", data, _around(data, *borders) - {1, 2, 3}) == []


def _thumbs_db(names: Iterable[str]) -> tuple[bytes, bytes]:
    catalogue, streams = b"", {}
    for number, name in enumerate(names, 12):
        text = (name + "\0").encode("utf-16-le") + bytes(4)
        catalogue += struct.pack("<IIQ", len(text) + 16, number, FILETIME) + text
        streams[str(number)[::-1]] = struct.pack("<III", 12, 1, len(PICTURES[0])) + PICTURES[number - 12]
    catalogue = struct.pack("<HHIII", 16, 7, 14, 96, 96) + catalogue
    return catalogue, compound({"Catalog": catalogue, **streams})


def test_thumbnails_of_a_folder(tmp_path: Path) -> None:
    _, data = _thumbs_db(("sea.jpg", "b.jpg", "c.jpg"))
    assert silent(tmp_path, "Thumbs.db", data, set(range(8, len(data), 16))) == []


def test_a_catalogue_that_lies_says_that_names_are_missing(tmp_path: Path) -> None:
    catalogue, data = _thumbs_db(("sea.jpg", "b.jpg", "c.jpg"))
    at = data.index(catalogue) + 16
    second = at + struct.unpack_from("<I", data, at)[0]
    for length in (0, 0xFFFF):
        (tmp_path / "Thumbs.db").write_bytes(
            data[:second] + length.to_bytes(4, "little") + data[second + 4 :]
        )
        inside, is_wrong = _said(tmp_path / "Thumbs.db")
        assert is_wrong
        assert {path.rpartition("/")[2] for path, _, _ in inside} == {"sea.jpg", "31.jpg", "41.jpg"}


def test_slots_of_androids_thumbnails(tmp_path: Path) -> None:
    slots = [(b"\1" + bytes(8) + struct.pack(">I", len(one)) + one).ljust(10_000, b"\0") for one in PICTURES]
    data = b"".join(slots)
    cuts = {10_000 * slot + at for slot in range(3) for at in range(1, 13 + len(PICTURES[slot]), 7)}
    assert silent(tmp_path, ".thumbdata3-1", data, cuts) == []
    # Behind a picture there is nothing that says whether another one follows.
    assert silent(tmp_path, ".thumbdata3-1", data, (10_000, 15_000, 20_000)) == [10_000, 15_000, 20_000]


def test_blobs_of_androids_gallery(tmp_path: Path) -> None:
    data, borders = b"\x10\x85\x24\xbd", []
    for picture in PICTURES:
        borders.append(len(data))
        data += struct.pack("<QIII", 7, 0, len(data), len(picture)) + picture
    assert silent(tmp_path, "imgcache.0", data, _around(data, *borders) - {1, 2, 3, 4}) == borders[1:]


def test_an_entry_of_chromium(tmp_path: Path) -> None:
    data = test_browsers.simple(b"http://a.example/x.jpg", PICTURES[0], b"HTTP/1.1 200 OK\0\0")
    assert silent(tmp_path, ENTRY, data, _around(data) - set(range(8))) == []


def test_parts_that_chromium_fetched(tmp_path: Path) -> None:
    key = b"http://a.example/v.mp4"
    data = bytes.fromhex("305c72a71b6dfbfc") + struct.pack("<III4x", 5, len(key), 0) + key
    borders = []
    for number in range(3):
        borders.append(len(data))
        part = bytes([97 + number]) * 100
        data += bytes.fromhex("6b67536501bf97eb") + struct.pack("<qqI4x", number * 100, 100, 0) + part
    assert silent(tmp_path, ENTRY[:-1] + "s", data, range(8, len(data))) == borders[1:]


def test_block_files_of_chromium(tmp_path: Path) -> None:
    test_browsers.block_cache(tmp_path)
    data = (tmp_path / "data_1").read_bytes()
    cuts = set(range(8_000, len(data), 9)) | {24, 25, 80, 4_096}
    assert silent(tmp_path, "data_1", data, cuts) == []


def test_an_entry_of_firefox_of_which_the_description_is_cut(tmp_path: Path) -> None:
    data = test_browsers.firefox(b":http://a.example/x.jpg", PICTURES[0], b"HTTP/1.1 200 OK\r\n")
    key = data.index(b":http")
    cuts = range(key + 9, len(data))
    assert silent(tmp_path, FIREFOX, data, cuts) == []
    (tmp_path / FIREFOX).write_bytes(data[:-20])
    ((path, content, note),) = _said(tmp_path / FIREFOX)[0]
    assert (path, content) == (f"{FIREFOX}//a.example/x.jpg", PICTURES[0])
    assert note == "fetched from http://a.example/x.jpg"
    # Where the description is gone altogether, the file is what was fetched, and nothing says that it was.
    assert silent(tmp_path, FIREFOX, data, (len(PICTURES[0]),)) == [len(PICTURES[0])]
