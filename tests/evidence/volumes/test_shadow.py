"""Shadow copies: what the live volume has no more is found, what it still has is not listed twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.qcow2 import Qcow2Reader
from safelight.evidence.scope import Scope
from safelight.evidence.source import BytesSource, FileSource
from safelight.evidence.volumes.shadow import ShadowReader, has_shadows
from safelight.evidence.walk import walk
from tests.conftest import SHARED
from tests.evidence import images

SAMPLE = SHARED / "evidence" / "vsstest.qcow2"
QUICK = Limits(carve=False)
needs_sample = pytest.mark.skipif(not SAMPLE.is_file(), reason="the public test data are not there")


@needs_sample
def test_a_file_that_only_an_old_copy_has_is_found_with_its_content() -> None:
    found = {one.path: one for one in walk(SAMPLE, limits=QUICK)}
    old = found["vsstest.qcow2//s1/syslog"]
    assert old.place.layers[-2:] == ("snapshot", "file")
    assert "shadow copy 1 of 2013-12-03" in (old.node.note or "")
    for one in walk(SAMPLE, limits=QUICK):
        if one.path == old.path:
            assert b"".join(one.chunks()).count(b"\n") > 5


@needs_sample
def test_what_the_live_volume_holds_is_not_listed_again() -> None:
    paths = [one.path for one in walk(SAMPLE, limits=QUICK) if one.kind is Kind.FILE]
    assert len(paths) == len(set(paths))
    assert "vsstest.qcow2//password.txt" in paths
    assert not any("/s2/password.txt" in path or "/s1/password.txt" in path for path in paths)
    notes = [one.node.note for one in walk(SAMPLE, limits=QUICK) if one.kind is Kind.NOTE]
    assert len(notes) == 2 and all(note and "not listed again" in note for note in notes)


@needs_sample
def test_rules_of_paths_start_at_the_root_of_a_copy_too() -> None:
    allowed = [
        one.path
        for one in walk(SAMPLE, limits=QUICK, scope=Scope.parse(["syslog"]))
        if one.kind is Kind.FILE and one.examined
    ]
    assert "vsstest.qcow2//s1/syslog" in allowed


@needs_sample
def test_a_copy_that_is_listed_again_gives_all_of_it() -> None:
    """What a file of it refers to may be one that did not change."""
    [disk] = [one for one in Qcow2Reader().walk(FileSource(SAMPLE), QUICK) if one.kind is Kind.LAYER]
    assert disk.open is not None
    copies = [one for one in NtfsReader().walk(disk.open(), QUICK) if one.layer == "snapshot"]
    assert copies[0].open is not None
    copy, reader = copies[0].open(), ShadowReader()
    once, again = ({one.name for one in reader.walk(copy, QUICK)} for _ in range(2))
    assert once < again
    assert b"$Boot" in again - once  # as in the live volume


@needs_sample
def test_all_is_found_when_files_are_read_by_promise() -> None:
    from safelight.evidence.agenda import Agenda

    in_order = {one.path for one in walk(SAMPLE, limits=QUICK)}
    with Agenda() as agenda:
        assert {one.path for one in walk(SAMPLE, limits=QUICK, agenda=agenda)} == in_order


def test_a_volume_without_copies_is_read_as_before() -> None:
    data = images.ntfs().read_bytes()
    assert not has_shadows(BytesSource(data))


def test_a_damaged_catalogue_is_a_finding(tmp_path: Path) -> None:
    data = bytearray(images.ntfs().read_bytes())
    data[0x1E00:0x1E10] = bytes.fromhex("6b87083876c1484eb7ae04046e6cc752")
    data[0x1E10:0x1E14] = b"\1\0\0\0"
    data[0x1E30:0x1E38] = (1 << 40).to_bytes(8, "little")
    path = tmp_path / "x.img"
    path.write_bytes(data)
    found = list(walk(path, limits=QUICK))
    assert any("shadow copies" in (one.error or "") for one in found)
    assert any(one.path.endswith("Pictures/one.jpg") for one in found)
