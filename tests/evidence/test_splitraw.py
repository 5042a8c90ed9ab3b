"""Split raw images, and numbered files that are none."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.segments import next_name
from safelight.evidence.source import FileSource
from safelight.evidence.splitraw import SplitRawReader
from safelight.evidence.walk import walk
from tests.evidence import images


def _split(name: str, suffixes: list[str], size: int) -> Path:
    folder = images.folder() / name
    folder.mkdir(exist_ok=True)
    data = images.ext().read_bytes()
    for number, suffix in enumerate(suffixes):
        part = data[number * size :] if suffix == suffixes[-1] else data[number * size : (number + 1) * size]
        (folder / f"disk.{suffix}").write_bytes(part)
    return folder / f"disk.{suffixes[0]}"


@pytest.mark.parametrize("suffixes", [["000", "001", "002"], ["001", "002", "003"], ["aa", "ab", "ac"]])
def test_segments_are_joined(suffixes: list[str]) -> None:
    found = images.nodes(SplitRawReader(), _split("-".join(suffixes), suffixes, 5_000_000))
    assert [node.kind for node in found] == [Kind.LAYER]
    assert images.content(found[0]) == images.ext().read_bytes()


def test_reads_across_segments_agree() -> None:
    found = images.nodes(SplitRawReader(), _split("across", ["001", "002", "003", "004"], 1_000_003))
    assert found[0].open is not None
    joined = found[0].open()
    plain = images.ext().read_bytes()
    for offset, length in ((1_000_000, 10), (0, 3_500_000), (len(plain) - 1, 9), (len(plain), 1)):
        assert joined.read_at(offset, length) == plain[offset : offset + length]
    joined.close()


def test_a_segment_that_is_missing_is_said() -> None:
    first = _split("gap", ["001", "002", "003", "004"], 3_000_000)
    first.with_suffix(".003").unlink()
    found = images.nodes(SplitRawReader(), first)
    assert found[0].error == "segment disk.003 is missing; what follows it is not read"
    assert found[1].size == 6_000_000


def test_numbered_files_that_make_no_container_are_left_alone(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"log.00{number}").write_bytes(b"one line\n" * 10_000)
    source = FileSource(tmp_path / "log.001")
    assert not SplitRawReader().detect(source.read_at(0, 65536), source)
    source.close()


def test_a_first_segment_alone_is_left_to_other_readers(tmp_path: Path) -> None:
    (tmp_path / "disk.001").write_bytes(images.ext().read_bytes())
    source = FileSource(tmp_path / "disk.001")
    assert not SplitRawReader().detect(source.read_at(0, 65536), source)
    source.close()


@pytest.mark.parametrize(
    ("name", "following"),
    [("x.000", "x.001"), ("x.099", "x.100"), ("x.999", ""), ("x.aa", "x.ab"), ("x.az", "x.ba"), ("x.zz", "")],
)
def test_names_follow_each_other(name: str, following: str) -> None:
    assert next_name(name) == following


def test_the_public_image_is_joined(shared: Path) -> None:
    found = images.nodes(SplitRawReader(), shared / "evidence" / "ext2.splitraw.000")
    assert images.md5(images.content(found[0])) == "196066add11fb71c4c49cf1bb50d6d24"
    source = FileSource(shared / "evidence" / "bogus.001")
    assert not SplitRawReader().detect(source.read_at(0, 65536), source)
    assert Limits().carve
    source.close()


@pytest.mark.parametrize(
    ("kind", "suffixes"), [("7z", ("001", "002")), ("zip", ("aa", "ab")), ("tar", ("001", "002"))]
)
def test_archives_cut_into_segments_are_joined(kind: str, suffixes: tuple[str, ...], tmp_path: Path) -> None:
    data = random.Random(1).randbytes(100_000)
    (tmp_path / "in.bin").write_bytes(data)
    images.run("7z", "a", f"-t{kind}", tmp_path / f"x.{kind}", tmp_path / "in.bin")
    whole = (tmp_path / f"x.{kind}").read_bytes()
    folder = tmp_path / "exhibit"
    folder.mkdir()
    for suffix, part in zip(suffixes, (whole[:60_000], whole[60_000:]), strict=True):
        (folder / f"x.{kind}.{suffix}").write_bytes(part)
    for path in (folder, folder / f"x.{kind}.{suffixes[0]}"):
        found = list(walk(path))
        content = {one.path: b"".join(one.chunks()) for one in walk(path) if one.kind is Kind.FILE}
        assert content[f"x.{kind}.{suffixes[0]}//in.bin"] == data
        assert not [one.error for one in found if one.error]


def test_whole_archives_that_are_only_numbered_are_not_joined(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.bin").write_bytes(random.Random(number).randbytes(20_000))
        images.run("7z", "a", "-tzip", tmp_path / "exhibit" / f"x.{number:03}", tmp_path / f"{number}.bin")
    paths = [found.path for found in walk(tmp_path / "exhibit")]
    assert paths == ["x.001", "x.001//1.bin", "x.002", "x.002//2.bin"]
