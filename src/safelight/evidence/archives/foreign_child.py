"""The program of the process that libarchive runs in: it asks its parent for bytes, and hands back members.

A frame is a kind (1 byte), a length (4 bytes, little-endian) and that many bytes. From the parent: `O` (open; the
names of formats), `N` (the next member), `D` (the next piece of its content), and `B` (bytes it was asked for).
To the parent: `R` (wants bytes: offset, length), `K` (opened), `E` (a member, as JSON), `P` (a piece; empty at the
end), `Z` (no more members), `X` (what libarchive says went wrong). Before the first frame the jail is closed.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
from typing import Any

FRAME = struct.Struct("<cI")
WANTED = struct.Struct("<QI")
PIECE = 1 << 18
MEMORY = 1 << 30
_PR_SET_PDEATHSIG = 1
_ENCODINGS = (b"CP932", b"CP936", b"CP949", b"CP950", b"CP437", b"CP850", b"CP866", b"CP1251", b"CP1252")
"""Of names in LZH archives that state one."""
_TIMES = ("birthtime", "mtime", "atime", "ctime")


def main() -> None:
    """Serve until the parent closes standard input."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for (
        name
    ) in _ENCODINGS:  # never closed, so that their tables are there when no file can be opened any more
        libc.iconv_open(b"UTF-8", name)
    from libarchive import ffi

    _serve(ffi)


def _receive() -> tuple[bytes, bytes]:
    head = _exactly(FRAME.size)
    kind, length = FRAME.unpack(head)
    return kind, _exactly(length)


def _exactly(length: int) -> bytes:
    parts: list[bytes] = []
    while length:
        data = os.read(0, min(length, 1 << 20))
        if not data:
            sys.exit(0)
        parts.append(data)
        length -= len(data)
    return b"".join(parts)


def _send(kind: bytes, body: bytes = b"") -> None:
    data = memoryview(FRAME.pack(kind, len(body)) + body)
    while data:
        data = data[os.write(1, data) :]


def _serve(ffi: Any) -> None:
    entry, archive = ffi.entry_new(), None
    given = ctypes.create_string_buffer(PIECE)
    out = ctypes.create_string_buffer(PIECE)
    position = size = 0

    def on_read(_archive: int, _context: int, pointer: Any) -> int:
        nonlocal position
        _send(b"R", WANTED.pack(position, PIECE))
        kind, data = _receive()
        if kind != b"B":
            return -1
        ctypes.memmove(given, data, len(data))
        pointer[0] = ctypes.addressof(given)
        position += len(data)
        return len(data)

    def on_seek(_archive: int, _context: int, offset: int, whence: int) -> int:
        nonlocal position
        position = max(0, (0, position, size)[whence] + offset)
        return position

    from safelight.engine import jail

    read, seek = ffi.READ_CALLBACK(on_read), ffi.SEEK_CALLBACK(on_seek)  # ask for code pages: not later
    jail.close_jail(MEMORY)
    while True:
        kind, body = _receive()
        try:
            if kind == b"O":
                if archive is not None:
                    ffi.read_free(archive)
                position, size = 0, int.from_bytes(body[:8], "little")
                archive = ffi.read_new()
                for name in body[8:].decode("ascii").split():
                    ffi.get_read_format_function(name)(archive)
                ffi.read_set_seek_callback(archive, seek)
                ffi.read_open(archive, None, ffi.NO_OPEN_CB, read, ffi.NO_CLOSE_CB)
                _send(b"K")
            elif kind == b"N":
                ended = ffi.read_next_header2(archive, entry) == ffi.ARCHIVE_EOF
                _send(*((b"Z",) if ended else (b"E", _described(ffi, entry))))
            else:
                got = ffi.read_data(archive, out, PIECE)
                _send(b"P", out.raw[:got])
        except (ffi.ArchiveError, ValueError) as error:
            text = getattr(error, "msg", None) or str(error)
            _send(b"X", text if isinstance(text, bytes) else text.encode("utf-8", "replace"))


def _described(ffi: Any, entry: Any) -> bytes:
    name = ffi.entry_pathname(entry)
    if name is None:  # not to be had in the locale's encoding
        name = (ffi.entry_pathname_w(entry) or "").encode("utf-8", "surrogatepass")
    times = {}
    for field in _TIMES:
        if getattr(ffi, f"entry_{field}_is_set")(entry):
            seconds = int(getattr(ffi, f"entry_{field}")(entry))
            times[field] = seconds * 1_000_000_000 + int(getattr(ffi, f"entry_{field}_nsec")(entry))
    told = {
        "name": name.hex(),
        "type": int(ffi.entry_filetype(entry)),
        "size": int(ffi.entry_size(entry)) if ffi.entry_size_is_set(entry) else None,
        "target": (ffi.entry_symlink(entry) or b"").hex(),
        "times": times,
    }
    return json.dumps(told).encode()


if __name__ == "__main__":
    main()
