"""Pictures in documents of LibreOffice, byte for byte; encrypted ones with the password, and without."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import pytest
from PIL import Image

from safelight.evidence.documents.blips import find
from safelight.evidence.source import BytesSource
from safelight.model import LOCKED
from tests.evidence.documents import office
from tests.evidence.opened import compound, look, photo

needs_office = pytest.mark.skipif(
    not office.is_there(), reason="LibreOffice with its Python bridge is not installed"
)


@needs_office
@pytest.mark.parametrize(
    "name", ["plain.doc", "plain.xls", "plain.ppt", "plain.rtf", "plain.docx", "plain.odt"]
)
def test_pictures_come_out_of_a_document_as_they_went_in(name: str) -> None:
    seen = look(office.samples() / name)
    assert set(office.PICTURES.values()) <= set(seen.content.values())
    assert not seen.errors


@needs_office
@pytest.mark.parametrize("name", ["plain.emf", "plain.wmf", "plain.rtf"])
def test_bitmaps_come_out_of_drawings(name: str) -> None:
    seen = look(office.samples() / name)
    bitmaps = [data for path, data in seen.content.items() if path.endswith(".bmp")]
    with Image.open(io.BytesIO(office.PICTURES["png"])) as expected:
        pixels = expected.convert("RGB").tobytes()
    found = []
    for data in bitmaps:
        with Image.open(io.BytesIO(data)) as image:
            found.append(image.convert("RGB").tobytes())
    assert pixels in found
    assert not seen.errors


@needs_office
def test_a_drawing_that_breaks_off_says_so(tmp_path: Path) -> None:
    for name in ("plain.emf", "plain.wmf"):
        whole = (office.samples() / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
        assert "its records break off" in look(tmp_path / name).errors[""]


@needs_office
@pytest.mark.parametrize("name", ["locked.doc", "locked.xls", "locked.docx", "locked.odt"])
def test_an_encrypted_document_opens_with_its_password_only(name: str) -> None:
    shut = look(office.samples() / name, "wrong")
    assert LOCKED in shut.errors[""]
    assert "none of the 1 given opens it" in shut.errors[""]
    assert not set(office.PICTURES.values()) & set(shut.content.values())
    seen = look(office.samples() / name, "wrong", "secret")
    assert seen.notes[""] == "opened with password 2 of 2"
    assert set(office.PICTURES.values()) <= set(seen.content.values())


@needs_office
def test_agile_encryption_of_another_program_is_opened_where_it_is_read(tmp_path: Path) -> None:
    from msoffcrypto.format.ooxml import OOXMLFile

    plain = (office.samples() / "plain.docx").read_bytes()
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(plain)).encrypt("naïve", out)
    (tmp_path / "a.docx").write_bytes(out.getvalue())
    assert LOCKED in look(tmp_path / "a.docx").errors[""]
    seen = look(tmp_path / "a.docx", "naïve")
    assert seen.content["a.docx"] == plain
    assert set(office.PICTURES.values()) <= set(seen.content.values())


@needs_office
def test_a_workbook_that_is_only_protected_against_changes_opens_by_itself(tmp_path: Path) -> None:
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO((office.samples() / "plain.docx").read_bytes())).encrypt("VelvetSweatshop", out)
    (tmp_path / "a.xlsx").write_bytes(out.getvalue())
    assert "only protected against changes" in look(tmp_path / "a.xlsx").notes[""]


@needs_office
def test_a_damaged_document_gives_what_is_left_and_ends(tmp_path: Path) -> None:
    for name in ("plain.doc", "plain.xls", "plain.ppt"):
        whole = (office.samples() / name).read_bytes()
        for part in range(1, 24):
            path = tmp_path / f"{part}-{name}"
            path.write_bytes(whole[: len(whole) * part // 24])
            look(path)
            torn = bytearray(whole)
            torn[512 * part : 512 * part + 256] = b"\xa5" * 256
            path.write_bytes(torn)
            look(path)
            path.unlink()


def blip(kind: int, instance: int, data: bytes, digests: int = 1) -> bytes:
    return (
        struct.pack("<HHI", instance << 4, kind, len(data) + 16 * digests + 1)
        + bytes(16 * digests)
        + b"\xff"
        + data
    )


def test_drawings_of_each_kind_are_found_between_other_bytes() -> None:
    jpeg, png = photo(1), photo(2, "PNG")
    data = b"\x1d\xf0" * 100 + blip(0xF01D, 0x46B, jpeg, 2) + bytes(1000) + blip(0xF01E, 0x6E0, png)
    found = list(find(BytesSource(data)))
    assert [data[one.start : one.start + one.size] for one in found] == [jpeg, png]
    lying = struct.pack("<HHI", 0x46A << 4, 0xF01D, 0xFFFFFF00) + bytes(64)
    assert not list(find(BytesSource(lying)))


def test_a_bitmap_without_a_file_header_gets_one(tmp_path: Path) -> None:
    bitmap = photo(1, "BMP")
    (tmp_path / "a.doc").write_bytes(compound({"Data": blip(0xF01F, 0x7A8, bitmap[14:])}))
    assert look(tmp_path / "a.doc").content["Data/picture 1.bmp"] == bitmap


def test_a_file_that_was_dropped_into_a_document_keeps_its_name_and_path(tmp_path: Path) -> None:
    picture, path = photo(), rb"C:\Users\x\Pictures\sea.jpg"
    body = b"\2\0sea.jpg\0" + path + b"\0\0\0\3\0" + struct.pack("<I", len(path) + 1) + path + b"\0"
    body += struct.pack("<I", len(picture)) + picture
    stream = struct.pack("<I", len(body)) + body
    (tmp_path / "a.doc").write_bytes(
        compound({"ObjectPool/_1/\1Ole10Native": stream, "WordDocument": bytes(64)})
    )
    seen = look(tmp_path / "a.doc")
    assert seen.content == {"ObjectPool/_1/sea.jpg": picture}
    assert path.decode() in seen.notes["ObjectPool/_1/sea.jpg"]


def test_a_document_within_a_document_is_opened(tmp_path: Path) -> None:
    inner = compound({"Pictures": blip(0xF01D, 0x46A, photo())})
    (tmp_path / "a.xls").write_bytes(compound({"MBD01/Package": inner, "Workbook": bytes(64)}))
    assert look(tmp_path / "a.xls").ending("picture 1.jpg") == photo()


def test_a_directory_that_leads_to_itself_and_a_chain_in_a_circle_end(tmp_path: Path) -> None:
    whole = bytearray(compound({"a/Pictures": blip(0xF01D, 0x46A, photo()), "b": photo(2)}))
    table = 512 * (1 + int.from_bytes(whole[76:80], "little"))
    begun = time.monotonic()
    for number in range(24):
        torn = bytearray(whole)
        struct.pack_into("<I", torn, table + 4 * number, 0)
        (tmp_path / "x.ole").write_bytes(torn)
        look(tmp_path / "x.ole")
    directory = 512 * (1 + int.from_bytes(whole[48:52], "little"))
    for field in (68, 72, 76):
        torn = bytearray(whole)
        struct.pack_into("<I", torn, directory + 128 + field, 1)
        (tmp_path / "x.ole").write_bytes(torn)
        look(tmp_path / "x.ole")
    assert time.monotonic() - begun < 20


def test_rtf_gives_binary_pictures_and_packaged_files(tmp_path: Path) -> None:
    picture, name = photo(), b"sea.jpg"
    package = b"\2\0" + name + b"\0C:\\sea.jpg\0\0\0\3\0" + struct.pack("<I", 1) + b"\0"
    package += struct.pack("<I", len(picture)) + picture
    ole = struct.pack("<II", 0x501, 2) + struct.pack("<I", 8) + b"Package\0" + bytes(8)
    ole += struct.pack("<I", len(package)) + package
    text = (
        b"{\\rtf1 {\\pict\\jpegblip\\picw10 {\\*\\blipuid 0123456789abcdef}\\bin%d " % len(picture)
        + picture
        + b"}"
    )
    text += b"{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata " + ole.hex().encode() + b"}}}"
    (tmp_path / "a.rtf").write_bytes(text)
    assert look(tmp_path / "a.rtf").content == {"picture 1.jpg": picture, "sea.jpg": picture}


def test_words_before_a_picture_in_rtf_do_not_hide_it(tmp_path: Path) -> None:
    told = b"{\\*\\picprop{\\sp{\\sn wzDescription}{\\sv " + b"a long description " * 1_500 + b"}}}"
    one, two = photo(1), photo(2)
    text = b"{\\rtf1 {\\pict" + told + b"\\jpegblip " + one.hex().encode() + b"}"
    text += b"\\pict {\\pict\\jpegblip " + two.hex().encode() + b"}}"  # the first of the two is none
    (tmp_path / "a.rtf").write_bytes(text)
    assert list(look(tmp_path / "a.rtf").content.values()) == [one, two]


def test_rtf_that_breaks_off_gives_the_part_that_is_there(tmp_path: Path) -> None:
    text = b"{\\rtf1 {\\pict\\pngblip " + photo(1, "PNG").hex().encode()
    (tmp_path / "a.rtf").write_bytes(text[:-501])
    (content,) = look(tmp_path / "a.rtf").content.values()
    assert photo(1, "PNG").startswith(content)
    (tmp_path / "b.rtf").write_bytes(b"{\\rtf1" + b"{\\pict " * 50_000)
    begun = time.monotonic()
    look(tmp_path / "b.rtf")
    assert time.monotonic() - begun < 20
