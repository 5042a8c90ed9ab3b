"""Random access to what can only be had in order: a decompressed member, kept as it comes.

Nothing derived lies in clear on a disk: the first pieces stay in memory, later ones go to an unlinked
temporary file, each encrypted (AES-256-GCM) under a key that exists only in this object.
"""

from __future__ import annotations

import lzma
import os
import tempfile
import zlib
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from safelight.errors import EvidenceError
from safelight.evidence.guards import GuardError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from safelight.evidence.protocol import Source

PIECE = 1 << 20
"""Bytes kept, encrypted and decrypted at once."""
IN_MEMORY = 32 << 20
"""Bytes of one stream that stay in memory."""
NO_ROOM = "no room to hold it"
"""How `damage` begins where this machine's disk is full: nothing is wrong with the evidence."""
_UNKNOWN = 1 << 62

BROKEN = (EvidenceError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)
"""What decompressors raise about damaged input (`bz2` raises OSError and ValueError)."""


class StreamSource:
    """A stream of pieces, read on demand and kept, so that every position can be had again.

    `size` is what the container states until the end has been seen, and true from then on; where nothing
    is stated, the stream is read to its end at once. A stream that breaks off or is cut by a guard ends
    there, and `damage` says why: what came out before stays readable.
    """

    __slots__ = ("_chunks", "_file", "_got", "_last", "_pending", "_pieces", "_seal", "damage", "size")
    name = ""

    def __init__(self, chunks: Iterator[bytes], size: int | None) -> None:
        self._chunks: Iterator[bytes] | None = chunks
        self._pieces: list[bytes] = []
        self._pending = bytearray()
        self._got = 0
        self._file: IO[bytes] | None = None
        self._seal: AESGCM | None = None
        self._last: tuple[int, bytes] = (-1, b"")
        self.damage: str | None = None
        self.size = size if size is not None else _UNKNOWN
        if size is None:
            self._pull(self.size)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end."""
        if offset < 0 or length <= 0:
            return b""
        end = offset + length
        if end > self._got and self._chunks is not None:
            self._pull(end)
        end = min(end, self._got)
        parts = []
        while offset < end:
            number, start = divmod(offset, PIECE)
            part = bytes(self._piece(number)[start : start + end - offset])
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a member."""
        return None

    def finish(self) -> None:
        """Read the stream to its end, where it has not been: what follows it in its container lies there."""
        while self._chunks is not None:
            self._pull(self._got + PIECE)

    def close(self) -> None:
        """Forget what was kept; safe to call twice."""
        self._chunks = None
        self._pieces.clear()
        self._pending.clear()
        self._last = (-1, b"")
        self._got = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        self.close()

    def _pull(self, end: int) -> None:
        """Read the stream up to `end`, or one byte beyond the stated size to see whether it ends there."""
        assert self._chunks is not None
        try:
            while self._got < end or (end >= self.size and self._chunks is not None):
                chunk = next(self._chunks, None)
                if chunk is None:
                    wrong = self.size not in (self._got, _UNKNOWN)
                    self._end(f"has {self._got:,} bytes where {self.size:,} are stated" if wrong else None)
                    return
                self._keep(chunk)
        except GuardError as error:
            self._end(str(error))
        except BROKEN as error:
            self._end(f"{error} (after {self._got:,} bytes)")

    def _end(self, damage: str | None) -> None:
        self._chunks = None
        self.size = self._got
        self.damage = self.damage or damage

    def _keep(self, chunk: bytes) -> None:
        self._got += len(chunk)
        self._pending += chunk
        while len(self._pending) >= PIECE:
            piece = bytes(self._pending[:PIECE])
            del self._pending[:PIECE]
            if len(self._pieces) * PIECE < IN_MEMORY:
                self._pieces.append(piece)
            else:
                try:
                    self._spill(piece)
                except OSError as error:
                    self._got -= len(self._pending) + PIECE
                    self._pending.clear()
                    raise EvidenceError(f"{NO_ROOM}: {error.strerror}") from error

    def _spill(self, piece: bytes) -> None:
        if self._file is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._seal = AESGCM(AESGCM.generate_key(256))
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 -- closed by close()
        assert self._seal is not None
        number = os.fstat(self._file.fileno()).st_size // (PIECE + 16)
        sealed = memoryview(self._seal.encrypt(number.to_bytes(12, "big"), piece, None))
        at = number * (PIECE + 16)
        while sealed:
            written = os.pwrite(self._file.fileno(), sealed, at)
            sealed, at = sealed[written:], at + written

    def _piece(self, number: int) -> bytes | bytearray:
        if number < len(self._pieces):
            return self._pieces[number]
        if (number + 1) * PIECE > self._got:
            return self._pending
        if self._last[0] != number:
            assert self._file is not None
            assert self._seal is not None
            at = number - len(self._pieces)
            sealed = os.pread(self._file.fileno(), PIECE + 16, at * (PIECE + 16))
            self._last = (number, self._seal.decrypt(at.to_bytes(12, "big"), sealed, None))
        return self._last[1]


def damage(source: Source) -> str | None:
    """What was found wrong with the content while it was read, as far as the source knows."""
    return getattr(source, "damage", None)
