"""A page of the inventory gives back every entry, and without them the keys, flags and digests of all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import IntegrityError
from safelight.model import Digests, Place, State, Times, Timestamp
from safelight.store.entry import ANEW, CLOSED, FINDING, Entry, fingerprint
from safelight.store.page import HAS_DIGESTS, HAS_ERROR, IS_MARK, IS_MEDIA, Page, pack

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
times = st.none() | st.builds(Timestamp, texts, texts, st.sampled_from(["utc", "local", "+02:00"]))
trails = st.lists(st.binary(max_size=12), max_size=3).map(tuple)
places = trails.flatmap(
    lambda trail: st.builds(
        Place,
        st.just(trail),
        st.just(("file",) * len(trail)),
        st.sampled_from(State),
        st.none() | st.integers(0, 1 << 62),
        st.builds(Times, times, times, times, times),
        st.dictionaries(st.sampled_from(["inode", "offset"]), st.integers(0, 1 << 62)),
    )
)
digests = st.builds(
    Digests,
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=20, max_size=20),
    st.binary(min_size=32, max_size=32),
)
entries = st.builds(
    Entry,
    places,
    st.sampled_from(["file", "folder", "link", FINDING, CLOSED, ANEW]),
    st.none() | texts,
    st.none() | digests,
    st.none() | texts,
    st.booleans(),
    st.none() | texts,
    st.booleans(),
    st.none() | st.binary(max_size=9),
)


@given(st.lists(entries, max_size=6))
def test_a_page_gives_back_its_entries(written: list[Entry]) -> None:
    page = Page(7, pack(written))
    assert (page.id, len(page), list(page)) == (7, len(written), written)


@given(st.lists(entries, max_size=6))
def test_keys_digests_and_the_like_are_there_without_entries(written: list[Entry]) -> None:
    page = Page(7, pack(written))
    assert page.keys == [entry.key for entry in written]
    assert page.fingerprints == [fingerprint(entry.place) for entry in written]
    containers = [page.containers[number] for number in page.columns["within"]]
    assert containers == [entry.place.trail[:-1] for entry in written]
    assert page.sha256s == [entry.digests and entry.digests.sha256 for entry in written]
    assert [page.digests(number) for number in range(len(written))] == [entry.digests for entry in written]
    for flags, entry in zip(page.flags, written, strict=True):
        assert bool(flags & HAS_DIGESTS) == (entry.digests is not None)
        assert bool(flags & HAS_ERROR) == (entry.error is not None)
        assert bool(flags & IS_MEDIA) == entry.media
        assert bool(flags & IS_MARK) == (entry.kind in (CLOSED, ANEW))


@pytest.mark.parametrize("plain", [b"", b"(\xb5/\xfd of another form", b"\xff" * 9])
def test_a_page_of_another_form_is_refused(plain: bytes) -> None:
    with pytest.raises(IntegrityError, match="form that this version does not know"):
        Page(1, plain)
