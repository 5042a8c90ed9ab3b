"""Every kind of file: found whole where it lies, cut or marked where it breaks, not found in what is none."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.evidence import images
from tests.evidence.carving import made
from tests.evidence.carving.made import BLOCK, found, noise, padded


def _whole() -> dict[str, bytes]:
    picture = images.picture(1)
    return {
        "jpg": made.jpeg(1),
        "png": images.png(3),
        "gif": made.animation(),
        "webp": made.saved(picture, "WEBP", quality=80),
        "bmp": made.saved(picture, "BMP"),
        "heic": made.heic(),
        "mp4": made.video("mp4"),
        "mov": made.video("mov"),
        "3gp": made.video("3gp"),
        "avi": made.video("avi"),
        "pdf": made.saved(picture, "PDF"),
        "zip": made.archive(),
        "docx": made.archive("word"),
    }


KINDS = sorted(_whole())


@pytest.mark.parametrize("suffix", KINDS)
def test_a_whole_file_is_found_where_it_lies(suffix: str) -> None:
    data = _whole()[suffix]
    (node,) = found(noise(3) + padded(data) + noise(5, 2))
    assert (node.name.decode(), node.error) == (f"carved/offset-{3 * BLOCK:012}.{suffix}", None)
    assert images.content(node) == data


@pytest.mark.parametrize("suffix", [one for one in KINDS if one != "bmp"])
def test_on_every_byte_it_is_found_at_any_offset(suffix: str) -> None:
    data = _whole()[suffix]
    medium = noise(3)[:-5] + data + noise(5, 2)
    assert data in [images.content(node) for node in found(medium, every_byte=True)]
    assert data not in [images.content(node) for node in found(medium)]


@pytest.mark.parametrize("suffix", KINDS)
def test_a_file_whose_end_is_gone_is_never_given_as_whole(suffix: str) -> None:
    data = _whole()[suffix]
    cut = len(data) // 2 // BLOCK * BLOCK
    for node in found(data[:cut] + noise(40, 2)):
        assert node.error or suffix in ("webp", "heic"), node.name
        if node.error and "breaks off" in node.error and suffix not in ("mp4", "mov", "3gp", "heic", "webp"):
            kept = images.content(node)
            assert data.startswith(kept[: max(0, min(len(kept), cut) - 4_096)])


@pytest.mark.parametrize("suffix", ["pdf", "mp4", "mov", "3gp", "avi", "png", "bmp", "zip"])
def test_a_file_with_another_ones_data_in_its_middle_is_marked(suffix: str) -> None:
    data = made.archive("", zipfile.ZIP_STORED) if suffix == "zip" else _whole()[suffix]
    at = len(data) // 3 // BLOCK * BLOCK
    damaged = data[:at] + noise(3, 9) + data[at + 3 * BLOCK :]
    for node in found(padded(damaged) + noise(2)):
        assert node.error, node.name


def test_what_claims_the_blocks_of_a_sound_file_ends_before_it() -> None:
    webp = made.saved(images.picture(1, 640, 480), "WEBP", quality=95)
    picture = made.jpeg(3, 160, 120)
    at = 3 * BLOCK
    medium = padded(webp[:at] + padded(picture) + webp[at + len(padded(picture)) :])
    cut, inner = sorted(found(medium), key=lambda node: node.address["offset"])
    assert images.content(inner) == picture
    assert (cut.size, cut.error) == (at, "breaks off after 12,288 bytes: another file begins there")


def test_unchecked_content_around_an_allocated_file_is_said_to_be_unsure() -> None:
    webp = made.saved(images.picture(1, 640, 480), "WEBP", quality=95)
    at = 2 * BLOCK
    medium = webp[:at] + noise(4) + padded(webp[at:])
    (node,) = found(medium, [(0, at), (at + 4 * BLOCK, len(medium) - at - 4 * BLOCK)])
    assert images.content(node) == webp
    assert node.error is not None
    assert node.error.startswith("lies in 2 pieces")


def test_a_zip_written_as_a_stream_is_followed_by_inflating_it() -> None:
    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    out = Unseekable()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.txt", "one line after another\n" * 900)
        file.writestr("b.txt", noise(2).hex())
    data = bytes(out.data)
    assert [images.content(node) for node in found(padded(data) + noise(1))] == [data]


def test_documents_are_named_after_what_is_in_them() -> None:
    for folder, suffix in (("xl", "xlsx"), ("ppt", "pptx")):
        (node,) = found(padded(made.archive(folder)))
        assert node.name.endswith(f".{suffix}".encode())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        file.writestr("content.xml", noise(1).hex())
    (node,) = found(padded(out.getvalue()))
    assert node.name.endswith(b".odt")


def test_a_pdf_with_later_revisions_ends_with_the_last() -> None:
    first = made.saved(images.picture(1), "PDF")
    at = int(first.rpartition(b"startxref\n")[2].split()[0])
    added = b"9 0 obj\n<< >>\nendobj\nxref\n0 0\ntrailer\n<< /Size 1 /Root 1 0 R /Prev %d >>\n" % at
    second = first + added + b"startxref\n%d\n%%%%EOF\n" % (len(first) + added.index(b"xref"))
    assert [images.content(node) for node in found(padded(second))] == [second]


def test_the_first_bytes_alone_are_no_find() -> None:
    for head in (
        b"BM",
        b"RIFF",
        b"GIF89a",
        b"%PDF-1.4",
        b"PK\x03\x04",
        b"\0\0\0\x18ftypisom",
        b"\xff\xd8\xff\xe0",
    ):
        assert found((head + noise(1)[: BLOCK - len(head)]) * 20) == []


def test_a_video_whose_index_is_damaged_is_marked() -> None:
    data = bytearray(made.video("mp4"))
    at = data.index(b"stbl")
    data[at + 4 : at + 12] = noise(1)[:8]
    for node in found(padded(bytes(data))):
        assert node.error is not None
        assert "index is damaged" in node.error
