"""What a format is known by: a reader states it, so that it is asked about files that have it, and about no others.

Some fifty readers might know a file that no signature names, and asking each of them cost more than all the rest of
reading a small one. A reader that has `marks` is asked only where one of them holds; one without is asked always.
A mark is a necessary condition, not a proof: `Reader.detect` still looks, and decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from safelight.evidence.found import HEAD_BYTES
from safelight.evidence.protocol import Reader, Source

TAIL = 4096
"""The last bytes of a file, among which `ends` may look."""

Asked = tuple[Reader, Callable[[bytes, Source], bool]]
"""A reader and its `detect`."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a format may be known by; made by the functions below."""

    kind: Literal["begins", "holds", "ends", "named", "sized", "sniffed"]
    words: tuple[bytes, ...] = ()
    number: int = 0
    names: tuple[str, ...] = ()


def begins(*words: bytes, at: int = 0) -> Mark:
    """One of `words` lies at the offset `at`, within the first 64 KiB."""
    if not all(words) or at + max(map(len, words)) > HEAD_BYTES:
        raise ValueError(f"{words} at {at}: they have bytes, and lie in the first {HEAD_BYTES}")
    return Mark("begins", words, at)


def holds(*words: bytes, within: int) -> Mark:
    """One of `words` lies somewhere in the first `within` bytes, at most 64 KiB."""
    if not 0 < within <= HEAD_BYTES:
        raise ValueError(f"the first {within} bytes: only the first {HEAD_BYTES} are looked at")
    return Mark("holds", words, within)


def ends(*words: bytes, within: int) -> Mark:
    """One of `words` lies somewhere in the last `within` bytes, at most `TAIL`."""
    if not 0 < within <= TAIL:
        raise ValueError(f"the last {within} bytes: only the last {TAIL} are looked at")
    return Mark("ends", words, within)


def named(*names: str) -> Mark:
    """Its own name is one of these, whatever the case; one `*` may stand first or last: `*.dd`, `.thumbdata*`.

    Media, partitions and volumes have none: `""`.
    """
    if any(name == "*" or "*" in name[1:-1] or name.count("*") > 1 for name in names):
        raise ValueError(f"one * at the most, first or last: {names}")
    return Mark("named", names=names)


def sized(least: int) -> Mark:
    """It has at least so many bytes."""
    return Mark("sized", number=least)


def sniffed(*formats: str) -> Mark:
    """Its format, by its first 4 KiB (`sniff.py`), is one of these."""
    return Mark("sniffed", names=formats)


class Index:
    """Readers by their marks, for files of one format."""

    def __init__(self, readers: Sequence[Reader], format: str | None = None) -> None:
        """`readers` in the order they are asked; `format` is what `sniff.py` says of the files."""
        self.readers: tuple[Asked, ...] = tuple((reader, reader.detect) for reader in readers)
        self._first: dict[int, list[tuple[bytes, int]]] = defaultdict(list)
        """What a file begins with, and the number of the reader, by the first byte."""
        self._holds: list[tuple[bytes, int, int]] = []
        self._ends: list[tuple[bytes, int, int]] = []
        self._names: dict[str, list[int]] = defaultdict(list)
        """By the whole name, or the last dot and what follows it."""
        self._starting: list[tuple[str, int]] = []
        self._ending: list[tuple[str, int]] = []
        self._sizes: list[tuple[int, int]] = []
        always: list[int] = []
        further: dict[int, list[tuple[bytes, int]]] = defaultdict(list)
        for number, reader in enumerate(readers):
            marks: Sequence[Mark] | None = getattr(reader, "marks", None)
            if marks is None or any(mark.kind == "sniffed" and format in mark.names for mark in marks):
                always.append(number)
                continue
            for mark in marks:
                if mark.kind == "sized":
                    self._sizes.append((mark.number, number))
                for name in mark.names if mark.kind == "named" else ():
                    self._name(name.casefold(), number)
                for word in mark.words:
                    if mark.kind == "holds":
                        self._holds.append((word, mark.number, number))
                    elif mark.kind == "ends":
                        self._ends.append((word, -mark.number, number))
                    elif mark.number:
                        further[mark.number].append((word, number))
                    else:
                        self._first[word[0]].append((word, number))
        self._at = [(at, tuple({word for word, _ in each}), each) for at, each in sorted(further.items())]
        self._always, self._only_those = always, [self.readers[number] for number in always]
        self._likely_named = bool(self._names or self._starting or self._ending)
        self._starts, self._stops = (
            tuple(word for word, _ in each) for each in (self._starting, self._ending)
        )

    def _name(self, name: str, number: int) -> None:
        begin, star, end = name.partition("*")
        if not star or (not begin and end.rfind(".") == 0):
            self._names[end if star else name].append(number)
        elif not begin:
            self._ending.append((end, number))
        else:
            self._starting.append((begin, number))

    def asked(self, head: bytes, source: Source) -> Sequence[Asked]:
        """The readers that may know a file that begins with `head` (64 KiB, or all of it), in their order."""
        hits: list[int] = []
        for word, number in self._first.get(head[0], ()) if head else ():
            if head.startswith(word):
                hits.append(number)
        for at, words, each in self._at:
            if head.startswith(words, at):
                hits += [number for word, number in each if head.startswith(word, at)]
        for word, within, number in self._holds:
            if head.find(word, 0, within) >= 0:
                hits.append(number)
        if self._ends:
            tail = _tail(head, source)
            for word, start, number in self._ends:
                if tail is None or tail.find(word, start) >= 0:
                    hits.append(number)
        if self._likely_named:
            hits += self._by_name(source.name.casefold())
        for least, number in self._sizes:
            if source.size >= least:
                hits.append(number)
        if not hits:
            return self._only_those
        return [self.readers[number] for number in sorted({*hits, *self._always})]

    def _by_name(self, name: str) -> list[int]:
        hits = list(self._names.get(name, ()))
        if (dot := name.rfind(".")) >= 0:
            hits += self._names.get(name[dot:], ())
        if name.startswith(self._starts):
            hits += [number for start, number in self._starting if name.startswith(start)]
        if name.endswith(self._stops):
            hits += [number for end, number in self._ending if name.endswith(end)]
        return hits


def _tail(head: bytes, source: Source) -> bytes | None:
    """The last bytes; None where they cannot be had: who would look at them is asked then, and says so."""
    size = source.size
    if len(head) == size:
        return head[-TAIL:]
    try:
        tail = source.read_at(max(0, size - TAIL), TAIL)
        if source.size != size:  # its container had not said where it ends
            tail = source.read_at(max(0, source.size - TAIL), TAIL)
    except Exception:  # noqa: BLE001 -- why: a parser under it may raise anything on hostile bytes
        return None
    return tail
