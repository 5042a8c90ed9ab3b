"""What the command says to somebody who does not know it: what is missing, what is locked, what a list lost."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.model import Match
from tests.e2e.command import Command
from tests.evidence.encrypted.made import needs
from tests.evidence.images import jpeg, run
from tests.triage.test_priority import NEAR, PLAIN, WEIGHTS, assess


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_the_lists_of_commands_give_whole_sentences(command: Command) -> None:
    for arguments in ((), ("case",), ("reports",), ("persons",)):
        said = command.run(*arguments, "--help").out.split("Commands:")[1]
        assert not re.search(r"\w\.\.\.$", said, re.M), said


def test_an_exhibit_that_is_not_there_is_said_to_be_so_and_no_more(command: Command) -> None:
    command.open_case()
    said = command.run("scan", command.home / "laptop.E01", code=None)
    assert said.code != 0 and f"There is no {command.home / 'laptop.E01'}." in said.err
    assert "Errno" not in said.err


def test_where_nothing_was_found_to_read_it_is_asked_whether_this_is_the_place(command: Command) -> None:
    (command.home / "mounted").mkdir()
    command.open_case("hash-match,report-triage")
    assert "There was no file to read." in command.run("scan", command.home / "mounted").err
    assert "No report was found there." in command.run("reports", "import", command.home / "mounted").err


@needs("zip")
def test_what_is_locked_is_counted_with_what_to_do_and_lies_where_the_queue_would_say(
    command: Command,
) -> None:
    (command.home / "a.jpg").write_bytes(jpeg(5))
    evidence = command.home / "evidence"
    evidence.mkdir()
    run("zip", "-q", "-j", "-P", "sunflower", evidence / "private.zip", command.home / "a.jpg")
    command.open_case("hash-match,export")
    said = command.run("scan", evidence, code=5).err
    assert "  private.zip › a.jpg: encrypted (ZipCrypto): a password or key is needed" in said
    assert "1 thing is locked." in said and "scan again with --password-file" in said
    (found,) = command.run("scan", evidence, "--json", code=5).json["unread"]
    assert (found["path"], found["trail"]) == ("private.zip//a.jpg", ["private.zip", "a.jpg"])


@needs("zip")
def test_a_decision_says_where_the_lead_lies_as_the_queue_does(command: Command) -> None:
    evidence = command.home / "evidence"
    evidence.mkdir()
    (evidence / "a.jpg").write_bytes(jpeg(5))
    run("zip", "-q", "-j", evidence / "pack.zip", evidence / "a.jpg")
    (evidence / "a.jpg").unlink()
    (command.home / "known.txt").write_text(hashlib.md5(jpeg(5)).hexdigest() + "\n")
    command.run("hashset", "import", command.home / "known.txt", "--name", "known", "--kind", "watch")
    command.open_case()
    command.run("scan", evidence)
    lead = command.run("leads", "--json").json[0]["id"]
    assert f"  {lead}  pack.zip › a.jpg" in command.run("decide", lead, "--label", "unsure").out
    decided = command.run("decide", lead, "--label", "unsure", "--json").json["decisions"]
    assert [one["path"] for one in decided] == ["pack.zip//a.jpg"]


def test_a_case_is_shown_and_closed_by_the_name_it_was_opened_with(command: Command) -> None:
    command.open_case(name="one")
    command.open_case(name="two")
    assert command.run("case", "show", "two").out.startswith("two (C-")
    assert "Two cases are named" in command.run("case", "close", "one", "--case", "two", code=2).err
    assert "Closed case 'one'." in command.run("case", "close", "one").out
    assert command.run("case", "show").out.startswith("two (C-")


def test_no_digest_of_a_list_is_lost_because_a_column_was_named(command: Command) -> None:
    pdq = "f8f8f0cee0f4a84f06370a22038f67f0b36e2ed596621e1d33e6b39c4e9c9b22"
    listed = command.home / "list.csv"
    listed.write_text(f"Nr,MD5,PDQ,Kat\nA-1,{'ab' * 16},{pdq},1\n")
    importing = ("hashset", "import", listed, "--name", "known", "--kind", "known-illegal")
    columns = ("--column", "digest=MD5", "--column", "id=Nr")
    command.run(*importing, *columns)
    command.run("hashset", "export", "known", "-o", command.home / "out.csv")
    assert pdq in (command.home / "out.csv").read_text()
    twice = command.run(*importing, *columns, "--column", "digest=PDQ", code=2)
    assert "'digest' is named twice" in twice.err


def test_lines_that_are_no_digest_are_counted_in_words(command: Command) -> None:
    listed = command.home / "list.txt"
    listed.write_text(f"{'ab' * 16}\n{'cd' * 16}\n{'ef' * 16}\nnonsense\n")
    said = command.run(
        "hashset", "import", listed, "--name", "known", "--kind", "watch", "--format", "hex", code=5
    )
    assert "  line 4: 8 characters, a digest has 32, 40 or 64\n1 record was rejected.\n" in said.err
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", command.run("hashset", "list").out)


@pytest.mark.parametrize(
    ("entry", "said"),
    [("4711", "entry 4711 of"), ("f8f8f0cee0f4a84f" * 4, "an entry (f8f8f0cee0f4…) of")],
)
def test_an_entry_without_an_id_is_not_spelled_out_in_64_digits(entry: str, said: str) -> None:
    match: Match = replace(NEAR, entry=entry)
    (reason, *_) = assess(replace(PLAIN, matches=(match,)), WEIGHTS).reasons
    assert reason.text.startswith(f"Looks like {said} 'list A'")
