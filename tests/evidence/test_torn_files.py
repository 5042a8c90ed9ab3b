"""Mail, documents, caches: torn, cut and lying files end soon, in EvidenceError or in what is left of them.

The samples are made here; each case is one of them with bytes changed, by a fixed seed. `make soak` runs many more.
"""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Iterator
from functools import cache

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Limits, Reader
from safelight.evidence.source import BytesSource, SliceSource
from safelight.evidence.unlock import Keys
from safelight.evidence.walk import readers
from tests.evidence.caches import test_browsers as browsers
from tests.evidence.caches import test_thumbnails as thumbnails
from tests.evidence.documents.test_office import blip
from tests.evidence.documents.test_pdf import document, picture
from tests.evidence.images import folder
from tests.evidence.mail.stores import sample
from tests.evidence.mail.test_messages import message
from tests.evidence.mail.test_stores import mapi, tnef
from tests.evidence.opened import compound, photo
from tests.evidence.test_recycle import info2, record

_NAMES = (
    "blobcache chromium chromium-blocks eml firefox mbox metafile msg odf ole pdf png-thumbnail pst quicklook "
    "recycle-bin recycle-info2 rtf thumbcache thumbdata thumbs-db tnef"
)
OURS = frozenset(_NAMES.split())
LIES = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\1\0\0\0", b"\0\0\0\x80")
SMALL = photo(1, size=(24, 16))


@cache
def samples() -> dict[str, bytes]:
    """One small file for each format, by the name that it usually has."""
    made = folder() / "torn"
    made.mkdir()
    thumbnails.quicklook(made)
    browsers.block_cache(made)
    mail = bytes(message("x", ("a.jpg", SMALL)))
    streams = mapi("hello", 32)
    streams["__attach_version1.0_#00000000/__substg1.0_37010102"] = SMALL
    office = {
        "Pictures": blip(0xF01D, 0x46A, SMALL),
        "WordDocument": bytes(64),
        "b/Package": compound({"Data": SMALL}),
    }
    pictures = [picture(SMALL, b"/ColorSpace/DeviceRGB/Filter/DCTDecode") for _ in range(2)]
    return {
        "a.eml": mail,
        "inbox": b"From - Fri Mar 01 12:30:05 2024\n" + mail + b"\n\nFrom - Fri Mar 01 12:30:05 2024\n" + mail,
        "a.pst": sample(SMALL, b"two", b"gone", 0),
        "a.msg": compound(streams),
        "winmail.dat": tnef(("a.jpg", SMALL), ("b.jpg", SMALL)),
        "a.doc": compound(office),
        "a.rtf": b"{\\rtf1{\\pict\\jpegblip %s}{\\*\\objdata 0105000002%s}}" % (SMALL.hex().encode(), b"00" * 40),
        "a.pdf": document(*pictures),
        "Thumbs.db": compound({"Catalog": struct.pack("<HHIII", 16, 7, 1, 96, 96), "1": SMALL}),
        "thumbcache_96.db": thumbnails.thumbcache(0x20, SMALL, SMALL),
        "index.sqlite": (made / "index.sqlite").read_bytes(),
        "data_1": (made / "data_1").read_bytes(),
        "0123456789abcdef_0": browsers.simple(b"http://a.example/x", SMALL, b"HTTP/1.1 200 OK\0\0"),
        "0" * 40: browsers.firefox(b":http://a.example/x", SMALL, b"HTTP/1.1 200 OK\r\n"),
        "$IABC123.jpg": record(r"C:\Users\x\sea.jpg"),
        "INFO2": info2(r"C:\sea.jpg", r"C:\gone.jpg"),
    }  # fmt: skip


def torn(data: bytes, dice: random.Random) -> bytes:
    """The same, damaged in one of six ways."""
    way = dice.randrange(6)
    if way == 0:
        return data[: dice.randrange(len(data) + 1)]
    out = bytearray(data)
    for _ in range(dice.choice((1, 3, 20))):
        at = dice.randrange(len(out))
        if way == 1:
            out[at] = dice.randrange(256)
        elif way == 2:
            out[at : at + 4] = dice.choice(LIES)
        elif way == 3:
            other, length = dice.randrange(len(out)), dice.randrange(1, 600)
            out[at : at + length] = out[other : other + length]
        elif way == 4:
            out[at:at] = bytes(dice.randrange(1, 64))
        else:
            out[at : at + dice.randrange(1, 300)] = b""
        out = out or bytearray(b"x")
    return bytes(out)


def asked(source: SliceSource, head: bytes) -> Iterator[Reader]:
    for reader in readers():
        if reader.name in OURS:
            try:
                if reader.detect(head, source):
                    yield reader
            except EvidenceError:
                continue


def read(name: str, data: bytes) -> int:
    """Read a file with whichever of our readers knows it; return how many members were opened."""
    source = SliceSource(BytesSource(data), 0, len(data), name)
    opened = 0
    for reader in asked(source, source.read_at(0, 1 << 16)):
        try:
            for node in reader.walk(source, Limits(keys=Keys(("secret",)))):
                assert len(node.note or "") <= 500
                if node.open is None:
                    continue
                try:
                    node.open().read_at(0, 1 << 20)
                    opened += 1
                except EvidenceError:
                    continue
        except EvidenceError:
            continue
    return opened


@pytest.mark.parametrize("name", samples())
def test_a_whole_sample_is_known_to_a_reader(name: str) -> None:
    data = samples()[name]
    source = SliceSource(BytesSource(data), 0, len(data), name)
    assert list(asked(source, source.read_at(0, 1 << 16)))


@pytest.mark.parametrize("name", samples())
def test_torn_files_end_soon_and_without_a_crash(name: str) -> None:
    dice = random.Random(name)
    for _ in range(25):
        begun = time.monotonic()
        read(name, torn(samples()[name], dice))
        assert time.monotonic() - begun < 10


@pytest.mark.soak
@pytest.mark.parametrize("name", samples())
def test_many_torn_files_end_soon_and_without_a_crash(name: str) -> None:
    dice = random.Random(f"soak {name}")
    for _ in range(1_500):
        read(name, torn(samples()[name], dice))
