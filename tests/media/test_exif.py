"""What files state of their making: read when it is sound, left out when it is not."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.media.exif import exif, exif_of_picture, stated_by
from safelight.media.open import open_media, prepare

prepare()


def directory(
    entries: list[tuple[int, int, int, bytes]], at: int, order: str = "<", following: int = 0
) -> bytes:
    """One TIFF directory at offset `at`: entries of tag, type, count, data; long data lies behind it."""
    head = struct.pack(order + "H", len(entries))
    behind = at + 2 + 12 * len(entries) + 4
    extra = b""
    for tag, kind, count, data in entries:
        if len(data) > 4:
            place = struct.pack(order + "I", behind + len(extra))
            extra += data
        else:
            place = data.ljust(4, b"\0")
        head += struct.pack(order + "HHI", tag, kind, count) + place
    return head + struct.pack(order + "I", following) + extra


def jpeg_with(block: bytes) -> bytes:
    made = BytesIO()
    Image.new("RGB", (32, 24)).save(made, "JPEG")
    data = made.getvalue()
    body = b"Exif\0\0" + block
    return data[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]


def tiff_block(*entries: tuple[int, int, int, bytes], order: str = "<", following: int = 0) -> bytes:
    header = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8)
    return header + directory(list(entries), 8, order, following)


def with_detail(*entries: tuple[int, int, int, bytes], make: bytes = b"Acme\0") -> bytes:
    """A block whose main directory holds a make and the EXIF directory with `entries`."""
    main_size = 2 + 12 * 2 + 4 + (len(make) if len(make) > 4 else 0)
    at = 8 + main_size
    main = directory([(0x010F, 2, len(make), make), (0x8769, 4, 1, struct.pack("<I", at))], 8)
    return b"II*\0\x08\0\0\0" + main + directory(list(entries), at)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(order: str) -> None:
    block = tiff_block((0x010F, 2, 8, b"Acme Co\0"), (0x0112, 3, 1, struct.pack(order + "H", 6)), order=order)
    assert exif_of_picture(jpeg_with(block)) == {"make": "Acme Co", "orientation": 6, "thumbnail": False}


def test_times_are_local_unless_the_file_states_an_offset() -> None:
    taken = (0x9003, 2, 20, b"2024:05:01 12:30:00\0")
    assert exif_of_picture(jpeg_with(with_detail(taken)))["zone"] == "local"
    facts = exif_of_picture(
        jpeg_with(with_detail(taken, (0x9011, 2, 7, b"+02:00\0"), (0x9291, 2, 3, b"25\0")))
    )
    assert (facts["taken"], facts["zone"], facts["subsecond"]) == ("2024-05-01T12:30:00", "+02:00", "25")


@pytest.mark.parametrize(
    "stamp", [b"0000:00:00 00:00:00\0", b"    :  :     :  :  \0", b"2024:13:41 25:61:61\0"]
)
def test_a_clock_that_was_never_set_is_no_time(stamp: bytes) -> None:
    assert "taken" not in exif_of_picture(jpeg_with(with_detail((0x9003, 2, 20, stamp))))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"ASCII\0\0\0a note\0\0", "a note"),
        (b"UNICODE\0" + "Grüße".encode("utf-16-le"), "Grüße"),
        (b"JIS\0\0\0\0\0" + "日本".encode("iso2022_jp"), "日本"),
        (b"ASCII\0\0\0" + b"x" * 5000, "x" * 500),
        (b"ASCII\0\0\0\x1b[31m\x07red", "[31m red"),
        (b"WHATEVER" + b"?" * 20, None),
    ],
)
def test_comments_are_decoded_cleaned_and_cut(value: bytes, text: str | None) -> None:
    facts = exif_of_picture(jpeg_with(with_detail((0x9286, 7, len(value), value))))
    assert facts.get("comment") == text


def test_places_need_a_hemisphere_and_whole_numbers() -> None:
    def gps(*entries: tuple[int, int, int, bytes]) -> dict[str, Any]:
        at = 8 + 2 + 12 + 4
        main = directory([(0x8825, 4, 1, struct.pack("<I", at))], 8)
        return exif_of_picture(jpeg_with(b"II*\0\x08\0\0\0" + main + directory(list(entries), at)))

    degrees = struct.pack("<6I", 52, 1, 31, 1, 1200, 100)
    zero_under = struct.pack("<6I", 52, 1, 31, 0, 12, 1)
    south, west = (1, 2, 2, b"S\0"), (3, 2, 2, b"W\0")
    facts = gps(
        south,
        (2, 5, 3, degrees),
        west,
        (4, 5, 3, degrees),
        (5, 1, 1, b"\1"),
        (6, 5, 1, struct.pack("<2I", 7, 2)),
    )
    assert (facts["latitude"], facts["longitude"], facts["altitude"]) == (-52.52, -52.52, -3.5)
    assert "latitude" not in gps((2, 5, 3, degrees), west, (4, 5, 3, degrees))
    assert "latitude" not in gps(south, (2, 5, 3, zero_under), west, (4, 5, 3, degrees))
    clock = struct.pack("<6I", 10, 1, 30, 1, 59, 1)
    assert gps((29, 2, 11, b"2024:05:01\0"), (7, 5, 3, clock))["gps_time"] == "2024-05-01T10:30:59Z"


def test_an_embedded_thumbnail_is_noticed() -> None:
    first = 8 + 2 + 12 + 4 + 8
    main = directory([(0x010F, 2, 8, b"Acme Co\0")], 8, following=first)
    block = b"II*\0\x08\0\0\0" + main + directory([(0x0201, 4, 1, struct.pack("<I", 200))], first)
    assert exif_of_picture(jpeg_with(block))["thumbnail"] is True


def test_the_serial_number_is_found_in_a_maker_note() -> None:
    note = struct.pack("<HHHI", 1, 0x000C, 4, 1) + struct.pack("<II", 1234567890, 0)
    facts = exif_of_picture(jpeg_with(with_detail((0x927C, 7, len(note), note), make=b"Canon\0")))
    assert facts["serial"] == "1234567890"
    nikon = b"Nikon\0\2\x10\0\0" + tiff_block((0x001D, 2, 8, b"3001234\0"))
    facts = exif_of_picture(jpeg_with(with_detail((0x927C, 7, len(nikon), nikon), make=b"NIKON\0")))
    assert facts["serial"] == "3001234"


def test_directories_that_point_at_themselves_end() -> None:
    loop = b"II*\0\x08\0\0\0" + directory(
        [(0x8769, 4, 1, struct.pack("<I", 8)), (0x8825, 4, 1, struct.pack("<I", 8))], 8, following=8
    )
    assert exif_of_picture(jpeg_with(loop)) == {}


def test_a_count_of_four_thousand_million_is_not_believed() -> None:
    assert "make" not in exif_of_picture(jpeg_with(tiff_block((0x010F, 2, 0xFFFFFFFF, b"\x08\0\0\0"))))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_every_format_that_carries_exif_is_read(format: str) -> None:
    block = Image.Exif()
    block[0x010F] = "Acme"
    made = BytesIO()
    Image.new("RGB", (64, 48)).save(made, format, exif=block)
    assert exif_of_picture(made.getvalue())["make"] == "Acme"


@settings(max_examples=150, deadline=None)
@given(block=st.binary(max_size=300), order=st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_wild_directories_give_plain_facts(block: bytes, order: bytes) -> None:
    for value in exif(jpeg_with(order + block), "jpeg").values():
        assert isinstance(value, str | int | float | bool)
        if isinstance(value, str):
            assert value.isprintable()
            value.encode()


def test_a_video_states_camera_place_and_time() -> None:
    facts = stated_by(
        {
            "com.apple.quicktime.make": "Apple",
            "com.apple.quicktime.model": "iPhone 12",
            "com.apple.quicktime.creationdate": "2024-05-01T12:30:00+0200",
            "com.apple.quicktime.location.ISO6709": "+52.5200-013.4050+034.2/",
            "creation_time": "2024-05-01T10:30:00.000000Z",
        }
    )
    assert facts == {
        "make": "Apple", "model": "iPhone 12", "taken": "2024-05-01T12:30:00", "zone": "+02:00",
        "latitude": 52.52, "longitude": -13.405, "altitude": 34.2,
    }  # fmt: skip
    assert stated_by({"creation_time": "2024-05-01T10:30:00.000000Z"})["zone"] == "utc"
    assert stated_by({"location": "nonsense", "creation_time": "yesterday"}) == {}


def test_metadata_written_into_a_video_come_back() -> None:
    import av
    import numpy as np

    made = BytesIO()
    with av.open(made, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata["creation_time"] = "2024-05-01T10:30:00Z"
        container.metadata["com.android.manufacturer"] = "Acme"
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(
            stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24"))
        )
        container.mux(stream.encode(None))
    stated = open_media(made.getvalue()).pictures[0].metadata
    assert (stated["make"], stated["taken"], stated["zone"]) == ("Acme", "2024-05-01T10:30:00", "utc")
