"""PDQ: the plain way is the reference, the linear way stays beside it."""

from __future__ import annotations

import numpy as np
import pdqhash
import pytest
from PIL import Image

from safelight.media.open import open_media
from safelight.signals import pdq_operator
from safelight.signals.pdq import PdqSignal, linear_pdq, picture_hashes, plain_pdq

from .pictures import DATA, PillowPicture, encoded, public, scene


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def reference(rgb: np.ndarray) -> tuple[bytes, int]:
    bits, quality = pdqhash.compute(np.ascontiguousarray(rgb))
    return np.packbits(bits).tobytes(), quality


def whole(picture: PillowPicture) -> tuple[bytes, int]:
    hashed, _ = picture_hashes(picture)
    return hashed.hash, hashed.quality


def test_the_published_hashes_are_reproduced() -> None:
    public("pdq")
    for line in (DATA / "pdq/expected.txt").read_text().splitlines():
        code, quality, name = line.split(",")
        data = (DATA / "pdq" / name).read_bytes()
        assert plain_pdq(PillowPicture(data).rgb()) == (bytes.fromhex(code), int(quality))
        (sketched,) = open_media(data, sketch="grey").pictures
        (shared,) = open_media(data).pictures
        for picture, most in ((PillowPicture(data), 2), (shared, 2), (sketched, 4)):
            found, found_quality = whole(picture)
            assert distance(found, bytes.fromhex(code)) <= most
            assert abs(found_quality - int(quality)) <= (picture is sketched)


@pytest.mark.parametrize("size", [(64, 64), (65, 97), (200, 130), (513, 1023), (1600, 1004), (3000, 64)])
def test_the_operator_equals_the_reference_at_full_size(size: tuple[int, int]) -> None:
    rgb = np.asarray(scene(sum(size), *size))
    assert linear_pdq(rgb, size)[:2] == reference(rgb)


def test_scaled_jpegs_stay_within_two_bits() -> None:
    distances = []
    for seed in range(5):
        data = encoded(scene(seed, 1400 + 111 * seed, 1100 + 77 * seed), quality=80 - 5 * seed)
        picture = PillowPicture(data)
        code, quality = whole(picture)
        assert picture.decodes == [2]
        expected, reference_quality = reference(picture.rgb())
        distances.append(distance(code, expected))
        assert abs(quality - reference_quality) <= 1
    assert max(distances) <= 4
    assert sum(distances) / len(distances) <= 1


@pytest.mark.parametrize("progressive", [False, True])
def test_what_is_only_hashed_stays_near_the_reference_without_colour_and_detail(progressive: bool) -> None:
    distances = []
    for seed in range(5):
        size = (800 + 260 * seed, 770 + 190 * seed)
        data = encoded(scene(seed, *size), quality=90 - 7 * seed, progressive=progressive)
        (picture,) = open_media(data, sketch="grey").pictures
        code, quality = whole(picture)
        expected, reference_quality = reference(picture.rgb())
        distances.append(distance(code, expected))
        assert abs(quality - reference_quality) <= 2
    assert max(distances) <= 8
    assert sum(distances) / len(distances) <= 1.5


@pytest.mark.parametrize("format", ["PNG", "BMP", "WEBP"])
def test_other_formats_are_the_reference_exactly(format: str) -> None:
    picture = PillowPicture(encoded(scene(3, 1300, 1200), format))
    assert whole(picture) == reference(picture.rgb())


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (700, 3), (2048, 2)])
def test_slivers_are_hashed_like_the_reference(size: tuple[int, int]) -> None:
    picture = PillowPicture(encoded(scene(5, 900, 900).resize(size)))
    assert whole(picture) == reference(picture.rgb())


def test_stripes_and_flat_areas_are_hashed_like_the_reference() -> None:
    stripe = np.random.default_rng(1).integers(0, 256, (1, 9, 3), dtype=np.uint8)
    for image in (Image.fromarray(stripe).resize((1500, 1200)), Image.new("RGB", (1200, 1200), (9, 90, 200))):
        (sketched,) = open_media(encoded(image), sketch="grey").pictures
        for picture in (PillowPicture(encoded(image)), sketched):
            expected = reference(picture.rgb())
            assert whole(picture) == expected
            assert (picture_hashes(picture)[0].mirrored is None) == (expected[1] < 50)


