"""What one key opened stays as it was read when a later scan has another key, or none; and what holds its own key."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.evidence.unlock import Keys
from safelight.model import Capability
from safelight.workspace import Workspace
from tests.conftest import authority
from tests.evidence.encrypted.bitlocker_writer import written
from tests.evidence.encrypted.made import needs, volume
from tests.evidence.images import jpeg, run
from tests.pipeline.test_rescan import lines

pytestmark = needs("zip", "mkfs.vfat", "mcopy")


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """A disk of two encrypted partitions, and a ZIP of two members, each with one of two passwords."""
    made = tmp_path / "evidence"
    made.mkdir()
    disk, body, at = bytearray(512), b"", 2048
    for number, password in enumerate(("one", "two")):
        data = written(volume().read_bytes(), password=password, encrypted=3 << 20)
        entry = (0, b"\0\2\0", 7, b"\0\2\0", at + len(body) // 512, len(data) // 512)
        struct.pack_into("<B3sB3sII", disk, 446 + 16 * number, *entry)
        body += data
    disk[510:512] = b"\x55\xaa"
    (made / "disk.img").write_bytes(bytes(disk).ljust(at * 512, b"\0") + body)
    for number, password in enumerate(("one", "two"), 1):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(70 + number))
        run("zip", "-q", "-j", "-P", password, made / "both.zip", tmp_path / f"{number}.jpg")
    return made


def test_every_scan_opens_what_it_can_and_loses_nothing(
    evidence: Path, tmp_path: Path, open_again: Callable[..., Workspace]
) -> None:
    workspace = open_again()
    allowed = authority(Capability.HASH_MATCH, Capability.UNLOCK, Capability.EXPORT)
    workspace.open_case("keys", allowed)
    found = [workspace.scan([evidence], keys=Keys(given)) for given in ((), ("one",), ("two",), ())]
    assert [sorted(one["path"] for one in scanned["unread"]) for scanned in found] == [
        ["both.zip//1.jpg", "both.zip//2.jpg", "disk.img//p1", "disk.img//p2"],
        ["both.zip//2.jpg", "disk.img//p2"],
        [],
        [],
    ]
    assert [scanned["items"] for scanned in found] == [0, 2, 3, 3]
    listed = lines(workspace, tmp_path)
    for path in ("disk.img//p1/one.jpg", "disk.img//p2/one.jpg", "both.zip//1.jpg", "both.zip//2.jpg"):
        assert listed[path]["sha256"] and not listed[path]["error"]
    assert (
        listed["both.zip//1.jpg"]["note"]
        == listed["both.zip//2.jpg"]["note"]
        == "opened with password 1 of 1"
    )
    said = " ".join(line["error"] for line in listed.values())
    assert "no longer there" not in said and "a password or key is needed" not in said


def test_what_holds_its_own_key_opens_in_a_case_that_allows_unlock_alone(
    tmp_path: Path, open_again: Callable[..., Workspace]
) -> None:
    disk = tmp_path / "suspended.img"
    disk.write_bytes(written(volume().read_bytes(), password=None, clear=True, encrypted=3 << 20))
    workspace = open_again()
    workspace.open_case("shut", authority(Capability.HASH_MATCH, Capability.EXPORT))
    workspace.open_case("wider", authority(Capability.HASH_MATCH, Capability.UNLOCK, Capability.EXPORT))
    for _ in range(2):  # it is said again, once; and whether it is allowed the case says, not the caller
        shut = workspace.scan([disk], case="shut", keys=Keys(allowed=True))
        (said,) = [one["reason"] for one in shut["unread"]]
        assert shut["items"] == 0 and "where the case allows unlock: this one does not" in said
    opened = workspace.scan([disk], case="wider")
    assert opened["unread"] == [] and opened["items"] == 1
    out = Path(workspace.export("files", tmp_path / "files.csv", case="wider")["file"])
    assert "the clear key that the volume holds itself" in out.read_text(encoding="utf-8")
