"""Readers are asked only about what they may know: by their marks, and no file is hidden from its reader by them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence import marks, walk
from safelight.evidence.marks import Index, begins, ends, holds, named, sized, sniffed
from safelight.evidence.protocol import Kind, Node, Reader
from safelight.evidence.sniff import sniff
from safelight.evidence.source import BytesSource, SliceSource
from tests.hostile import samples
from tests.hostile.corpus import broken
from tests.unhidden import knows

HEAD = 1 << 16


class Sample(BytesSource):
    """Bytes in memory that have a name."""

    __slots__ = ("name",)

    def __init__(self, data: bytes, name: str = "") -> None:
        super().__init__(data)
        self.name = name


def reader(name: str, *marks: marks.Mark, order: int = 50) -> Any:
    """A plug-in's reader; without marks it has no such attribute."""
    made = SimpleNamespace(name=name, order=order, detect=lambda head, source: False)
    if marks:
        made.marks = marks
    return made


def asked(index: Index, data: bytes, name: str = "") -> list[str]:
    return [one.name for one, _ in index.asked(data[:HEAD], Sample(data, name))]


def index(*readers: Any, format: str | None = None) -> Index:
    return Index(readers, format)


def test_a_reader_without_marks_is_asked_about_everything() -> None:
    both = index(reader("plug-in"), reader("other", begins(b"MAGIC")))
    assert asked(both, b"whatever") == ["plug-in"]
    assert asked(both, b"MAGIC") == ["plug-in", "other"]
    assert asked(both, b"") == ["plug-in"]


def test_readers_are_asked_in_their_order_and_once() -> None:
    three = index(reader("c", begins(b"AB", b"A"), named("*.x")), reader("a"), reader("b", sized(1)))
    assert asked(three, b"ABC", "file.x") == ["c", "a", "b"]


def test_what_a_format_begins_with_may_lie_further_in() -> None:
    one = index(reader("one", begins(b"MARK", b"mark", at=510)))
    assert asked(one, bytes(510) + b"mark and more") == ["one"]
    assert asked(one, bytes(509) + b"mark and more") == asked(one, bytes(510) + b"mar") == []


def test_a_word_is_looked_for_as_far_as_was_stated() -> None:
    one = index(reader("one", holds(b"<word", within=64)))
    assert asked(one, b" " * 59 + b"<word") == ["one"]
    assert asked(one, b" " * 60 + b"<word") == []


@pytest.mark.parametrize("size", [0, 100, 5_000, HEAD - 300, HEAD - 4, HEAD, 3 * HEAD])
def test_what_a_file_ends_with_is_seen_whatever_its_size(size: int) -> None:
    one = index(reader("one", ends(b"koly", within=512)))
    assert asked(one, bytes(size) + b"koly") == ["one"]
    assert asked(one, bytes(size) + b"koly" + bytes(508)) == ["one"]
    assert asked(one, bytes(size) + b"koly" + bytes(509)) == []


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("*.dd", ["a.dd", "A.B.DD", ".dd"], ["dd", "a.dda", "a.dd.txt", ""]),
        ("config.json", ["config.json", "Config.JSON"], ["my-config.json", "config.json5"]),
        (".thumbdata*", [".thumbdata3-1967290299", ".thumbdata"], ["a.thumbdata", ""]),
        ("", [""], ["a", ".", "a.dd"]),
        ("*_passwords.txt", ["x_passwords.txt", "_Passwords.txt"], ["passwords.txt"]),
    ],
)
def test_a_name_is_known_whatever_its_case(pattern: str, names: list[str], others: list[str]) -> None:
    one = index(reader("one", named(pattern)))
    assert [asked(one, b"x", name) for name in names] == [["one"]] * len(names)
    assert [asked(one, b"x", name) for name in others] == [[]] * len(others)


def test_a_name_that_is_no_text_is_asked_about_like_any_other() -> None:
    assert asked(index(reader("one", named("*.dd"))), b"x", "\udcff\udc80.DD") == ["one"]


def test_the_size_and_the_format_may_be_marks() -> None:
    two = [reader("large", sized(100)), reader("named", sniffed("rar"), begins(b"nothing"))]
    assert asked(index(*two), bytes(99)) == []
    assert asked(index(*two), bytes(100)) == ["large"]
    assert asked(index(*two, format="rar"), bytes(99)) == ["named"]


class Broken(Sample):
    """A file whose end cannot be read."""

    def read_at(self, offset: int, length: int) -> bytes:
        if offset + length > len(self.data) - 10:
            raise EvidenceError("a bad sector")
        return super().read_at(offset, length)


def test_who_looks_at_an_end_that_cannot_be_read_is_asked_and_says_so() -> None:
    one = index(reader("one", ends(b"koly", within=512)), reader("other", begins(b"MARK")))
    data = bytes(2 * HEAD)
    assert [found.name for found, _ in one.asked(data[:HEAD], Broken(data))] == ["one"]


