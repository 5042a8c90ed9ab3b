"""Pictures and attached files of PDFs that img2pdf, Ghostscript, qpdf and LibreOffice write, pixel for pixel."""

from __future__ import annotations

import io
import shutil
import subprocess
import time
import zlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from safelight.evidence.documents import pdf_filters
from safelight.evidence.documents.pdf import PdfReader
from safelight.evidence.documents.pdf_objects import SyntaxProblem, parse
from safelight.evidence.protocol import Limits
from safelight.evidence.source import BytesSource
from safelight.model import LOCKED
from tests.evidence.documents import office
from tests.evidence.images import folder
from tests.evidence.opened import Opened, look, photo

needs_img2pdf = pytest.mark.skipif(shutil.which("img2pdf") is None, reason="img2pdf is not installed")
needs_qpdf = pytest.mark.skipif(
    shutil.which("img2pdf") is None or shutil.which("qpdf") is None, reason="img2pdf or qpdf is not installed"
)


def same(data: bytes, expected: Image.Image) -> bool:
    with Image.open(io.BytesIO(data)) as found:
        return ImageChops.difference(found.convert("RGB"), expected.convert("RGB")).getbbox() is None


def saved(mode: str, format: str, **options: object) -> tuple[bytes, Image.Image]:
    with Image.open(io.BytesIO(photo(3, "PNG"))) as opened:
        image = (
            opened.convert(mode, palette=Image.Palette.ADAPTIVE, colors=16)
            if mode == "P"
            else opened.convert(mode)
        )
    out = io.BytesIO()
    image.save(out, format, **options)  # type: ignore[arg-type]
    return out.getvalue(), image


@cache
def printed(name: str, mode: str, format: str, **options: str) -> Path:
    """A page with one picture, as img2pdf writes it."""
    path = folder() / f"{name}.pdf"
    data, _ = saved(mode, format, **options)
    path.write_bytes(subprocess.run(["img2pdf"], input=data, capture_output=True, check=True).stdout)
    return path


@cache
def attached() -> Path:
    """The same with another file attached and its objects compressed, by qpdf."""
    path = folder() / "attached.pdf"
    (folder() / "hidden.jpg").write_bytes(photo(5))
    subprocess.run(
        ["qpdf", "--object-streams=generate", "--add-attachment", folder() / "hidden.jpg", "--filename=größe.jpg", "--",
         printed("palette", "P", "PNG"), path], check=True,
    )  # fmt: skip
    return path


@needs_img2pdf
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
def test_samples_are_put_into_a_png(mode: str) -> None:
    seen = look(printed(f"png-{mode}", mode, "PNG"))
    assert not seen.errors
    assert same(seen.ending(".png"), saved(mode, "PNG")[1])


@needs_img2pdf
def test_jpeg_and_jpeg_2000_come_out_as_they_went_in() -> None:
    assert look(printed("jpeg", "RGB", "JPEG")).ending(".jpg") == saved("RGB", "JPEG")[0]
    assert look(printed("jp2", "RGB", "JPEG2000")).ending(".jp2") == saved("RGB", "JPEG2000")[0]


@needs_img2pdf
def test_cmyk_becomes_rgb() -> None:
    with Image.open(io.BytesIO(look(printed("cmyk", "CMYK", "TIFF")).ending(".png"))) as found:
        difference = ImageChops.difference(found, saved("CMYK", "TIFF")[1].convert("RGB"))
    assert max(high for _, high in difference.getextrema()) <= 2  # type: ignore[misc]


@needs_img2pdf
def test_a_fax_is_put_into_a_tiff() -> None:
    seen = look(printed("fax", "1", "TIFF", compression="group4"))
    assert same(seen.ending(".tif"), saved("1", "TIFF")[1])


@pytest.mark.skipif(shutil.which("gs") is None, reason="Ghostscript is not installed")
@needs_img2pdf
def test_what_ghostscript_writes_anew_has_the_same_pixels(tmp_path: Path) -> None:
    sources = [printed(f"png-{mode}", mode, "PNG") for mode in ("RGB", "L")] + [
        printed("cmyk", "CMYK", "TIFF")
    ]
    options = [
        "-dAutoFilterColorImages=false",
        "-dColorImageFilter=/FlateEncode",
        "-dAutoFilterGrayImages=false",
    ]
    options += [
        "-dGrayImageFilter=/FlateEncode",
        "-dDownsampleColorImages=false",
        "-dDownsampleGrayImages=false",
    ]
    command = [
        "gs",
        "-q",
        "-dNOPAUSE",
        "-dBATCH",
        "-sDEVICE=pdfwrite",
        *options,
        f"-sOutputFile={tmp_path / 'a.pdf'}",
    ]
    subprocess.run([*command, *map(str, sources)], check=True, capture_output=True)
    seen = look(tmp_path / "a.pdf")
    assert not seen.errors
    rgb, grey, cmyk = seen.content.values()
    assert same(rgb, saved("RGB", "PNG")[1])
    assert same(grey, saved("L", "PNG")[1])
    with Image.open(io.BytesIO(cmyk)) as found:
        difference = ImageChops.difference(found, saved("CMYK", "TIFF")[1].convert("RGB"))
    assert max(high for _, high in difference.getextrema()) <= 2  # type: ignore[misc]


