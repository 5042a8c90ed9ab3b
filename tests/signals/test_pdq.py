"""PDQ: the plain way is the reference, the linear way stays beside it."""

from __future__ import annotations

import numpy as np
import pdqhash
import pytest
from PIL import Image

from safelight.signals.pdq import PdqSignal, linear_pdq, picture_pdq, plain_pdq

from .pictures import DATA, PillowPicture, encoded, public, scene


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def test_the_published_hashes_are_reproduced() -> None:
    public("pdq")
    for line in (DATA / "pdq/expected.txt").read_text().splitlines():
        code, quality, name = line.split(",")
        picture = PillowPicture((DATA / "pdq" / name).read_bytes())
        assert plain_pdq(picture.rgb()) == (bytes.fromhex(code), int(quality))
        found, found_quality = picture_pdq(picture)
        assert distance(found, bytes.fromhex(code)) <= 2
        assert found_quality == int(quality)


@pytest.mark.parametrize("size", [(64, 64), (65, 97), (200, 130), (513, 1023), (1600, 1004), (3000, 64)])
def test_the_operator_equals_the_reference_at_full_size(size: tuple[int, int]) -> None:
    rgb = np.asarray(scene(sum(size), *size))
    assert linear_pdq(rgb, size)[:2] == plain_pdq(rgb)


def test_scaled_jpegs_stay_within_two_bits() -> None:
    distances = []
    for seed in range(8):
        data = encoded(scene(seed, 1400 + 111 * seed, 1100 + 77 * seed), quality=80 - 5 * seed)
        picture = PillowPicture(data)
        code, quality = picture_pdq(picture)
        assert picture.decodes == [2]
        bits, reference_quality = pdqhash.compute(picture.rgb())
        distances.append(distance(code, np.packbits(bits).tobytes()))
        assert abs(quality - reference_quality) <= 1
    assert max(distances) <= 4
    assert sum(distances) / len(distances) <= 1


@pytest.mark.parametrize("format", ["PNG", "BMP", "WEBP"])
def test_other_formats_are_the_reference_exactly(format: str) -> None:
    picture = PillowPicture(encoded(scene(3, 1300, 1200), format))
    bits, quality = pdqhash.compute(picture.rgb())
    assert picture_pdq(picture) == (np.packbits(bits).tobytes(), quality)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (700, 3), (2048, 2)])
def test_slivers_are_hashed_like_the_reference(size: tuple[int, int]) -> None:
    picture = PillowPicture(encoded(scene(5, 900, 900).resize(size)))
    bits, quality = pdqhash.compute(picture.rgb())
    assert picture_pdq(picture) == (np.packbits(bits).tobytes(), quality)


def test_stripes_and_flat_areas_are_hashed_like_the_reference() -> None:
    stripe = np.random.default_rng(1).integers(0, 256, (1, 9, 3), dtype=np.uint8)
    for image in (Image.fromarray(stripe).resize((1500, 1200)), Image.new("RGB", (1200, 1200), (9, 90, 200))):
        picture = PillowPicture(encoded(image))
        bits, quality = pdqhash.compute(picture.rgb())
        assert picture_pdq(picture) == (np.packbits(bits).tobytes(), quality)


def test_the_value_has_one_entry_a_frame_and_none_for_no_frame() -> None:
    frames = [PillowPicture(encoded(scene(seed))) for seed in range(2)]
    frames[1].position = 2.5
    signal = PdqSignal()
    signal.prepare()
    both, nothing = signal.compute([frames, []])
    assert [entry["position"] for entry in both.value] == [None, 2.5]
    assert all(len(bytes.fromhex(entry["hash"])) == 32 and entry["quality"] > 50 for entry in both.value)
    assert nothing.value is None
    assert nothing.absent == "not computed: no frame was decoded"
