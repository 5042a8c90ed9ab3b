"""Images within images: the file at the bottom is found, with its whole trail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from safelight.evidence.agenda import Agenda
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk
from tests.evidence import images

QUICK = Limits(carve=False)


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VM's disk lies in a file system, of which an E01 was made, which somebody put into a ZIP."""
    folder = tmp_path_factory.mktemp("nested")
    inside = folder / "in"
    (inside / "machines").mkdir(parents=True)
    shutil.copyfile(images.converted("qcow2", compressed=True), inside / "machines" / "old.qcow2")
    disk = folder / "disk.img"
    with disk.open("wb") as file:
        file.truncate(24 << 20)
    images.run("mkfs.ext4", "-q", "-F", "-d", inside, disk)
    evidence = images.e01(image=disk)
    shutil.copyfile(evidence, folder / "laptop.E01")
    images.run("zip", "-q", "-j", folder / "case.zip", folder / "laptop.E01")
    return folder / "case.zip"


WANTED = "case.zip//laptop.E01//machines/old.qcow2//Pictures/two.jpg"


def test_a_virtual_disk_in_an_e01_in_a_zip_is_gone_through(nested: Path) -> None:
    for one in walk(nested, limits=QUICK):
        if one.path == WANTED:
            assert b"".join(one.chunks()) == images.TREE["Pictures/two.jpg"]
            assert one.place.trail == (b"case.zip", b"laptop.E01", b"machines/old.qcow2", b"Pictures/two.jpg")
            break
    else:
        pytest.fail("it is not found")


def test_it_is_found_by_promise_too(nested: Path) -> None:
    in_order = {one.path for one in walk(nested, limits=QUICK) if one.kind is Kind.FILE}
    with Agenda() as agenda:
        assert {
            one.path for one in walk(nested, limits=QUICK, agenda=agenda) if one.kind is Kind.FILE
        } == in_order
    assert WANTED in in_order