@pytest.mark.skipif(shutil.which("pdfimages") is None, reason="poppler-utils is not installed")
@pytest.mark.skipif(not office.is_there(), reason="LibreOffice with its Python bridge is not installed")
def test_pdfimages_finds_the_same_pictures_in_a_document(tmp_path: Path) -> None:
    path = office.samples() / "plain.pdf"
    subprocess.run(["pdfimages", "-all", path, tmp_path / "p"], check=True)
    expected = sorted(file.read_bytes() for file in tmp_path.iterdir() if file.suffix == ".jpg")
    seen = look(path)
    assert sorted(data for name, data in seen.content.items() if name.endswith(".jpg")) == expected
    pngs = [file for file in sorted(tmp_path.iterdir()) if file.suffix == ".png"]
    rebuilt = [data for name, data in seen.content.items() if name.endswith(".png")]
    assert len(pngs) == len(rebuilt)
    assert len(pngs) + len(expected) == 2
    for png, data in zip(pngs, rebuilt, strict=True):
        with Image.open(png) as image:
            assert same(data, image)


@needs_qpdf
def test_an_attached_file_has_its_name_though_that_is_compressed() -> None:
    assert look(attached()).content["größe.jpg"] == photo(5)


@needs_qpdf
@pytest.mark.parametrize("bits", ["40", "128", "256", "128-aes"])
@pytest.mark.parametrize("password", ["user", "owner"])
def test_an_encrypted_document_opens_with_either_password(bits: str, password: str, tmp_path: Path) -> None:
    strength, _, aes = bits.partition("-")
    flags = [f"--use-aes={'y' if aes else 'n'}"] if strength == "128" else []
    command = ["qpdf", "--allow-weak-crypto", "--encrypt", "user", "owner", strength, *flags, "--"]
    subprocess.run([*command, str(attached()), str(tmp_path / "a.pdf")], check=True)
    shut = look(tmp_path / "a.pdf")
    assert LOCKED in shut.errors[""]
    assert not shut.content
    seen = look(tmp_path / "a.pdf", "wrong", password)
    assert seen.notes[""] == "opened with password 2 of 2"
    assert seen.content["größe.jpg"] == photo(5)
    assert same(seen.ending(".png"), saved("P", "PNG")[1])


@needs_qpdf
def test_a_document_that_only_restricts_its_use_needs_no_password(tmp_path: Path) -> None:
    subprocess.run(
        ["qpdf", "--encrypt", "", "owner", "256", "--", attached(), tmp_path / "a.pdf"], check=True
    )
    seen = look(tmp_path / "a.pdf")
    assert "opens without a password" in seen.notes[""]
    assert seen.content["größe.jpg"] == photo(5)


def document(*objects: bytes) -> bytes:
    return (
        b"%PDF-1.4\n"
        + b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, 1))
        + b"%%EOF\n"
    )


def picture(data: bytes, extra: bytes, width: int = 4, height: int = 2) -> bytes:
    return b"<</Subtype/Image/Width %d/Height %d/BitsPerComponent 8%s/Length %d>>stream\n%s\nendstream" % (
        width, height, extra, len(data), data,
    )  # fmt: skip


def test_a_picture_that_a_later_version_replaced_is_still_found(tmp_path: Path) -> None:
    first = picture(photo(1), b"/ColorSpace/DeviceRGB/Filter/DCTDecode")
    later = b"1 0 obj\n" + picture(photo(2), b"/ColorSpace/DeviceRGB/Filter/DCTDecode") + b"\nendobj\n%%EOF\n"
    (tmp_path / "a.pdf").write_bytes(document(first) + later)
    found = list(PdfReader().walk(BytesSource((tmp_path / "a.pdf").read_bytes()), Limits()))
    assert [node.note is not None for node in found] == [True, False]
    contents = [node.open() for node in found if node.open is not None]
    assert [one.read_at(0, one.size) for one in contents] == [photo(1), photo(2)]


