"""Media inside pictures: found by structure, each once, padding and vendors' trailers left alone, hostile ones too."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.evidence.embedded_media import EmbeddedMediaReader, parts
from safelight.evidence.protocol import Kind
from safelight.evidence.sniff import sniff
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from safelight.model import State
from tests.media.films import film
from tests.media.test_media import encoded, scene

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")

PHOTO = encoded("JPEG", scene(640, 480), quality=90)
SMALL = encoded("JPEG", scene(160, 120, seed=5), quality=70)
FILM = film("mp4", seconds=1)


def segment(marker: int, body: bytes, photo: bytes = PHOTO) -> bytes:
    """The photo with a segment more, right behind its start."""
    return photo[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + photo[2:]


def xmp(text: str) -> bytes:
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text.encode())


def samsung(*records: tuple[int, bytes, bytes]) -> bytes:
    """Samsung's trailer with these records (type, name, content)."""
    made, rows = b"", []
    for kind, name, content in records:
        record = struct.pack("<HHI", 0, kind, len(name)) + name + content
        made += record
        rows.append((kind, len(made), len(record)))
    index = b"SEFH" + struct.pack("<II", 106, len(rows))
    for kind, end, size in rows:
        index += struct.pack("<HHII", 0, kind, len(made) - end + size, size)
    return made + index + struct.pack("<I", len(index)) + b"SEFT"


def with_thumbnail(photo: bytes, thumbnail: bytes) -> bytes:
    """EXIF with a second directory that points to the thumbnail (EXIF 2.32, 4.5.5)."""
    block = b"II*\0\x08\0\0\0" + struct.pack("<HI", 0, 14)
    block += struct.pack("<H", 3)
    for tag, value in ((0x0103, 6), (0x0201, 14 + 2 + 36 + 4), (0x0202, len(thumbnail))):
        block += struct.pack("<HHII", tag, 4, 1, value)
    return segment(0xE1, b"Exif\0\0" + block + bytes(4) + thumbnail, photo)


def mpf(photo: bytes, *further: tuple[int, bytes]) -> bytes:
    """A Multi-Picture file: an index behind the start, the further pictures (type, bytes) behind the end."""
    count = 1 + len(further)
    length = 4 + 8 + 2 + 12 + 4 + 16 * count
    first = len(photo) + length + 4
    rows, at = struct.pack("<IIIHH", 0x030000, first, 0, 0, 0), first
    for kind, picture in further:
        rows += struct.pack("<IIIHH", kind, len(picture), at - (2 + 4 + 4), 0, 0)
        at += len(picture)
    body = b"MPF\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0xB002, 7, 16 * count, 26) + bytes(4) + rows
    assert len(body) == length
    return segment(0xE2, body, photo) + b"".join(picture for _, picture in further)


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("inside.txt", "hello")
    return made.getvalue()


def inside(folder: Path, data: bytes, name: str = "a.jpg") -> dict[str, bytes]:
    """What a walk finds in a picture: contents by path below it."""
    file = folder / name
    file.write_bytes(data)
    found = {}
    for one in walk(folder):
        if len(one.place.trail) > 1 and one.kind is Kind.FILE:
            assert (one.place.state, one.error) == (State.EMBEDDED, None)
            found[one.path.removeprefix(f"{name}//")] = one.read_all(1 << 30)
    return found


def test_a_plain_photo_holds_nothing(tmp_path: Path) -> None:
    assert inside(tmp_path, PHOTO) == {}


@pytest.mark.parametrize(
    "data",
    [
        PHOTO + FILM,
        xmp(f'<a GCamera:MicroVideo="1" GCamera:MicroVideoOffset="{len(FILM)}"/>') + FILM,
        xmp(f'<a Item:Mime="video/mp4" Item:Semantic="MotionPhoto" Item:Length="{len(FILM)}"/>') + FILM,
        xmp(f'<a Item:Length="{len(FILM)}" Item:Semantic="MotionPhoto"/>') + FILM,
        PHOTO + samsung((0x0A01, b"Image_UTC_Data", b"1500000000000"), (0x0A30, b"MotionPhoto_Data", FILM)),
        PHOTO + bytes(24) + FILM,
    ],
    ids=["appended", "micro video", "motion photo", "length first", "samsung", "behind padding"],
)
def test_the_film_of_a_motion_photo_is_a_file_of_its_own(tmp_path: Path, data: bytes) -> None:
    assert inside(tmp_path, data) == {"motion.mp4": FILM}


