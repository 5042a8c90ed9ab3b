"""What sleuthkit does not read of the public evidence: compared with the tools that do, or said to be unread.

Archives, compressed files, APFS, XFS, differential disks. What Safelight does not open is digested and named.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import unpacked
from tests.e2e.scanned import Scanned
from tests.e2e.test_sleuthkit import DISKS

pytestmark = pytest.mark.xdist_group("sleuthkit")

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

APFS = {
    ".fseventsd/000000001714941a": "5be616427d4b664e6b3e93f1b8ac6fb1df72c09c9e54551590082fd5d6878d87",
    ".fseventsd/000000001714941b": "f0e46637ed3f06116c086e12a08725bb150b90deb757951d9b0ce11d06c204da",
    ".fseventsd/fseventsd-uuid": "7aae48e2eb21a9a2dcbf82448bd3df97da64747d815e101e8c5fd02a098d97a6",
    "a_directory/a_file": "4a49638d0e1055fd9e4c17fef7fdf4d6ccf892b6d9c2f64164203c4bfb0ec92d",
    "a_directory/a_resourcefork": EMPTY,
    "a_directory/a_resourcefork:com.apple.ResourceFork": (
        "8c9eea71ce8d2f7c15dd3918235881aa9067f87df6e147639c60601c9028fb3a"
    ),
    "a_directory/another_file": "c7fbc0e821c0871805a99584c6a384533909f68a6bbe9a2a687d28d9f3b10c16",
    "passwords.txt": "02a2a6af2f1ecf4720d7d49d640f0d0a269a7ec733e41973bdd34f09dad0e252",
}
"""What `7z x -sns` of 7-Zip 26.02 extracts of apfs.raw, without its one extended attribute (`a_file:myxattr`)."""

TAPES_AND_ZIPS = ("absolute_paths", "mixed_paths", "syslog", "with_directory", "without_directory")
STREAMS = ("syslog.bz2", "syslog.lzma", "syslog.xz", "syslog.Z", "syslog.bin.cpio")
PLAIN = (
    "blob.db",
    "bogus.001",
    "ext2.split.E02",
    "ext2.splitraw.001",
    "password.txt",
    "dist-list.pst",
    "passworded.pst",
)
"""Files that hold no others: a database, no image at all, further segments (part of the first), text, mail stores
whose messages have no attachments."""


def test_a_differential_vhd_has_the_files_that_7z_extracts(public: Scanned, evidence: Path) -> None:
    name = "image-differential.vhd"
    assert public.allocated(name) == unpacked.seven_zip(evidence / name)
    # its parent's deleted names too: it changes no block that the parent's files or folders lie in
    assert public.rows[name] == public.rows["image.vhd"]


def test_a_differential_vhd_without_its_parent_says_so(public: Scanned) -> None:
    assert not [row for row in public.rows["fat-differential.vhd"] if row.kind == "file"]
    (reason,) = public.unread_of("fat-differential.vhd").values()
    assert "fat-parent.vhd, which is not beside it" in reason


def test_apfs_files_and_forks_are_those_that_7z_extracts(public: Scanned) -> None:
    assert public.allocated("apfs.raw") == APFS
    assert [row.path for row in public.rows["apfs.raw"] if row.kind == "link"] == ["a_link"]


def test_an_empty_xfs_in_a_zst_is_listed_as_one_file(public: Scanned, evidence: Path, tmp_path: Path) -> None:
    image = unpacked.zstd(evidence / "xfs.img.zst", tmp_path)
    assert unpacked.xfs_names(image) == [".", ".."]
    assert public.embedded("xfs.img.zst") == {"xfs.img": unpacked.sha256(image)}
    assert not public.unread_of("xfs.img.zst")


@pytest.mark.parametrize(("stem", "name"), [("btrfs", "Btrfs"), ("f2fs", "F2FS")])
def test_file_systems_that_are_not_listed_are_digested_and_named(
    stem: str, name: str, public: Scanned, evidence: Path, tmp_path: Path
) -> None:
    image = unpacked.zstd(evidence / f"{stem}.img.zst", tmp_path)
    assert public.embedded(f"{stem}.img.zst") == {f"{stem}.img": unpacked.sha256(image)}
    assert name in public.unread_of(f"{stem}.img.zst")[f"{stem}.img.zst//{stem}.img"]


def test_shadow_copies_give_what_was_on_the_volume_before(public: Scanned) -> None:
    files = public.allocated("vsstest.qcow2")
    assert "s1/syslog" in files and "syslog" not in files
    assert {path.partition("/")[0] for path in files if path[0] == "s" and path[1].isdigit()} == {"s1", "s2"}
    assert not [reason for reason in public.unread_of("vsstest.qcow2").values() if "shadow" in reason]


def test_a_parallels_disk_without_its_image_says_so(public: Scanned) -> None:
    assert "hfsplus.hdd.0." in public.unread_of("DiskDescriptor.xml")["DiskDescriptor.xml"]


@pytest.mark.parametrize("stem", TAPES_AND_ZIPS)
def test_members_of_a_tar_are_those_of_gnu_tar(stem: str, public: Scanned, evidence: Path) -> None:
    assert public.embedded("tar", f"{stem}.tar//") == unpacked.tar(evidence / "tar" / f"{stem}.tar")


def test_members_of_a_tgz_are_those_of_gnu_tar(public: Scanned, evidence: Path) -> None:
    assert public.embedded("syslog.tgz") == unpacked.tar(evidence / "syslog.tgz")


@pytest.mark.parametrize("stem", TAPES_AND_ZIPS)
def test_members_of_a_zip_are_those_of_7z(stem: str, public: Scanned, evidence: Path) -> None:
    assert public.embedded("zip", f"{stem}.zip//") == unpacked.seven_zip(evidence / "zip" / f"{stem}.zip")


@pytest.mark.parametrize("name", STREAMS)
def test_a_compressed_file_holds_what_7z_unpacks(name: str, public: Scanned, evidence: Path) -> None:
    assert public.embedded(name) == {"syslog": unpacked.stream(evidence / name)}


def test_a_broken_gzip_is_read_as_far_as_gzip_reads_it(public: Scanned, evidence: Path) -> None:
    digest, size = unpacked.gzip_as_far_as_it_goes(evidence / "corrupt1.gz")
    (row,) = [row for row in public.rows["corrupt1.gz"] if row.state == "embedded"]
    assert (row.path, row.sha256, row.size) == ("corrupt1", digest, str(size))
    assert "end early" in public.unread_of("corrupt1.gz")["corrupt1.gz//corrupt1"]


@pytest.mark.parametrize("name", PLAIN)
def test_plain_files_are_digested(name: str, public: Scanned, evidence: Path) -> None:
    assert public.allocated(name) == {name: unpacked.sha256(evidence / name)}
    assert not public.unread_of(name)


def test_files_of_folders_are_digested(public: Scanned, evidence: Path) -> None:
    for folder in ("hfsplus.hdd", "recycler", "tar", "zip"):
        expected = {path.name: unpacked.sha256(path) for path in (evidence / folder).iterdir()}
        assert public.allocated(folder) == expected


def test_nothing_of_the_public_evidence_is_left_out(public: Scanned, evidence: Path) -> None:
    folders = {"hfsplus.hdd", "recycler", "tar", "zip"}
    others = {"apfs.raw", "corrupt1.gz", "fat-differential.vhd", "image-differential.vhd", "syslog.tgz"}
    packed = {"btrfs.img.zst", "f2fs.img.zst", "xfs.img.zst"}
    compared = {*DISKS, *STREAMS, *PLAIN, *folders, *others, *packed}
    assert {path.name for path in evidence.iterdir()} == compared
    assert public.exhibits.keys() == compared
