"""What a browser's cache keeps of one answer: its address, its headers, and its body, decoded where it was packed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import partial
from urllib.parse import unquote_to_bytes, urlsplit

from safelight.errors import EvidenceError
from safelight.evidence import decompress
from safelight.evidence.decompress import Feed
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import clean_path, say
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.source import SliceSource
from safelight.evidence.stream import StreamSource
from safelight.model import State, Times, Timestamp

_ADDRESS = re.compile(r"(?:https?|ftp|file|data)://?\S*$", re.DOTALL)
_OUT = 1 << 20


def address_of(key: bytes) -> str:
    """The address that a cache's key ends in; the key itself where it holds none."""
    text = key.decode("utf-8", "surrogateescape")
    found = _ADDRESS.search(text)
    return found[0] if found else text


def name_of(address: str) -> bytes:
    """`host/path` of an address, without what follows a question mark."""
    try:
        parts = urlsplit(address)
        path = unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape")
        host = parts.netloc
    except ValueError:
        host, path = "", address
    if not path or path.endswith("/"):
        path += "index"
    return clean_path(f"{host}/{path}" if host else path)


def headers_of(text: bytes) -> dict[str, str]:
    """Header fields of an answer, names in lower case; lines end with NUL or a line break."""
    fields: dict[str, str] = {}
    for line in re.split(rb"[\0\r\n]+", text[: 1 << 16])[1:200]:
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.strip().decode("latin-1").lower(), value.strip().decode("latin-1"))
    return fields


def node(
    source: Source,
    start: int,
    size: int,
    address: str,
    headers: dict[str, str],
    meter: Meter,
    *,
    fetched: Timestamp | None = None,
    state: State = State.ALLOCATED,
    where: dict[str, int] | None = None,
) -> Node:
    """The body of an answer as a file below its host, with its address as a note."""
    coding = headers.get("content-encoding", "").lower().strip()
    packed = coding not in ("", "identity")
    found = Node(
        name_of(address),
        Kind.FILE,
        state,
        size=None if packed else size,
        times=Times(created=fetched) if fetched else Times(),
        address={"offset": start, **(where or {})},
        layer="member",
        note=say(f"fetched from {address}"),
    )
    if packed and coding not in _DECODERS and coding != "zstd":
        found.error = f"its coding ({coding}) is not undone"
        coding, found.size = "", size
    found.open = partial(open_body, source, start, size, coding, meter)
    return found


def open_body(source: Source, start: int, size: int, coding: str, meter: Meter) -> Source:
    """Open a body, unpacked. Raises EvidenceError."""
    if coding in ("", "identity"):
        return SliceSource(source, start, size)
    feed = Feed(source, start, start + size)
    chunks = decompress.unzstd(feed) if coding == "zstd" else _DECODERS[coding](feed)
    return StreamSource(meter.guarded(chunks, lambda: max(1, feed.position - start)), None)


def _gzip(feed: Feed) -> Iterator[bytes]:
    return _inflated(feed, zlib.decompressobj(47))


def _deflate(feed: Feed) -> Iterator[bytes]:
    """Some servers send it without the header of zlib."""
    head = feed.take(2)
    feed.back(head)
    wrapped = len(head) == 2 and head[0] & 15 == 8 and int.from_bytes(head, "big") % 31 == 0
    return _inflated(feed, zlib.decompressobj(15 if wrapped else -15))


def _inflated(feed: Feed, decoder: zlib._Decompress) -> Iterator[bytes]:
    while not decoder.eof:
        data = decoder.unconsumed_tail or feed.take()
        if not data:
            raise EOFError("the compressed data end early")
        if out := decoder.decompress(data, _OUT):
            yield out


def _brotli(feed: Feed) -> Iterator[bytes]:
    import brotli

    decoder = brotli.Decompressor()
    data = b""
    while not decoder.is_finished():
        if decoder.can_accept_more_data():
            data = feed.take()
            if not data:
                raise EOFError("the compressed data end early")
        else:
            data = b""
        try:
            out: bytes = decoder.process(data, output_buffer_limit=_OUT)
        except brotli.error as error:
            raise EvidenceError("the compressed data are damaged") from error
        if out:
            yield out


_DECODERS = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli}
