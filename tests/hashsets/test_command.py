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
