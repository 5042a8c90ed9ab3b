"""Search space that no file occupies: heads, what they begin followed to its end, second pieces, what is said of it.

A find starts on a 512-byte boundary, as file systems store content (on any byte where that is asked for). Its
structure is followed across the free ranges in their order, so a file that was laid around an allocated one
is found whole. What breaks off before its end is kept as far as it is sound, and says so; a JPEG's second
piece is looked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.carving.claimed import Claimed
from safelight.evidence.carving.headers import HEAD, JPEG, SECTOR, Format, on_bytes, on_sectors
from safelight.evidence.carving.recovered import Recovered
from safelight.evidence.carving.shape import (
    BLOCKS_ON,
    LEAST,
    LEAST_SEGMENTS,
    LONGEST_PICTURE,
    Purse,
    Shape,
    broken,
)
from safelight.evidence.carving.space import Counted, From, Part, Ranges, Window
from safelight.evidence.protocol import Kind, Node, Source, pause
from safelight.evidence.source import SliceSource
from safelight.model import State

_PIECE = 4 << 20
_TURN = 32 << 20
"""Bytes after which the caller has a turn, found or not."""
_BLOCK = 4_096
"""The block size where no file system says it."""
_HEAD_COST = 1_024
"""What looking at a head costs, in bytes gone through."""
_START, _RATE = 256 << 20, 8
"""Bytes that may be gone through in following: at once, and for each byte searched."""
_GAP_START, _GAP_RATE = 128 << 20, 8
_MOST_UNSURE, _MOST_WAITING = 64, 4_096
_MOST_PARTS = 16
_NO_NUMBA = (
    "JPEGs in free space were followed by their markers only, and no second pieces were looked for: "
    "the package numba is missing"
)
_NOT_LOOKED = "second piece not looked for: too many pictures break off here"


def carve(
    source: Source,
    ranges: Iterable[tuple[int, int]],
    recovered: Recovered | None = None,
    *,
    unit: int = 0,
    every_byte: bool = False,
) -> Iterator[Node]:
    """Yield what is found in `ranges`, (offset, length) in bytes of `source`, in order.

    Args:
        recovered: deleted files that are listed already: what is one of them is left out, and what lies in one says
            so (`recovered.py`).
        unit: size in bytes of a block of the file system that the ranges are free in, where it is known: a file
            that is split is split there.
        every_byte: look for heads on every byte, not on sectors only.

    A place that cannot be read is a finding, and so is what the bound on work left out. Every 32 MiB there is a
    pause for the caller (`protocol.pause`).
    """
    return _Search(source, Ranges(source, ranges), recovered or Recovered(), unit, every_byte).run()


def search_slack(source: Source, ranges: Iterable[tuple[int, int]], reach: Sequence[int]) -> Iterator[Node]:
    """Yield what begins on any byte of `ranges`, each the slack of a file, and ends within its `reach` (offset)."""
    return _Search(source, Ranges(source, ranges), Recovered(), 0, True, reach, "carved/slack").run()


class _Waiting(NamedTuple):
    """A file that is not whole in one piece: where it begins, and what is given if it is not found elsewhere."""

    ready: int
    """Where the search must be for its other pieces to be looked for."""
    start: int
    form: Format
    fallback: Shape | None
    is_again: bool = False
    """Was it looked for once? Pieces of others that lay in its way may have been put together since."""


@dataclass(slots=True)
class _Search:
    """One search: where it is, what it may still spend."""

    source: Source
    space: Ranges
    recovered: Recovered
    unit: int
    every_byte: bool
    reach: Sequence[int] = ()
    """Of slack: how far what begins in each of the ranges may go on in the source, which then is what is followed."""
    folder: str = "carved"
    following: Purse = field(default_factory=lambda: Purse(_START, _RATE))
    joining: Purse = field(default_factory=lambda: Purse(_GAP_START, _GAP_RATE))
    claimed: Claimed = field(default_factory=Claimed)
    """What finds that are sound to their last byte occupy of the space."""
    waiting: deque[_Waiting] = field(default_factory=deque)
    """What is not whole where it begins, until the search knows what lies behind it."""
    unsure: list[tuple[int, Shape, Format]] = field(default_factory=list)
    """Finds whose content was not all looked at, and which the search has not passed yet."""
    pictures: int = 0

    @property
    def _reach_on(self) -> int:
        """Bytes behind a break in which finds may lie that are in its way: also of small blocks some MiB."""
        return BLOCKS_ON * max(self.unit, _BLOCK)

    def run(self) -> Iterator[Node]:
        """Go through the space once."""
        window = Window(self.space)
        position, size, turn = 0, self.space.size, _TURN
        while position < size:
            if position >= turn:
                turn = position + _TURN
                yield pause()
            try:
                data = self.space.read_at(position, _PIECE)
            except EvidenceError as error:
                text = f"free space cannot be searched: {error}"
                yield Node(b"", Kind.FINDING, error=text, address={"offset": self.space.origin(position)})
                position += _PIECE
                continue
            window.fill(position, data)
            self.following.earn(len(data))
            self.joining.earn(len(data))
            resume = position + len(data)
            if self.every_byte:
                if resume < size:
                    resume -= HEAD - 1
                candidates = on_bytes(data.ljust(len(data) + (0 if resume < size else HEAD), b"\0"), position)
            else:
                candidates = on_sectors(data, position)
            for start, form in candidates:
                if start < position:
                    continue
                yield from self._settled(start)
                shape = self._shape(window, start, form)
                is_whole = shape is not None and shape.problem is None and not shape.pieces
                if shape is not None and is_whole and shape.solid:
                    position = start + shape.size
                    self.claimed.add(start, self._block_end(start, shape.size))
                    self._cut_short(start)
                elif shape is not None:
                    position = start + max(shape.inner, 1)
                if self.reach or (shape is not None and is_whole and shape.solid):
                    if shape is not None:
                        yield from self._given(start, shape)
                elif shape is not None and is_whole:
                    is_listed, _ = self._listed(start, form, shape)
                    if not is_listed:
                        self._cut_short(start, is_sure=False)
                        self.unsure.append((start, shape, form))
                    if len(self.unsure) > _MOST_UNSURE:
                        yield from self._given(*self.unsure.pop(0)[:2])
                else:
                    self._wait(start, form, shape)
                    while len(self.waiting) > _MOST_WAITING:
                        yield from self._rejoined(self.waiting.popleft())
            step = 1 if self.every_byte else SECTOR
            position = max(resume, -(-position // step) * step)
            while self.waiting and self.waiting[0].ready <= position:
                yield from self._rejoined(self.waiting.popleft())
        yield from self._settled(size)
        while self.waiting:
            yield from self._rejoined(self.waiting.popleft())
        yield from self._account()

    def _shape(self, window: Window, start: int, form: Format) -> Shape | None:
        if not self.reach:
            return self._follow(window, start, form)
        offset = self.space.origin(start)
        held = self.reach[self.space.index(start)] - offset
        return self._follow(Window(SliceSource(self.source, offset, held)), 0, form)

    def _settled(self, position: int) -> Iterator[Node]:
        """Yield what was not looked at inside, once the search has passed its end."""
        waiting = self.unsure
        if waiting:
            self.unsure = [
                one for one in waiting if one[0] + one[1].size > position and position < self.space.size
            ]
            for start, shape, _ in waiting:
                if start + shape.size <= position or position >= self.space.size:
                    self.claimed.add(start, self._block_end(start, shape.size))
                    yield from self._given(start, shape)

    def _cut_short(self, position: int, *, is_sure: bool = True) -> None:
        """A sound file begins at `position`: what claims to go on over that block, unseen, ends before it, or goes on
        behind it. Not `is_sure`: one whose content was not looked at, which is no part of a picture without coding.
        """
        unit = self.unit or _BLOCK
        kept = []
        for start, shape, form in self.unsure:
            is_over = start < position < start + shape.size and not (position - start) % unit
            if is_over and (is_sure or form.name == "bmp"):
                size = position - start
                cut = broken(size, shape.suffix, "another file begins there") if size >= LEAST else None
                self._wait(start, form, cut)
            else:
                kept.append((start, shape, form))
        self.unsure = kept

    def _block_end(self, start: int, size: int) -> int:
        unit = self.unit or _BLOCK
        return start + -(-size // unit) * unit

    def _wait(self, start: int, form: Format, fallback: Shape | None) -> None:
        is_listed, whole = self._listed(start, form, fallback)
        if is_listed:
            return
        reach = self._reach_on
        size = 0 if fallback is None else fallback.size
        self.waiting.append(_Waiting(start + size + reach, start, form, whole or fallback, whole is not None))

    def _given(self, start: int, shape: Shape) -> Iterator[Node]:
        note = None
        if self.recovered:
            pieces = self._pieces(start, shape)
            cut_within = None if shape.problem is None else self.unit or _BLOCK
            if self.recovered.is_same(pieces, cut_within):
                return
            note = self.recovered.place(pieces)
        yield self._node(start, self.space.origin(start), shape, note)

    def _pieces(self, start: int, shape: Shape) -> list[tuple[int, int]]:
        """Where a find lies in the source: (offset, length)."""
        parts = shape.parts or ((start, shape.size),)
        return [piece for part in parts for piece in self.space.pieces(*part)]

    def _listed(self, start: int, form: Format, shape: Shape | None) -> tuple[bool, Shape | None]:
        """What lies in a deleted file is followed through its blocks as they are listed.

        Returns whether it is that file itself, and else the whole of what seems to begin here, if it has that.
        """
        if not self.recovered or not self.recovered.is_certain or self.reach:
            return False, None  # a guess at its blocks is the way that was followed here
        for file, at in self.recovered.holding(self.space.origin(start)):
            pieces = self.recovered.pieces(file, at)
            held = sum(length for _, length in pieces)
            if held < LEAST or (len(pieces) == 1 and shape is not None and shape.size < held):
                continue  # it breaks off where this does
            followed = self._follow(Window(Ranges(self.source, pieces)), 0, form)
            if followed is None or followed.problem is not None or followed.pieces:
                continue
            parts, left = [], held if at == 0 else followed.size
            for offset, length in pieces:
                position, length = self.space.position(offset), min(length, left)
                if position is None or length <= 0:
                    break
                parts.append((position, length))
                left -= length
                if followed.solid:
                    self.claimed.add(position, self._block_end(position, length))
            if at == 0:
                return True, None
            if not left:
                return False, followed._replace(parts=tuple(parts))
        return False, None

    def _follow(self, window: Window, start: int, form: Format) -> Shape | None:
        """How far a file goes that seems to begin at `start`; None where it is none."""
        if not self.following.allows(start):
            return None
        most = max(1 << 20, self.following.left)
        self.following.spend(_HEAD_COST)
        try:
            if form is JPEG:
                return self._jpeg(window, start, most)
            counted = Counted(window)
            shape = form.follow(counted, start, most) if form.follow is not None else None
            self.following.spend(counted.asked)
        except EvidenceError:  # it runs into a place that is reported when the search comes to it
            return None
        return shape

    def _jpeg(self, window: Window, start: int, most: int) -> Shape | None:
        from safelight.evidence.carving.compiled import is_compiled
        from safelight.evidence.carving.jpeg import JpegWalk

        walk = JpegWalk(From(window, start), min(LONGEST_PICTURE, most))
        whole = walk.run()
        self.following.spend((walk.end or walk.fault) + 8 * walk.work)
        self.pictures += 1
        if whole:
            return Shape(walk.end, "jpg")
        if (
            not walk.points
            and walk.fault < (LEAST if walk.frame is None else LEAST_SEGMENTS)
            and not walk.content
        ):
            return None
        if is_compiled() and walk.fault >= SECTOR and not self.reach:
            return Shape(walk.fault, "jpg", "", pieces=True, inner=walk.first_data, content=walk.content)
        return broken(walk.fault, "jpg")._replace(inner=walk.first_data) if walk.content >= LEAST else None

    def _rejoined(self, one: _Waiting) -> Iterator[Node]:
        """Yield a file that is not whole in one piece: put together, or as far as it is sound."""
        shape = self._around(one)
        if shape is None and not one.is_again:
            left = one.fallback
            if left is not None and left.pieces:
                left = self._in_two(one.start, left)
            if left is None or not left.parts:
                ready = one.ready + self._reach_on
                self.waiting.append(_Waiting(ready, one.start, one.form, left, True))
                return
            shape = left
        shape = shape or one.fallback
        if shape is not None:
            yield from self._given(one.start, shape)

    def _around(self, one: _Waiting) -> Shape | None:
        """Follow it on behind the finds that lie in its way, as if they were not there."""
        start = one.start
        parts: list[tuple[int, int]] = []
        at = start
        for begin, end in self.claimed.between(start + 1, start + self._reach_on):
            if begin > at:
                parts.append((at, begin - at))
            at = max(at, end)
            if len(parts) == _MOST_PARTS:
                return None
        if not parts or at >= self.space.size:
            return None
        parts.append((at, self.space.size - at))
        view = Ranges(self.space, parts)
        shape = self._follow(Window(view), 0, one.form)
        if shape is None or shape.problem is not None or shape.pieces or shape.size <= parts[0][1]:
            return None
        kept, left = [], shape.size
        for position, length in parts:
            if left > 0:
                kept.append((position, min(length, left)))
                self.claimed.add(position, self._block_end(*kept[-1]))
                left -= length
        return shape._replace(parts=tuple(kept))

    def _in_two(self, start: int, found: Shape) -> Shape | None:
        """Look for the second piece of a JPEG; where there is none, return how far it is sound."""
        from safelight.evidence.carving.jpeg import JpegWalk
        from safelight.evidence.carving.jpeg_gap import second_piece

        if not self.joining.allows(start):
            if found.content < LEAST:
                return None
            return broken(found.size, "jpg")._replace(unasked=_NOT_LOOKED)
        try:
            walk = JpegWalk(From(Window(self.space), start), LONGEST_PICTURE)
            for unit in (self.unit,) if self.unit else (_BLOCK, SECTOR):
                joint = second_piece(self.space, start, walk, unit, self.joining, self.claimed)
                if joint is not None:
                    cut, second, size = joint
                    self.claimed.add(start, start + cut)
                    self.claimed.add(second, self._block_end(second, size - cut))
                    return Shape(size, "jpg", parts=((start, cut), (second, size - cut)))
        except EvidenceError:  # a place behind it, which is reported by itself
            pass
        return broken(found.size, "jpg") if found.content >= LEAST else None

    def _node(self, start: int, offset: int, shape: Shape, note: str | None = None) -> Node:
        name = f"{self.folder}/offset-{offset:012}.{shape.suffix}".encode()
        address = {"offset": offset}
        problem = shape.problem
        if self.reach:
            whole = partial(SliceSource, self.source, offset, shape.size)
            return _carved(name, shape.size, address, whole, problem, note)
        pieces = shape.parts or ((start, shape.size),)
        if shape.parts:
            where = [self.space.origin(position) for position, _ in pieces]
            address["second_offset"], address["second_from"] = where[1], pieces[0][1]
            rest = ", ".join(
                f"{pieces[n][1]:,} bytes from offset {where[n]:,}" for n in range(1, len(pieces))
            )
            problem = f"put together from {len(pieces)} pieces: {pieces[0][1]:,} bytes, and {rest}"
            if not shape.solid:
                problem = f"unsure, as its content cannot be checked: {problem}"
        elif not shape.solid and problem is None:
            count = self.space.index(start + shape.size - 1) - self.space.index(start) + 1
            if count > 1:
                problem = (
                    f"lies in {count:,} pieces around what other files occupy, and its content cannot be checked: "
                    "a part of it may be another file's"
                )
        elif shape.unasked is not None:
            problem = f"{problem}; {shape.unasked}"
        return _carved(name, shape.size, address, partial(Part, self.space, *pieces), problem, note)

    def _account(self) -> Iterator[Node]:
        """What the bounds left out."""
        if self.following.refused:
            text = (
                f"{self.following.refused:,} places in free space begin like a file and were not followed: "
                "what was followed before them took more work than is given"
            )
            where = {"offset": self.space.origin(self.following.first)}
            yield Node(b"", Kind.FINDING, error=text, address=where)
        if self.joining.refused:
            text = (
                f"for {self.joining.refused:,} pictures in free space that break off no second piece was looked "
                "for: looking for those before took more work than is given"
            )
            where = {"offset": self.space.origin(self.joining.first)}
            yield Node(b"", Kind.FINDING, error=text, address=where)
        if self.pictures:
            from safelight.evidence.carving.compiled import is_compiled

            if not is_compiled():
                yield Node(b"", Kind.FINDING, error=_NO_NUMBA)


def _carved(
    name: bytes,
    size: int,
    address: dict[str, int],
    content: Callable[[], Source],
    problem: str | None,
    note: str | None,
) -> Node:
    return Node(name, Kind.FILE, State.CARVED, size, address=address, open=content, error=problem, note=note)
