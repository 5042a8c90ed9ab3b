"""The pixels are those everybody else gets; damage, size and orientation are handled before they are given out."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pdqhash
import pytest
from PIL import Image

from safelight.errors import FormatError
from safelight.media import jpeg, picture
from safelight.media.open import open_media, prepare
from safelight.media.thumbnail import thumbnail
from tests.media.test_media import clip, encoded, scene

prepare()


def test_pdq_of_our_pixels_is_the_published_one(shared: Path) -> None:
    lines = (shared / "pdq" / "expected.txt").read_text().splitlines()
    for expected, _, name in (line.split(",") for line in lines if "," in line):
        bits, _ = pdqhash.compute(open_media((shared / "pdq" / name.strip()).read_bytes()).pictures[0].rgb())
        assert np.packbits(bits).tobytes().hex() == expected, name


def test_alpha_is_dropped_and_palettes_are_resolved_as_pillow_does() -> None:
    image = scene().convert("RGBA")
    image.putalpha(40)
    (seen,) = open_media(encoded("PNG", image)).pictures
    assert (seen.rgb() == np.asarray(scene())).all()
    palette = scene().quantize(64)
    data = encoded("GIF", palette)
    assert (open_media(data).pictures[0].rgb() == np.asarray(Image.open(BytesIO(data)).convert("RGB"))).all()


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    ramp = np.tile(np.linspace(0, 65_535, 256).astype(np.uint16), (64, 1))
    pixels = open_media(encoded("PNG", Image.fromarray(ramp))).pictures[0].rgb()
    assert np.abs(pixels[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_cmyk_jpegs_are_decoded_and_scaled() -> None:
    data = encoded("JPEG", scene(1600, 1200).convert("CMYK"))
    (seen,) = open_media(data).pictures
    reference = np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(seen.rgb().astype(int) - reference).max() == 0
    assert seen.rgb(256).shape == (300, 400, 3)
    assert seen.luma(256).shape == (300, 400)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("keep", [0.3, 0.95])
def test_a_cut_jpeg_says_that_its_end_is_missing(keep: float, progressive: bool) -> None:
    data = encoded("JPEG", scene(1600, 1200), progressive=progressive)
    (seen,) = open_media(data[: int(len(data) * keep)]).pictures
    assert seen.damaged == "the end is missing"
    assert seen.rgb().shape == (1200, 1600, 3)


def test_a_jpeg_with_bytes_overwritten_is_marked() -> None:
    data = bytearray(encoded("JPEG", scene(1600, 1200)))
    data[len(data) // 2 : len(data) // 2 + 400] = b"\xff\xd9" + bytes(398)
    (seen,) = open_media(bytes(data)).pictures
    assert seen.damaged


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = encoded("JPEG", scene(64, 64), progressive=True)
    scan = data.rindex(b"\xff\xda")
    with pytest.raises(FormatError, match="scans"):
        open_media(data[:-2] + data[scan:-2] * 2000 + b"\xff\xd9")


def test_a_jpeg_too_large_for_full_size_comes_smaller_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg, "MAX_PIXELS", 300_000)
    (seen,) = open_media(encoded("JPEG", scene(1600, 1200))).pictures
    assert (seen.width, seen.height) == (1600, 1200)
    assert seen.rgb().shape == (300, 400, 3)
    assert "too large" in (seen.damaged or "")


def test_a_scale_is_chosen_by_the_shorter_side() -> None:
    seen = open_media(encoded("JPEG", scene(1601, 1203))).pictures[0]
    assert isinstance(seen, picture.LazyPicture)
    assert [seen.scale(side) for side in (1203, 602, 601, 151, 150, 5000)] == [1, 2, 2, 8, 8, 1]


def test_each_size_is_decoded_once_and_shared_read_only() -> None:
    seen = open_media(encoded("JPEG", scene(1600, 1200))).pictures[0]
    assert seen.rgb(512) is seen.rgb(600)
    with pytest.raises(ValueError, match="read-only"):
        seen.rgb(512)[0] = 0


def marked(width: int = 320, height: int = 160) -> Image.Image:
    """White in the upper left quarter, black elsewhere."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = 255
    return Image.fromarray(pixels)


