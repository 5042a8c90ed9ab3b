"""Signed notes and checkpoints as C2SP writes them; the vectors are the specification's own."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import FormatError
from safelight.governance.merkle import EMPTY_ROOT
from safelight.governance.note import Checkpoint, NoteSigner, NoteVerifier, sign_checkpoint

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = b"This is an example message.\n"
SIGNATURE = (
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72"
    "IneyaQM=\n"
).encode()
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+"
    "zyWE+xeMcTOAYQ8=\n"
).encode()


def test_the_example_of_the_specification_verifies() -> None:
    assert NoteVerifier(VKEY).verifies(TEXT, SIGNATURE)
    assert not NoteVerifier(VKEY).verifies(TEXT + b"x\n", SIGNATURE)


def test_the_example_checkpoint_is_read() -> None:
    found = Checkpoint.parse(EXAMPLE)
    assert (found.origin, found.size, found.root[:2].hex()) == (
        "example.com/behind-the-sofa",
        20852163,
        "0ac5",
    )
    assert found.note() == EXAMPLE


def test_what_is_signed_verifies_with_the_public_key_alone() -> None:
    signer = NoteSigner("safelight.test/W-1", Ed25519PrivateKey.generate())
    found = Checkpoint.parse(sign_checkpoint(signer, 0, EMPTY_ROOT))
    assert found.size == 0
    assert found.root == EMPTY_ROOT
    assert found.signed_by(NoteVerifier(signer.vkey))
    other = NoteSigner("safelight.test/W-1", Ed25519PrivateKey.generate())
    assert not found.signed_by(NoteVerifier(other.vkey))


def test_a_witness_may_add_its_signature() -> None:
    signer = NoteSigner("safelight.test/W-1", Ed25519PrivateKey.generate())
    found = Checkpoint.parse(sign_checkpoint(signer, 3, bytes(32)) + SIGNATURE)
    assert found.signed_by(NoteVerifier(signer.vkey))


def test_a_checkpoint_of_another_log_under_our_key_name_is_not_ours() -> None:
    signer = NoteSigner("safelight.test/W-1", Ed25519PrivateKey.generate())
    stranger = signer.sign(b"other.test/log\n3\n" + EXAMPLE.splitlines()[2] + b"\n")
    assert not Checkpoint.parse(stranger).signed_by(NoteVerifier(signer.vkey))


@given(st.integers(0, len(EXAMPLE) - 1), st.integers(1, 255))
def test_a_flipped_byte_never_verifies(place: int, flip: int) -> None:
    signer = NoteSigner("safelight.test/W-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    note = bytearray(sign_checkpoint(signer, 20852163, bytes(32)))
    note[place % len(note)] ^= flip
    try:
        found = Checkpoint.parse(bytes(note))
    except FormatError:
        return
    assert not found.signed_by(NoteVerifier(signer.vkey))


@given(st.binary(max_size=300) | st.text(alphabet="—+a \n0=", max_size=60).map(str.encode))
def test_garbage_is_refused_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(FormatError):
        Checkpoint.parse(data)


@pytest.mark.parametrize(
    "vkey",
    ["", "a+b", "a+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", VKEY[:-2], VKEY.replace("+A", "+B"),
     "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
)  # fmt: skip
def test_a_bad_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(FormatError):
        NoteVerifier(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a b"])
def test_a_name_that_would_break_a_note_is_refused(name: str) -> None:
    with pytest.raises(FormatError):
        NoteSigner(name, Ed25519PrivateKey.generate())
