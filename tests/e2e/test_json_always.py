"""Under --json there is one JSON document on standard output, whatever went wrong, wherever the option stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        "scan --json",
        "--json nonsense",
        "leads --top 0 --json",
        "case open B --json",
        "case --json open",
        "case list --json --what",
    ],
)
def test_wrong_usage_is_a_document_too(command: Command, arguments: str) -> None:
    error = command.run(*arguments.split(), code=2).json["error"]
    assert error["code"] == 2 and error["message"]


def test_settings_that_make_no_sense_are_named(command: Command) -> None:
    ran = command.run("init", "--json", code=2, SAFELIGHT_LOG_LEVEL="loud")
    assert "SAFELIGHT_LOG_LEVEL" in ran.json["error"]["message"]


def test_the_global_options_stand_anywhere(command: Command) -> None:
    command.run("init")
    for arguments in ("--json case list", "case --json list", "case list --json"):
        assert command.run(*arguments.split()).json == []


def test_an_evaluation_workspace_screens_without_a_case_and_counts_none(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a", encoding="ascii")
    command.run("init", "--evaluation")
    assert command.run("screen", tmp_path / "a.txt", "--json").json[0]["matches"] == []
    command.run("leads", code=3)
    command.open_case(allow="hash-match")
    assert command.run("leads", "--json").json == []
    assert command.run("screen", tmp_path / "a.txt", "--json").json[0]["error"] is None
