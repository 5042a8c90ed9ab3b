"""Blobs: addressed by keyed content, never in clear, whole or not there."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import IntegrityError, SafelightError, UsageError
from safelight.store.blobs import BlobStore
from safelight.store.sealing import Sealer

PLAIN = b"a thumbnail of a harbour " * 40


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(bytes(32))


def files(blobs: BlobStore) -> list[Path]:
    return [path for path in blobs.folder.rglob("*") if path.is_file()]


def test_what_is_put_is_got(blobs: BlobStore, sealer: Sealer) -> None:
    name = blobs.put(sealer, PLAIN)
    assert name == sealer.digest(PLAIN).hex()
    assert blobs.get(sealer, name) == PLAIN
    assert list(blobs.ids()) == [name]
    (path,) = files(blobs)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"harbour" not in path.read_bytes()


def test_equal_content_is_stored_once_under_one_key_only(blobs: BlobStore, sealer: Sealer) -> None:
    other = Sealer(b"\1" * 32)
    assert blobs.put_many(sealer, [PLAIN, b"", PLAIN]) == [blobs.put(sealer, PLAIN), blobs.put(sealer, b""),
                                                            blobs.put(sealer, PLAIN)]  # fmt: skip
    assert len(files(blobs)) == 2
    assert blobs.put(other, PLAIN) != blobs.put(sealer, PLAIN)
    assert len(files(blobs)) == 3


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_found(place: int, bit: int) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        blobs, sealer = BlobStore(Path(folder)), Sealer(bytes(32))
        name = blobs.put(sealer, PLAIN)
        (path,) = files(blobs)
        data = bytearray(path.read_bytes())
        data[place % len(data)] ^= 1 << bit
        path.write_bytes(data)
        with pytest.raises(IntegrityError):
            blobs.get(sealer, name)


def test_a_blob_under_anothers_name_key_or_nowhere_is_an_integrity_error(
    blobs: BlobStore, sealer: Sealer
) -> None:
    one, other = blobs.put_many(sealer, [b"one", b"other"])
    path = blobs.folder / one[:2] / one
    path.write_bytes((blobs.folder / other[:2] / other).read_bytes())
    with pytest.raises(IntegrityError):
        blobs.get(sealer, one)
    with pytest.raises(IntegrityError):
        blobs.get(Sealer(b"\1" * 32), other)
    blobs.delete(other)
    blobs.delete(other)
    with pytest.raises(IntegrityError, match="not in the store"):
        blobs.get(sealer, other)


def test_a_blob_cut_short_by_a_bad_disk_is_written_again(blobs: BlobStore, sealer: Sealer) -> None:
    name = blobs.put(sealer, PLAIN)
    (path,) = files(blobs)
    path.write_bytes(path.read_bytes()[:-5])
    blobs.put(sealer, PLAIN)
    assert blobs.get(sealer, name) == PLAIN


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_a_name_that_is_no_id_never_becomes_a_path(blobs: BlobStore, sealer: Sealer, name: str) -> None:
    with pytest.raises(UsageError):
        blobs.get(sealer, name)
    with pytest.raises(UsageError):
        blobs.delete(name)


def test_leftovers_of_a_crash_are_sealed_not_listed_and_tidied(blobs: BlobStore, sealer: Sealer) -> None:
    name = blobs.put(sealer, PLAIN)
    (blobs.folder / name[:2] / ".new-0123").write_bytes(b"torn")
    assert list(blobs.ids()) == [name]
    assert blobs.tidy() == 1
    assert files(blobs) == [blobs.folder / name[:2] / name]


def test_an_empty_store_has_no_blobs(blobs: BlobStore) -> None:
    assert list(blobs.ids()) == []
    assert blobs.tidy() == 0


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    program = f"""
import resource, signal, sys
from pathlib import Path
from safelight.errors import SafelightError
from safelight.store.blobs import BlobStore
from safelight.store.sealing import Sealer
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # the kernel refuses the rest, as a full disk does
try:
    BlobStore(Path({str(tmp_path)!r})).put_many(Sealer(bytes(32)), [b"small", bytes(5000)])
except SafelightError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "cannot be stored" in done.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_is_said(blobs: BlobStore, sealer: Sealer) -> None:
    blobs.folder.write_bytes(b"a file where the folder should be")
    with pytest.raises(SafelightError, match="cannot be stored"):
        blobs.put(sealer, PLAIN)
