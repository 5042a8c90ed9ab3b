"""Keys from passwords (PBKDF2, Argon2), bounded: what a header asks for must not hold a machine for hours."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safelight.errors import EvidenceError

MOST_ROUNDS = 100_000_000
"""Of PBKDF2, about half a minute. What volumes are made with takes about two seconds."""
_MOST_WORK = 64 << 20
"""KiB of memory that Argon2 goes through, all passes together; some minutes at the most."""
_LEFT_OVER = 256 << 10
"""KiB of memory that must be left for everybody else."""
_MOST_LANES = 64


def pbkdf2(hash_: str, password: bytes, salt: bytes, rounds: int, length: int) -> bytes:
    """PBKDF2-HMAC. Raises EvidenceError where it asks for too much or for a digest that is not there."""
    if not 0 < rounds <= MOST_ROUNDS:
        raise EvidenceError(f"it asks for {rounds:,} rounds of key derivation, which is not done")
    try:
        return hashlib.pbkdf2_hmac(hash_, password, salt, rounds, length)
    except ValueError as error:
        raise EvidenceError(f"its digest {hash_!r} is not available here") from error


def argon2(kind: str, password: bytes, salt: bytes, time: int, memory: int, lanes: int, length: int) -> bytes:
    """Argon2i or Argon2id; `memory` in KiB. Raises EvidenceError where that is not to be had here."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2i, Argon2id

    sound = 0 < lanes <= _MOST_LANES and time > 0 and 8 * lanes <= memory
    if kind not in ("argon2i", "argon2id") or not sound:
        raise EvidenceError("it asks for a key derivation that is not known here")
    if time * memory > _MOST_WORK:
        raise EvidenceError(
            f"it asks for {time:,} passes over {memory >> 10:,} MiB to derive a key: not done"
        )
    if memory > available_memory() - _LEFT_OVER:
        raise EvidenceError(f"deriving its key takes {memory >> 10:,} MiB of memory, more than is free here")
    variant = Argon2i if kind == "argon2i" else Argon2id
    try:
        made = variant(salt=salt, length=length, iterations=time, lanes=lanes, memory_cost=memory)
        return made.derive(password)
    except (ValueError, MemoryError) as error:
        raise EvidenceError(f"its key cannot be derived: {error or 'no memory'}") from error


def available_memory() -> int:
    """KiB of memory that are free or can be freed at once; large where the system does not say."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 1 << 40
