"""AFF4, built from the standard's layout; the standard's reference images were compared by hand (`aff4.py`)."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import cramjam
import pytest

from safelight.errors import EvidenceError
from safelight.evidence.aff4 import Aff4Reader
from safelight.evidence.aff4_volume import parse_turtle
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import FileSource
from safelight.evidence.walk import walk
from tests.evidence import images

QUICK = Limits(carve=False)
CHUNK = 32_768
IMAGE, MAP = "aff4://11111111-0000", "aff4://22222222-0000"
PACK: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "snappy": ("http://code.google.com/p/snappy/", lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "lz4": (
        "https://code.google.com/p/lz4/",
        lambda data: bytes(cramjam.lz4.compress_block(data, store_size=False)),
    ),
    "zlib": ("https://www.ietf.org/rfc/rfc1950.txt", zlib.compress),
    "none": ("http://aff4.org/Schema#NullCompressor", lambda data: data),
}


def stream(archive: zipfile.ZipFile, urn: str, data: bytes, method: str, each: int = 16) -> str:
    """Write an ImageStream of `each` chunks a segment, and return what is stated of it."""
    address, pack = PACK[method]
    for bevy, begin in enumerate(range(0, len(data), each * CHUNK)):
        body, index = b"", b""
        part = data[begin : begin + each * CHUNK]
        for at in range(0, len(part), CHUNK):
            piece = part[at : at + CHUNK]
            packed = pack(piece)
            packed = piece if len(packed) >= CHUNK else packed
            index += struct.pack("<QI", len(body), len(packed))
            body += packed
        archive.writestr(f"{quote(urn, safe='')}/{bevy:08}", body)
        archive.writestr(f"{quote(urn, safe='')}/{bevy:08}.index", index)
    return f"""<{urn}> a aff4:ImageStream ;
  aff4:chunkSize "{CHUNK}"^^xsd:int ; aff4:chunksInSegment "{each}"^^xsd:int ;
  aff4:compressionMethod <{address}> ; aff4:size "{len(data)}"^^xsd:long .
"""


def container(path: Path, urn: str, write: Callable[[zipfile.ZipFile], str]) -> Path:
    """A container whose facts `write` returns once it has written its members."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = urn.encode()
        archive.writestr("container.description", urn)
        facts = write(archive)
        head = f"@prefix : <{urn}> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        archive.writestr("information.turtle", f"{head}@prefix aff4: <http://aff4.org/Schema#> .\n\n{facts}")
    return path


def mapped(
    archive: zipfile.ZipFile, size: int, targets: list[str], entries: list[tuple[int, int, int, int]]
) -> str:
    """Write the map, and return what is stated of it and of the image."""
    name = quote(MAP, safe="")
    archive.writestr(f"{name}/idx", "".join(f"{target}\n" for target in targets))
    archive.writestr(f"{name}/map", b"".join(struct.pack("<QQQI", *entry) for entry in entries))
    return f"""<{MAP}> a aff4:Map ; aff4:size "{size}"^^xsd:long ; aff4:stored : .
<{IMAGE}> a aff4:Image , aff4:DiskImage ; # the disk
  aff4:dataStream <{MAP}> ; aff4:diskMake "Made \\"here\\"; for tests." ; aff4:size "{size}"^^xsd:long .
"""


def simple(path: Path, data: bytes, method: str = "snappy") -> Path:
    one = "aff4://33333333-0000"

    def write(archive: zipfile.ZipFile) -> str:
        facts = stream(archive, one, data, method)
        return facts + mapped(archive, len(data), [one], [(0, len(data), 0, 0)])

    return container(path, "aff4://99999999-0000", write)


def read(path: Path) -> tuple[bytes, list[str]]:
    source = FileSource(path)
    assert Aff4Reader().detect(source.read_at(0, 1 << 16), source)
    data, findings = b"", []
    for node in Aff4Reader().walk(source, Limits()):
        if node.kind is Kind.LAYER:
            data = images.content(node)
        else:
            findings.append(node.error or "")
    source.close()
    return data, findings


@pytest.mark.parametrize("method", sorted(PACK))
def test_the_medium_comes_out(method: str, tmp_path: Path) -> None:
    medium = images.ext().read_bytes()
    assert read(simple(tmp_path / "x.aff4", medium, method)) == (medium, [])


def test_files_are_found_inside_and_are_not_embedded(tmp_path: Path) -> None:
    path = simple(tmp_path / "x.aff4", images.ext().read_bytes())
    found = {one.path: one for one in walk(path, limits=QUICK)}
    assert found["x.aff4//Pictures/one.jpg"].place.state.value == "allocated"
    assert not any("information.turtle" in name for name in found)


