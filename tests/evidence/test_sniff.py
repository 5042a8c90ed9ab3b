"""Types by content: pictures, videos and archives as programs make them; nothing random is taken for one."""

from __future__ import annotations

import io
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from safelight.evidence.sniff import ARCHIVES, HEAD, is_archive, is_media, sniff


@pytest.mark.parametrize(
    ("format", "name"),
    [
        ("JPEG", "jpeg"), ("PNG", "png"), ("GIF", "gif"), ("WEBP", "webp"), ("BMP", "bmp"), ("TIFF", "tiff"),
        ("ICO", "ico"), ("JPEG2000", "jp2"), ("PDF", "pdf"), ("AVIF", "avif"), ("HEIF", "heic"),
    ],
)  # fmt: skip
def test_pictures_are_known_by_content(format: str, name: str) -> None:
    if format in ("AVIF", "HEIF"):
        import pillow_heif

        pillow_heif.register_heif_opener()
    out = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(out, format)
    assert sniff(out.getvalue()[:HEAD]) == name
    assert is_media(name) == (name != "pdf")


@pytest.mark.parametrize(
    ("container", "codec", "name"),
    [
        ("mp4", "mpeg4", "mp4"), ("mov", "mpeg4", "mov"), ("matroska", "mpeg4", "mkv"), ("webm", "libvpx", "webm"),
        ("avi", "mpeg4", "avi"), ("3gp", "mpeg4", "3gp"), ("mpegts", "mpeg2video", "mpegts"),
        ("mpeg", "mpeg1video", "mpeg"), ("flv", "flv", "flv"), ("asf", "msmpeg4", "wmv"),
    ],
)  # fmt: skip
def test_videos_are_known_by_content(container: str, codec: str, name: str) -> None:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=container) as video:
        stream = video.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_image(Image.radial_gradient("L").resize((64, 64)).convert("RGB"))
        for _ in range(5):
            for packet in stream.encode(frame):
                video.mux(packet)
        for packet in stream.encode():
            video.mux(packet)
    assert sniff(out.getvalue()[:HEAD]) == name
    assert is_media(name)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("zip -q - a", "zip"), ("tar c a", "tar"), ("gzip -c a", "gzip"), ("bzip2 -c a", "bzip2"),
        ("xz -c a", "xz"), ("xz --format=lzma -c a", "lzma"), ("zstd -qc a", "zstd"),
        ("7z a x.7z a >/dev/null; cat x.7z", "7z"),
    ],
)  # fmt: skip
def test_archives_are_known_by_content(command: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"something " * 500)
    made = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, check=True, stdin=subprocess.DEVNULL
    )
    assert sniff(made.stdout[:HEAD]) == name
    assert is_archive(name)


def test_public_evidence_is_known(shared: Path) -> None:
    for name, format in (
        ("syslog.Z", "compress"),
        ("syslog.bin.cpio", "cpio"),
        ("blob.db", "sqlite"),
        ("dist-list.pst", "pst"),
    ):
        assert sniff((shared / "evidence" / name).read_bytes()[:HEAD]) == format


def test_hardly_anything_random_is_taken_for_an_archive_or_a_picture() -> None:
    generator = random.Random(5)
    taken = [sniff(generator.randbytes(600)) for _ in range(20_000)]
    assert sum(is_archive(name) or is_media(name) for name in taken) <= 6


@given(st.binary(max_size=700))
def test_no_bytes_are_an_error(head: bytes) -> None:
    sniff(head)


@given(
    st.sampled_from(
        [b"\0\0\1\0", b"PK\3\4", b"]\0\0", b"\xc7q", b"`\xea", b"\x1f\x9d", b"BM", b"\0\0\0\x18ftyp", b"G"]
    ),
    st.binary(max_size=60),
)
def test_no_start_of_a_format_is_an_error(start: bytes, rest: bytes) -> None:
    for length in range(len(start) + len(rest) + 1):
        sniff((start + rest)[:length])


def test_every_archive_that_is_named_has_a_reader() -> None:
    from safelight.evidence.walk import readers

    by_format = {format for reader in readers() for format in getattr(reader, "formats", ())}
    assert ARCHIVES - by_format - {"zip"} == {"7z", "tar"}
