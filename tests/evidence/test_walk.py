"""The walk over nested containers, who is told what of it, and exhibits described as a whole."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.describe import describe
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.scope import Scope
from safelight.evidence.walk import walk
from safelight.model import State


def tool(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd=cwd)


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    """`exhibit/box.zip` with `note.txt` and `inner.tar.gz`, which has `deep/leaf.txt`."""
    work, exhibit = tmp_path / "work", tmp_path / "exhibit"
    (work / "deep").mkdir(parents=True)
    exhibit.mkdir()
    (work / "deep" / "leaf.txt").write_text("leaf")
    (work / "note.txt").write_text("note")
    tool("tar", "czf", "inner.tar.gz", "deep/leaf.txt", cwd=work)
    tool("zip", exhibit / "box.zip", "note.txt", "inner.tar.gz", cwd=work)
    return exhibit


def paths(path: Path, **options: object) -> list[str]:
    return [found.path for found in walk(path, **options)]  # type: ignore[arg-type]


def test_everything_is_found_depth_first_with_its_trail(nested: Path) -> None:
    expected = [
        "box.zip",
        "box.zip//note.txt",
        "box.zip//inner.tar.gz",
        "box.zip//inner.tar.gz//deep/leaf.txt",
    ]
    assert paths(nested) == expected
    assert paths(nested / "box.zip") == expected
    states = {found.path: found.place.state for found in walk(nested)}
    assert [states[path] for path in expected] == [State.ALLOCATED, *[State.EMBEDDED] * 3]


def test_a_container_that_need_not_be_entered_is_passed_by(nested: Path) -> None:
    asked: list[str] = []

    def enter(found: object) -> bool:
        asked.append(found.path)  # type: ignore[attr-defined]
        return False

    assert paths(nested, enter=enter) == ["box.zip"]
    assert asked == ["box.zip"]


def test_left_is_told_of_containers_from_the_inside_out(nested: Path) -> None:
    done: list[str] = []
    paths(nested, left=lambda found: done.append(found.path))
    assert done == ["box.zip//inner.tar.gz", "box.zip"]


def test_left_is_not_told_of_what_was_cut_off(nested: Path) -> None:
    whole = nested / "whole.tar"
    tool("tar", "cf", whole, "-C", nested, "box.zip")
    data = whole.read_bytes()
    (nested / "cut.tar").write_bytes(data[:700])
    tool("gzip", "-k", nested / "cut.tar")
    done: list[str] = []
    paths(nested, left=lambda found: done.append(found.path))
    assert "whole.tar" in done
    assert "box.zip" in done
    assert "cut.tar" not in done
    assert "cut.tar.gz" not in done


def test_left_is_not_told_of_what_a_guard_cut(nested: Path) -> None:
    done: list[str] = []
    walked = list(walk(nested, limits=Limits(members=1), left=lambda found: done.append(found.path)))
    assert done == []
    assert any("members" in (found.error or "") for found in walked)


def test_a_rule_for_a_path_inside_an_archive_needs_the_archive_too(nested: Path) -> None:
    inside = [found.path for found in walk(nested, scope=Scope.parse(["*.txt"])) if found.examined]
    assert inside == []
    wide = Scope.parse(["*.txt", "*.zip"])
    assert [found.path for found in walk(nested, scope=wide) if found.examined] == [
        "box.zip",
        "box.zip//note.txt",
    ]


def test_a_single_file_that_is_no_container_is_the_exhibit(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    assert paths(tmp_path / "a.txt") == ["a.txt"]


def test_an_exhibit_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError):
        list(walk(tmp_path / "missing"))


def test_a_reader_that_throws_becomes_a_finding_and_the_walk_goes_on(tmp_path: Path) -> None:
    class Throwing:
        name, order = "throwing", 40

        def detect(self, head: bytes, source: object) -> bool:
            return head.startswith(b"boom")

        def walk(self, source: object, limits: Limits) -> object:
            raise ZeroDivisionError("of all things")
            yield

    (tmp_path / "a").write_text("boom")
    (tmp_path / "b").write_text("calm")
    walked = list(walk(tmp_path, readers=[Throwing()]))  # type: ignore[list-item]
    assert [found.path for found in walked] == ["a", "a", "b"]
    assert walked[1].kind is Kind.FINDING
    assert "ZeroDivisionError" in (walked[1].error or "")


def test_a_name_lies_about_its_type_and_is_not_believed(nested: Path) -> None:
    shutil.move(nested / "box.zip", nested / "holiday.jpg")
    assert "holiday.jpg//note.txt" in paths(nested)


def test_a_folder_a_file_and_an_archive_are_described(nested: Path, tmp_path: Path) -> None:
    assert describe(nested).kind == "folder"
    assert describe(nested).fingerprint == [["folder", os.statvfs(nested).f_fsid, nested.stat().st_ino]]
    (tmp_path / "a.txt").write_text("words")
    stat = (tmp_path / "a.txt").stat()
    assert describe(tmp_path / "a.txt").kind == "file"
    assert describe(tmp_path / "a.txt").fingerprint == [["a.txt", 5, stat.st_mtime_ns]]
    archive = describe(nested / "box.zip")
    assert archive.kind == "archive"
    with archive.medium() as source:
        assert source.read_at(0, source.size) == (nested / "box.zip").read_bytes()


def test_a_split_e01_is_described_with_all_its_segments_and_the_digest_stored(shared: Path) -> None:
    first = shared / "evidence" / "ext2.split.E01"
    described = describe(first)
    assert described.kind == "disk image"
    assert [name for name, _, _ in described.fingerprint] == ["ext2.split.E01", "ext2.split.E02"]
    with described.medium() as source:
        data = source.read_at(0, source.size)
    assert described.digests["md5"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
