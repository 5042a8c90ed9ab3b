"""Digests: the same as OpenSSL's whatever the size and the pieces."""

from __future__ import annotations

import hashlib
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.signals import digest as module
from safelight.signals.digest import Digester, digest, digest_pieces


def expected(data: bytes) -> tuple[bytes, bytes, bytes]:
    return hashlib.md5(data).digest(), hashlib.sha1(data).digest(), hashlib.sha256(data).digest()


@pytest.mark.parametrize("size", [0, 1, 4096, (2 << 20) - 1, 2 << 20, (5 << 20) + 3])
def test_digests_equal_openssl(size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    found = digest(data[:size])
    assert (found.md5, found.sha1, found.sha256) == expected(data[:size])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=3000), max_size=12), st.integers(0, 8000))
def test_pieces_of_any_size_give_the_digest_of_the_whole(pieces: list[bytes], threaded_from: int) -> None:
    before = module.THREADED_FROM
    module.THREADED_FROM = threaded_from
    try:
        found = digest_pieces(pieces)
    finally:
        module.THREADED_FROM = before
    assert (found.md5, found.sha1, found.sha256) == expected(b"".join(pieces))


def test_a_reader_that_fails_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with pytest.raises(OSError), Digester() as digester:
        for _ in range(4):
            digester.update(bytes(1 << 20))
        raise OSError("the medium went away")
    assert threading.active_count() == before


def test_the_size_is_counted() -> None:
    digester = Digester()
    digester.update(b"abc")
    digester.update(memoryview(b"de"))
    assert digester.size == 5
    assert digester.finish().md5 == hashlib.md5(b"abcde").digest()


@pytest.mark.parametrize("size", [0, 1_000, module.THREADED_FROM + 5])
def test_only_the_wanted_digests_are_computed(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    with Digester(("sha256", "md5")) as digester:
        for start in range(0, len(data), 100_000):
            digester.update(data[start : start + 100_000])
        named = digester.named()
    assert named == {"md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()}