def corner(pixels: np.ndarray) -> str:
    """Which quarter is bright."""
    height, width = pixels.shape[:2]
    quarters = {
        "upper left": pixels[: height // 2, : width // 2],
        "upper right": pixels[: height // 2, width // 2 :],
        "lower left": pixels[height // 2 :, : width // 2],
        "lower right": pixels[height // 2 :, width // 2 :],
    }
    return max(quarters, key=lambda name: float(quarters[name].mean()))


UPRIGHT = {
    1: "upper left", 2: "upper right", 3: "lower right", 4: "lower left",
    5: "upper left", 6: "upper right", 7: "lower right", 8: "lower left",
}  # fmt: skip


@pytest.mark.parametrize("number", UPRIGHT)
def test_a_thumbnail_stands_upright(number: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = number
    (seen,) = open_media(encoded("JPEG", marked(), exif=exif)).pictures
    assert corner(seen.rgb()) == "upper left"
    small = np.asarray(Image.open(BytesIO(thumbnail(seen))))
    assert corner(small) == UPRIGHT[number]
    assert small.shape[:2] == ((128, 256) if number < 5 else (256, 128))


@pytest.mark.parametrize("format", ["TIFF", "AVIF", "HEIF"])
def test_formats_that_come_turned_are_not_turned_again(format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stated = exif if format == "TIFF" else exif.tobytes()  # libheif's writer heeds bytes only
    (seen,) = open_media(encoded(format, marked(), exif=stated)).pictures
    assert seen.orientation == 1
    assert (corner(seen.rgb()), seen.width, seen.height) == ("upper right", 160, 320)


@pytest.mark.parametrize("format", ["mp4", "avi", "matroska", "webm"])
def test_a_whole_video_is_whole_and_a_cut_one_says_so(format: str) -> None:
    data = faststart(clip(6, format)) if format == "mp4" else clip(6, format)
    assert open_media(data).pictures[0].damaged is None
    (first, *_) = open_media(data[: len(data) * 2 // 3]).pictures
    assert first.damaged == "the end is missing"


def faststart(data: bytes) -> bytes:
    """The same MP4 with its index first, as phones upload it: it plays when it is cut."""
    import av

    made = BytesIO()
    with (
        av.open(BytesIO(data)) as source,
        av.open(
            made, "w", format="mp4", options={"movflags": "+faststart+empty_moov+frag_keyframe"}
        ) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return made.getvalue()


def test_a_video_held_upright_comes_upright() -> None:
    import av

    made = BytesIO()
    with av.open(made, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 160, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_image(marked())))
        container.mux(stream.encode(None))
    plain = made.getvalue()
    straight = b"".join(
        value.to_bytes(4, "big", signed=True) for value in (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    )
    clockwise = b"".join(
        value.to_bytes(4, "big", signed=True) for value in (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    )
    header = plain.index(b"tkhd")
    at = plain.index(straight, header)
    turned = plain[:at] + clockwise + plain[at + len(straight) :]
    assert corner(open_media(plain).pictures[0].rgb()) == "upper left"
    (seen,) = open_media(turned).pictures
    assert (corner(seen.rgb()), seen.width, seen.height) == ("upper right", 160, 320)


def test_large_frames_are_kept_small_and_say_their_true_size() -> None:
    import av

    made = BytesIO()
    with av.open(made, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 3840, 2160, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_image(scene(3840, 2160))))
        container.mux(stream.encode(None))
    (seen,) = open_media(made.getvalue()).pictures
    assert (seen.width, seen.height, seen.rgb().shape) == (3840, 2160, (1080, 1920, 3))
    assert seen.rgb(500).shape == (540, 960, 3)


def test_a_playlist_in_the_guise_of_a_video_reaches_no_other_file(tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"")
    for text in (f"#EXTM3U\n#EXTINF:1,\n{other}\n", f"ffconcat version 1.0\nfile '{other}'\n"):
        for head in (b"", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"):
            with pytest.raises(FormatError):
                open_media(head + text.encode())


def test_reduction_in_strips_is_reduction() -> None:
    tall = scene(60, 2500)
    (seen,) = open_media(encoded("PNG", tall)).pictures
    assert (picture.reduced(seen.rgb(), 8) == np.asarray(tall.reduce(8))).all()
