"""Sealing: the vectors of XAES-256-GCM, and that nothing altered, moved or foreign ever opens."""

from __future__ import annotations

import hashlib
import hmac
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import IntegrityError
from safelight.store.sealing import OVERHEAD, ExtendedGcm, Sealer, derive

NONCE = b"ABCDEFGHIJKLMNOPQRSTUVWX"


@pytest.mark.parametrize(
    ("key", "context", "expected"),
    [
        (b"\1" * 32, b"", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
        (b"\3" * 32, b"c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
    ],
)
def test_the_vectors_of_the_specification(key: bytes, context: bytes, expected: str) -> None:
    cipher = ExtendedGcm(key)
    sealed = cipher.encrypt(NONCE, b"XAES-256-GCM", context)
    assert sealed.hex() == expected
    assert cipher.decrypt(NONCE, sealed, context) == b"XAES-256-GCM"


def test_the_accumulated_vectors_of_the_specification() -> None:
    stream = hashlib.shake_128()
    random, at = stream.digest(10_000 * 700), 0
    found = hashlib.shake_128()

    def take(count: int) -> bytes:
        nonlocal at
        at += count
        return random[at - count : at]

    for _ in range(10_000):
        key, nonce = take(32), take(24)
        plain = take(take(1)[0])
        context = take(take(1)[0])
        sealed = ExtendedGcm(key).encrypt(nonce, plain, context)
        assert ExtendedGcm(key).decrypt(nonce, sealed, context) == plain
        found.update(sealed)
    assert found.hexdigest(32) == "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_what_is_sealed_opens_in_its_place(plain: bytes, context: bytes) -> None:
    sealer = Sealer(bytes(32))
    sealed = sealer.seal(plain, context)
    assert len(sealed) == len(plain) + OVERHEAD
    assert sealer.unseal(sealed, context) == plain
    assert sealer.seal(plain, context) != sealed


@given(st.binary(min_size=1, max_size=60), st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_found(plain: bytes, place: int, bit: int) -> None:
    sealer = Sealer(bytes(32))
    sealed = bytearray(sealer.seal(plain, b"here"))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(IntegrityError):
        sealer.unseal(bytes(sealed), b"here")


def test_a_value_that_was_moved_cut_or_sealed_under_another_key_does_not_open() -> None:
    sealer = Sealer(bytes(32))
    sealed = sealer.seal(b"note", b"lead:1")
    for wrong, context in (
        (sealed, b"lead:2"),
        (sealed[:-1], b"lead:1"),
        (sealed[:30], b"lead:1"),
        (b"", b""),
    ):
        with pytest.raises(IntegrityError):
            sealer.unseal(wrong, context)
    with pytest.raises(IntegrityError):
        Sealer(b"\1" * 32).unseal(sealed, b"lead:1")


def test_a_digest_needs_the_key() -> None:
    expected = hmac.digest(derive(bytes(32), "safelight/1/digest"), b"content", hashlib.sha256)
    assert Sealer(bytes(32)).digest(b"content") == expected
    assert Sealer(b"\1" * 32).digest(b"content") != expected


def test_threads_may_share_a_sealer() -> None:
    sealer, wrong = Sealer(bytes(32)), []

    def work(number: int) -> None:
        for _ in range(2000):
            plain = b"%d" % number
            if sealer.unseal(sealer.seal(plain, b""), b"") != plain:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
