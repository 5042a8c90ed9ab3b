"""Encrypted Office documents, opened with a password: the OOXML package in an OLE file, and legacy doc, xls, ppt.

The package is decrypted in pieces where it is read ([MS-OFFCRYPTO] 2.3.4: standard and agile); the legacy forms by
`msoffcrypto`, in memory. A workbook that is only write-protected is encrypted with a password that every Excel
knows: it opens without one.
"""

from __future__ import annotations

import io
import struct
from functools import partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.documents.agile import Agile, Opened, Standard
from safelight.evidence.documents.cfb import Compound
from safelight.evidence.protocol import Limits, Source
from safelight.evidence.source import BytesSource, SourceFile
from safelight.evidence.unlock import LockedError, unlocked

_KNOWN = ("VelvetSweatshop", "/01Hannes Ruescher/01")
"""What Excel and PowerPoint encrypt with where only changes are to be prevented."""
_NOTE = "only protected against changes: encrypted with the password that Office itself knows"
_LARGEST = 256 << 20
_FILE_PASS, _BEGIN_OF_FILE = 0x2F, 0x809


def unlock(compound: Compound, source: Source, limits: Limits) -> tuple[str, Source] | None:
    """Return a note and the document, or None where it is not encrypted. Raises LockedError, EvidenceError."""
    root = compound.root
    info, package = root.get("EncryptionInfo"), root.get("EncryptedPackage")
    if info is not None and package is not None:
        scheme = _scheme(compound.read(info, 1 << 16))
        what = "encrypted Office document (its package is a stream named EncryptedPackage)"
        if scheme is None:
            raise EvidenceError(f"{what}: the method of encryption is not one that can be opened")
        content = compound.open(package)
        return _tried(what, partial(_package, scheme, content), limits)
    legacy = _legacy(compound)
    if legacy is None:
        return None
    if source.size > _LARGEST:
        raise EvidenceError(f"{legacy}: larger than {_LARGEST >> 20} MiB, not decrypted")
    return _tried(legacy, partial(_decrypt_legacy, source), limits)


def _tried(what: str, attempt: Any, limits: Limits) -> tuple[str, Source]:
    for known in _KNOWN:
        if (opened := attempt(known)) is not None:
            return _NOTE, opened
    found: tuple[Source, str] | None = unlocked(limits.keys, attempt)
    if found is None:
        raise LockedError(what, limits.keys, opens="its password")
    return found[1], found[0]


def _scheme(info: bytes) -> Agile | Standard | None:
    if len(info) < 8:
        return None
    major, minor = struct.unpack_from("<HH", info)
    if (major, minor) == (4, 4):
        return Agile.parse(info[8:])
    return Standard.parse(info[4:]) if minor == 2 and major in (2, 3, 4) else None


def _package(scheme: Agile | Standard, content: Source, password: str) -> Source | None:
    key = scheme.key(password)
    return None if key is None else Opened(content, scheme, key)


def _legacy(compound: Compound) -> str | None:
    """What an encrypted document of the older formats is, or None."""
    root = compound.root
    if (document := root.get("WordDocument")) is not None:
        flags = compound.read(document, 16)
        if len(flags) >= 12 and flags[11] & 1:
            return "encrypted Word document (its header says so)"
    if (book := root.get("Workbook") or root.get("Book")) is not None and _has_file_pass(
        compound.read(book, 4096)
    ):
        return "encrypted Excel workbook (it has a record FILEPASS)"
    user = root.get("Current User")
    if user is not None and compound.read(user, 16)[12:16] == b"\xdf\xc4\xd1\xf3":
        return "encrypted PowerPoint presentation (its header says so)"
    return None


def _has_file_pass(data: bytes) -> bool:
    at = 0
    for _ in range(8):
        kind, length = (
            int.from_bytes(data[at : at + 2], "little"),
            int.from_bytes(data[at + 2 : at + 4], "little"),
        )
        if kind == _FILE_PASS:
            return True
        at += 4 + length
    return False


def _decrypt_legacy(source: Source, password: str) -> Source | None:
    import msoffcrypto
    from msoffcrypto.exceptions import InvalidKeyError

    try:
        document: Any = msoffcrypto.OfficeFile(io.BufferedReader(SourceFile(source)))
        document.load_key(password=password)
        out = io.BytesIO()
        document.decrypt(out)
    except InvalidKeyError:
        return None
    except Exception as error:  # why: a third-party parser on hostile bytes may raise anything
        raise EvidenceError(f"cannot be decrypted: {type(error).__name__}: {error}") from error
    return BytesSource(out.getvalue())
