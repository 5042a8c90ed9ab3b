"""A mistyped path is no empty workspace, and a copy of a workspace is looked at without being touched."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.command import Command

READS = [
    ("leads",),
    ("decide", "L-0123456789abcdef", "--label", "unsure"),
    ("case", "list"),
    ("case", "show"),
    ("case", "close"),
    ("audit", "show"),
    ("audit", "verify"),
    ("audit", "checkpoint"),
    ("audit", "prove", "0"),
    ("hashset", "list"),
    ("hashset", "export", "known", "-o", "out.csv"),
    ("hashset", "remove", "known"),
    ("export", "csv", "-o", "leads.csv"),
    ("screen", "picture.jpg"),
    ("user", "list"),
    ("user", "remove", "Meier"),
]


def state(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file with its digest and time."""
    return {
        str(file.relative_to(folder)): (
            hashlib.sha256(file.read_bytes()).hexdigest(),
            file.stat().st_mtime_ns,
        )
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.mark.parametrize("arguments", READS, ids=" ".join)
def test_what_can_only_read_says_that_there_is_no_workspace(
    command: Command, arguments: tuple[str, ...]
) -> None:
    said = command.run(*arguments, code=2)
    assert f"There is no workspace at {command.home / 'workspace'}." in said.err
    assert list(command.home.iterdir()) == []


def test_doctor_answers_before_there_is_a_workspace_and_makes_none(command: Command) -> None:
    assert {"Python", "free space"} <= {one["what"] for one in command.run("doctor", "--json").json}
    assert list(command.home.iterdir()) == []


def test_the_first_case_makes_the_workspace(command: Command) -> None:
    command.open_case()
    assert [one["name"] for one in command.run("case", "list", "--json").json] == ["sample"]


@pytest.mark.parametrize("key", ["at hand", "elsewhere"])
@pytest.mark.parametrize("left", ["closed", "with a write-ahead log"])
def test_verifying_a_copy_changes_nothing_in_it(command: Command, key: str, left: str) -> None:
    command.open_case()
    original, copy = command.home / "workspace", command.home / "copy"
    held = sqlite3.connect(original / "safelight.db")
    if left == "with a write-ahead log":  # somebody else is at work: nothing is written back on closing
        held.execute("SELECT count(*) FROM info").fetchall()
        command.run("case", "show")
        assert (original / "safelight.db-wal").stat().st_size > 0
    shutil.copytree(original, copy)
    held.close()
    if key == "elsewhere":
        (command.home / "keys").rename(command.home / "put away")
    before = state(copy)
    found = command.run("--workspace", copy, "audit", "verify", "--json").json
    assert found["ok"] and found["events"] == (3 if left == "with a write-ahead log" else 2)
    assert state(copy) == before


def test_a_copy_on_a_read_only_medium_verifies(command: Command) -> None:
    command.open_case()
    copy = command.home / "copy"
    shutil.copytree(command.home / "workspace", copy)
    for one in (*copy.rglob("*"), copy):
        one.chmod(one.stat().st_mode & ~0o222)
    try:
        assert command.run("--workspace", copy, "audit", "verify", "--json").json["ok"]
    finally:
        for one in (copy, *copy.rglob("*")):
            one.chmod(0o700)


def test_a_workspace_that_was_moved_is_at_home_again_after_the_next_command(command: Command) -> None:
    command.open_case()
    (command.home / "workspace").rename(command.home / "elsewhere")
    moved = ("--workspace", command.home / "elsewhere")
    assert "is not in it" in command.run(*moved, "audit", "verify").err
    command.run(*moved, "case", "show")
    assert "is not in it" not in command.run(*moved, "audit", "verify").err
    events = command.run(*moved, "audit", "show", "--json").json
    assert (events[-1]["verb"], events[-1]["phase"]) == ("audit verify", "ended")


def test_init_says_where_the_keys_lie(command: Command) -> None:
    made = command.run("init", "--json").json
    assert Path(made["key_file"]).is_file()
    assert Path(made["public_key_file"]).read_text().strip() == made["public_key"]
    said = command.run("init").out
    assert made["public_key"] in said and made["key_file"] in said
