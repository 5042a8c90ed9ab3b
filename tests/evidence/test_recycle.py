"""Windows' recycle bin: what was deleted, from where and when; public samples, a folder, an NTFS and a FAT image."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind
from safelight.evidence.recycle import parse_i
from safelight.evidence.scope import Scope
from safelight.evidence.walk import walk
from tests.conftest import SHARED
from tests.evidence import images
from tests.evidence.opened import photo

PUBLIC = SHARED / "evidence" / "recycler"
needs_public = pytest.mark.skipif(not PUBLIC.is_dir(), reason="public evidence is not here")
FILETIME = 116_444_736_000_000_000 + 1_709_289_005 * 10_000_000  # 2024-03-01T10:30:05Z
NOTE = r"was C:\Users\x\Pictures\sea.jpg, deleted 2024-03-01T10:30:05Z"


def record(path: str, version: int = 2) -> bytes:
    text = (path + "\0").encode("utf-16-le")
    head = struct.pack("<QQQ", version, 1234, FILETIME)
    return head + (struct.pack("<I", len(path) + 1) + text if version == 2 else text.ljust(520, b"\0"))


def notes(path: Path, scope: Scope | None = None) -> dict[str, str]:
    found = walk(path, scope=scope) if scope else walk(path)
    return {one.path: one.node.note for one in found if one.node.note and one.kind is not Kind.NOTE}


@needs_public
@pytest.mark.parametrize(
    ("name", "path", "when"),
    [
        ("$I103S5F.jpg", r"C:\Users\random\Downloads\bunnies.jpg", "2016-06-29T21:37:45.618000Z"),
        (
            "$II3DF3L.zip",
            r"C:\Users\nfury\Documents\Alloy Research\StarFury.zip",
            "2012-03-12T20:49:58.633000Z",
        ),
    ],
)
def test_public_records_of_both_versions_are_read(name: str, path: str, when: str) -> None:
    data = (PUBLIC / name).read_bytes()
    deleted = parse_i(data, len(data))
    assert deleted is not None
    assert deleted.note == f"was {path}, deleted {when}"
    (said,) = [one.node.note for one in walk(PUBLIC / name) if one.kind is Kind.NOTE]
    assert path in said
    assert f"$R{name[2:]}" in said


@needs_public
def test_the_list_of_windows_xp_names_what_lay_in_the_bin() -> None:
    said = notes(PUBLIC / "INFO2")
    assert len(said) == 4
    expected = (
        r"was C:\Documents and Settings\Mr. Evil\Desktop\lalsetup250.exe, deleted 2004-08-25T16:18:25.237000Z"
    )
    assert said["INFO2//C/Documents and Settings/Mr. Evil/Desktop/lalsetup250.exe"] == expected
    files = [
        one
        for one in walk(PUBLIC / "INFO2")
        if one.kind is Kind.FILE and one.path.endswith("lalsetup250.exe")
    ]
    (missing,) = files
    with pytest.raises(EvidenceError, match=r"no file Dc1\.exe beside the list"):
        missing.head()


@pytest.mark.parametrize("version", [1, 2])
def test_a_deleted_file_says_where_it_was(version: int, tmp_path: Path) -> None:
    (tmp_path / "$IABC123.jpg").write_bytes(record(r"C:\Users\x\Pictures\sea.jpg", version))
    (tmp_path / "$RABC123.jpg").write_bytes(photo())
    assert notes(tmp_path) == {"$RABC123.jpg": NOTE}


def test_each_file_of_a_deleted_folder_says_where_it_was(tmp_path: Path) -> None:
    bin_ = tmp_path / "$Recycle.Bin" / "S-1-5-21-1"
    (bin_ / "$RABC123" / "sub").mkdir(parents=True)
    (bin_ / "$IABC123").write_bytes(record(r"C:\Users\x\Pictures"))
    (bin_ / "$RABC123" / "sub" / "sea.jpg").write_bytes(photo())
    path = "$Recycle.Bin/S-1-5-21-1/$RABC123/sub/sea.jpg"
    assert notes(tmp_path) == {path: r"was C:\Users\x\Pictures\sub\sea.jpg, deleted 2024-03-01T10:30:05Z"}


def packed(folder: Path, *command: str | Path) -> None:
    subprocess.run(command, cwd=folder, check=True)


@pytest.mark.parametrize("make", ["zip", "tar", "FAT"])
@pytest.mark.parametrize("extension", [".jpg", ".xyz", ""])
def test_a_file_that_is_listed_before_its_record_says_where_it_was(
    make: str, extension: str, tmp_path: Path
) -> None:
    pair = {
        f"$RABC123{extension}": photo(),
        f"$IABC123{extension}": record(r"C:\Users\x\Pictures\sea.jpg"),
    }
    folder, image = tmp_path / "in", tmp_path / f"a.{make}"
    folder.mkdir()
    for name, data in pair.items():
        (folder / name).write_bytes(data)
    if make == "zip":
        packed(folder, "zip", "-q", image, *pair)
    elif make == "tar":
        packed(folder, "tar", "-cf", image, *pair)
    else:
        with image.open("wb") as file:
            file.truncate(2 << 20)
        images.run("mkfs.vfat", "-F", "12", image)
        for name in pair:
            images.run("mcopy", "-i", image, folder / name, "::")
    listed = [one.place.trail[-1] for one in walk(image) if b"ABC123" in one.place.trail[-1]]
    assert listed[0].startswith(b"$R")
    said = {path.rpartition("/")[2]: note for path, note in notes(image).items()}
    assert said == {f"$RABC123{extension}": NOTE}


def test_a_deleted_folder_that_is_listed_before_its_record(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "$RABC123" / "sub").mkdir(parents=True)
    (folder / "$IABC123").write_bytes(record(r"C:\Users\x\Pictures"))
    (folder / "$RABC123" / "sub" / "sea.jpg").write_bytes(photo())
    packed(folder, "zip", "-q", tmp_path / "a.zip", "$RABC123/sub/sea.jpg", "$IABC123")
    assert list(notes(tmp_path / "a.zip").values()) == [
        r"was C:\Users\x\Pictures\sub\sea.jpg, deleted 2024-03-01T10:30:05Z"
    ]


def test_a_record_that_comes_later_and_is_left_out_by_the_order_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "$RABC123.jpg").write_bytes(photo())
    (tmp_path / "$IABC123.jpg").write_bytes(record(r"C:\Users\x\Pictures\sea.jpg"))
    packed(tmp_path, "zip", "-q", "a.zip", "$RABC123.jpg", "$IABC123.jpg")
    assert not notes(tmp_path / "a.zip", Scope.parse([], ["$I*"]))


def test_a_record_that_the_order_leaves_out_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "$IABC123.jpg").write_bytes(record(r"C:\Users\x\Pictures\sea.jpg"))
    (tmp_path / "$RABC123.jpg").write_bytes(photo())
    assert not notes(tmp_path, Scope.parse([], ["$I*"]))


def test_the_bin_of_an_ntfs_volume(tmp_path: Path) -> None:
    tree = tmp_path / "tree" / "$Recycle.Bin" / "S-1-5-21-1"
    tree.mkdir(parents=True)
    (tree / "$IABC123.jpg").write_bytes(record(r"C:\Users\x\Pictures\sea.jpg"))
    (tree / "$RABC123.jpg").write_bytes(photo())
    image = tmp_path / "ntfs.img"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    images.run("mkntfs", "-q", "-F", image)
    (tmp_path / "everything.ini").write_text("[ExclusionList]\n")  # by itself it leaves recycle bins out
    config = f"--config={tmp_path / 'everything.ini'}"
    images.run("wimlib-imagex", "capture", tmp_path / "tree", tmp_path / "t.wim", "--no-acls", config)
    images.run("wimlib-imagex", "apply", tmp_path / "t.wim", image)
    said = [note for path, note in notes(image).items() if path.endswith("$RABC123.jpg")]
    assert said == [NOTE]


def info2(*paths: str) -> bytes:
    out = struct.pack("<IIIII", 5, len(paths), len(paths), 800, 0)
    for number, path in enumerate(paths, 1):
        out += path.encode("cp1252").ljust(260, b"\0") + struct.pack("<IIQI", number, 2, FILETIME, 1234)
        out += path.encode("utf-16-le").ljust(520, b"\0")
    return out


def test_files_in_the_bin_of_windows_xp_are_found_under_their_old_paths(tmp_path: Path) -> None:
    (tmp_path / "INFO2").write_bytes(info2(r"C:\Pictures\sea.jpg", r"C:\gone.jpg"))
    (tmp_path / "Dc1.jpg").write_bytes(photo())
    found = {
        one.path: (b"".join(one.chunks()), one.node.note)
        for one in walk(tmp_path)
        if one.path.endswith("sea.jpg")
    }
    assert found == {
        "INFO2//C/Pictures/sea.jpg": (photo(), r"was C:\Pictures\sea.jpg, deleted 2024-03-01T10:30:05Z")
    }


def test_what_only_begins_like_a_record_is_none() -> None:
    whole = record(r"C:\Users\x\Pictures\sea.jpg")
    for size in range(len(whole)):
        assert parse_i(whole[:size], size) is None
    assert parse_i(struct.pack("<QQQI", 2, 0, FILETIME, 0xFFFFFFFF) + bytes(100), 128) is None
    assert parse_i(record("no path"), len(record("no path"))) is None
