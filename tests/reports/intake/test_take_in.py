"""A whole import: nothing twice, later versions and retractions in the history, one bad report one finding."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import UsageError
from safelight.evidence import source as source_module
from safelight.model import Capability
from safelight.workspace import Workspace
from tests.conftest import authority
from tests.reports.tips import as_json, details, message, person, police_json, tip, zipped


@pytest.fixture
def desk(open_again: Callable[..., Workspace]) -> Workspace:
    """A workspace with a case that may read reports."""
    opened = open_again()
    opened.open_case("desk", authority(Capability.REPORT_TRIAGE))
    return opened


def counts(found: dict[str, Any]) -> tuple[int, ...]:
    """Reports, new, again, updated, retracted, unreadable."""
    names = ("reports", "new", "again", "updated", "retracted", "unreadable_count")
    return tuple(found[name] for name in names)


def put(folder: Path, **files: str | bytes) -> Path:
    """A folder with these files; `__` in a name stands for a dot."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def test_the_same_report_twice_is_one(desk: Workspace, tmp_path: Path) -> None:
    path = put(tmp_path / "in", a__xml=tip("1", person()), b__xml=tip("1", person()))
    assert counts(desk.import_reports([path])) == (2, 1, 1, 0, 0, 0)
    assert counts(desk.import_reports([path])) == (2, 0, 2, 0, 0, 0)


def test_a_later_version_keeps_the_earlier_one(desk: Workspace, tmp_path: Path) -> None:
    desk.import_reports([put(tmp_path / "a", a__xml=tip("1", person("robin_s")))])
    found = desk.import_reports([put(tmp_path / "b", a__xml=tip("1", person("robin_t")))])
    assert counts(found) == (1, 0, 0, 1, 0, 0)


def test_details_that_come_later_are_a_later_version(desk: Workspace, tmp_path: Path) -> None:
    desk.import_reports([put(tmp_path / "a", a__xml=tip("1"))])
    assert desk.import_reports([put(tmp_path / "b", d__xml=details("1"))])["updated"] == 1


@pytest.mark.parametrize("name", ["a_retraction__xml", "z__xml"])
def test_a_retraction_is_a_later_version_whichever_lies_first(
    desk: Workspace, tmp_path: Path, name: str
) -> None:
    taken_back = "<retraction><reportId>1</reportId><reason>sent in error</reason></retraction>"
    found = desk.import_reports([put(tmp_path / "in", m__xml=tip("1"), **{name: taken_back})])
    assert counts(found) == (1, 1, 0, 1, 1, 0)


def test_a_retraction_of_what_is_not_here_is_a_finding(desk: Workspace, tmp_path: Path) -> None:
    found = desk.import_reports(
        [put(tmp_path / "in", r__xml="<retraction><reportId>1</reportId></retraction>")]
    )
    assert "not here" in found["unreadable"][0]["reason"]


def test_one_bad_report_of_each_format_costs_one_finding(desk: Workspace, tmp_path: Path) -> None:
    path = put(
        tmp_path / "in",
        a__xml=tip("1") + "<report><x></y></report>" + tip("2"),
        b__json=b"[" + as_json(police_json(3)) + b', {"reportId": }, ' + as_json(police_json(4)) + b"]",
        c__jsonl=as_json({"id": 5, "text": "a"}) + b'\n{"id": 6, "text"\n' + as_json({"id": 7, "text": "a"}),
        d__csv=b"ID,Text\n8,a\n9," + b"x" * (5 << 20) + b"\n10,b\n",
        e__pdf=b"%PDF-1.4 nothing",
        f__eml=message(attached={"x.xml": b"<report><x></y></report>"}).as_bytes(),
        g__zip=zipped({"a.xml": tip("11")})[:-30],
        h__xml=b"",
    )
    found = desk.import_reports([path])
    assert found["reports"] == 10
    assert found["unreadable_count"] == 8


def test_files_that_nobody_viewed_stay_closed_through_the_whole_import(
    desk: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = details("1", "a.jpg", viewed=False) + details("1", "b.zip") + details("1", "c.pdf", viewed=False)
    path = put(
        tmp_path / "in",
        report__xml=tip("1", inside),
        a__jpg=b"\xff\xd8",
        b__zip=zipped({"x.xml": tip("2")}),
        c__pdf=b"%PDF-",
    )
    opened: list[str] = []
    really = source_module.open_read_only

    def noting(name: bytes | str | Path, folder: int | None = None) -> int:
        opened.append(os.fsdecode(name).rpartition("/")[2])
        return really(name, folder)

    monkeypatch.setattr(source_module, "open_read_only", noting)
    assert desk.import_reports([path])["reports"] == 1
    assert opened == ["report.xml"]


def test_a_mapping_to_a_field_that_there_is_not_is_refused(desk: Workspace, tmp_path: Path) -> None:
    path = put(tmp_path / "in", a__csv="Nr,Sachverhalt\n1,a\n")
    with pytest.raises(UsageError, match="no field 'color'"):
        desk.import_reports([path], format="csv", columns={"columns": {"color": "Nr"}})


def test_every_installed_format_can_be_asked_for(desk: Workspace, tmp_path: Path) -> None:
    path = put(tmp_path / "in", a__xml="neither of them")
    for name in ("cybertip", "json", "hotline", "csv", "pdf", "eml"):
        found = desk.import_reports([path], format=name)
        assert found["files"] == 1
