"""`safelight hashset` as it is run: columns make a file a CSV, and an empty list changes nothing."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.command import Command

from .lists import digest


def test_named_columns_make_a_file_a_csv_and_an_empty_one_leaves_the_set(tmp_path: Path) -> None:
    command = Command(tmp_path)
    listed = tmp_path / "list.txt"
    listed.write_text(
        "Nr,Fingerabdruck,Kat\n" + "".join(f"{n},{digest('md5', n).hex()},2\n" for n in range(5))
    )
    importing = ("hashset", "import", listed, "--name", "known", "--kind", "watch")
    columns = ("--column", "digest=Fingerabdruck", "--column", "id=Nr", "--column", "category=Kat")
    made = command.run(*importing, *columns, "--json").json
    assert (made["format"], made["added"], made["rejected"]) == ("csv", 5, [])
    listed.write_text("Nr,Fingerabdruck,Kat\n")
    assert "holds no digest" in command.run(*importing, *columns, code=None).err
    assert [one["records"] for one in command.run("hashset", "list", "--json").json] == [5]


def test_categories_that_the_scheme_does_not_know_are_counted_and_kept(tmp_path: Path) -> None:
    command = Command(tmp_path)
    listed = tmp_path / "list.csv"
    rows = [("1", 1), ("A", 2), ("A", 3), ("", 4)]
    listed.write_text("md5,category\n" + "".join(f"{digest('md5', n).hex()},{cat}\n" for cat, n in rows))
    importing = ("hashset", "import", listed, "--name", "known", "--kind", "known-illegal")
    ran = command.run(*importing, "--scheme", "us", "--json")
    assert ran.json["unknown_categories"] == {"A": 2} and ran.json["added"] == 4
    assert "2 records have a category that the scheme 'us' does not know (A: 2)." in ran.err
    assert command.run(*importing, "--scheme", "uk", "--json").json["unknown_categories"] == {"1": 1}
    assert command.run(*importing, "--json").json["unknown_categories"] == {}
