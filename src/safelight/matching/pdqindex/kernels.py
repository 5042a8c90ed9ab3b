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

Number = Any
"""`uint64` once compiled; addresses too."""

_U: Any = numba.uint64

_BLOCK: Final = 128
"""Codes whose places are asked for before the first of them is written."""

_AHEAD: Final = 48
"""Steps from asking for an offset to comparing what lies there; half of them from asking for the entries."""


def _key(table: Number, code: Number) -> Number:
    """Key of a code in one band, and its fingerprint above bit 32: one table entry for each of its 32 bytes."""
    found = _U(0)
    for byte in range(_U(32)):
        found |= load64(table + ((_U(byte) << _U(8)) + load8(code + _U(byte))) * _U(8))
    return found


def _distance(left: Number, right: Number) -> Number:
    total = popcount(load64(left) ^ load64(right))
    for word in range(_U(1), _U(4)):
        total += popcount(load64(left + _U(8) * _U(word)) ^ load64(right + _U(8) * _U(word)))
    return total


key_of: Any = numba.njit(_key)
distance_of: Any = numba.njit(_distance)


def count_keys(codes: Number, count: Number, table: Number, offsets: Number, keys: Number) -> Number:
    """Count the codes of each key: `offsets[key + 1]` is raised (`uint32`); `keys` is room for `_BLOCK` words."""
    for start in range(_U(0), count, _U(_BLOCK)):
        size = min(_U(_BLOCK), count - start)
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
    for start in range(_U(0), count, _U(_BLOCK)):
        size = min(_U(_BLOCK), count - start)
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


def _is_first(left: Number, right: Number, plan: Number, band: Number) -> Number:
    """Would no earlier band have found this pair? (Words 8 to 11 of a band: its bits; 12 to 15: its fingerprint's.)"""
    a = load64(left) ^ load64(right)
    b = load64(left + _U(8)) ^ load64(right + _U(8))
    c = load64(left + _U(16)) ^ load64(right + _U(16))
    d = load64(left + _U(24)) ^ load64(right + _U(24))
    for earlier in range(band):
        at = plan + _U(128) * _U(earlier)
        within = (
            popcount(a & load64(at + _U(64)))
            + popcount(b & load64(at + _U(72)))
            + popcount(c & load64(at + _U(80)))
            + popcount(d & load64(at + _U(88)))
        )
        if within < load64(at + _U(56)):
            beyond = (
                popcount(a & load64(at + _U(96)))
                + popcount(b & load64(at + _U(104)))
                + popcount(c & load64(at + _U(112)))
                + popcount(d & load64(at + _U(120)))
            )
            if within + beyond <= load64(at + _U(40)):
                return False
    return True


is_first: Any = numba.njit(_is_first)


def keys_of(queries: Number, count: Number, table: Number, keys: Number) -> Number:
    """The key and fingerprint of each query in one band, as `uint64`, the key in the upper half."""
    for query in range(_U(count)):
        key = key_of(table, queries + _U(32) * _U(query))
        store64(keys + _U(8) * _U(query), (key << _U(32)) | (key >> _U(32)))
    return _U(count)


def search_band(
    keys: Number,
    order: Number,
    asked: Number,
    queries: Number,
    codes: Number,
    count: Number,
    plan: Number,
    band: Number,
    id_bits: Number,
    radius: Number,
    out: Number,
    room: Number,
    total: Number,
) -> Number:
    """Probe one band for all queries; returns how many pairs there are then, and `room + 1` where they do not fit.

    `keys` are sorted, and `order` (`uint64`) says whose they are. One flip after the other is tried for all queries:
    so a sorted table is swept through from front to back, page by page, and not jumped about in. `total` pairs are
    there already. A pair is one word: query, number of the code, distance, in 23, 32 and 9 bits.
    """
    here = plan + _U(128) * band
    offsets, entries, masks = load64(here + _U(8)), load64(here + _U(16)), load64(here + _U(24))
    chain, print_mask = load64(here + _U(40)), load64(here + _U(48))
    id_mask = (_U(1) << id_bits) - _U(1)
    steps = asked * load64(here + _U(32))
    # Three cursors run over flips and queries: one asks for offsets, one reads them and asks for entries, one compares.
    flip_a = flip_b = flip_c = _U(0)
    query_a = query_b = query_c = _U(0)
    for step in range(steps + _AHEAD):
        if step < steps:
            key = load64(keys + _U(8) * query_a) >> _U(32)
            place = offsets + _U(4) * (key ^ (load32(masks + _U(4) * flip_a) & _U(0xFFFFFFF)))
            prefetch(place)
            if place & _U(63) == _U(60):
                prefetch(place + _U(4))
            query_a += _U(1)
            if query_a == asked:
                query_a, flip_a = _U(0), flip_a + _U(1)
        if step >= _U(_AHEAD // 2) and step < steps + _U(_AHEAD // 2):
            key = load64(keys + _U(8) * query_b) >> _U(32)
            place = offsets + _U(4) * (key ^ (load32(masks + _U(4) * flip_b) & _U(0xFFFFFFF)))
            start, end = load32(place), min(load32(place + _U(4)), count)
            if start < end:
                prefetch(entries + _U(6) * start)
                prefetch(entries + _U(6) * end - _U(1))
            query_b += _U(1)
            if query_b == asked:
                query_b, flip_b = _U(0), flip_b + _U(1)
        if step >= _U(_AHEAD):
            key = load64(keys + _U(8) * query_c)
            mask = load32(masks + _U(4) * flip_c)
            place = offsets + _U(4) * ((key >> _U(32)) ^ (mask & _U(0xFFFFFFF)))
            fingerprint, limit = key & _U(0xFFFFFFFF), chain - (mask >> _U(28))
            for at in range(load32(place), min(load32(place + _U(4)), count)):
                entry = load64(entries + _U(6) * _U(at))
                if popcount(((entry >> id_bits) ^ fingerprint) & print_mask) <= limit:
                    number, query = entry & id_mask, load64(order + _U(8) * query_c)
                    if number < count:
                        left, right = queries + _U(32) * query, codes + _U(32) * number
                        bits = distance_of(left, right)
                        if bits <= radius and is_first(left, right, plan, band):
                            if total == room:
                                return room + _U(1)
                            store64(out + _U(8) * total, (query << _U(41)) | (number << _U(9)) | bits)
                            total += _U(1)
            query_c += _U(1)
            if query_c == asked:
                query_c, flip_c = _U(0), flip_c + _U(1)
    return total


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
    """Answer queries `first` to `last` by comparing each with codes `start` to `count`; else as `search_bands`."""
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
