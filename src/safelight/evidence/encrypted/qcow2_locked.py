"""Encrypted images of QEMU (qcow2): with a header of LUKS in them, or by AES-CBC alone, as before 2017.

After "Qcow2 image format" (QEMU documentation, docs/interop/qcow2.txt).
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from safelight.errors import EvidenceError
from safelight.evidence.encrypted import aes
from safelight.evidence.encrypted.aes import Decrypt
from safelight.evidence.encrypted.luks import decryptor, opening, what
from safelight.evidence.encrypted.luks_header import SECTOR, read_header
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.unlock import LockedError, unlocked

_KEY = 16
_MARKS = (
    (510, b"\x55\xaa"),
    (1080, b"\x53\xef"),
    (0, b"XFSB"),
    (0, b"LUKS\xba\xbe"),
    (0x218, b"LVM2 001"),
    (0x8001, b"CD001"),
)
"""What disks and file systems show: partitions, boot sectors of FAT and NTFS, ext, XFS, LUKS, LVM, ISO 9660."""


def unlock(
    luks: Source | None, limits: Limits, medium: Callable[[Decrypt], Source]
) -> Generator[Node, None, Decrypt]:
    """How the clusters of an image are decrypted: yields what there is to say. Raises LockedError, EvidenceError.

    `luks` is the header of LUKS that lies in the image, None where it is encrypted without one; `medium` gives
    the image's content as a candidate decrypts it.
    """
    if luks is None:
        return (yield from _without_header(limits, medium))
    header = read_header(luks)
    keys = yield from opening(luks, header, limits, f"encrypted qcow2 image, {what(header)}")
    segment = header.segments[0]
    if segment.check is None or segment.check not in keys:
        raise EvidenceError("the qcow2 has a header of LUKS that says it is not encrypted")
    return decryptor(segment.cipher, keys[segment.check], segment.sector)


def _without_header(limits: Limits, medium: Callable[[Decrypt], Source]) -> Generator[Node, None, Decrypt]:
    """The password is the key, and only what comes out shows whether it is the right one."""

    def attempt(password: bytes) -> Decrypt | None:
        if not 0 < len(password) <= _KEY:
            return None
        decrypt = aes.cbc(password.ljust(_KEY, b"\0"), SECTOR, aes.plain64)
        content = medium(decrypt)
        try:
            head = content.read_at(0, 0x9000)
        finally:
            content.close()
        return decrypt if any(head.startswith(mark, at) for at, mark in _MARKS) else None

    opened = unlocked(limits.keys, lambda password: attempt(password.encode()), file=attempt)
    if opened is None:
        tried = len(limits.keys.passwords) + len(limits.keys.files)
        raise LockedError(
            "qcow2 image encrypted by AES-CBC without a header, as before 2017 (its header says so)",
            limits.keys,
            opens="a password of up to 16 bytes, known by the partitions or file system that show",
            tried=tried,
        )
    decrypt, note = opened
    yield Node(b"", Kind.NOTE, note=f"{note}: with it the image begins like a disk or a file system")
    return decrypt
