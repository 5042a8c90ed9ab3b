"""Pictures of a PDF that are no files of their own: rebuilt as PNG or TIFF from their samples, row by row.

Samples that were filtered as PNG does are put into a PNG as they are, still compressed; a fax is put into a TIFF.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from safelight.evidence.documents.pdf_file import PdfFile
from safelight.evidence.documents.pdf_objects import Name, Value
from safelight.evidence.guards import GuardError

_LARGEST = 1 << 16
"""Pixels of one side."""
_IDAT = 1 << 18
GREY, RGB, INDEXED = 0, 2, 3


@dataclass(frozen=True, slots=True)
class Colours:
    """How samples become colours: components a pixel, PNG's type (None: CMYK), a palette where there is one."""

    components: int
    type: int | None
    palette: bytes = b""


@dataclass(frozen=True, slots=True)
class Raster:
    """The shape of a picture's samples."""

    width: int
    height: int
    bits: int
    colours: Colours
    predictor: int = 1

    @property
    def row(self) -> int:
        """Bytes of one row."""
        return (self.width * self.bits * self.colours.components + 7) // 8


def raster(file: PdfFile, info: dict[str, Value], parameters: dict[str, Value]) -> Raster | str:
    """Return the picture's shape, or the reason why it is not rebuilt."""
    width, height = _number(file, info, "Width", "W"), _number(file, info, "Height", "H")
    bits = _number(file, info, "BitsPerComponent", "BPC") or 1
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        return "its size is not stated or beyond the limit"
    mask = file.value(info.get("ImageMask")) is True
    space = file.value(info.get("ColorSpace", info.get("CS")))
    colours = Colours(1, GREY) if mask or space is None else colour_space(file, space)
    if colours is None:
        return "its colours are not ones that can be rebuilt"
    if bits not in ((1, 2, 4, 8) if colours.type in (GREY, INDEXED) else (8,)) and (
        bits != 16 or colours.type not in (GREY, RGB)
    ):
        return f"its samples of {bits} bits cannot be rebuilt"
    decode = file.value(info.get("Decode", info.get("D")))
    inverted = isinstance(decode, list) and len(decode) >= 2 and decode[0] == 1 and decode[1] == 0
    if inverted and colours.type == GREY and bits <= 8:
        last = (1 << bits) - 1
        colours = Colours(
            1, INDEXED, b"".join(bytes((255 - 255 * step // last,)) * 3 for step in range(last + 1))
        )
    predictor = _number(file, parameters, "Predictor") or 1
    if predictor > 1:
        stated = (
            _number(file, parameters, "Colors") or 1,
            _number(file, parameters, "BitsPerComponent") or 8,
            _number(file, parameters, "Columns") or 1,
        )
        if stated != (colours.components, bits, width) or (
            predictor == 2 and (bits != 8 or colours.type is None)
        ):
            return "its samples are filtered in a way that cannot be rebuilt"
    return Raster(width, height, bits, colours, predictor)


def _number(file: PdfFile, info: dict[str, Value], *names: str) -> int:
    for name in names:
        value = file.value(info.get(name))
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return 0


def colour_space(file: PdfFile, space: Value, depth: int = 0) -> Colours | None:
    """What a colour space is for a PNG; None where it cannot be said."""
    space = file.value(space)
    parts = space if isinstance(space, list) else [space]
    kind = file.value(parts[0]) if parts else None
    if not isinstance(kind, Name) or depth > 4:
        return None
    if kind in ("DeviceGray", "G", "CalGray"):
        return Colours(1, GREY)
    if kind in ("DeviceRGB", "RGB", "CalRGB"):
        return Colours(3, RGB)
    if kind in ("DeviceCMYK", "CMYK"):
        return Colours(4, None)
    if kind == "ICCBased" and len(parts) > 1:
        profile = file.stream_of(parts[1])
        count = file.value(profile.info.get("N")) if profile is not None else None
        return {1: Colours(1, GREY), 3: Colours(3, RGB), 4: Colours(4, None)}.get(
            count if isinstance(count, int) else 0
        )
    if kind in ("Indexed", "I") and len(parts) > 3:
        base = colour_space(file, parts[1], depth + 1)
        table = palette_bytes(file, parts[3])
        if base is None or table is None or base.type == INDEXED:
            return None
        return Colours(1, INDEXED, _as_rgb(table[: 256 * base.components], base))
    if kind == "Separation" and len(parts) > 2:  # one ink: 0 is none of it
        return Colours(1, INDEXED, b"".join(bytes((255 - step,)) * 3 for step in range(256)))
    return None


def palette_bytes(file: PdfFile, value: Value) -> bytes | None:
    """A palette that is a string, or a stream as the file reads it."""
    found = file.value(value)
    return found if isinstance(found, bytes) else file.content(value)


def _as_rgb(table: bytes, base: Colours) -> bytes:
    if base.type == GREY:
        return b"".join(bytes((value,)) * 3 for value in table)
    if base.type is None:
        return from_cmyk(table)
    return table[: len(table) // 3 * 3]


def from_cmyk(samples: bytes) -> bytes:
    """Simple conversion of (n, 4) uint8 CMYK to (n, 3) uint8 RGB, as viewers do without a profile."""
    import numpy as np

    inks = np.frombuffer(samples[: len(samples) // 4 * 4], np.uint8).reshape(-1, 4).astype(np.uint16)
    light = 255 - inks
    return bytes((light[:, :3] * light[:, 3:] // 255).astype(np.uint8).tobytes())


def png(
    shape: Raster, unpacked: Callable[[], Iterator[bytes]], packed: Callable[[], Iterator[bytes]] | None
) -> Iterator[bytes]:
    """Yield a PNG. `packed` gives the samples still deflated, where that is how they are stored last."""
    colours = shape.colours
    type_ = RGB if colours.type is None else colours.type
    yield b"\x89PNG\r\n\x1a\n" + _chunk(
        b"IHDR", struct.pack(">IIBBBBB", shape.width, shape.height, shape.bits, type_, 0, 0, 0)
    )
    if type_ == INDEXED:
        yield _chunk(b"PLTE", colours.palette[: 3 << shape.bits] or bytes(3))
    as_it_is = packed is not None and shape.predictor >= 10 and colours.type is not None
    pieces = packed() if packed is not None and as_it_is else _deflated(_rows(shape, unpacked()))
    held = bytearray()
    problem: Exception | None = None
    while True:
        try:
            piece = next(pieces, None)
        except GuardError:
            raise
        except Exception as error:  # noqa: BLE001 -- any decoder's: the picture is closed, then it is raised again
            problem, piece = error, None
        if piece is None:
            break
        held += piece
        while (
            len(held) >= _IDAT
        ):  # the same pieces however they came, so that the same picture has one digest
            yield _chunk(b"IDAT", bytes(held[:_IDAT]))
            del held[:_IDAT]
    yield _chunk(b"IDAT", bytes(held)) + _chunk(b"IEND", b"")
    if problem is not None:
        raise problem


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _rows(shape: Raster, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Put PNG's filter byte before each row; a picture that ends early is filled up, and the damage raised last."""
    length = shape.row + (shape.predictor >= 10)
    before = b"" if shape.predictor >= 10 else b"\1" if shape.predictor == 2 else b"\0"
    rest, left, above = bytearray(), shape.height, bytes(shape.row)
    problem: Exception | None = None
    while left:
        try:
            chunk = next(chunks, None)
        except GuardError:
            raise
        except Exception as error:  # noqa: BLE001 -- any decoder's: it is raised again behind what came out
            problem, chunk = error, None
        if chunk is None:
            break
        rest += chunk
        count = min(left, len(rest) // length)
        if count:
            out = bytearray()
            for at in range(0, count * length, length):
                row = bytes(rest[at : at + length])
                if shape.colours.type is None:
                    if shape.predictor >= 10:
                        row = above = unfiltered(row, above, shape.colours.components)
                    row = b"\0" + from_cmyk(row)
                else:
                    row = before + row
                out += row
            yield bytes(out)
            del rest[: count * length]
            left -= count
    if left:
        width = len(before) + length if shape.colours.type is not None else 1 + shape.width * 3
        for number in range(left):
            last = before + bytes(rest) if number == 0 and shape.colours.type is not None else b""
            yield last.ljust(width, b"\0")
        raise problem or EOFError(f"the last {left:,} of its {shape.height:,} rows are missing")


def unfiltered(row: bytes, above: bytes, step: int) -> bytes:
    """Undo PNG's filter of one row (W3C PNG, 9.2); its first byte says which. `step` is the bytes of one pixel."""
    import numpy as np

    kind, data = row[0], bytearray(row[1:])
    if kind == 1:
        pixels = np.frombuffer(bytes(data), np.uint8).reshape(-1, step)
        return bytes(np.cumsum(pixels, axis=0, dtype=np.uint8).tobytes())
    if kind == 2:
        return bytes((np.frombuffer(bytes(data), np.uint8) + np.frombuffer(above, np.uint8)).tobytes())
    if kind in (3, 4):
        for at in range(len(data)):
            left = data[at - step] if at >= step else 0
            up, corner = above[at], above[at - step] if at >= step else 0
            if kind == 3:
                guess = (left + up) // 2
            else:
                away = left + up - corner
                by = (abs(away - left), abs(away - up), abs(away - corner))
                guess = left if by[0] <= by[1] and by[0] <= by[2] else up if by[1] <= by[2] else corner
            data[at] = data[at] + guess & 0xFF
    return bytes(data)


def _deflated(rows: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1)
    problem: Exception | None = None
    while True:
        try:
            row = next(rows, None)
        except GuardError:
            raise
        except Exception as error:  # noqa: BLE001 -- as above
            problem, row = error, None
        if row is None:
            break
        if out := packer.compress(row):
            yield out
    yield packer.flush()
    if problem is not None:
        raise problem


def fax(file: PdfFile, info: dict[str, Value], parameters: dict[str, Value], size: int) -> bytes | str:
    """Return the head of a TIFF that the fax's `size` bytes follow, or the reason why not."""
    coding = _number(file, parameters, "K")
    width = _number(file, parameters, "Columns") or 1728
    height = _number(file, parameters, "Rows") or _number(file, info, "Height", "H")
    if file.value(parameters.get("EncodedByteAlign")) is True:
        return "its fax coding is aligned to bytes, which cannot be rebuilt"
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        return "its size is not stated or beyond the limit"
    decode = file.value(info.get("Decode", info.get("D")))
    inverted = isinstance(decode, list) and bool(decode) and decode[0] == 1
    black_is_one = file.value(parameters.get("BlackIs1")) is True
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, 1), (259, 3, 4 if coding < 0 else 3),
        (262, 3, int(black_is_one != inverted)), (273, 4, 0), (277, 3, 1), (278, 4, height), (279, 4, size),
        (292 if coding >= 0 else 293, 4, int(coding > 0)),
    ]  # fmt: skip
    start = 8 + 2 + 12 * len(tags) + 4
    tags[5] = (273, 4, start)
    fields = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + fields + bytes(4)
