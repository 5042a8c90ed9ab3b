"""The loop that answers queries by the tables of the PDQ index; compiled as `kernels.py`, and under its rules.

What it waits for is memory, so it asks for much at a time, and for what lies together at one time. A table is gone
through region by region, a region being the keys of the same upper bits, so small that its pages and most of its lines
are still at hand for the next query that asks there. Within a region, offsets are asked for some hundred probes ahead,
then the entries that they point to, then the codes of the few candidates.
"""

from __future__ import annotations

from typing import Any

import numba

from safelight.matching.pdqindex.instructions import load32, load64, popcount, prefetch, store64
from safelight.matching.pdqindex.room import CANDIDATES, FLIPS, PROBES

Number = Any
"""`uint64` once compiled; addresses too."""

_U: Any = numba.uint64


def _distance(left: Number, right: Number) -> Number:
    total = popcount(load64(left) ^ load64(right))
    for word in range(_U(1), _U(4)):
        total += popcount(load64(left + _U(8) * _U(word)) ^ load64(right + _U(8) * _U(word)))
    return total


distance_of: Any = numba.njit(_distance)


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


def _compare(
    candidates: Number,
    waiting: Number,
    queries: Number,
    codes: Number,
    plan: Number,
    band: Number,
    radius: Number,
    out: Number,
    room: Number,
    total: Number,
) -> Number:
    """Write the pairs among the candidates (query above bit 32, number of the code); returns as `search_band`."""
    for at in range(waiting):
        word = load64(candidates + _U(8) * _U(at))
        query, number = word >> _U(32), word & _U(0xFFFFFFFF)
        left, right = queries + _U(32) * query, codes + _U(32) * number
        bits = distance_of(left, right)
        if bits <= radius and is_first(left, right, plan, band):
            if total == room:
                return room + _U(1)
            store64(out + _U(8) * total, (query << _U(41)) | (number << _U(9)) | bits)
            total += _U(1)
    return total


compare: Any = numba.njit(_compare)


def _look_up(
    probes: Number,
    waiting: Number,
    candidates: Number,
    keys: Number,
    order: Number,
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
    """Read the entries of some probes, and compare the candidates when they are many; returns as `search_band`.

    A probe has two words: key, number of flips above bit 28 and place of the query in `keys` above bit 32; then where
    its entries begin and, above bit 32, end. The word before `candidates` counts those that wait.
    """
    here = plan + _U(128) * band
    offsets, entries = load64(here + _U(8)), load64(here + _U(16))
    chain, print_mask = load64(here + _U(40)), load64(here + _U(48))
    id_mask = (_U(1) << id_bits) - _U(1)
    for at in range(waiting):
        probe = probes + _U(16) * _U(at)
        place = offsets + _U(4) * (load64(probe) & _U(0xFFFFFFF))
        start, end = load32(place), min(load32(place + _U(4)), count)
        store64(probe + _U(8), start | (end << _U(32)))
        if start < end:
            prefetch(entries + _U(6) * start)
            prefetch(entries + _U(6) * end - _U(1))
    found = load64(candidates - _U(8))
    for at in range(waiting):
        probe, span = load64(probes + _U(16) * _U(at)), load64(probes + _U(16) * _U(at) + _U(8))
        fingerprint = load64(keys + _U(8) * (probe >> _U(32))) & _U(0xFFFFFFFF)
        limit = chain - ((probe >> _U(28)) & _U(15))
        for row in range(span & _U(0xFFFFFFFF), span >> _U(32)):
            entry = load64(entries + _U(6) * _U(row))
            if popcount(((entry >> id_bits) ^ fingerprint) & print_mask) <= limit:
                number, query = entry & id_mask, load64(order + _U(8) * (probe >> _U(32)))
                if number < count:
                    store64(candidates + _U(8) * found, (query << _U(32)) | number)
                    prefetch(codes + _U(32) * number)
                    found += _U(1)
                    if found == _U(CANDIDATES):
                        total = compare(
                            candidates, found, queries, codes, plan, band, radius, out, room, total
                        )
                        found = _U(0)
                        if total > room:
                            return total
    store64(candidates - _U(8), found)
    return total


look_up: Any = numba.njit(_look_up)


def search_band(
    keys: Number,
    order: Number,
    groups: Number,
    upper: Number,
    runs: Number,
    run_count: Number,
    scratch: Number,
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

    `keys` are sorted, and `order` (`uint64`) says whose they are. Keys of the same `upper` bits are a region; `groups`
    (`uint32`) says where in `keys` each begins. Queries of other regions ask in one too, by the flips that lead there:
    in the ascending masks these are neighbours, and `runs` (`uint32`) says where each such run begins. `scratch` is
    room for `room.SEARCH` words. `total` pairs are there already. A pair is one word: query, number of the code,
    distance, in 23, 32 and 9 bits.
    """
    here = plan + _U(128) * band
    offsets, masks = load64(here + _U(8)), load64(here + _U(24))
    low = load64(here + _U(32)) - upper
    candidates = scratch + _U(16 * (PROBES + FLIPS) + 8)
    store64(candidates - _U(8), _U(0))
    waiting = _U(0)

    def looked_up(waiting: Number, total: Number) -> Number:
        known = (keys, order, queries, codes, count, plan, band, id_bits, radius, out, room)
        return look_up(scratch, waiting, candidates, *known, total)

    for region in range(_U(1) << upper):
        for run in range(run_count):
            first, last = load32(runs + _U(4) * _U(run)), load32(runs + _U(4) * _U(run) + _U(4))
            away = (load32(masks + _U(4) * first) & _U(0xFFFFFFF)) >> low
            group = groups + _U(4) * (_U(region) ^ away)
            query, beyond = load32(group), load32(group + _U(4))
            while query < beyond:
                key = load64(keys + _U(8) * query) >> _U(32)
                for flip in range(first, last):
                    probe = key ^ load32(masks + _U(4) * _U(flip))  # the number of flips lies above the key
                    prefetch(offsets + _U(4) * (probe & _U(0xFFFFFFF)))
                    store64(scratch + _U(16) * waiting, probe | (query << _U(32)))
                    waiting += _U(1)
                query += _U(1)
                if waiting >= _U(PROBES):
                    total = looked_up(waiting, total)
                    waiting = _U(0)
                    if total > room:
                        return total
    total = looked_up(waiting, total)
    if total > room:
        return total
    left = load64(candidates - _U(8))
    return compare(candidates, left, queries, codes, plan, band, radius, out, room, total)
