"""What `reports show` says of a file: before it says that no list holds it, something must have been compared."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from safelight.hashsets.protocol import Record
from safelight.hashsets.store import HashList, build
from safelight.matching.match import Matcher
from safelight.model import HashSet, HashSetKind
from safelight.reports.desk.page import file
from safelight.reports.report import ReportFile

from ..making import report

LISTED, OTHER = hashlib.md5(b"listed"), hashlib.md5(b"other")


@pytest.fixture
def matcher(tmp_path: Path) -> Matcher:
    report = build(iter([[Record("7", {"md5": LISTED.digest()})]]), tmp_path / "list")
    hash_set = HashSet("H-list", "list", HashSetKind.KNOWN_ILLEGAL, "hex", report.added, "00", None)
    return Matcher([(hash_set, HashList.open(tmp_path / "list"))])


def told(matcher: Matcher, **digests: str) -> tuple[list[str], str | None]:
    """The lists that hold it, and why it was compared with none."""
    said = file(report(), ReportFile(digests=digests), matcher)
    return [one["hashset"] for one in said["matches"]], said["not_compared"]


def test_a_file_without_a_digest_is_not_compared(matcher: Matcher) -> None:
    assert told(matcher) == ([], "no digest is stated")


def test_a_file_whose_digest_is_on_no_list_was_compared(matcher: Matcher) -> None:
    assert told(matcher, md5=OTHER.hexdigest()) == ([], None)
    assert told(matcher, md5=LISTED.hexdigest()) == (["list"], None)


def test_one_digest_that_can_be_compared_is_enough(matcher: Matcher) -> None:
    assert told(matcher, photodna="AAAA", md5=OTHER.hexdigest()) == ([], None)
    assert told(matcher, md5=OTHER.hexdigest(), photodna="AAAA") == ([], None)


def test_a_digest_of_another_kind_or_that_is_none_is_not_compared(matcher: Matcher) -> None:
    why = "no stated digest is one that lists hold"
    assert told(matcher, photodna="AAAA") == ([], why)
    assert told(matcher, md5="not hexadecimal") == ([], why)


def test_without_a_list_nothing_is_compared() -> None:
    assert told(Matcher([]), md5=OTHER.hexdigest()) == ([], "no list is here")
