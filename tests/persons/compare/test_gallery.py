"""A gallery holds people of one model only, once each, in one block of memory."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.errors import UsageError
from safelight.persons.compare.gallery import Gallery
from safelight.persons.compare.search import top

Floats = NDArray[np.float32]
DLIB, OTHER = "mirrored-1+aaaaaaaaaaaa", "sface-1+bbbbbbbbbbbb"


def faces(count: int, dimensions: int = 8) -> Floats:
    made = np.random.default_rng(count).standard_normal((count, dimensions))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def rows(templates: Floats, version: str = DLIB) -> list[tuple[str, str, Floats]]:
    return [(f"P-{number}", version, template) for number, template in enumerate(templates)]


def test_it_is_filled_from_rows_in_their_order() -> None:
    templates = faces(5)
    gallery = Gallery.of_rows(iter(rows(templates)), 5, 8, DLIB)
    assert gallery.ids == ("P-0", "P-1", "P-2", "P-3", "P-4")
    np.testing.assert_array_equal(gallery.people, templates)


def test_fewer_rows_than_said_are_all_right() -> None:
    assert len(Gallery.of_rows(rows(faces(3)), 10, 8, DLIB)) == 3


def test_more_rows_than_said_are_not() -> None:
    with pytest.raises(ValueError, match="more than 2"):
        Gallery.of_rows(rows(faces(3)), 2, 8, DLIB)


def test_templates_of_two_models_are_never_mixed() -> None:
    mixed = [*rows(faces(2)), ("P-9", OTHER, faces(1)[0])]
    with pytest.raises(UsageError, match="P-9 was described by another model"):
        Gallery.of_rows(mixed, 3, 8, DLIB)


def test_a_probe_of_another_model_is_not_compared() -> None:
    with pytest.raises(UsageError, match="never compared"):
        Gallery.of_rows(rows(faces(3)), 3, 8, DLIB).search(faces(1), OTHER, 2)


def test_a_template_of_other_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match="P-0"):
        Gallery.of_rows(rows(faces(1, 9)), 1, 8, DLIB)


def test_nobody_stands_in_it_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Gallery(("P-1", "P-1"), faces(2), DLIB)


def test_a_template_that_is_not_finite_is_refused() -> None:
    templates = faces(3)
    templates[1, 1] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        Gallery(("a", "b", "c"), templates, DLIB)


def test_the_templates_are_neither_copied_nor_changed() -> None:
    templates = faces(3)
    gallery = Gallery(("a", "b", "c"), templates, DLIB)
    assert np.shares_memory(gallery.people, templates)
    with pytest.raises(ValueError, match="read-only"):
        gallery.people[0] = 0


@pytest.mark.parametrize("probes", [1, 40])
def test_searching_it_is_the_exact_search(probes: int) -> None:
    templates, asked = faces(300), faces(probes)
    gallery = Gallery(tuple(f"P-{number}" for number in range(300)), templates, DLIB)
    for ours, theirs in zip(gallery.search(asked, DLIB, 5), top(asked, templates, 5), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_empty_gallery_finds_nobody() -> None:
    scores, places = Gallery.of_rows([], 0, 8, DLIB).search(faces(2), DLIB, 5)
    assert scores.shape == places.shape == (2, 0)


def test_its_templates_are_not_printed() -> None:
    assert "array" not in repr(Gallery.of_rows(rows(faces(2)), 2, 8, DLIB))
