"""Every format is recognised by its content, and by one reader only."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from safelight.hashsets.protocol import ListReader
from safelight.plugins import load

from .lists import CASES, V12, V20, digest, vics
from .test_icse import HEADER as ICSE
from .test_ncmec import document, entry, prints
from .test_nsrl import HEADER as NSRL

MD5, SHA1, PDQ = (digest(name, 1).hex() for name in ("md5", "sha1", "pdq"))
RECORD = {"MediaID": 1, "MD5": MD5}

SAMPLES = {
    "vics 1.2": ("vics", vics([RECORD], V12)),
    "vics 2.0": ("vics", "\ufeff" + vics([RECORD], V20)),
    "vics case": ("vics", json.dumps({**CASES, "value": [{"Media": [RECORD]}]})),
    "nsrl text": ("nsrl", f'{NSRL}\n"{SHA1}","{MD5}"\n'),
    "icse": ("icse", f"{ICSE}\n{MD5};;;1;;;;;;;;1\n"),
    "ncmec": ("ncmec", document(entry("image", 1, prints(md5=digest("md5", 1))))),
    "pdq with quality": ("pdq", f"{PDQ},100,a\n{PDQ},90,b\n"),
    "md5": ("hex", f"# c\n{MD5}\n{MD5}\n"),
    "mixed": ("hex", f"{MD5}\r\n{SHA1.upper()}\r\n"),
    "md5sum": ("hex", f"{MD5}  a,b.jpg\n"),
    "64 digits": ("hex", f"{PDQ}\n"),
    "csv": ("csv", f"id,md5\n1,{MD5}\n"),
    "csv hash": ("csv", f"Hash;Category\n{MD5};1\n"),
    "csv without header": ("csv", f"{MD5},{SHA1}\n"),
    "csv 64 digits and id": ("csv", f"{PDQ},7\n"),
}


def chosen(path: Path) -> str | None:
    readers: list[ListReader] = sorted(load("hashsets").values(), key=lambda one: one.order)
    head = path.read_bytes()[: 1 << 16]
    return next((reader.name for reader in readers if reader.detect(head, path)), None)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_list_is_recognised_by_its_content(tmp_path: Path, sample: str) -> None:
    name, text = SAMPLES[sample]
    path = tmp_path / "list.bin"
    path.write_text(text, "utf-8")
    assert chosen(path) == name


def test_a_database_is_recognised(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x")) as opened:
        opened.execute("CREATE TABLE FILE (sha256, sha1, md5)")
    assert chosen(tmp_path / "x") == "nsrl"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello\nworld\n",
        b"\x89PNG\r\n\x1a\n" + bytes(99),
        b"{}",
        b"<html></html>",
        b"\xff\xfe",
        b"a,b\n1,2\n",
    ],
)
def test_what_is_no_list_is_recognised_by_nobody(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    assert chosen(path) is None


def test_readers_have_different_orders_and_the_names_of_their_entry_points() -> None:
    readers = load("hashsets")
    assert all(reader.name == name for name, reader in readers.items())
    assert len({reader.order for reader in readers.values()}) == len(readers)
    assert set(readers) >= {"vics", "csv", "nsrl", "ncmec", "icse", "pdq", "hex"}