@pytest.mark.parametrize(
    "name", [b"/ASCIIHexDecode", b"/ASCII85Decode", b"/RunLengthDecode", b"[/ASCII85Decode/FlateDecode]"]
)
def test_every_filter_before_the_pictures_own(name: bytes, tmp_path: Path) -> None:
    import base64

    data = photo(1, size=(32, 24))
    runs = (
        b"".join(
            bytes((len(data[at : at + 128]) - 1,)) + data[at : at + 128] for at in range(0, len(data), 128)
        )
        + b"\x80"
    )
    coded = {
        b"/ASCIIHexDecode": data.hex().encode() + b">",
        b"/ASCII85Decode": base64.a85encode(data, wrapcol=70) + b"~>",
        b"/RunLengthDecode": runs,
        b"[/ASCII85Decode/FlateDecode]": base64.a85encode(zlib.compress(data)) + b"~>",
    }[name]
    filters = b"/Filter[" + name.strip(b"[]") + b"/DCTDecode]/ColorSpace/DeviceRGB"
    (tmp_path / "a.pdf").write_bytes(document(picture(coded, filters)))
    assert look(tmp_path / "a.pdf").content == {"picture 1.jpg": data}


def test_a_picture_that_ends_early_is_filled_up_and_said_to(tmp_path: Path) -> None:
    data = zlib.compress(bytes(range(12)))
    (tmp_path / "a.pdf").write_bytes(
        document(picture(data, b"/ColorSpace/DeviceRGB/Filter/FlateDecode", 4, 3))
    )
    seen = look(tmp_path / "a.pdf")
    with Image.open(io.BytesIO(seen.content["picture 1.png"])) as image:
        assert image.tobytes() == bytes(range(12)) + bytes(24)
    assert "2 of its 3 rows are missing" in seen.errors["picture 1.png"]


def test_what_cannot_be_rebuilt_is_listed_with_the_reason(tmp_path: Path) -> None:
    objects = (
        picture(b"x", b"/ColorSpace[/DeviceN[/A/B]/DeviceRGB 9 0 R]"),
        picture(b"x", b"/ColorSpace/DeviceRGB", 1 << 20, 1 << 20),
    )
    (tmp_path / "a.pdf").write_bytes(document(*objects))
    seen = look(tmp_path / "a.pdf")
    assert not seen.content
    assert [seen.errors[name][:11] for name in ("picture 1.png", "picture 2.png")] == ["not rebuilt"] * 2


def test_a_picture_that_unpacks_to_very_much_is_cut(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(64 << 20), 9)
    (tmp_path / "a.pdf").write_bytes(
        document(picture(bomb, b"/ColorSpace/DeviceGray/Filter/FlateDecode", 60_000, 60_000))
    )
    seen = look(tmp_path / "a.pdf", limits=Limits(member_bytes=1 << 20))
    assert len(seen.content["picture 1.png"]) <= 1 << 20


def test_an_archive_behind_a_document_is_opened_too(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.jpg", photo(2))
    page = document(picture(photo(1), b"/ColorSpace/DeviceRGB/Filter/DCTDecode"))
    (tmp_path / "a.pdf").write_bytes(page + (tmp_path / "a.zip").read_bytes())
    assert look(tmp_path / "a.pdf").content == {"picture 1.jpg": photo(1), "b.jpg": photo(2)}


@needs_qpdf
def test_a_document_cut_or_torn_anywhere_ends_without_a_crash(tmp_path: Path) -> None:
    whole = attached().read_bytes()
    begun = time.monotonic()
    for size in range(0, len(whole), max(64, len(whole) // 150)):
        assert_ends(whole[:size])
        torn = bytearray(whole)
        torn[size : size + 9] = b"<<[(<<[(<"
        assert_ends(bytes(torn))
    assert time.monotonic() - begun < 25


def assert_ends(data: bytes) -> None:
    seen = Opened()
    try:
        for node in PdfReader().walk(BytesSource(data), Limits()):
            if node.open is not None:
                seen.content[str(node.name)] = node.open().read_at(0, 1 << 20)
    except Exception as error:  # noqa: BLE001
        assert type(error).__name__ in ("EvidenceError", "LockedError", "GuardError"), repr(error)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_object_parser_fail_otherwise(data: bytes) -> None:
    try:
        parse(data)
    except SyntaxProblem:
        return


@given(st.binary(min_size=1, max_size=3000))
def test_lzw_comes_back(data: bytes) -> None:
    assert b"".join(pdf_filters.lzw(1)(iter((_lzw(data),)))) == data


def _lzw(data: bytes) -> bytes:
    """LZW as TIFF and PDF write it, with a clear before the table is full."""
    table = {bytes((value,)): value for value in range(256)}
    codes, word, width, size = [(256, 9)], b"", 9, 258
    for byte in data:
        longer = word + bytes((byte,))
        if longer in table:
            word = longer
            continue
        codes.append((table[word], width))
        table[longer] = size
        size += 1
        if size + 1 > 1 << width and width < 12:
            width += 1
        word = longer[-1:]
    codes += [(table[word], width)]
    size += 1
    if size + 1 > 1 << width and width < 12:
        width += 1
    codes += [(257, width)]
    bits = "".join(f"{code:0{width}b}" for code, width in codes)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
