"""A JPEG in two pieces is put together again, or cut and marked; never joined with what is not its own."""

from __future__ import annotations

import random
from typing import Any

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.carve import carve
from safelight.evidence.carving import compiled
from safelight.evidence.carving import jpeg as follower
from safelight.evidence.source import BytesSource
from safelight.model import State
from tests.evidence import images
from tests.evidence.carving import made
from tests.evidence.carving.made import BLOCK, found, noise, padded

pytestmark = pytest.mark.skipif(not compiled.is_compiled(), reason="numba is not installed")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}], ids=str)
@pytest.mark.parametrize("gap", [1, 7, 60, 300])
def test_two_pieces_are_put_together(options: dict[str, Any], gap: int) -> None:
    data = made.jpeg(2, **options)
    whole = padded(data)
    cut = len(whole) // 2 // BLOCK * BLOCK
    medium = noise(3) + whole[:cut] + noise(gap, 2) + whole[cut:] + noise(9, 3)
    (node,) = found(medium)
    assert images.content(node) == data
    assert node.state is State.CARVED
    assert node.address == {
        "offset": 3 * BLOCK,
        "second_offset": 3 * BLOCK + cut + gap * BLOCK,
        "second_from": cut,
    }
    assert node.error is not None
    assert node.error.startswith("put together from 2 pieces")


def test_a_second_piece_that_lies_before_the_first_is_found() -> None:
    data = made.jpeg(2)
    whole = padded(data)
    cut = 5 * BLOCK
    (node,) = found(noise(2) + whole[cut:] + noise(8, 2) + whole[:cut] + noise(30, 3))
    assert images.content(node) == data


@pytest.mark.parametrize("unit", [512, 1_024, 8_192])
def test_the_block_size_of_the_file_system_is_the_step(unit: int) -> None:
    data = made.jpeg(2)
    whole = padded(data, unit)
    cut = len(data) // 3 // unit * unit
    (node,) = found(whole[:cut] + random.Random(1).randbytes(5 * unit) + whole[cut:] + noise(2, 3), unit=unit)
    assert images.content(node) == data


def test_a_gap_in_another_picture_is_bridged_and_that_picture_is_found() -> None:
    outer, inner = made.jpeg(2), made.jpeg(3, 320, 240)
    whole = padded(outer)
    cut = 6 * BLOCK
    nodes = found(whole[:cut] + padded(inner) + whole[cut:])
    assert {images.content(node) for node in nodes} == {outer, inner}


def test_pieces_around_an_allocated_file_are_searched_too() -> None:
    data = made.jpeg(2)
    whole = padded(data)
    cut = 6 * BLOCK
    medium = noise(1) + whole[:cut] + noise(20, 2) + noise(4, 3) + whole[cut:] + noise(2, 4)
    begin = BLOCK + cut
    ranges = [(0, begin), (begin + 20 * BLOCK, len(medium) - begin - 20 * BLOCK)]
    (node,) = found(medium, ranges)
    assert images.content(node) == data
    assert node.address["second_offset"] == begin + 24 * BLOCK


def test_the_tail_of_a_like_picture_is_not_taken_for_its_own() -> None:
    pictures = [padded(made.jpeg(seed)) for seed in range(10, 16)]
    heads = [one[: len(one) // 2 // BLOCK * BLOCK] for one in pictures[:3]]
    tails = [one[len(one) // 2 // BLOCK * BLOCK :] for one in pictures[3:]]
    medium = b"".join(piece for pair in zip(heads, tails, strict=True) for piece in pair)
    for node in found(medium):
        assert node.error is not None
        assert node.error.startswith("breaks off")


def test_what_is_put_together_is_not_carved_again_and_its_gap_is() -> None:
    data = made.with_thumbnail(made.jpeg(2), made.jpeg(7, 160, 120))
    whole = padded(data)
    cut = 10 * BLOCK
    other = made.saved(images.picture(4, 100, 100), "PNG")
    nodes = found(whole[:cut] + padded(other) + whole[cut:] + noise(2), every_byte=True)
    assert {images.content(node) for node in nodes} == {data, other}


def test_many_broken_pictures_end_in_a_finding_not_in_hours() -> None:
    head = made.jpeg(2)[: 5 * BLOCK]
    medium = (head + noise(1, 5)) * 150
    from safelight.evidence.carving import search

    purse = search._GAP_START, search._GAP_RATE
    try:
        search._GAP_START, search._GAP_RATE = 1 << 20, 1
        nodes = found(medium)
    finally:
        search._GAP_START, search._GAP_RATE = purse
    assert sum("breaks off" in (node.error or "") for node in nodes) == 150
    (said,) = (node.error for node in nodes if node.open is None)
    assert said is not None
    assert "no second piece was looked for" in said


def test_a_file_around_another_find_is_put_together_whatever_its_kind() -> None:
    outer = made.saved(images.picture(4, 400, 300), "PNG")
    inner = made.animation()
    whole = padded(outer)
    cut = 8 * BLOCK
    nodes = {
        images.content(node): node for node in found(whole[:cut] + padded(inner) + whole[cut:] + noise(2))
    }
    assert set(nodes) == {outer, inner}
    assert nodes[outer].error == (
        f"put together from 2 pieces: {cut:,} bytes, and {len(outer) - cut:,} bytes "
        f"from offset {cut + len(padded(inner)):,}"
    )


def test_a_picture_before_a_place_that_cannot_be_read_is_kept_as_far_as_it_is_sound() -> None:
    class Broken(BytesSource):
        def read_at(self, offset: int, length: int) -> bytes:
            if offset + length > 8 << 20:
                raise EvidenceError("bad sector")
            return super().read_at(offset, length)

    picture = made.jpeg(2)[: 10 * BLOCK]
    medium = bytes((8 << 20) - 20 * BLOCK) + picture + noise(10) + bytes(8 << 20)
    nodes = list(carve(Broken(medium), [(0, len(medium))]))
    assert {(node.error or "")[:10] for node in nodes} == {"breaks off", "free space"}


def test_without_numba_what_was_not_done_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "is_compiled", lambda: False)
    monkeypatch.setattr(follower, "is_compiled", lambda: False)
    data = made.jpeg(2)
    whole, said = found(padded(data))
    assert images.content(whole) == data
    assert said.error is not None
    assert "numba is missing" in said.error
