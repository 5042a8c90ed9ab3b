"""Pages of a TIFF behind the first: each decodes to what other programs see there; hostile structures are bounded."""

from __future__ import annotations

import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.evidence.protocol import Limits, Source
from safelight.evidence.source import BytesSource
from safelight.evidence.tiff_pages import MOST_PAGES, TiffPagesReader
from safelight.evidence.walk import walk
from safelight.media.open import open_media
from safelight.media.protocol import Pixels
from safelight.model import State
from tests.media import raws
from tests.media.test_media import encoded, scene

needs_libtiff = pytest.mark.skipif(shutil.which("tiffcp") is None, reason="libtiff-tools is not installed")
PAGES = [scene(320, 200, seed=seed) for seed in range(4)]
ONE_BIT = ("group3", "group4", "tiff_ccitt")


def pages(compression: str = "tiff_lzw", images: list[Image.Image] = PAGES) -> bytes:
    """A TIFF of several pages as Pillow (libtiff) writes it."""
    images = [image.convert("1") for image in images] if compression in ONE_BIT else images
    made = BytesIO()
    images[0].save(made, "TIFF", save_all=True, append_images=images[1:], compression=compression)
    return made.getvalue()


class Member(NamedTuple):
    path: str
    layer: str
    note: str | None
    data: bytes


def members(folder: Path, data: bytes, name: str = "fax.tif") -> list[Member]:
    (folder / name).write_bytes(data)
    return [
        Member(one.path, one.place.layers[-1], one.node.note, one.read_all(1 << 30))
        for one in walk(folder)
        if len(one.place.trail) > 1
    ]


def pixels(folder: Path, data: bytes) -> dict[str, Pixels]:
    """What each member shows."""
    (folder / "fax.tif").write_bytes(data)
    found = {}
    for one in walk(folder):
        if len(one.place.trail) > 1:
            assert one.place.state is State.EMBEDDED
            found[one.path.removeprefix("fax.tif//")] = open_media(one.read_all(1 << 30)).pictures[0].rgb()
    return found


def seen_by_pillow(data: bytes, page: int) -> Pixels:
    with Image.open(BytesIO(data)) as image:
        image.seek(page)
        return np.asarray(image.convert("RGB"))


def listed(data: bytes) -> list[tuple[str, str | None]]:
    """Names and errors of what the reader alone finds; every content is read to its end."""
    source = BytesSource(data)
    found = []
    if TiffPagesReader().detect(data[: 1 << 16], source):
        for node in TiffPagesReader().walk(source, Limits()):
            content: Source | None = node.open() if node.open is not None else None
            assert content is None or len(content.read_at(0, 1 << 30)) == node.size
            found.append((node.name.decode(), node.error))
    return found


@pytest.mark.parametrize(
    "compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", *ONE_BIT]
)
def test_every_page_shows_what_pillow_shows_there(compression: str, tmp_path: Path) -> None:
    data = pages(compression)
    found = pixels(tmp_path, data)
    assert list(found) == ["page-2.tif", "page-3.tif", "page-4.tif"]
    for number, seen in enumerate(found.values(), 1):
        assert np.array_equal(seen, seen_by_pillow(data, number))


