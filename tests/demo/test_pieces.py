"""Drawings, archives and volumes: the same each time, and what their names promise."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from pathlib import Path

import av
import py7zr
import pytest
from PIL import Image

from safelight.demo import archives, documents, encode, library, volumes
from safelight.demo.ntfs_delete import delete_files
from safelight.demo.scenes import KINDS, draw
from safelight.demo.truth import Role
from safelight.errors import EvidenceError, SafelightError


@pytest.mark.parametrize("kind", KINDS)
def test_a_drawing_follows_from_its_seed(kind: str) -> None:
    first, again, other = draw(kind, 1, (64, 48)), draw(kind, 1, (64, 48)), draw(kind, 2, (64, 48))
    assert first.tobytes() == again.tobytes() != other.tobytes()
    assert (first.size, first.mode) == ((64, 48), "RGB")


def test_a_photograph_has_the_same_bytes_in_any_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = set()
    for zone in ("UTC", "Pacific/Auckland"):
        monkeypatch.setenv("TZ", zone)
        digests.add(library.old_photo(1).sha256)
    assert len(digests) == 1


def test_pieces_are_the_same_each_time() -> None:
    scene = draw("town", 1, (960, 540))
    assert len({encode.video(scene) for _ in range(3)}) == 1
    pack = {"a.jpg": library.icon(1)}
    assert library.matryoshka(pack).sha256 == library.matryoshka(pack).sha256


def test_the_video_plays() -> None:
    with av.open(io.BytesIO(library.clip(1).data)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert frames == 24


def test_the_encrypted_zip_opens_with_its_password_alone() -> None:
    packed = archives.encrypted_zip("a.txt", b"lamp oil" * 9, b"correct horse")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read("a.txt", b"correct horse") == b"lamp oil" * 9
        with pytest.raises(RuntimeError, match="password"):
            archive.read("a.txt")


def test_the_locked_7z_hides_its_names() -> None:
    packed = archives.seven_zip_archive({"secret name": b"x"}, password="lantern")
    assert "secret name".encode("utf-16-le") not in packed
    with py7zr.SevenZipFile(io.BytesIO(packed), password="lantern") as archive:
        assert archive.getnames() == ["secret name"]


def test_the_bomb_is_small_and_unpacks_to_much() -> None:
    packed = archives.zip_bomb(3)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.infolist()[0].file_size == 48 << 20 > 1000 * len(packed)


def test_nested_members_are_all_on_record() -> None:
    outer = library.matryoshka({"a.jpg": library.icon(1)})
    (middle,) = outer.members.values()
    (inner,) = middle.members.values()
    assert list(inner.members) == [b"a.jpg"]
    assert outer.role is middle.role is inner.role is Role.CONTAINER


def test_the_huge_png_claims_what_it_does_not_hold() -> None:
    packed = documents.huge_png()
    assert packed[16:24] == (60_000).to_bytes(4) * 2
    assert len(packed) < 200


@pytest.fixture
def ntfs(tmp_path: Path) -> Path:
    """A disk with an NTFS volume that has one folder of 60 files, a tree index, and a small one."""
    folder = tmp_path / "folder"
    for number in range(60):
        path = folder / "many" / f"a rather long name, number {number:03d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(5000))
    (folder / "few").mkdir()
    (folder / "few" / "tiny.txt").write_text("resident")
    image = tmp_path / "disk.img"
    deleted = ["few/tiny.txt", *(f"many/a rather long name, number {n:03d}.bin" for n in (0, 17, 59))]
    volumes.ntfs_image(image, folder, 16, deleted=deleted)
    return image


def test_sleuthkit_lists_the_deleted_ntfs_files_as_deleted(ntfs: Path) -> None:
    listed = subprocess.run(
        ["fls", "-o", "2048", "-r", "-p", "-d", "-F", str(ntfs)], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split("\t")[1] for line in listed.splitlines() if "OrphanFile-" not in line}
    expected = {f"many/a rather long name, number {n:03d}.bin" for n in (0, 17, 59)} | {"few/tiny.txt"}
    assert names == expected


def test_a_strict_reader_still_reads_the_volume(ntfs: Path, tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.write_bytes(ntfs.read_bytes()[2048 * 512 :])
    listed = subprocess.run(
        ["ntfsls", "-p", "/many", str(volume)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len([line for line in listed if "number" in line]) == 57


def test_deleting_what_is_not_there_is_an_error(ntfs: Path, tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.write_bytes(ntfs.read_bytes()[2048 * 512 :])
    with pytest.raises(EvidenceError, match="not on the volume"):
        delete_files(volume, ["few/other.txt"])


def test_a_missing_tool_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "TOOLS", {"mkfs.no-such-thing": "no-such-package"})
    with pytest.raises(SafelightError) as failed:
        volumes.require_tools()
    assert "no-such-package" in failed.value.hint


def test_the_partition_table_is_valid(ntfs: Path) -> None:
    listed = subprocess.run(["mmls", str(ntfs)], capture_output=True, text=True, check=True).stdout
    assert "GUID Partition Table" in listed and "Basic data partition" in listed


def test_heif_and_avif_are_written() -> None:
    with Image.open(io.BytesIO(encode.encode(draw("chart", 1, (64, 64)), "HEIF"))) as picture:
        assert picture.size == (64, 64)
