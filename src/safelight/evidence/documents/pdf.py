"""PDF: its pictures and attached files, those of earlier versions of the document among them.

JPEG and JPEG 2000 are members as they are; other pictures are rebuilt as PNG or TIFF (`pdf_pictures.py`). Pictures
written into a page's own drawing commands (at most some KiB each, by the standard) are not taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.documents import pdf_filters, pdf_pictures
from safelight.evidence.documents.pdf_crypt import Handler, decrypted, handler
from safelight.evidence.documents.pdf_file import PdfFile, Stream, is_name
from safelight.evidence.documents.pdf_objects import Ref, Value, text_of
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import clean
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SliceSource
from safelight.evidence.stream import BROKEN, StreamSource
from safelight.evidence.unlock import LockedError, unlocked
from safelight.evidence.zip_ import ZipReader

_AS_THEY_ARE = {"DCTDecode": b".jpg", "DCT": b".jpg", "JPXDecode": b".jp2"}
_FAX = ("CCITTFaxDecode", "CCF")
_FLATE = ("FlateDecode", "Fl")
_JBIG2_HEAD, _JBIG2_END = b"\x97JB2\r\n\x1a\n\1\0\0\0\1", b"\0\0\xff\xff\x33\0\0\0\0\0\0"
_MOST_SHARED = 16 << 20
"""Bytes of the dictionaries that JBIG2 pictures of a document share."""
_WHAT = "encrypted PDF (its trailer says so)"


@dataclass(frozen=True, slots=True)
class _Open:
    """How streams of the document are read: with which key, counted by which meter."""

    file: PdfFile
    meter: Meter
    handler: Handler | None = None
    key: bytes = b""


class PdfReader:
    """A document with pictures and attachments."""

    name = "pdf"
    order = 45
    formats = frozenset(("pdf",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its mark, which need not be the first thing in the file."""
        return b"%PDF-" in head[:1024]

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield attached files and pictures, then what an archive behind the document holds. Raises LockedError."""
        meter = Meter.of(limits, source)
        file = PdfFile(source, meter)
        opened, note = _unlock(file, meter, limits)
        if note is not None:
            yield Node(b"", Kind.NOTE, note=note)
        yield from _members(opened)
        for problem in dict.fromkeys(file.problems[:1000]):
            yield Node(b"", Kind.FINDING, error=problem)
        behind = ZipReader()
        if behind.detect(source.read_at(0, 1 << 16), source):
            yield from behind.walk(source, limits)


def _unlock(file: PdfFile, meter: Meter, limits: Limits) -> tuple[_Open, str | None]:
    try:
        found = handler(file)
    except EvidenceError as error:
        raise LockedError(f"PDF {error}", limits.keys, opens="the key of a recipient", tried=0) from error
    if found is None:
        return _Open(file, meter), None
    if (key := found.key("")) is not None:
        return _Open(
            file, meter, found, key
        ), "encrypted, and opens without a password: only its use is restricted"
    opened = unlocked(limits.keys, found.key)
    if opened is None:
        raise LockedError(_WHAT, limits.keys, opens="the user's or owner's password")
    return _Open(file, meter, found, opened[0]), opened[1]


def _members(opened: _Open) -> Iterator[Node]:
    file = opened.file
    file.decode = partial(_chunks, opened, method=opened.handler.streams if opened.handler else "none")
    if opened.handler is not None:
        file.clear = partial(_clear, opened.handler.texts, opened.key)
    names: dict[int, str] = {}
    for offset in file.named:
        try:
            _name_files(opened, file.object_at(offset)[1], names)
        except EvidenceError as error:
            file.problems.append(f"the name of an attached file: {error}")
    streams: list[tuple[int, int]] = []
    for number, offset in file.streams:
        try:
            stream = file.stream_at(offset)
        except EvidenceError as error:
            file.problems.append(f"object {number}: {error}")
            continue
        if is_name(file.value(stream.info.get("Type")), "ObjStm"):
            chunks = _chunks(opened, stream, opened.handler.streams if opened.handler else "none")
            for value in file.unpack(number, stream.info, chunks):
                _name_files(opened, value, names)
        else:
            streams.append((number, offset))
    listed = {number for number, _ in streams}
    streams += [
        (number, file.places[number]) for number in names if number not in listed and number in file.places
    ]
    for number, offset in streams:
        opened.meter.entry()
        stream = file.stream_at(offset)
        earlier = file.places.get(number) != offset
        node = None
        if is_name(file.value(stream.info.get("Type")), "EmbeddedFile") or number in names:
            node = _attached(opened, stream, names.get(number, f"attachment {number}"))
        elif is_name(file.value(stream.info.get("Subtype")), "Image"):
            node = _picture(opened, stream)
        if node is None:
            continue
        node.address, node.layer = {"offset": stream.start, "member": number}, "member"
        if stream.stated is not None and node.error is None:
            node.error = f"has {stream.end - stream.start:,} bytes where {stream.stated:,} are stated"
        if earlier:
            node.note = "from an earlier version of the document: a later one replaced it"
        yield node


def _clear(method: str, key: bytes, text: bytes, number: int, generation: int) -> bytes:
    try:
        return b"".join(decrypted(iter((text,)), method, key, number, generation))
    except BROKEN:  # no encrypted string after all: it is what it is
        return text


def _name_files(opened: _Open, value: Value, names: dict[int, str]) -> None:
    """Note what a file specification calls its content."""
    if not isinstance(value, dict):
        return
    content = opened.file.value(value.get("EF"))
    if not isinstance(content, dict):
        for inner in value.values():
            if isinstance(inner, dict) and "EF" in inner:
                _name_files(opened, inner, names)
        return
    for kind in ("UF", "F", "DOS", "Mac", "Unix"):
        text = opened.file.value(value.get(kind))
        if isinstance(text, bytes):
            name = text_of(text)
            break
    else:
        name = ""
    for reference in content.values():
        if isinstance(reference, Ref) and name:
            names.setdefault(reference.number, name)


def _filters(file: PdfFile, info: dict[str, Value]) -> list[tuple[str, dict[str, Value]]]:
    """The filters of a stream with their parameters, first to last."""
    stated = file.value(info.get("Filter", info.get("F")))
    parameters = file.value(info.get("DecodeParms", info.get("DP")))
    kinds = stated if isinstance(stated, list) else [] if stated is None else [stated]
    given = parameters if isinstance(parameters, list) else [parameters]
    found = []
    for position, kind in enumerate(kinds[:16]):
        one = file.value(given[position]) if position < len(given) else None
        found.append((str(file.value(kind)), one if isinstance(one, dict) else {}))
    return found


def _chunks(opened: _Open, stream: Stream, method: str, upto: int | None = None) -> Iterator[bytes]:
    """The content of a stream, decrypted, with its filters undone (the first `upto` of them). Raises EvidenceError."""
    chunks = pdf_filters.pieces(opened.file.source, stream.start, stream.end)
    filters = _filters(opened.file, stream.info)
    plain = any(kind == "Crypt" and str(rest.get("Name", "Identity")) == "Identity" for kind, rest in filters)
    if opened.handler is not None and not plain:
        chunks = decrypted(chunks, method, opened.key, stream.number, stream.generation)
    for kind, rest in filters[:upto]:
        chunks = _undone(opened, kind, rest, chunks)
    return chunks


def _undone(opened: _Open, kind: str, rest: dict[str, Value], chunks: Iterator[bytes]) -> Iterator[bytes]:
    if kind in _FLATE:
        return pdf_filters.flate(chunks)
    if kind in ("LZWDecode", "LZW"):
        return pdf_filters.lzw(0 if opened.file.value(rest.get("EarlyChange")) == 0 else 1)(chunks)
    if kind in ("ASCII85Decode", "A85"):
        return pdf_filters.ascii_85(chunks)
    if kind in ("ASCIIHexDecode", "AHx"):
        return pdf_filters.ascii_hex(chunks)
    if kind in ("RunLengthDecode", "RL"):
        return pdf_filters.run_length(chunks)
    if kind == "Crypt":
        return chunks
    raise EvidenceError(f"its filter {kind} is not known")


def _stream_source(opened: _Open, stream: Stream, method: str, upto: int | None = None) -> Source:
    """Open a stream; one that is stored as it is, as a part of the file."""
    size = stream.end - stream.start
    if opened.handler is None and not _filters(opened.file, stream.info)[:upto]:
        return SliceSource(opened.file.source, stream.start, size)
    chunks = _chunks(opened, stream, method, upto)
    return StreamSource(opened.meter.guarded(chunks, lambda: max(1, size)), None)


def _attached(opened: _Open, stream: Stream, name: str) -> Node:
    method = opened.handler.files if opened.handler else "none"
    node = Node(clean(name.replace("\\", "/").rpartition("/")[2] or name), Kind.FILE)
    node.open = partial(_stream_source, opened, stream, method)
    return node


def _picture(opened: _Open, stream: Stream) -> Node:
    file, number = opened.file, stream.number
    filters = _filters(file, stream.info)
    last, parameters = filters[-1] if filters else ("", {})
    method = opened.handler.streams if opened.handler else "none"
    node = Node(b"picture %d" % number, Kind.FILE)
    if last in _AS_THEY_ARE:
        node.name += _AS_THEY_ARE[last]
        node.open = partial(_stream_source, opened, stream, method, -1)
    elif last in _FAX:
        node.name += b".tif"
        node.open = partial(_fax, opened, stream, method, parameters)
    elif last == "JBIG2Decode":
        node.name += b".jb2"
        node.open = partial(_jbig2, opened, stream, method, parameters)
    else:
        node.name += b".png"
        shape = pdf_pictures.raster(file, stream.info, parameters)
        if isinstance(shape, str):
            node.error = f"not rebuilt: {shape}"
        else:
            node.open = partial(_png, opened, stream, method, shape, last in _FLATE)
    return node


def _png(opened: _Open, stream: Stream, method: str, shape: pdf_pictures.Raster, deflated: bool) -> Source:
    unpacked = partial(_chunks, opened, stream, method)
    packed = partial(_chunks, opened, stream, method, -1) if deflated else None
    size = stream.end - stream.start
    return StreamSource(
        opened.meter.guarded(pdf_pictures.png(shape, unpacked, packed), lambda: max(1, size)), None
    )


def _jbig2(opened: _Open, stream: Stream, method: str, parameters: dict[str, Value]) -> Source:
    """A JBIG2 file of one page: what PDFs leave out of it is put around the segments (T.88, annex D)."""
    shared = opened.file.stream_of(parameters.get("JBIG2Globals"))
    before = b""
    for piece in _chunks(opened, shared, method) if shared is not None else ():
        before += piece
        if len(before) > _MOST_SHARED:
            raise EvidenceError("not rebuilt: what it shares with other pictures is too large")
    content = _stream_source(opened, stream, method, -1)

    def chunks() -> Iterator[bytes]:
        yield _JBIG2_HEAD + before
        yield from pdf_filters.pieces(content, 0, content.size)
        yield _JBIG2_END

    return StreamSource(chunks(), len(_JBIG2_HEAD) + len(before) + content.size + len(_JBIG2_END))


def _fax(opened: _Open, stream: Stream, method: str, parameters: dict[str, Value]) -> Source:
    content = _stream_source(opened, stream, method, -1)
    head = pdf_pictures.fax(opened.file, stream.info, parameters, content.size)
    if isinstance(head, str):
        raise EvidenceError(f"not rebuilt: {head}")

    def chunks() -> Iterator[bytes]:
        yield head
        yield from pdf_filters.pieces(content, 0, content.size)

    return StreamSource(chunks(), len(head) + content.size)
