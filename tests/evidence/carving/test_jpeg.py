"""A JPEG is decoded to its end, whoever wrote it, and cut where its data stops making sense."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.evidence.carving import compiled
from safelight.evidence.carving import jpeg as follower
from safelight.evidence.carving.jpeg import JpegWalk
from safelight.evidence.carving.prepare import prepare
from safelight.evidence.source import BytesSource
from tests.evidence import images
from tests.evidence.carving import made

needs_numba = pytest.mark.skipif(not compiled.is_compiled(), reason="numba is not installed")
WAYS: list[dict[str, Any]] = [
    {},
    {"progressive": True},
    {"optimize": True},
    {"restart_marker_blocks": 3},
    {"progressive": True, "restart_marker_rows": 1},
    {"subsampling": 0},
    {"subsampling": 1, "progressive": True},
]


def walked(data: bytes) -> JpegWalk:
    walk = JpegWalk(BytesSource(data), len(data))
    walk.run()
    return walk


@pytest.mark.parametrize("options", WAYS, ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_what_libjpeg_writes_is_followed_to_its_last_byte(options: dict[str, Any], mode: str) -> None:
    for size in ((321, 243), (17, 9), (8, 8)):
        out = io.BytesIO()
        images.picture(1, *size).convert(mode).save(out, "JPEG", quality=90, **options)
        assert walked(out.getvalue()).end == len(out.getvalue())


def test_public_photographs_are_followed_to_their_end(shared: Path) -> None:
    paths = [path for path in shared.rglob("*.jp*g") if path.stat().st_size > 1_000]
    assert paths
    for path in paths:
        data = path.read_bytes()
        assert walked(data).end > len(data) - 4_096, path.name


@needs_numba
@pytest.mark.parametrize("options", WAYS[:5], ids=str)
@pytest.mark.parametrize("foreign", ["noise", "zeros", "another picture"])
def test_a_break_is_noticed_soon_after_it(options: dict[str, Any], foreign: str) -> None:
    data = made.jpeg(2, **options)
    cut = len(data) // 2
    other = made.jpeg(3, **options)
    rest = {"noise": made.noise(30), "zeros": bytes(120_000), "another picture": other[len(other) // 2 :]}[
        foreign
    ]
    walk = walked(data[:cut] + rest)
    assert not walk.end
    assert walk.fault > cut - 64
    if foreign == "noise":
        assert walk.fault < cut + 2_048


@needs_numba
def test_a_restart_with_the_wrong_number_is_a_break() -> None:
    data = bytearray(made.jpeg(2, restart_marker_blocks=4))
    at = data.index(b"\xff\xd3")
    data[at + 1] = 0xD5
    walk = walked(bytes(data))
    assert not walk.end
    assert abs(walk.fault - at) < 16


@needs_numba
def test_a_picture_with_fewer_blocks_than_it_states_is_no_whole_one() -> None:
    data = bytearray(made.jpeg(2))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 7] = (960).to_bytes(2, "big")
    assert not walked(bytes(data)).end
    data[frame + 5 : frame + 7] = (240).to_bytes(2, "big")
    assert not walked(bytes(data)).end


@needs_numba
def test_pictures_larger_than_a_piece_are_followed_across_pieces() -> None:
    rng = np.random.default_rng(1)
    image = Image.fromarray(rng.integers(0, 255, (1_500, 1_500, 3), np.uint8))
    for progressive in (False, True):
        data = made.saved(image, "JPEG", quality=95, progressive=progressive)
        assert len(data) > 2 << 20
        assert walked(data).end == len(data)


def test_without_numba_markers_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "is_compiled", lambda: False)
    data = made.jpeg(2)
    assert walked(data).end == len(data)
    assert walked(data[:9_000] + made.noise(9)).fault < 12_000


@needs_numba
def test_preparing_compiles_what_a_search_calls() -> None:
    from safelight.evidence.carving import jpeg_kernel, jpeg_progressive, jpeg_tries

    assert prepare()
    calls = (
        jpeg_kernel.sequential,
        jpeg_progressive.progressive,
        jpeg_tries._try_sequential,
        jpeg_tries._try_progressive,
    )
    before = [len(call.signatures) for call in calls]  # type: ignore[attr-defined]
    assert all(before)
    for progressive in (False, True):
        data = made.padded(made.jpeg(1, progressive=progressive))
        made.found(data[:40_960] + made.noise(2) + data[40_960:])
    assert [len(call.signatures) for call in calls] == before  # type: ignore[attr-defined]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(WAYS[:5]),
    st.integers(0, 9_000),
    st.binary(min_size=1, max_size=60),
    st.integers(200, 9_000),
)
def test_any_damage_ends_within_what_there_is(
    options: dict[str, Any], offset: int, damage: bytes, size: int
) -> None:
    data = bytearray(made.jpeg(5, 160, 120, **options)[:size])
    data[offset : offset + len(damage)] = damage
    walk = walked(bytes(data))
    assert 0 <= max(walk.end, walk.fault) <= len(data)