class Understated(Sample):
    """A member whose archive states less than it has; its size is known once its end was read."""

    def __init__(self, data: bytes, claims: int) -> None:
        super().__init__(data)
        self.size = claims

    def read_at(self, offset: int, length: int) -> bytes:
        self.size = len(self.data)
        return super().read_at(offset, length)


def test_the_end_is_where_the_content_ends_and_not_where_its_archive_says() -> None:
    one = index(reader("one", ends(b"koly", within=512)))
    data = bytes(3 * HEAD) + b"koly"
    assert [found.name for found, _ in one.asked(data[:HEAD], Understated(data, 2 * HEAD))] == ["one"]


@pytest.mark.parametrize(
    "wrong",
    [
        partial(begins, b""),
        partial(begins, b"a", b""),
        partial(ends, b"a", within=marks.TAIL + 1),
        partial(holds, b"a", within=HEAD + 1),
        partial(begins, b"ab", at=HEAD - 1),
        partial(named, "*"),
        partial(named, "a*b"),
    ],
)
def test_a_mark_that_could_not_be_looked_for_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\*|bytes"):
        wrong()


# What our own readers state must be true of their formats.

READERS = walk.readers()


def without_marks(one: Reader) -> Any:
    """The same reader, as a plug-in that states nothing would be."""
    names = ("name", "order", "detect", "walk", "formats", "joins", "lasting")
    return SimpleNamespace(**{name: getattr(one, name) for name in names if hasattr(one, name)})


def chosen(name: str, data: bytes) -> str:
    """The reader that opens a file, or what is said where that fails."""
    node = Node(name.encode(), Kind.FILE, size=len(data), open=partial(Sample, data, name))
    try:
        found = walk.recognise(node).reader()
    except EvidenceError as error:
        return str(error)
    return "none" if found is None else found.name


def of_layers(data: bytes) -> str:
    """The same of a decoded medium or partition, which has no name."""
    node = Node(b"", Kind.LAYER, size=len(data), open=partial(SliceSource, BytesSource(data), 0, len(data)))
    try:
        found = walk.recognise(node).reader()
    except EvidenceError as error:
        return str(error)
    return "none" if found is None else found.name


def files(name: str) -> Iterator[bytes]:
    """A sample, and broken ones of it."""
    yield samples.sample(name)
    for case in broken(name, 6, 6):
        data = bytearray(memoryview(case.sound)[: case.end])
        for at, changed in case.changes:
            data[at : at + len(changed)] = changed
        yield bytes(data)


@pytest.mark.parametrize("name", samples.every(False))
def test_the_same_reader_opens_a_file_as_when_all_are_asked(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if samples.found(name) is None:
        pytest.skip("the tool that makes it is not here")
    shown = list(files(name))
    with_marks = [(chosen(name, data), of_layers(data)) for data in shown]
    monkeypatch.setattr(walk, "_installed", lambda: [without_marks(one) for one in READERS])
    assert [(chosen(name, data), of_layers(data)) for data in shown] == with_marks


# Begins, sizes and names that broken samples seldom have, put together.


@cache
def stated() -> tuple[list[tuple[bytes, int]], list[str]]:
    """Every word that a reader states, with where it may lie, and every name."""
    words, names = [], [""]
    for one in READERS:
        for mark in getattr(one, "marks", ()):
            words += [(word, mark.number if mark.kind == "begins" else 0) for word in mark.words]
            names += [name.replace("*", "a") for name in mark.names if mark.kind == "named"]
    return words, names


@given(st.data(), st.randoms(use_true_random=False), st.integers(0, 200_000), st.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_reader_knows_what_its_marks_hide(
    drawn: st.DataObject, rng: random.Random, size: int, noise: bool
) -> None:
    words, names = stated()
    data = bytearray(rng.randbytes(size) if noise else size)
    for word, at in drawn.draw(st.lists(st.sampled_from(words), max_size=4)):
        end = drawn.draw(st.sampled_from((at, at, len(data) - len(word), len(data) - 512)))
        if end >= 0 and end + len(word) <= len(data):
            data[end : end + len(word)] = word
    source = Sample(bytes(data), drawn.draw(st.sampled_from(names)))
    head = source.data[:HEAD]
    format = sniff(head[:4096])
    may = [one for one in READERS if format in getattr(one, "formats", (format,))]
    every = Index(may, format)
    shown = [one.name for one, _ in every.asked(head, source)] if head else []
    hidden = [one for one in every.readers if head and one[0].name not in shown and knows(one, head, source)]
    assert hidden == []


ASK_ALWAYS = {"tar", "firefox"}
"""What these know has no mark: the first has a checksum, the second is described at its end."""


def test_of_a_file_that_nothing_names_only_those_are_asked_that_must_look_for_themselves() -> None:
    unnamed = [one for one in READERS if None in getattr(one, "formats", (None,))]
    assert len(unnamed) > 50
    sober = b"sober words, again and again\n" * 99
    assert set(asked(Index(unnamed), sober, "notes.txt")) <= ASK_ALWAYS