def test_damaged_jpegs_are_hashed_from_all_that_there_is() -> None:
    data = encoded(scene(2, 1200, 1000))
    cut = data[: len(data) // 2]
    (picture,) = open_media(cut, sketch="grey").pictures
    assert picture.damaged == "the end is missing"
    assert whole(picture) == reference(picture.rgb())


@pytest.mark.parametrize("size", [(400, 300), (640, 641), (1000, 64), (50, 61)])
def test_the_mirrored_hashes_are_those_of_the_mirrored_picture(size: tuple[int, int]) -> None:
    rgb = np.asarray(scene(11, *size))
    hashed, _ = picture_hashes(PillowPicture(encoded(Image.fromarray(rgb), "PNG")))
    turned = (rgb[:, ::-1], rgb[::-1], rgb[::-1, ::-1])
    assert hashed.mirrored == tuple(reference(one)[0] for one in turned)


def test_the_mirrored_hashes_of_a_scaled_jpeg_stay_near() -> None:
    data = encoded(scene(12, 1531, 1117))
    (picture,) = open_media(data, sketch="grey").pictures
    hashed, _ = picture_hashes(picture)
    rgb = picture.rgb()
    assert hashed.mirrored is not None
    for mine, mirrored in zip(hashed.mirrored, (rgb[:, ::-1], rgb[::-1], rgb[::-1, ::-1]), strict=True):
        assert distance(mine, reference(mirrored)[0]) <= 4


def test_flat_pictures_are_not_turned() -> None:
    soft = Image.fromarray(np.linspace(90, 110, 200 * 300).reshape(200, 300).astype(np.uint8)).convert("RGB")
    hashed, trimmed = picture_hashes(PillowPicture(encoded(soft, "PNG")))
    assert hashed.quality < 50
    assert hashed.mirrored is None
    assert trimmed is None


def bordered(image: Image.Image, edges: tuple[int, int, int, int], colour: str) -> Image.Image:
    left, top, right, bottom = edges
    size = (image.width + left + right, image.height + top + bottom)
    framed = Image.new("RGB", size, colour)
    framed.paste(image, (left, top))
    return framed


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("edges", "colour"),
    [
        ((60, 60, 60, 60), "white"), ((0, 140, 0, 140), "black"),
        ((31, 0, 200, 0), "#28405c"), ((900, 700, 20, 9), "white"),
    ],
)  # fmt: skip
def test_the_border_is_taken_off_for_a_second_hash(
    format: str, edges: tuple[int, int, int, int], colour: str
) -> None:
    image = scene(21, 900, 640)
    expected, _ = reference(np.asarray(image))
    data = encoded(bordered(image, edges, colour), format)
    for sketch in (None, "grey"):
        (picture,) = open_media(data, sketch=sketch).pictures
        found, trimmed = picture_hashes(picture)
        assert trimmed is not None
        assert distance(found.hash, expected) > 31
        assert distance(trimmed.hash, expected) <= 10
        assert trimmed.mirrored is not None


def test_a_frame_in_a_frame_comes_off_whole() -> None:
    image = scene(22, 700, 520)
    framed = bordered(bordered(image, (30, 30, 30, 30), "black"), (50, 20, 50, 90), "white")
    _, trimmed = picture_hashes(PillowPicture(encoded(framed, "PNG")))
    assert trimmed is not None
    assert trimmed.hash == reference(np.asarray(image))[0]


def test_a_picture_without_a_border_has_no_second_hash() -> None:
    for seed in range(6):
        _, trimmed = picture_hashes(PillowPicture(encoded(scene(seed), "PNG")))
        assert trimmed is None
    for flat in (
        Image.new("RGB", (300, 300), "white"),
        bordered(Image.new("RGB", (9, 9)), (150,) * 4, "white"),
    ):
        assert picture_hashes(PillowPicture(encoded(flat, "PNG")))[1] is None


def test_the_value_has_one_entry_a_frame_and_none_for_no_frame() -> None:
    frames = [PillowPicture(encoded(scene(seed))) for seed in range(2)]
    frames[1].position = 2.5
    signal = PdqSignal()
    signal.prepare()
    both, nothing = signal.compute([frames, []])
    assert [entry["position"] for entry in both.value] == [None, 2.5]
    assert all(len(bytes.fromhex(entry["hash"])) == 32 and entry["quality"] > 50 for entry in both.value)
    assert all(len(entry["mirrored"]) == 3 and entry["trimmed"] is None for entry in both.value)
    assert nothing.value is None
    assert nothing.absent == "not computed: no frame was decoded"


def test_a_photograph_that_is_only_hashed_is_decoded_small_and_without_colour() -> None:
    (picture,) = open_media(encoded(scene(1, 2400, 1800)), sketch="grey").pictures
    assert picture.sketch(256).shape == (450, 600)
    (shared,) = open_media(encoded(scene(1, 2400, 1800))).pictures
    assert shared.sketch(256) is shared.rgb(512)


def passed(row: np.ndarray) -> np.ndarray:
    """One box pass along a row, as the reference's `box1DFloat` walks it."""
    window = (len(row) + 127) // 128
    half = (window + 2) // 2
    return np.array(
        [row[max(0, at - (window - half)) : min(len(row), at + half)].mean() for at in range(len(row))]
    )


@pytest.mark.parametrize("length", [64, 65, 129, 500, 1001])
@pytest.mark.parametrize("scale", [1, 2, 8])
def test_the_operator_is_two_box_passes_and_the_decimation(length: int, scale: int) -> None:
    small = np.random.default_rng(length).uniform(0, 255, -(-length // scale))
    row = np.repeat(small, scale)[:length]
    operator = pdq_operator._operators(length, scale)
    picked = ((np.arange(64) + 0.5) * length / 64).astype(int)
    straight, mirrored = passed(passed(row))[picked], passed(passed(row[::-1]))[picked]
    assert np.allclose(operator[:64] @ small, straight, atol=1e-3)
    assert np.allclose(operator[64:] @ small, mirrored, atol=1e-3)


@pytest.mark.parametrize("size", [(64, 64), (97, 131), (641, 480), (3000, 2001)])
def test_a_stripe_leaves_no_row_of_the_operator_out(size: tuple[int, int]) -> None:
    operator = pdq_operator._operators(size[0], 1)
    looking = pdq_operator._looking(size[0], 1)
    for number, halves in enumerate(looking):
        part = operator[:, 32 * number : 32 * number + 32].copy()
        for some in halves:
            part[some] = 0
        assert not part.any()
