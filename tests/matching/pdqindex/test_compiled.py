"""The compiled loops: kept once, loaded by any process without the compiler, and never taken when not whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from safelight.matching.pdqindex import compiled

ASK = """
import sys
from pathlib import Path
from safelight.matching.pdqindex import compiled
compiled._folders = lambda: tuple(map(Path, sys.argv[1:]))
found = compiled.kernels(compile=False)
print(found is not None, "numba" in sys.modules)
"""


@pytest.fixture(scope="module")
def compiled_once() -> bytes:
    found = compiled._object()
    if found is None:
        pytest.skip("numba cannot compile here")
    return found


@pytest.fixture
def fresh(compiled_once: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """As in a new process, with folders of one's own."""
    folders = (tmp_path / "package", tmp_path / "user")
    monkeypatch.setattr(compiled, "_made", [])
    monkeypatch.setattr(compiled, "_folders", lambda: folders)
    monkeypatch.setattr(
        compiled, "_object", lambda: compiled_once
    )  # what the compiler gave, once for all tests
    return folders


def test_prepare_keeps_one_file_and_other_processes_load_it_without_the_compiler(
    fresh: tuple[Path, Path],
) -> None:
    assert not compiled.prepared()
    assert compiled.prepare() is None and compiled.prepared()
    (kept,) = fresh[0].iterdir()
    assert kept.stat().st_size < 100_000 and not fresh[1].exists()
    kept.chmod(0o444)
    fresh[0].chmod(0o555)
    command = [sys.executable, "-c", ASK, *map(str, fresh)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [one.communicate()[0].split() for one in running] == [["True", "False"]] * 3
    fresh[0].chmod(0o755)


def test_a_package_that_cannot_be_written_keeps_them_with_the_user(fresh: tuple[Path, Path]) -> None:
    fresh[0].write_bytes(b"not a folder")
    assert compiled.prepare() is None
    assert [one.suffix for one in fresh[1].iterdir()] == [".o"]


def test_where_nothing_can_be_written_they_are_compiled_and_used(fresh: tuple[Path, Path]) -> None:
    for folder in fresh:
        folder.write_bytes(b"not a folder")
    assert compiled.prepare() is None and compiled.prepared()


def test_a_damaged_file_is_not_loaded_and_made_again(fresh: tuple[Path, Path]) -> None:
    compiled.prepare()
    (kept,) = fresh[0].iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[:20], whole[:-100], whole[:-1] + b"?", b"?" + whole[1:]):
        kept.write_bytes(damaged)
        compiled._made.clear()
        assert not compiled.prepared()
    assert compiled.prepare() is None
    compiled._made.clear()
    assert compiled.prepared()


def test_without_a_compiler_it_says_so_and_asks_no_more(
    fresh: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(compiled, "_made", [])
    monkeypatch.setattr(compiled, "_folders", lambda: fresh)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert "NumPy" in (compiled.prepare() or "")
    assert compiled.kernels(compile=True) is None
