"""The walk by promise: everything that a walk in order finds, the most promising first, free space last."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.agenda import Agenda, Learned
from safelight.evidence.promise import promise
from safelight.evidence.protocol import Kind, Node
from safelight.evidence.walk import walk
from safelight.model import State, Times, Timestamp
from tests.evidence import images

SINCE = "2024-01-01"
IMAGES: list[Callable[[], Path]] = [images.ext, images.ntfs, lambda: images.fat(32), lambda: images.iso("-R")]


def _found(path: Path, agenda: Agenda | None) -> list[tuple[str, str, str | None, str | None]]:
    """Path, kind, error and digest of everything, in the order of the walk."""
    found = []
    for one in walk(path, agenda=agenda):
        digest = None
        if one.kind is Kind.FILE and one.readable:
            whole = hashlib.sha256()
            try:
                for piece in one.chunks():
                    whole.update(piece)
                digest = whole.hexdigest()
            except EvidenceError as error:
                digest = str(error)
        if one.kind is not Kind.PAUSE:
            found.append((one.path, str(one.kind), one.error, digest))
    return found


def _node(name: str, size: int = 200_000, state: State = State.ALLOCATED) -> Node:
    return Node(name.encode(), Kind.FILE, state, size)


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("image", IMAGES, ids=["ext", "ntfs", "fat", "iso"])
def test_by_promise_the_same_is_found_as_in_order(image: Callable[[], Path]) -> None:
    path = image()
    with Agenda() as agenda:
        assert Counter(_found(path, agenda)) == Counter(_found(path, None))


def test_with_room_for_three_files_nothing_is_lost() -> None:
    with Agenda(horizon=3) as agenda:
        assert Counter(_found(images.ntfs(), agenda)) == Counter(_found(images.ntfs(), None))


def test_images_and_archives_in_a_folder_are_gone_through_as_in_order(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "disk.img").write_bytes(images.ext().read_bytes())
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("DCIM/1.jpg", images.jpeg(1))
        archive.write(images.ntfs(), "inside.img")
    with Agenda() as agenda:
        assert Counter(_found(tmp_path, agenda)) == Counter(_found(tmp_path, None))


def test_pictures_come_before_texts_and_what_is_carved_comes_last(tmp_path: Path) -> None:
    ext = images.ext().read_bytes()
    disk = images.mbr(len(ext) // 512 + 4_096, [(0x83, 2_048, len(ext) // 512)])
    disk[2_048 * 512 : 2_048 * 512 + len(ext)] = ext
    disk[100 * 512 : 100 * 512 + len(images.jpeg(9))] = images.jpeg(9)
    (tmp_path / "disk.dd").write_bytes(disk)
    with Agenda() as agenda:
        paths = [path for path, kind, _, _ in _found(tmp_path / "disk.dd", agenda) if kind == "file"]
    assert "carved" in paths[-1]
    assert not [path for path in paths[:-1] if "carved" in path]
    pictures = [paths.index(path) for path in paths[:-1] if path.endswith((".jpg", ".png"))]
    assert max(pictures) < min(paths.index(path) for path in paths if path.endswith(".txt"))


def test_what_is_promising_is_told_by_folder_name_size_and_state() -> None:
    def worth(name: str, **more: int | State) -> float:
        return promise(_node(name, **more), SINCE)  # type: ignore[arg-type]

    assert worth("DCIM/100APPLE/IMG_1.JPG") > worth("x/IMG_1.JPG") > worth("x/notes.txt")
    assert worth("x/notes.txt") > worth("Windows/System32/drivers/a.sys")
    assert worth("x/a.jpg") > worth("x/a.jpg", size=900)
    assert worth("x/a.jpg", state=State.DELETED) > worth("x/a.jpg")
    assert worth("AppData/Local/thumbcache_256.db") > worth("AppData/Local/thing.db")


def test_what_is_recent_and_what_lists_expect_comes_first() -> None:
    recent = Node(
        b"x/a.jpg", Kind.FILE, size=90_000, times=Times(modified=Timestamp("2024-03-01", "t", "utc"))
    )
    assert promise(recent, SINCE) > promise(_node("x/a.jpg", 90_000), SINCE)

    def expected(name: bytes, size: int) -> float:
        return 4.0 if (name, size) == (b"known.bin", 1_234) else 0.0

    assert (
        promise(_node("x/known.bin", 1_234), SINCE, expected)
        > promise(_node("DCIM/1.jpg"), SINCE, expected) - 4
    )


def test_a_folder_that_gave_a_lead_is_read_on() -> None:
    learned = Learned()
    with Agenda(learned) as agenda:
        for folder in ("a", "b", "c/d", "c/e"):
            for number in range(3):
                name = f"{folder}/{number}.bin".encode()
                agenda.push(Node(name, Kind.FILE, size=1), (b"disk", name), folder, 0.0)
        assert agenda.pop()[1] == "a"
        learned.praise((b"disk", b"c/e/1.bin"))
        assert [agenda.pop()[1] for _ in range(3)] == ["c/e"] * 3
        learned.praise((b"disk", b"b/0.bin"))
        assert [agenda.pop()[1] for _ in range(3)] == ["b"] * 3
        assert [agenda.pop()[1] for _ in range(5)] == ["a", "a", "c/d", "c/d", "c/d"]
        assert not len(agenda)
        with pytest.raises(IndexError):
            agenda.pop()


def test_equal_promise_keeps_the_order_of_the_folders() -> None:
    with Agenda() as agenda:
        for number in range(100):
            name = f"{number % 7}/{number}".encode()
            agenda.push(Node(name, Kind.FILE), (name,), number, 1.0)
        order = [agenda.pop()[1] for _ in range(100)]
    assert order == sorted(range(100), key=lambda number: (number % 7 and 0, number))


def test_files_in_a_folder_are_opened_below_it_and_nowhere_else(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    (inside / "sub").mkdir(parents=True)
    outside.mkdir()
    (inside / "sub" / "a.bin").write_bytes(b"inside")
    (outside / "a.bin").write_bytes(b"outside")
    with Agenda() as agenda:
        steps = walk(inside, agenda=agenda)
        assert next(steps).kind is Kind.FOLDER
        (inside / "sub").rename(inside / "moved")
        (inside / "sub").symlink_to(outside)  # listed as a folder, and a link by the time it is read
        (file,) = [one for one in steps if one.kind is Kind.FILE]
        with pytest.raises(EvidenceError, match="folder cannot be opened"):
            file.content()


def test_nothing_stays_open_afterwards(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}").mkdir()
        (tmp_path / f"{number:03}" / "a.txt").write_bytes(b"text")
    before = _descriptors()
    with Agenda() as agenda:
        most = 0
        for one in walk(tmp_path, agenda=agenda):
            if one.kind is Kind.FILE:
                one.head()
            most = max(most, _descriptors())
    assert _descriptors() == before
    assert most < before + 200


def test_chunks_that_were_met_damaged_are_said_after_they_were_read(tmp_path: Path) -> None:
    whole = images.e01("none", "64MiB", image=images.ext())
    data = bytearray(whole.read_bytes())
    at = data.index(images.jpeg(1)[:64])
    data[at + 80] ^= 0xFF
    (tmp_path / "disk.E01").write_bytes(data)
    with Agenda() as agenda:
        by_promise = Counter(_found(tmp_path / "disk.E01", agenda))
    assert by_promise == Counter(_found(tmp_path / "disk.E01", None))
    assert any("the medium" in (error or "") for _, _, error, _ in by_promise)