def test_gaps_symbolic_streams_and_what_was_not_read(tmp_path: Path) -> None:
    one, data = "aff4://33333333-0000", bytes(range(256)) * 512

    def write(archive: zipfile.ZipFile) -> str:
        facts = stream(archive, one, data, "zlib")
        schema = "http://aff4.org/Schema#"
        targets = [one, f"{schema}SymbolicStreamFF", f"{schema}UnreadableData"]
        entries = [(300_000, 500, 7, 0), (0, 1000, 0, 0), (2000, 3000, 0, 1), (5000, 512, 0, 2)]
        return facts + mapped(archive, 400_000, targets, entries)

    medium, findings = read(container(tmp_path / "x.aff4", "aff4://9", write))
    expected = data[:1000] + bytes(1000) + b"\xff" * 3000 + bytes(295_000) + data[7:507]
    assert medium == expected.ljust(400_000, b"\0")
    assert findings == ["AFF4: 512 bytes were not read at acquisition, and are read as zeros"]


def striped(folder: Path) -> tuple[Path, Path, bytes]:
    medium = images.ext().read_bytes()
    half = len(medium) // 2
    first, second = "aff4://33333333-0000", "aff4://44444444-0000"
    entries = [(0, half, 0, 0), (half, half, 0, 1)]

    def write(which: int) -> Callable[[zipfile.ZipFile], str]:
        def inner(archive: zipfile.ZipFile) -> str:
            mine, other = ((first, medium[:half]), second) if not which else ((second, medium[half:]), first)
            facts = stream(archive, *mine, "snappy")
            facts += f"<{other}> a aff4:ImageStream ; aff4:stored <aff4://x> .\n"
            return facts + mapped(archive, len(medium), [first, second], entries)

        return inner

    one = container(folder / "disk_1.aff4", "aff4://a", write(0))
    return one, container(folder / "disk_2.aff4", "aff4://b", write(1)), medium


def test_a_striped_image_is_put_together(tmp_path: Path) -> None:
    one, _, medium = striped(tmp_path)
    assert read(one) == (medium, [])


def test_a_missing_stripe_is_said(tmp_path: Path) -> None:
    one, two, medium = striped(tmp_path)
    two.unlink()
    data, findings = read(one)
    assert data[: len(medium) // 2] == medium[: len(medium) // 2]
    assert any("lies in another container" in finding for finding in findings)
    assert f"AFF4: {len(medium) // 2:,} bytes are not here, and are read as zeros" in findings


def test_a_damaged_chunk_is_zeros_and_said(tmp_path: Path) -> None:
    medium = b"".join(bytes((number,)) * CHUNK for number in range(1, 7))
    path = simple(tmp_path / "x.aff4", medium, "zlib")
    raw = bytearray(path.read_bytes())
    at = raw.index(zlib.compress(medium[CHUNK : 2 * CHUNK]))
    raw[at + 12 : at + 20] = b"\xff" * 8
    path.write_bytes(raw)
    data, findings = read(path)
    assert data == medium[:CHUNK] + bytes(CHUNK) + medium[2 * CHUNK :]
    assert len(findings) == 1 and "chunk 1 is read as zeros" in findings[0]


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.98])
def test_a_truncated_one_says_so(keep: float, tmp_path: Path) -> None:
    path = simple(tmp_path / "x.aff4", images.ext().read_bytes())
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    assert [one for one in walk(path, limits=QUICK) if one.error]


def test_an_absurd_size_is_refused(tmp_path: Path) -> None:
    def write(archive: zipfile.ZipFile) -> str:
        return mapped(archive, 1 << 60, [], [])

    _, findings = read(container(tmp_path / "x.aff4", "aff4://9", write))
    assert len(findings) == 1 and "more than any medium has" in findings[0]


def test_a_logical_image_stays_a_zip(tmp_path: Path) -> None:
    def write(archive: zipfile.ZipFile) -> str:
        archive.writestr("folder/note.txt", b"words")
        return "<aff4://5> a aff4:FileImage , aff4:Image .\n"

    path = container(tmp_path / "x.aff4", "aff4://9", write)
    assert any(one.path == "x.aff4//folder/note.txt" for one in walk(path))


def test_what_is_no_turtle_is_refused() -> None:
    with pytest.raises(EvidenceError):
        parse_turtle('<a> b "never ends')
