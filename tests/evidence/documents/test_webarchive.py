"""Pages saved by Safari: built from the published keys with Python's plistlib, *unverified against a real sample*."""

from __future__ import annotations

import plistlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.documents.webarchive import WebArchiveReader
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from tests.media.test_media import encoded, scene

PHOTO = encoded("JPEG", scene(160, 120))


def resource(address: str, data: bytes, kind: str) -> dict[str, Any]:
    return {"WebResourceData": data, "WebResourceURL": address, "WebResourceMIMEType": kind}


def archive(depth: int = 1) -> dict[str, Any]:
    made: dict[str, Any] = {
        "WebMainResource": resource(
            "https://example.org/a.html", b"<html><img src=sea.jpg></html>", "text/html"
        ),
        "WebSubresources": [resource("https://example.org/pics/sea.jpg?size=2", PHOTO, "image/jpeg")],
    }
    for number in range(depth):
        made = {
            "WebMainResource": resource(f"https://frame.example/{number}/", b"<html></html>", "text/html"),
            "WebSubframeArchives": [made],
        }
    return made


@pytest.mark.parametrize("format", [plistlib.FMT_BINARY, plistlib.FMT_XML])
def test_a_saved_page_gives_its_pictures_under_their_addresses(
    format: plistlib.PlistFormat, tmp_path: Path
) -> None:
    (tmp_path / "page.webarchive").write_bytes(plistlib.dumps(archive(), fmt=format))
    found = {
        one.path: (one.read_all(1 << 20), one.node.note) for one in walk(tmp_path) if one.kind is Kind.FILE
    }
    assert found["page.webarchive//example.org/pics/sea.jpg"] == (
        PHOTO,
        "fetched from https://example.org/pics/sea.jpg?size=2",
    )
    assert len(found) == 4


def test_frames_without_end_are_cut_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.webarchive").write_bytes(plistlib.dumps(archive(20)))
    errors = [one.error for one in walk(tmp_path) if one.kind is Kind.FINDING]
    assert errors == ["frames are nested more than 8 deep; not entered"]


def test_another_property_list_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.plist").write_bytes(plistlib.dumps({"Name": "x"}, fmt=plistlib.FMT_BINARY))
    assert [one.path for one in walk(tmp_path)] == ["a.plist"]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_page_is_an_error_and_nothing_worse(data: st.DataObject) -> None:
    whole = bytearray(plistlib.dumps(archive(), fmt=plistlib.FMT_BINARY))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    source = BytesSource(bytes(whole[: data.draw(st.integers(8, len(whole)))]))
    try:
        for node in WebArchiveReader().walk(source, Limits()):
            assert node.open is None or node.open().size == node.size
    except EvidenceError as error:
        assert "saved page" in str(error)
