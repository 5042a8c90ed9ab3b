"""Archives changed at random and cut anywhere: the walk never fails, never hangs, and says what is wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk

SMALL = Limits(total_bytes=64 << 20, member_bytes=32 << 20, seconds=5.0)
COMMANDS = {
    "x.zip": "zip -qry ../x.zip .",
    "streamed.zip": "zip -qr - a.txt deep > ../streamed.zip < /dev/null",
    "x.7z": "7z a ../x.7z .",
    "bcj.7z": "7z a -m0=BCJ -m1=LZMA -mhc=off ../bcj.7z .",
    "x.tar": "tar cf ../x.tar .",
    "pax.tgz": "tar -S --format=pax -czf ../pax.tgz .",
    "x.tar.bz2": "tar cjf ../x.tar.bz2 .",
    "x.tar.xz": "tar cJf ../x.tar.xz .",
    "x.tar.zst": "tar --zstd -cf ../x.tar.zst .",
    "a.lzma": "xz --format=lzma -c a.txt > ../a.lzma",
    "two.gz": "(gzip -c a.txt; gzip -c a.txt) > ../two.gz",
    "nested.zip": "tar czf ../in.tgz . && 7z a ../in.7z . && zip -qj ../nested.zip ../in.tgz ../in.7z",
}


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("hostile")
    folder = root / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"hello world\n" * 800)
    (folder / "deep" / "b.bin").write_bytes(bytes(range(256)) * 30)
    (folder / "deep" / "é.txt").write_bytes(b"x" * 500)
    (folder / "link").symlink_to("a.txt")
    with (folder / "holes").open("wb") as out:
        out.seek(100_000)
        out.write(b"end")
    for command in COMMANDS.values():
        subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)
    return {name: (root / name).read_bytes() for name in COMMANDS}


def walked(path: Path) -> tuple[int, list[str]]:
    """How many files had content, and all errors."""
    read, errors = 0, []
    for found in walk(path, limits=SMALL):
        assert found.path.encode("utf-8")
        if found.kind is Kind.FILE and found.readable:
            try:
                read += sum(map(len, found.chunks())) > 0
            except EvidenceError:
                assert found.error
        if found.error:
            assert "reader failed" not in found.error, "a parser threw what nobody expected"
            errors.append(found.error)
    return read, errors


@pytest.mark.parametrize("name", COMMANDS)
def test_whole_archives_have_no_errors(name: str, archives: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(archives[name])
    read, errors = walked(tmp_path / name)
    assert read >= 2
    assert not errors


changes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12)


@given(name=st.sampled_from(sorted(COMMANDS)), changes=changes)
@settings(max_examples=400, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_bytes(
    name: str, changes: list[tuple[float, int]], archives: dict[str, bytes], tmp_path: Path
) -> None:
    data = bytearray(archives[name])
    for where, value in changes:
        data[int(where * len(data))] = value
    (tmp_path / name).write_bytes(data)
    walked(tmp_path / name)


@given(
    name=st.sampled_from(sorted(COMMANDS)),
    keep=st.floats(0, 1, exclude_max=True),
    tail=st.binary(max_size=40),
)
@settings(max_examples=300, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_anywhere_with_something_behind(
    name: str, keep: float, tail: bytes, archives: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(archives[name][: int(keep * len(archives[name]))] + tail)
    walked(tmp_path / name)


@given(name=st.sampled_from(sorted(COMMANDS)), cut=st.tuples(st.floats(0, 1), st.integers(1, 2000)))
@settings(max_examples=200, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_piece_taken_out(
    name: str, cut: tuple[float, int], archives: dict[str, bytes], tmp_path: Path
) -> None:
    data = archives[name]
    at = int(cut[0] * len(data))
    (tmp_path / name).write_bytes(data[:at] + data[at + cut[1] :])
    walked(tmp_path / name)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"x.tar"}))
def test_a_part_of_an_archive_says_that_it_is_not_whole(
    name: str, archives: dict[str, bytes], tmp_path: Path
) -> None:
    data = archives[name]
    (tmp_path / name).write_bytes(data[: len(data) * 2 // 5])
    _, errors = walked(tmp_path / name)
    assert errors
