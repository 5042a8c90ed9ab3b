"""Single compressed streams: gzip, bzip2, xz, lzma, Zstandard, `.Z`. A tape archive inside adds nothing to the trail.

`photos.tar.gz//a.jpg`, but `log.gz//log`: the member has the name that gzip states, else the file's own without
its suffix. Several streams one after the other are one content, as the tools of each format read them.
Formats: RFC 1952, bzip2, the .xz file format 1.1, LZMA "alone", RFC 8878.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator

from safelight.errors import EvidenceError
from safelight.evidence import decompress, stamps
from safelight.evidence.archives.lzw import unlzw
from safelight.evidence.decompress import Feed, Unpack
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.stream import BROKEN, StreamSource
from safelight.evidence.tape import StreamTape
from safelight.evidence.tar import BLOCK, is_header, members
from safelight.model import Times

_SUFFIXES = {
    b".tgz": b".tar", b".taz": b".tar", b".tbz": b".tar", b".tbz2": b".tar", b".txz": b".tar", b".tlz": b".tar",
    b".tzst": b".tar", b".gz": b"", b".bz2": b"", b".xz": b"", b".lzma": b"", b".zst": b"", b".svgz": b".svg",
    b".z": b"",
}  # fmt: skip
_ZSTD = b"\x28\xb5\x2f\xfd"
_MAGIC: dict[str, tuple[bytes, Unpack]] = {
    "compress": (b"\x1f\x9d", unlzw),
    "bzip2": (b"BZh", decompress.bunzip),
    "xz": (b"\xfd7zXZ\0", decompress.unxz),
    "lzma": (b"", decompress.unlzma),
    "zstd": (_ZSTD, decompress.unzstd),
}


class CompressedReader:
    """One stream of compressed bytes."""

    name = "compressed"
    order = 44
    formats = frozenset(("gzip", *_MAGIC))

    def detect(self, head: bytes, source: Source) -> bool:
        """By content."""
        return sniff(head[:HEAD]) in self.formats

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members of the tar inside as they come out, or the one content with what is wrong with it."""
        meter = Meter.of(limits, source)
        meter.entry()
        format_ = sniff(source.read_at(0, HEAD)) or ""
        stated, times = _gzip_header(source) if format_ == "gzip" else (b"", Times())
        feed = Feed(source)
        chunks = _gzip(feed) if format_ == "gzip" else _streams(feed, *_MAGIC[format_])
        tape = StreamTape(meter.counted(chunks, lambda: feed.position))
        if is_header(tape.peek(BLOCK)):
            yield from _tar(tape, meter)
            return
        name = stated or _without_suffix(os.fsencode(source.name))
        content = StreamSource(meter.capped(tape.rest()), None)
        yield Node(
            name,
            Kind.FILE,
            size=content.size,
            times=times,
            layer="member",
            open=lambda: content,
            error=content.damage,
        )


def _tar(tape: StreamTape, meter: Meter) -> Iterator[Node]:
    """Its members, as they come out; then whatever is wrong with what follows them. Raises EvidenceError."""
    try:
        yield from members(tape, meter)
    except GuardError:
        raise
    except BROKEN as error:
        raise EvidenceError(f"{error} (after {tape.position:,} bytes of the tar inside)") from error


def _streams(feed: Feed, magic: bytes, unpack: Unpack) -> Iterator[bytes]:
    """Streams of one format until the end; what follows them and is none is damage."""
    first = True
    while first or _more(feed, magic):
        yield from unpack(feed)
        first = False


def _more(feed: Feed, magic: bytes) -> bool:
    """Does another stream begin here? Zeros at the end are padding. Raises EvidenceError for anything else."""
    ahead = feed.take(max(4, len(magic)))
    while ahead and not ahead.strip(b"\0"):
        ahead = feed.take(4096)
    feed.back(ahead)
    if not ahead:
        return False
    if magic and (
        ahead.startswith(magic) or (magic == _ZSTD and sniff(ahead) == "zstd")
    ):  # or a skippable frame
        return True
    raise EvidenceError("something else follows the compressed data")


def _gzip(feed: Feed) -> Iterator[bytes]:
    while True:
        _skip_gzip_header(feed.exactly)
        crc, size = 0, 0
        for chunk in decompress.inflate(feed):
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            yield chunk
        trailer = feed.exactly(8)
        if (
            int.from_bytes(trailer[:4], "little") != crc
            or int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF
        ):
            raise EvidenceError("its checksum (CRC-32) or length does not match")
        if not _more(feed, b"\x1f\x8b"):
            return


def _skip_gzip_header(exactly: Callable[[int], bytes]) -> bytes:
    """Read one member's header and return the file name it states, or nothing."""
    fixed = exactly(10)
    if not fixed.startswith(b"\x1f\x8b\x08"):
        raise EvidenceError("its header is not that of gzip")
    flags, name = fixed[3], b""
    if flags & 4:
        exactly(int.from_bytes(exactly(2), "little"))
    for flag in (8, 16):
        if flags & flag:
            text = bytearray()
            while (byte := exactly(1)) != b"\0":
                text += byte
                if len(text) > 4096:
                    raise EvidenceError("its header is too long")
            name = bytes(text) if flag == 8 else name
    if flags & 2:
        exactly(2)
    return name


def _gzip_header(source: Source) -> tuple[bytes, Times]:
    try:
        name = _skip_gzip_header(Feed(source).exactly)
    except (EvidenceError, EOFError):
        return b"", Times()
    seconds = int.from_bytes(source.read_at(4, 4), "little")
    return name, Times(modified=stamps.utc_seconds(seconds, "gzip")) if seconds else Times()


def _without_suffix(name: bytes) -> bytes:
    stem, dot, suffix = name.rpartition(b".")
    instead = _SUFFIXES.get((dot + suffix).lower())
    return name + b".content" if instead is None or not stem else stem + instead
