"""Signed notes, verifier keys and checkpoints as C2SP writes them (signed-note, tlog-checkpoint)."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from safelight.errors import FormatError

_ED25519 = b"\x01"
_DASH = "— ".encode()

NOTE_BYTES = 1 << 18
"""No note is longer; what follows bounds every part of one, so that hostile files cost linear time."""

CHECKPOINT = re.compile(
    rb"(?P<text>(?P<origin>[^\n]{1,255})\n(?P<size>0|[1-9][0-9]{0,17})\n"
    rb"(?P<root>[A-Za-z0-9+/]{43}=)\n(?:[^\n]{1,255}\n){0,8})"
    rb"\n(?P<signatures>(?:" + _DASH + rb"[^ \n+]{1,255} [A-Za-z0-9+/]{1,8192}={0,2}\n){1,16})"
)


def check_name(name: str) -> str:
    """Return `name` if it can name a key: no white space, plus sign or control character; else FormatError."""
    if not name or "+" in name or any(c.isspace() or ord(c) < 0x20 for c in name):
        raise FormatError(
            f"{name!r} cannot name a key: it is empty or has a space, plus or control character."
        )
    return name


def key_id(name: str, public: bytes) -> bytes:
    """First four bytes of SHA-256(name || 0x0A || 0x01 || public key)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


class NoteSigner:
    """Signs notes under a name with an Ed25519 key."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self.name = check_name(name)
        self._private = private
        self._public = private.public_key().public_bytes_raw()
        self._key_id = key_id(name, self._public)

    @property
    def vkey(self) -> str:
        """The verifier key, `name+hex(key id)+base64(0x01 || public key)`."""
        return f"{self.name}+{self._key_id.hex()}+{base64.b64encode(_ED25519 + self._public).decode()}"

    def sign(self, text: bytes) -> bytes:
        """Return the note: `text` (which ends in a newline), a blank line, the signature line."""
        signature = base64.b64encode(self._key_id + self._private.sign(text))
        return text + b"\n" + _DASH + self.name.encode() + b" " + signature + b"\n"


class NoteVerifier:
    """Verifies notes with nothing but the public key, given as a C2SP verifier key string."""

    def __init__(self, vkey: str) -> None:
        """FormatError if it is not an Ed25519 verifier key."""
        parts = vkey.strip().split("+", 2)
        wrong = FormatError(f"{vkey!r} is not a verifier key.", "It reads `name+8 hex digits+base64`.")
        if len(parts) != 3:
            raise wrong
        self.name = check_name(parts[0])
        try:
            material = base64.b64decode(parts[2], validate=True)
        except ValueError:
            raise wrong from None
        if len(material) != 33 or material[:1] != _ED25519:
            raise wrong
        self._key_id = key_id(self.name, material[1:])
        if parts[1] != self._key_id.hex():
            raise wrong
        self._public = Ed25519PublicKey.from_public_bytes(material[1:])
        self._prefix = _DASH + self.name.encode() + b" "

    def verifies(self, text: bytes, signatures: bytes) -> bool:
        """Whether our key signed `text`; signatures of others (witnesses) are passed over."""
        for line in signatures.splitlines():
            if not line.startswith(self._prefix):
                continue
            encoded = line[len(self._prefix) :]
            try:
                signature = base64.b64decode(encoded, validate=True)
            except ValueError:
                return False
            if base64.b64encode(signature) != encoded:  # unused bits that are set
                return False
            if signature[:4] != self._key_id:
                continue
            try:
                self._public.verify(signature[4:], text)
            except InvalidSignature:
                return False
            return True
        return False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head: origin, number of leaves, root. Not trusted before `signed_by` says so."""

    origin: str
    size: int
    root: bytes
    text: bytes
    """The signed text, its last newline included."""
    signatures: bytes
    """The signature lines."""

    @classmethod
    def parse(cls, note: bytes) -> Checkpoint:
        """Read a note; FormatError if it is not a checkpoint."""
        found = CHECKPOINT.fullmatch(note)
        if found is None:
            raise FormatError(
                "This is not a signed checkpoint.", "It has an origin, a size, a root and a signature."
            )
        return cls.from_match(found)

    @classmethod
    def from_match(cls, found: re.Match[bytes]) -> Checkpoint:
        """Build one from a match of `CHECKPOINT`; an origin that is not UTF-8 will not be signed by anyone."""
        origin = found["origin"].decode(errors="replace")
        return cls(
            origin, int(found["size"]), base64.b64decode(found["root"]), found["text"], found["signatures"]
        )

    def note(self) -> bytes:
        """The whole signed note again."""
        return self.text + b"\n" + self.signatures

    def signed_by(self, verifier: NoteVerifier) -> bool:
        """Whether it is of the log that `verifier` stands for, and its signature holds."""
        return self.origin == verifier.name and verifier.verifies(self.text, self.signatures)


def sign_checkpoint(signer: NoteSigner, size: int, root: bytes) -> bytes:
    """The signed note for a tree of `size` leaves; its origin is the signer's name."""
    text = f"{signer.name}\n{size}\n{base64.b64encode(root).decode()}\n"
    return signer.sign(text.encode())
