"""The file beside the store: append-only, torn only at its end, damage is seen and read past."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import SafelightError
from safelight.governance.checkpoints import FILE_NAME, CheckpointFile
from safelight.governance.note import NoteSigner, sign_checkpoint

SIGNER = NoteSigner("safelight.test/W-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def a_note(size: int) -> bytes:
    return sign_checkpoint(SIGNER, size, size.to_bytes(32, "big"))


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    made = CheckpointFile(tmp_path / FILE_NAME)
    for size in range(1, 101):
        made.append(a_note(size), durable=size == 1)
    return made


def sizes(file: CheckpointFile) -> list[int | None]:
    return [None if one is None else one.size for one in file]


def test_what_is_appended_is_read_in_order(file: CheckpointFile) -> None:
    assert sizes(file) == list(range(1, 101))
    newest = file.newest()
    assert newest is not None
    assert newest.note() == a_note(100)


def test_a_size_that_is_there_is_not_written_again(file: CheckpointFile) -> None:
    before = file.path.read_bytes()
    file.append(a_note(100))
    file.append(a_note(7))
    assert file.path.read_bytes() == before


def test_no_file_is_no_checkpoint(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / FILE_NAME)
    assert file.newest() is None
    assert sizes(file) == []


@pytest.mark.parametrize("cut", range(1, len(a_note(100)) + 1))
def test_a_torn_last_checkpoint_is_passed_over_and_cut_off(file: CheckpointFile, cut: int) -> None:
    file.path.write_bytes(file.path.read_bytes()[:-cut])
    newest = file.newest()
    assert newest is not None
    assert newest.size == 99
    assert sizes(file) == list(range(1, 100))
    file.append(a_note(101))
    assert sizes(file) == [*range(1, 100), 101]


def test_damage_is_seen_and_read_past(file: CheckpointFile) -> None:
    data = bytearray(file.path.read_bytes())
    at = data.index(b"\n50\n")
    data[at + 1 : at + 3] = b"xx"
    file.path.write_bytes(data)
    assert sizes(file) == [*range(1, 50), None, *range(51, 101)]


def test_sizes_that_fall_are_damage(file: CheckpointFile) -> None:
    file.path.write_bytes(file.path.read_bytes() + a_note(3) + b"\n")
    assert sizes(file) == [*range(1, 101), None]


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """More than one block of checkpoints."""
    return b"".join(a_note(size) + b"\n" for size in range(3, 6003))


@pytest.mark.parametrize("every", [1, 2, 7, 1000, 9000])
def test_a_sample_is_an_even_choice_and_the_newest(tmp_path: Path, long_file: bytes, every: int) -> None:
    file = CheckpointFile(tmp_path / FILE_NAME)
    file.path.write_bytes(long_file)
    found = [None if one is None else one.size for one in file.sample(every)]
    expected = list(range(3, 6003, every))
    assert found == expected + ([6002] if expected[-1] != 6002 else [])


@pytest.mark.parametrize("old", [b"\n3000\n", b"safelight.test/W-1\n3000\n", b"\n\n"])
@pytest.mark.parametrize("new", [b"\n2\n", b"\n03000\n", b"x", b"\n\n\n", b"\n-1\n"])
def test_damage_between_the_sampled_is_seen(tmp_path: Path, long_file: bytes, old: bytes, new: bytes) -> None:
    file = CheckpointFile(tmp_path / FILE_NAME)
    file.path.write_bytes(long_file.replace(old, new, 1))
    assert None in list(file.sample(500))
    assert None in list(file)


def test_garbage_stays_as_evidence_and_does_not_stop_the_log(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / FILE_NAME)
    file.path.write_bytes(b"x\n\ny\n\nz")
    file.append(a_note(5))
    assert file.path.read_bytes().startswith(b"x\n\ny")
    assert sizes(file) == [None, 5]


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = CheckpointFile(Path(folder) / FILE_NAME)
        file.path.write_bytes(a_note(1) + b"\n" + data)
        assert sizes(file)[0] == 1
        file.append(a_note(2))
        assert sizes(file)[-1] == 2


def test_megabytes_of_garbage_cost_no_memory_and_little_time(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / FILE_NAME)
    file.path.write_bytes(b"A" * (3 << 20) + b"\n" + a_note(9) + b"\n")
    assert sizes(file) == [None, 9]


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SafelightError, match="cannot be written"):
        CheckpointFile(tmp_path / FILE_NAME).append(a_note(1))


def _append_each(path: Path, start: int) -> None:
    for size in range(start, 400, 2):
        CheckpointFile(path).append(a_note(size))


def test_processes_that_append_at_once_leave_whole_rising_checkpoints(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_append_each, args=(path, start)) for start in (1, 2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    found = sizes(CheckpointFile(path))
    assert None not in found
    assert found[-1] == 399
