"""A folder as an exhibit: links, loops, sockets, unreadable and vanishing files, odd names; never written to."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.folder import walk_folder
from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind
from safelight.evidence.scope import Scope
from safelight.evidence.walk import walk


def by_path(root: Path) -> dict[str, Found]:
    return {found.path: found for found in walk(root)}


def test_names_come_in_the_order_of_their_bytes_depth_first(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [node.name for node in walk_folder(tmp_path)] == [b"a", b"b", b"b/1", b"b/2", b"c"]


def test_links_are_listed_with_their_target_and_never_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("outside")
    (root / "loop").symlink_to(".")
    (root / "out").symlink_to("../secret")
    (root / "broken").symlink_to("nowhere")
    found = by_path(root)
    assert {name: one.node.target for name, one in found.items()} == {
        "loop": b".",
        "out": b"../secret",
        "broken": b"nowhere",
    }
    assert all(one.kind is Kind.LINK and not one.readable for one in found.values())


def test_sockets_and_pipes_are_listed_and_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        found = by_path(tmp_path)
    assert {name: one.kind for name, one in found.items()} == {"pipe": Kind.SPECIAL, "socket": Kind.SPECIAL}


def test_odd_names_are_kept_byte_for_byte(tmp_path: Path) -> None:
    names = [b"\xff\xfe.jpg", b"new\nline", b"\x1b[31m", "ü".encode(), b" ", b"-rf", b"a\\x41", b"x" * 255]
    for name in names:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_bytes(name)
    found = {one.place.trail[0]: one.read_all(1000) for one in walk(tmp_path)}
    assert found == {name: name for name in names}


def test_a_file_that_vanishes_or_shrinks_while_read_is_said(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"x" * 200_000)
    errors = {}
    for found in walk(tmp_path):
        if found.path == "a":
            (tmp_path / "b").unlink()
        if found.path == "c":
            found.head()
            os.truncate(tmp_path / "c", 100_000)
        try:
            list(found.chunks())
        except EvidenceError as error:
            assert found.error == str(error)
        errors[found.path] = found.error
    assert errors["a"] is None
    assert errors["b"] is not None
    assert errors["c"] is not None
    assert "100,000 of 200,000" in errors["c"]


def test_a_folder_that_vanishes_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("x")
    (tmp_path / "b").write_text("b")
    nodes = walk_folder(tmp_path)
    assert next(nodes).name == b"a"
    (tmp_path / "a" / "x").unlink()
    rest = list(nodes)
    assert [node.name for node in rest] == [b"a/x", b"b"]
    assert rest[0].error


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that the user without rights owns; root, who may read everything, becomes that user."""
    was = os.geteuid()
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    if was == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(was)
        shutil.rmtree(folder)


def test_what_may_not_be_read_is_said(nobody: Path) -> None:
    (nobody / "closed").mkdir()
    (nobody / "file").write_text("x")
    for name in ("closed", "file"):
        (nobody / name).chmod(0)
    nodes = walk_folder(nobody)
    assert "Permission denied" in (next(nodes).error or "")
    file = next(nodes)
    assert file.open is not None
    with pytest.raises(EvidenceError, match="Permission denied"):
        file.open()
    (nobody / "closed").chmod(0o700)


def test_a_very_deep_tree_needs_few_descriptors(tmp_path: Path) -> None:
    depth = 600
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("end", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    most = 0
    names = []
    for node in walk_folder(tmp_path):
        most = max(most, len(list(Path("/proc/self/fd").iterdir())))
        names.append(node.name)
        assert node.error is None
    assert len(names) == depth + 1
    assert names[-1].endswith(b"d/end")
    assert most < 300


def test_nothing_of_the_exhibit_changes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"some words")
    os.utime(tmp_path / "a.txt", ns=(1_000_000_000, 2_000_000_000))
    tmp_path.chmod(0o555)
    before = [(path.name, path.stat()) for path in sorted(tmp_path.rglob("*"))]
    for found in walk(tmp_path):
        list(found.chunks())
    assert [(path.name, path.stat()) for path in sorted(tmp_path.rglob("*"))] == before


def test_what_the_order_excludes_is_listed_and_never_opened(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("x")
    (tmp_path / "out.txt").write_text("x")
    for found in walk(tmp_path, scope=Scope.parse(exclude=["out*"])):
        assert found.examined is (found.path == "in.txt")
        assert found.readable is found.examined
        if not found.examined:
            with pytest.raises(EvidenceError, match="not examined"):
                found.content()