@needs_libtiff
@pytest.mark.parametrize(
    "options",
    [
        ("-8",),
        ("-8", "-B", "-c", "zip"),
        ("-B", "-c", "jpeg", "-r", "16"),
        ("-t", "-w", "64", "-l", "64", "-c", "lzw"),
        ("-p", "separate", "-c", "zip"),
        ("-c", "none", "-r", "1"),
    ],
    ids=["BigTIFF", "BigTIFF, big-endian", "big-endian JPEG", "tiles", "planes", "one row a strip"],
)
def test_pages_that_libtiff_wrote_in_other_ways(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.tif").write_bytes(pages())
    made = tmp_path / "in" / "b.tif"
    subprocess.run(["tiffcp", *options, tmp_path / "in" / "a.tif", made], check=True)
    data = made.read_bytes()
    (tmp_path / "out").mkdir()
    found = pixels(tmp_path / "out", data)
    assert len(found) == 3
    for number, seen in enumerate(found.values(), 1):  # Pillow itself loses its way in BigTIFF of this order
        exact = np.asarray(PAGES[number]) if "jpeg" not in options else seen_by_pillow(data, number)
        assert np.array_equal(seen, exact)


def test_a_page_says_which_one_it_is_and_when_it_was_made(tmp_path: Path) -> None:
    made = BytesIO()
    info = {306: "2024:03:01 10:30:05"}
    PAGES[0].save(made, "TIFF", save_all=True, append_images=PAGES[1:], tiffinfo=info)
    found = members(tmp_path, made.getvalue())
    assert [one.note for one in found] == [f"page {number} of 4 of the same file" for number in (2, 3, 4)]
    assert b"2024:03:01 10:30:05" in found[0].data


def test_a_tiff_of_one_page_and_a_page_itself_hold_nothing(tmp_path: Path) -> None:
    assert listed(encoded("TIFF", PAGES[0])) == []
    page = members(tmp_path, pages())[0]
    assert listed(page.data) == []


def linked(data: bytes, order: str = "<") -> list[int]:
    """Offsets of the directories of a classic TIFF."""
    found, at = [], struct.unpack_from(order + "I", data, 4)[0]
    while at:
        found.append(at)
        count = struct.unpack_from(order + "H", data, at)[0]
        at = struct.unpack_from(order + "I", data, at + 2 + 12 * count)[0]
    return found


def with_sub(data: bytes, kind: int | None = None) -> bytes:
    """A two-page TIFF of Pillow's, its second page moved into the first one's SubIFDs (tag 330)."""
    first, second = linked(data)
    count = struct.unpack_from("<H", data, first)[0]
    entries = [data[first + 2 + 12 * number :][:12] for number in range(count)]
    entries = sorted([*entries, struct.pack("<HHII", 330, 13, 1, second)])
    made = bytearray(data)
    if kind is not None:
        number = struct.unpack_from("<H", data, second)[0]
        for at in range(second + 2, second + 2 + 12 * number, 12):
            if struct.unpack_from("<H", data, at)[0] == 254:
                struct.pack_into("<I", made, at + 8, kind)
    struct.pack_into("<I", made, 4, len(data))
    return bytes(made) + struct.pack("<H", count + 1) + b"".join(entries) + bytes(4)


def test_a_directory_within_a_page_is_looked_at_too(tmp_path: Path) -> None:
    data = pages(images=PAGES[:2])
    found = pixels(tmp_path, with_sub(data))
    assert list(found) == ["page-1-1.tif"]
    assert np.array_equal(found["page-1-1.tif"], np.asarray(PAGES[1]))


@pytest.mark.parametrize(("kind", "told"), [(1, ["preview"]), (0, ["member"]), (4, [])])
def test_smaller_copies_are_previews_and_masks_are_nothing(
    kind: int, told: list[str], tmp_path: Path
) -> None:
    made = BytesIO()
    PAGES[0].save(made, "TIFF", save_all=True, append_images=PAGES[1:2], tiffinfo={254: 0})
    found = members(tmp_path, with_sub(made.getvalue(), kind))
    assert [one.layer for one in found] == told


def test_a_thumbnail_that_a_directory_points_to_is_the_jpeg_itself(tmp_path: Path) -> None:
    thumbnail = encoded("JPEG", scene(160, 120, seed=9))
    data = bytearray(encoded("TIFF", PAGES[0]))
    at = linked(bytes(data))[0]
    count = struct.unpack_from("<H", data, at)[0]
    struct.pack_into("<I", data, at + 2 + 12 * count, len(data))
    entries = [(0x0103, 6), (0x0201, len(data) + 2 + 36 + 4), (0x0202, len(thumbnail))]
    data += struct.pack("<H", 3) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    found = members(tmp_path, bytes(data) + bytes(4) + thumbnail)
    assert [(one.path, one.data) for one in found] == [("fax.tif//page-2.jpg", thumbnail)]


def test_of_camera_raw_the_smaller_previews_are_members(tmp_path: Path) -> None:
    large, small = encoded("JPEG", scene(600, 400), quality=90), encoded("JPEG", scene(160, 120, seed=9))
    found = members(tmp_path, raws.dng(large, small), "a.dng")
    assert [(one.path, one.data) for one in found] == [("a.dng//preview-1.jpg", small)]


def test_a_chain_that_bites_its_tail_ends(tmp_path: Path) -> None:
    data = bytearray(pages())
    first, *_, last = linked(bytes(data))
    count = struct.unpack_from("<H", data, last)[0]
    struct.pack_into("<I", data, last + 2 + 12 * count, first)
    assert [error for _, error in listed(bytes(data))] == [None] * 3 + [
        "the directory behind page 4 leads back to an earlier one"
    ]


def test_more_pages_than_are_listed_are_said() -> None:
    tiny = encoded("TIFF", scene(8, 8))
    at = linked(tiny)[0]
    count = struct.unpack_from("<H", tiny, at)[0]
    body = tiny[at : at + 2 + 12 * count]
    data = bytearray(tiny)
    struct.pack_into("<I", data, at + 2 + 12 * count, len(tiny))
    for _ in range(MOST_PAGES + 1):
        data += body + struct.pack("<I", len(data) + len(body) + 4)
    found = listed(bytes(data))
    assert len(found) == MOST_PAGES
    assert found[-1] == ("", f"not looked at beyond page {MOST_PAGES:,}")


def test_pages_that_all_claim_the_whole_file_end_with_a_finding() -> None:
    image = scene(2048, 1024)
    tiny = encoded("TIFF", image)
    at = linked(tiny)[0]
    count = struct.unpack_from("<H", tiny, at)[0]
    body, data = tiny[at : at + 2 + 12 * count], bytearray(tiny)
    struct.pack_into("<I", data, at + 2 + 12 * count, len(tiny))
    for _ in range(40):
        data += body + struct.pack("<I", len(data) + len(body) + 4)
    found = listed(bytes(data) + bytes(14))
    assert len(found) == 11
    assert found[-1][1] == "the pages are together far larger than the file: not looked at beyond page 11"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_structures_never_fail_otherwise_than_by_a_finding(data: st.DataObject) -> None:
    whole = bytearray(pages("packbits", [scene(24, 16, seed=seed) for seed in range(3)]))
    starts = linked(bytes(whole))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.sampled_from(starts))
        whole[min(len(whole) - 1, start + data.draw(st.integers(0, 160)))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(8, len(whole)))
    listed(bytes(whole[:cut]))
