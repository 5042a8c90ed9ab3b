"""The inner loops of the PDQ index, in the part of Python that numba turns into machine code; imports numba.

Only `compiled.py` imports this, and only to compile it: what runs later is the machine code. Every function takes
numbers and addresses, allocates nothing and raises nothing. Whatever a table says, no address outside of it is formed:
offsets are cut to the number of codes, and ids beyond them are passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numba

from safelight.matching.pdqindex.instructions import (
    load8,
    load32,
    load64,
    popcount,
    prefetch,
    store16,
    store32,
    store64,
    swapped,
    word_of,
)
from safelight.matching.pdqindex.probes import distance_of, search_band
from safelight.matching.pdqindex.room import KEYS

Number = Any
"""`uint64` once compiled; addresses too."""

_U: Any = numba.uint64


def _key(table: Number, code: Number) -> Number:
    """Key of a code in one band, and its fingerprint above bit 32: one table entry for each of its 32 bytes."""
    found = _U(0)
    for byte in range(_U(32)):
        found |= load64(table + ((_U(byte) << _U(8)) + load8(code + _U(byte))) * _U(8))
    return found


key_of: Any = numba.njit(_key)


def count_keys(codes: Number, count: Number, table: Number, offsets: Number, keys: Number) -> Number:
    """Count the codes of each key: `offsets[key + 1]` is raised (`uint32`); `keys` is room for `room.KEYS` words."""
    for start in range(_U(0), count, _U(KEYS)):
        size = min(_U(KEYS), count - start)
        for row in range(size):
            key = key_of(table, codes + _U(32) * (start + _U(row)))
            place = offsets + _U(4) * ((key & _U(0xFFFFFFFF)) + _U(1))
            store64(keys + _U(8) * _U(row), place)
            prefetch(place)
        for row in range(size):
            place = load64(keys + _U(8) * _U(row))
            store32(place, load32(place) + _U(1))
    return _U(count)


def place_entries(
    codes: Number,
    count: Number,
    table: Number,
    cursors: Number,
    entries: Number,
    id_bits: Number,
    keys: Number,
) -> Number:
    """Put each code's entry, six bytes, where its key's cursor stands, and move the cursor on; `keys` as above."""
    for start in range(_U(0), count, _U(KEYS)):
        size = min(_U(KEYS), count - start)
        for row in range(size):
            key = key_of(table, codes + _U(32) * (start + _U(row)))
            store64(keys + _U(8) * _U(row), key)
            prefetch(cursors + _U(4) * (key & _U(0xFFFFFFFF)))
        for row in range(size):
            prefetch(
                entries + _U(6) * load32(cursors + _U(4) * (load64(keys + _U(8) * _U(row)) & _U(0xFFFFFFFF)))
            )
        for row in range(size):
            key = load64(keys + _U(8) * _U(row))
            place = cursors + _U(4) * (key & _U(0xFFFFFFFF))
            at = load32(place)
            store32(place, at + _U(1))
            entry = (start + _U(row)) | ((key >> _U(32)) << id_bits)
            store32(entries + _U(6) * at, entry)
            store16(entries + _U(6) * at + _U(4), entry >> _U(32))
    return _U(count)


def keys_of(queries: Number, count: Number, table: Number, keys: Number) -> Number:
    """The key and fingerprint of each query in one band, as `uint64`, the key in the upper half."""
    for query in range(_U(count)):
        key = key_of(table, queries + _U(32) * _U(query))
        store64(keys + _U(8) * _U(query), (key << _U(32)) | (key >> _U(32)))
    return _U(count)


def compare_all(
    queries: Number,
    first: Number,
    last: Number,
    codes: Number,
    start: Number,
    count: Number,
    radius: Number,
    out: Number,
    room: Number,
    written: Number,
) -> Number:
    """Answer queries `first` to `last` by comparing each with codes `start` to `count`; pairs as in `search_band`."""
    total = before = _U(0)
    query = _U(first)
    while query < last:
        at = queries + _U(32) * query
        a, b, c, d = load64(at), load64(at + _U(8)), load64(at + _U(16)), load64(at + _U(24))
        block = _U(start)
        while block < count:
            end = min(block + _U(256), count)
            # Two passes: this one has no branch, so that it becomes vector instructions; hits are rare.
            nearest = _U(256)
            for row in range(block, end):
                word = _U(row) << _U(2)
                bits = (
                    popcount(a ^ word_of(codes, word))
                    + popcount(b ^ word_of(codes, word + _U(1)))
                    + popcount(c ^ word_of(codes, word + _U(2)))
                    + popcount(d ^ word_of(codes, word + _U(3)))
                )
                nearest = min(nearest, bits)
            if nearest <= radius:
                for row in range(block, end):
                    bits = distance_of(at, codes + _U(32) * _U(row))
                    if bits <= radius:
                        if total < room:
                            store64(
                                out + _U(8) * total,
                                ((query - first) << _U(41)) | (_U(row) << _U(9)) | bits,
                            )
                        total += _U(1)
            block = end
        if total > room:
            break
        before = total
        query += _U(1)
    store64(written, before)
    return query


def _order(left: Number, right: Number) -> Number:
    """0 where two codes are equal, 1 where the left one comes first, 2 where the right one does."""
    for word in range(_U(4)):
        here, there = load64(left + _U(8) * _U(word)), load64(right + _U(8) * _U(word))
        if here != there:
            return _U(1) if swapped(here) < swapped(there) else _U(2)
    return _U(0)


order_of: Any = numba.njit(_order)


def differences(
    old: Number,
    olds: Number,
    new: Number,
    news: Number,
    removed: Number,
    added: Number,
    room: Number,
    counts: Number,
) -> Number:
    """Rows of two sorted sets of codes that only one has, as `uint64`; returns 0 where either are more than `room`."""
    left = right = gone = came = _U(0)
    while left < olds or right < news:
        first = _U(0)
        if right == news:
            first = _U(1)
        elif left == olds:
            first = _U(2)
        else:
            first = order_of(old + _U(32) * left, new + _U(32) * right)
        if first == _U(0):
            left += _U(1)
            right += _U(1)
        elif first == _U(1):
            if gone == room:
                return _U(0)
            store64(removed + _U(8) * gone, left)
            gone += _U(1)
            left += _U(1)
        else:
            if came == room:
                return _U(0)
            store64(added + _U(8) * came, right)
            came += _U(1)
            right += _U(1)
    store64(counts, gone)
    store64(counts + _U(8), came)
    return _U(1)


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "count_keys": count_keys,
    "place_entries": place_entries,
    "keys_of": keys_of,
    "search_band": search_band,
    "compare_all": compare_all,
    "differences": differences,
}
"""Each function that is compiled."""
