"""AFF4 disk and memory images (Evimetry, pyaff4 and others): maps over streams of chunks, striped ones too.

After the AFF4 Standard v1.0: ImageStream with snappy, LZ4, zlib or no compression, Map, symbolic streams. Logical
images (AFF4-L) are ZIP archives of files and are read as that, and so is AFF4 from before the standard.
Four reference images of the standard (linear, all hashes, allocated, striped) come out with one SHA-1.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.aff4_volume import Volume, local_name
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Kind, Limits, Node, Source

_IMAGES = frozenset(
    ("DiskImage", "ContiguousImage", "DiscontiguousImage", "MemoryImage", "VolumeImage", "Image")
)
_MAP_ENTRY = struct.Struct("<QQQI")
_INDEX_ENTRY = struct.Struct("<QI")
_LONGEST_MAP = 256 << 20
_LONGEST_CHUNK = 16 << 20
_LARGEST = 1 << 50
"""Bytes of an image: beyond any medium there is."""
_CACHE_BYTES = 8 << 20
_MOST_VOLUMES = 64
_MOST_NAMED = 10


class Aff4Reader:
    """An AFF4 container with an image in it; the others of a striped image are found beside it."""

    name = "aff4"
    order = 10
    formats = frozenset(("zip",))
    joins = True
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it a ZIP whose comment is an AFF4 address, and that describes an image?"""
        tail = source.read_at(max(0, source.size - 128), 128)
        if b"aff4://" not in tail and head[30:51] != b"container.description":
            return False
        try:
            return bool(_images(Volume(source)))
        except EvidenceError:
            return head[30:51] == b"container.description"  # cut off: to be said

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield each image as a medium. Raises EvidenceError."""
        container = _Container(source)
        images = _images(container.volumes[0])
        for number, urn in enumerate(images, 1):
            facts = container.facts(urn)
            streams = facts.get("dataStream", [])
            try:
                medium = container.stream(streams[0] if streams else urn)
            except EvidenceError as error:
                yield Node(b"", Kind.FINDING, error=f"AFF4: {error}")
                continue
            for problem in container.problems:
                yield Node(b"", Kind.FINDING, error=f"AFF4: {problem}")
            container.problems.clear()
            name = b"" if len(images) == 1 else b"i%d" % number
            content = partial(_Medium, medium, container)
            yield Node(
                name, Kind.LAYER, size=medium.size, layer="medium" if not name else "layer", open=content
            )
        if text := container.damage:
            yield Node(b"", Kind.FINDING, error=f"the medium: {text}")


def _images(volume: Volume) -> list[str]:
    return [
        urn
        for urn, facts in volume.facts.items()
        if any(local_name(kind) in _IMAGES for kind in facts.get("type", ())) and "dataStream" in facts
    ]


class _Container:
    """All the containers that an image lies in, opened as far as they are there."""

    def __init__(self, source: Source) -> None:
        self.volumes = [Volume(source)]
        self.problems: list[str] = []
        self.damaged: dict[tuple[str, int], str] = {}
        self._streams: dict[str, Source] = {}
        for name in _numbered(source.name):
            sibling = source.sibling(name)
            if sibling is None:
                continue
            try:
                self.volumes.append(Volume(sibling))
            except EvidenceError as error:
                self.problems.append(f"{name}: {error}")

    @property
    def damage(self) -> str | None:
        """What was found damaged while it was read; None as long as all is well."""
        if not self.damaged:
            return None
        found = list(self.damaged.items())
        texts = [f"chunk {number:,} is read as zeros ({why})" for (_, number), why in found[:_MOST_NAMED]]
        more = f" and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
        return "; ".join(texts) + more

    def facts(self, urn: str) -> dict[str, list[str]]:
        """What the containers state of an object, together."""
        together: dict[str, list[str]] = {}
        for volume in self.volumes:
            for predicate, objects in volume.facts.get(urn, {}).items():
                known = together.setdefault(predicate, [])
                known += [one for one in objects if one not in known]
        return together

    def member(self, urn: str, path: str) -> Source | None:
        """A member of an object, in whichever container it lies."""
        for volume in self.volumes:
            found = volume.member(urn, path)
            if found is not None:
                return found
        return None

    def stream(self, urn: str, depth: int = 0) -> Source:
        """The bytes of a map or stream. Raises EvidenceError."""
        if urn in self._streams:
            return self._streams[urn]
        name = local_name(urn)
        if name != urn and re.fullmatch(
            r"Zero|Unknown(Data)?|Unreadable(Data)?|SymbolicStream[0-9A-Fa-f]{2}", name
        ):
            made: Source = _Fill(int(name[-2:], 16) if name.startswith("Symbolic") else 0)
            return self._streams.setdefault(urn, made)
        facts = self.facts(urn)
        types = {local_name(kind) for kind in facts.get("type", ())}
        if "Map" in types and depth < 4:
            made = self._map(urn, facts, depth)
        elif "ImageStream" in types:
            made = _Stream(self, urn, facts)
        else:
            raise EvidenceError(
                f"nothing here says what {urn[:100]} is: is a part of a striped image missing?"
            )
        self._streams[urn] = made
        return made

    def _map(self, urn: str, facts: dict[str, list[str]], depth: int) -> Source:
        entries, targets = self.member(urn, "/map"), self.member(urn, "/idx")
        if entries is None or targets is None:
            raise EvidenceError("its map is missing")
        if entries.size > _LONGEST_MAP:
            raise EvidenceError(f"its map of {entries.size:,} bytes is too long")
        names = targets.read_at(0, 1 << 20).decode("utf-8", "replace").split()
        sources: list[Source | None] = []
        unread: dict[int, int] = {}
        for number, name in enumerate(names[:65_536]):
            try:
                sources.append(self.stream(name, depth + 1))
            except EvidenceError as error:
                sources.append(None)
                self.problems.append(str(error))
                unread[number] = 0
            if "Unreadable" in name or "Unknown" in name:
                unread[number] = 0
        data = entries.read_at(0, entries.size // _MAP_ENTRY.size * _MAP_ENTRY.size)
        size = _number(facts, "size")
        pieces: list[Piece] = []
        position = beyond = 0
        for at, length, offset, target in sorted(_MAP_ENTRY.iter_unpack(data)):
            if at < position:
                skip = position - at
                at, length, offset = position, length - skip, offset + skip
                if length <= 0:
                    continue
            if at > position:
                pieces.append(Piece(None, 0, at - position))
            source = sources[target] if target < len(sources) else None
            pieces.append(Piece(source, offset, length))
            if target >= len(sources) or (source is not None and offset + length > source.size):
                beyond += length if source is None else min(length, offset + length - source.size)
            if target in unread:
                unread[target] += length
            position = at + length
        if size > position:
            pieces.append(Piece(None, 0, size - position))
        for number, length in unread.items():
            if length:
                what = "were not read at acquisition" if "Un" in local_name(names[number]) else "are not here"
                self.problems.append(f"{length:,} bytes {what}, and are read as zeros")
        if beyond:
            self.problems.append(
                f"{beyond:,} bytes lie beyond the end of their streams, and are read as zeros"
            )
        made = PiecesSource(pieces)
        if made.size > _LARGEST:
            raise EvidenceError(f"it claims {made.size:,} bytes, more than any medium has")
        return made


class _Fill:
    """One byte, without end."""

    name = ""
    size = 1 << 62

    def __init__(self, value: int) -> None:
        self._value = bytes((value,))

    def read_at(self, offset: int, length: int) -> bytes:
        """`length` bytes."""
        return self._value * max(0, length)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """Nothing to release."""


class _Stream:
    """Chunks, each packed by itself, in segments ("bevies") with an index each."""

    name = ""

    def __init__(self, container: _Container, urn: str, facts: dict[str, list[str]]) -> None:
        self._container, self._urn = container, urn
        if "size" not in facts:
            raise EvidenceError("a stream of it lies in another container, which is not beside this one")
        self.size = _number(facts, "size")
        self._chunk_size = _number(facts, "chunkSize") or 32_768
        self._each = _number(facts, "chunksInSegment") or 2_048
        self._method = "".join(facts.get("compressionMethod", [])).lower()
        if not 0 < self._chunk_size <= _LONGEST_CHUNK or not 0 < self._each <= 1 << 24:
            raise EvidenceError(f"it claims chunks of {self._chunk_size:,} bytes")
        if container.member(urn, "/00000000.index") is None and self.size:
            raise EvidenceError(
                "its first segment has no index: it is missing, or from before the AFF4 standard"
            )
        self._chunks: OrderedDict[int, bytes] = OrderedDict()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        first, skip = divmod(offset, self._chunk_size)
        last = (offset + length - 1) // self._chunk_size
        return b"".join(self._chunk(number) for number in range(first, last + 1))[skip : skip + length]

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """The containers are closed with the medium."""

    def _chunk(self, number: int) -> bytes:
        data = self._chunks.get(number)
        if data is not None:
            self._chunks.move_to_end(number)
            return data
        expected = min(self._chunk_size, self.size - number * self._chunk_size)
        try:
            data = self._unpacked(number)
            if len(data) < expected:
                raise EvidenceError("it is too short")
        except (EvidenceError, zlib.error) as error:
            self._container.damaged[self._urn, number] = str(error)
            data = bytes(expected)
        self._chunks[number] = data = data[:expected]
        if len(self._chunks) > max(4, _CACHE_BYTES // self._chunk_size):
            self._chunks.popitem(last=False)
        return data

    def _unpacked(self, number: int) -> bytes:
        bevy, index = divmod(number, self._each)
        data = self._container.member(self._urn, f"/{bevy:08}")
        table = self._container.member(self._urn, f"/{bevy:08}.index")
        if data is None or table is None:
            raise EvidenceError(f"segment {bevy:,} is missing")
        entry = table.read_at(index * _INDEX_ENTRY.size, _INDEX_ENTRY.size)
        if len(entry) < _INDEX_ENTRY.size:
            raise EvidenceError("the index ends before it")
        offset, length = _INDEX_ENTRY.unpack(entry)
        packed = data.read_at(offset, min(length, 2 * self._chunk_size + 1024))
        if length == self._chunk_size or "null" in self._method or not self._method:
            return packed
        return self._decompressed(packed)

    def _decompressed(self, packed: bytes) -> bytes:
        if "rfc1950" in self._method or "rfc1951" in self._method or "deflate" in self._method:
            bits = -zlib.MAX_WBITS if "rfc1951" in self._method else zlib.MAX_WBITS
            return zlib.decompressobj(bits).decompress(packed, self._chunk_size)
        import cramjam

        try:
            if "snappy" in self._method:
                if _snappy_size(packed) > self._chunk_size:
                    raise EvidenceError("it claims to be longer than a chunk")
                return bytes(cramjam.snappy.decompress_raw(packed))
            if "lz4" in self._method:
                return bytes(cramjam.lz4.decompress_block(packed, output_len=self._chunk_size))
        except cramjam.DecompressionError as error:
            raise EvidenceError("its compressed data are damaged") from error
        raise EvidenceError(f"it is packed by a method that this version does not know ({self._method[:60]})")


class _Medium:
    """The image; closing it closes the containers beside the first."""

    name = ""

    def __init__(self, medium: Source, container: _Container) -> None:
        self._medium, self._container = medium, container
        self.size = medium.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        return self._medium.read_at(offset, length)

    @property
    def damage(self) -> str | None:
        """What was found damaged while it was read."""
        return self._container.damage

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a medium."""
        return None

    def close(self) -> None:
        """The containers stay open for another image; they close themselves."""


def _snappy_size(packed: bytes) -> int:
    value = 0
    for index, byte in enumerate(packed[:5]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            break
    return value


def _numbered(name: str) -> Iterator[str]:
    """`image_2.aff4`, `image_3.aff4` … beside `image_1.aff4`, and whichever comes before."""
    match = re.fullmatch(r"(.*?)(\d{1,3})(\.[^.]+)", name)
    if match is not None:
        for number in range(1, _MOST_VOLUMES):
            other = f"{match[1]}{number:0{len(match[2])}}{match[3]}"
            if other != name:
                yield other


def _number(facts: dict[str, list[str]], predicate: str) -> int:
    value = (facts.get(predicate) or [""])[0]
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0
