"""Verifying RFC 6962 proofs as RFC 9162 (2.1.3.2, 2.1.4.2) writes it, with nothing of ours."""

from __future__ import annotations

from hashlib import sha256


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def included(leaf: bytes, index: int, size: int, root: bytes, path: list[bytes]) -> bool:
    """Whether `path` proves that `leaf` is number `index` of the `size` leaves under `root`."""
    if index >= size:
        return False
    fn, sn, found = index, size - 1, leaf
    for step in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = node(step, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node(found, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, path: list[bytes]) -> bool:
    """Whether `path` proves that the first `first` of `second` leaves give `first_root`."""
    if first == second:
        return not path and first_root == second_root
    if first & (first - 1) == 0:
        path = [first_root, *path]
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for step in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node(step, old), node(step, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node(new, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and (old, new) == (first_root, second_root)
