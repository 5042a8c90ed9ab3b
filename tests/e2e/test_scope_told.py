"""What a scan says of its scope, of reading the evidence again, and of weights that it cannot use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command import Command
from tests.evidence import images


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    folder = tmp_path / "evidence" / "Users" / "robin"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(images.jpeg(1))
    (folder / "b.txt").write_text("a note", encoding="ascii")
    made.open_case(allow="hash-match")
    return made


def test_a_rule_that_leaves_out_everything_is_no_clean_scan(command: Command) -> None:
    scan = ("scan", command.home / "evidence", "--workers", "1")
    misspelt = command.run(*scan, "--only", "Usres/**")
    assert "This order left out everything: 2 entries. Is the rule spelled right?" in misspelt.err
    assert "left out everything" in command.run(*scan, "--only", "Usres/**", "--json").err
    assert "left out everything" not in command.run(*scan, "--only", "Users/**/*.jpg").err
    assert "left out everything" not in command.run(*scan).err


def test_that_evidence_was_read_again_is_told(command: Command) -> None:
    image = command.home / "disk.img"
    image.write_bytes(images.jpeg(3).ljust(1 << 20, b"\0"))
    ran = command.run("scan", command.home / "evidence", image, "--verify-after", "--workers", "1", code=None)
    assert ran.out.count("Read again: every file has the same digest.") == 1
    assert ran.out.count("Read again: the same digest.") == 1
    scan = ("scan", command.home / "evidence", "--workers", "1", "--json")
    assert command.run(*scan, "--verify-after").json["exhibits"][0]["verified_after"] is True
    assert command.run(*scan).json["exhibits"][0]["verified_after"] is None


def test_weights_that_cannot_be_used_are_found_out_before_anything_is_read(command: Command) -> None:
    missing = str(command.home / "weights.toml")
    said = command.run("scan", command.home / "evidence", code=2, SAFELIGHT_WEIGHTS=missing).err
    assert f"The weights file {missing} cannot be used" in said
    assert command.run("case", "show", "--json").json["exhibits"] == []


def test_one_of_a_thing_is_said_as_one(command: Command) -> None:
    said = command.run("scan", command.home / "evidence", "--only", "*.jpg", "--workers", "1").out
    assert "Read 1 file in" in said and "1 distinct item." in said and "0 leads." in said
    assert "1 file, 1 media," in command.run("case", "show").out