@needs_exiftool
def test_exiftool_sees_the_same_film(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(PHOTO + samsung((0x0A30, b"MotionPhoto_Data", FILM)))
    ran = subprocess.run(["exiftool", "-b", "-EmbeddedVideoFile", file], capture_output=True, check=True)
    assert ran.stdout == FILM


def test_a_heic_holds_its_film_in_a_box(tmp_path: Path) -> None:
    heic = encoded("HEIF")
    boxed = heic + struct.pack(">I", 8 + len(FILM)) + b"mpvd" + FILM
    assert inside(tmp_path, boxed, "a.heic") == {"motion.mp4": FILM}
    assert inside(tmp_path, heic + FILM, "a.heic") == {"motion.mp4": FILM}
    assert inside(tmp_path, heic, "a.heic") == {}


@pytest.mark.parametrize("format", ["PNG", "GIF", "WEBP", "AVIF", "JPEG"])
@pytest.mark.parametrize(
    "more", [FILM, SMALL, b"Rar!\x1a\x07\x01\0" + bytes(range(200)), bytes(range(256)) * 8]
)
def test_what_is_appended_to_a_picture_is_found(tmp_path: Path, format: str, more: bytes) -> None:
    picture = encoded(format)
    found = inside(tmp_path, picture + more, f"a.{format.lower()}")
    assert list(found.values()) == [more]
    (name,) = found
    assert name == "motion.mp4" if more is FILM else name.startswith(f"appended-{len(picture)}")


@pytest.mark.parametrize(
    "more",
    [
        b"",
        bytes(4000),
        b"\xff" * 70,
        b"tiny",
        samsung((0x0A01, b"Image_UTC_Data", b"1500000000000")),
        b'vivo{"version":1}' + bytes(range(64, 160)) + b"cameraalbum!",
    ],
    ids=["nothing", "zeros", "ones", "a few bytes", "Samsung's trailer", "Vivo's trailer"],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_padding_and_trailers_of_phones_are_left_alone(tmp_path: Path, format: str, more: bytes) -> None:
    assert inside(tmp_path, encoded(format) + more) == {}


def test_a_second_photo_behind_the_first_is_found_whole(tmp_path: Path) -> None:
    progressive = encoded("JPEG", scene(300, 200), progressive=True)
    assert inside(tmp_path, PHOTO + progressive) == {f"appended-{len(PHOTO)}.jpg": progressive}
    assert inside(tmp_path, progressive + PHOTO) == {f"appended-{len(progressive)}.jpg": PHOTO}


def test_an_archive_behind_a_photo_is_not_given_twice(tmp_path: Path) -> None:
    assert inside(tmp_path, PHOTO + archive()) == {"inside.txt": b"hello"}
    both = with_thumbnail(PHOTO, SMALL) + archive()
    assert inside(tmp_path, both) == {"thumbnail.jpg": SMALL, "inside.txt": b"hello"}


def test_a_thumbnail_is_a_preview_and_no_second_picture(tmp_path: Path) -> None:
    assert inside(tmp_path, with_thumbnail(PHOTO, SMALL)) == {"thumbnail.jpg": SMALL}
    (part,) = parts(BytesSource(with_thumbnail(PHOTO, SMALL)), "jpeg")
    assert part.layer == "preview"


@needs_exiftool
def test_a_thumbnail_that_exiftool_wrote_is_found(tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(PHOTO)
    (tmp_path / "small.jpg").write_bytes(SMALL)
    command = [
        "exiftool",
        f"-ThumbnailImage<={tmp_path / 'small.jpg'}",
        tmp_path / "in.jpg",
        "-o",
        tmp_path / "out.jpg",
    ]
    subprocess.run(command, check=True, capture_output=True)
    (part,) = parts(BytesSource((tmp_path / "out.jpg").read_bytes()), "jpeg")
    assert part.name == "thumbnail.jpg" and part.span[1] == len(SMALL)


def test_further_pictures_are_found_and_gain_maps_are_not(tmp_path: Path) -> None:
    gain = segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<a hdrgm:Version="1.0"/>', SMALL)
    second = encoded("JPEG", scene(320, 240, seed=9))
    data = mpf(PHOTO, (0x010001, SMALL), (0x020002, second), (0, gain))
    assert inside(tmp_path, data) == {"preview-2.jpg": SMALL, "picture-3.jpg": second}


def test_pictures_that_pillow_puts_into_one_file_are_found(tmp_path: Path) -> None:
    data = encoded("MPO", scene(320, 240), save_all=True, append_images=[scene(320, 240, seed=3)])
    (content,) = inside(tmp_path, data).values()
    assert content.startswith(b"\xff\xd8\xff") and content.endswith(b"\xff\xd9")


def test_a_film_within_a_film_photo_goes_no_deeper_than_the_guard(tmp_path: Path) -> None:
    data = PHOTO
    for _ in range(12):
        data = PHOTO + data
    (tmp_path / "a.jpg").write_bytes(data)
    found = list(walk(tmp_path))
    assert max(len(one.place.trail) for one in found) <= 10


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a photo cut short": lambda: PHOTO[: len(PHOTO) // 2],
    "segments without end": lambda: b"\xff\xd8" + b"\xff\xe0\x00\x02" * 200_000,
    "starts without end": lambda: PHOTO[:-2] + b"\xff\xd8\xff" * 200_000,
    "a film that claims everything": lambda: (
        PHOTO + struct.pack(">I", 24) + b"ftypmp42" + bytes(16) + b"\xff" * 4 + b"mdat"
    ),
    "an index that points to itself": lambda: segment(
        0xE2, b"MPF\0II*\0\x08\0\0\0" + b"\1\0\2\xb0\7\0" + b"\xff" * 200
    ),
    "directories in a circle": lambda: segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + b"\0\0\x08\0\0\0" * 50),
    "chunks of nothing": lambda: encoded("PNG")[:33] + b"\0\0\0\0IDAT\0\0\0\0" * 150_000,
    "a trailer that lies": lambda: PHOTO + b"SEFH" + b"\xff" * 60 + struct.pack("<I", 64) + b"SEFT",
    "a video offset beyond the file": lambda: (
        xmp('<a GCamera:MicroVideoOffset="9999999999"/>') + bytes(range(64))
    ),
    "a webp that claims nothing": lambda: b"RIFF\0\0\0\0WEBPVP8 " + bytes(range(200)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_lying_structures_end_soon(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.jpg").write_bytes(HOSTILE[name]())
    begun = time.process_time()
    found = list(walk(tmp_path))
    assert time.process_time() - begun < 2
    assert len(found) < 20


@settings(max_examples=80, deadline=None)
@given(
    which=st.sampled_from(["jpeg", "png", "gif", "webp", "heic"]),
    at=st.integers(0, 400),
    noise=st.binary(min_size=1, max_size=40),
    more=st.binary(max_size=300),
)
def test_no_bytes_break_the_reader(which: str, at: int, noise: bytes, more: bytes) -> None:
    base = {
        "jpeg": mpf(with_thumbnail(SMALL, SMALL), (0x010001, SMALL)),
        "png": encoded("PNG", scene(20, 20)),
        "gif": encoded("GIF", scene(20, 20)),
        "webp": encoded("WEBP", scene(20, 20)),
        "heic": encoded("HEIF", scene(64, 64)),
    }[which]
    data = base[:at] + noise + base[at + len(noise) :] + more
    source = BytesSource(data)
    for part in parts(source, sniff(data[:4096]) or ""):
        offset, length = part.span
        assert offset >= 0 and length > 0 and offset + length <= source.size


def test_a_plain_photo_costs_little() -> None:
    large = encoded("JPEG", scene(3000, 2000), quality=97)
    source, reader = BytesSource(large), EmbeddedMediaReader()
    begun = time.process_time()
    for _ in range(20):
        assert not reader.detect(large[: 1 << 16], source)
    assert (time.process_time() - begun) / 20 < 0.003 + len(large) / 300e6
