"""Pack files into archives: nested ones, one with a password, a bomb, one that tries to leave its folder."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import py7zr

_ZIP_TIME = (2026, 9, 14, 18, 2, 0)
_TIME = 1_789_000_000


def zip_archive(members: Mapping[str, bytes], stored: bool = False) -> bytes:
    """A ZIP with these members, in order."""
    out = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data, method)
    return out.getvalue()


def tar_gz_archive(members: Mapping[str, bytes]) -> bytes:
    """A gzip-compressed TAR with these members, in order."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=_TIME) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), _TIME
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def seven_zip_archive(members: Mapping[str, bytes], password: str | None = None) -> bytes:
    """A 7z with these members; with `password`, AES-encrypted (and different each time), names too."""
    out = io.BytesIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        py7zr.SevenZipFile(out, "w", password=password, header_encryption=password is not None) as archive,
    ):
        member = Path(folder) / "member"  # a file: only from one does py7zr take the time
        for name, data in members.items():
            member.write_bytes(data)
            member.chmod(0o644)
            os.utime(member, (_TIME, _TIME))
            archive.write(member, name)
    return out.getvalue()


def zip_bomb(blocks: int) -> bytes:
    """A small ZIP whose one member unpacks to `blocks` × 16 MiB of zeros, 1,027 times its size."""
    zeros = bytes(16 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)  # complete in itself: can be repeated
    crc = 0
    for _ in range(blocks):
        crc = zlib.crc32(zeros, crc)
    return _one_member("report-scans.bmp", 8, 0, crc, len(zeros) * blocks, block * blocks + packer.flush())


def encrypted_zip(name: str, data: bytes, password: bytes) -> bytes:
    """A ZIP of one stored member under the traditional cipher (PKWARE APPNOTE 6.1); the name is readable."""
    crc = zlib.crc32(data)
    encrypt = _TraditionalCipher(password)
    body = encrypt(b"demo header" + bytes([crc >> 24])) + encrypt(data)
    return _one_member(name, 0, 1, crc, len(data), body)


def _one_member(name: str, method: int, flags: int, crc: int, size: int, body: bytes) -> bytes:
    """A ZIP of one member that is packed already."""
    encoded = name.encode()
    common = struct.pack(
        "<HHHHHIIIHH", 20, flags, method, 0x9040, 0x5D2E, crc, len(body), size, len(encoded), 0
    )
    local = b"PK\x03\x04" + common + encoded + body
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + encoded
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


class _TraditionalCipher:
    """The ZIP cipher of 1989: three keys that each byte moves on."""

    def __init__(self, password: bytes) -> None:
        self._keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self._move(byte)

    def __call__(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            key = (self._keys[2] | 2) & 0xFFFF
            out.append(byte ^ (key * (key ^ 1) >> 8 & 0xFF))
            self._move(byte)
        return bytes(out)

    def _move(self, byte: int) -> None:
        first, second, third = self._keys
        first = _crc_step(first, byte)
        second = ((second + (first & 0xFF)) * 134_775_813 + 1) & 0xFFFFFFFF
        self._keys = [first, second, _crc_step(third, second >> 24)]


def _crc_step(crc: int, byte: int) -> int:
    """One byte of CRC-32 without the final inversions that `zlib.crc32` adds."""
    return zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
