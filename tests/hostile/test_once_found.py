"""What the corpus has found, one by one: it stays mended where the corpus draws other cases."""

from __future__ import annotations

from pathlib import Path

from safelight.evidence.protocol import Kind
from safelight.evidence.walk import walk
from tests.hostile.disks import lvm
from tests.hostile.held import DOCUMENTS, PHONES


def _said(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    errors = []
    for one in walk(path):
        if one.kind is Kind.FILE and one.readable:
            list(one.chunks())
        if one.error:
            errors.append(one.error)
    return errors


def test_a_log_that_ends_within_its_head_is_said(tmp_path: Path) -> None:
    data = PHONES["logged.tar"]()
    at = data.index(b"y.db-wal") + 512
    assert data[at : at + 3] == b"\x37\x7f\x06"
    (said,) = {error for error in _said(tmp_path / "x.tar", data[: at + 10]) if "log" in error}
    assert "its write-ahead log is not read" in said


def test_a_compound_file_that_ends_within_its_head_is_said_in_plain_words(tmp_path: Path) -> None:
    for name in ("a.doc", "a.msg", "Thumbs.db"):
        assert _said(tmp_path / name, DOCUMENTS[name]()[:64]) == [
            "the header of the compound file is cut short"
        ]


def test_what_metadata_quote_of_themselves_can_be_stored_and_shown(tmp_path: Path) -> None:
    data = bytearray(lvm())
    at = data.index(b"extent_size = 2048") + 12
    data[at] = 0xBD
    errors = _said(tmp_path / "x.img", bytes(data))
    assert any("the LVM metadata cannot be read" in error for error in errors)
    assert all(error.encode() for error in errors)
