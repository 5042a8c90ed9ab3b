"""Which files that came with reports are looked at, what is said of the others, what a later statement takes back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from safelight.model import Capability
from safelight.workspace import Workspace
from tests.conftest import authority
from tests.reports.tips import details, message, tip, zipped

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC"
)


@pytest.fixture
def desk(open_again: Callable[..., Workspace]) -> Workspace:
    """A workspace with a case that may compare what came with reports."""
    opened = open_again()
    opened.open_case("desk", authority(Capability.REPORT_TRIAGE, Capability.HASH_MATCH))
    return opened


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder with these files."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def bundle(name: str, *, viewed: bool | None) -> dict[str, str | bytes]:
    """A report, and the details of one file."""
    return {"report.xml": tip("1"), "fileDetails.xml": details("1", name, viewed=viewed)}


def why(found: dict[str, Any]) -> dict[str, str]:
    """The reasons of what stays closed, by the end of its path."""
    return {Path(one["path"]).name: one["why"] for one in found["media"]["closed_files"]}


class TestWhatStaysClosed:
    def test_it_is_told_by_name_and_reason(self, desk: Workspace, tmp_path: Path) -> None:
        files = {
            **bundle("a.png", viewed=False),
            "a.png": PNG,
            "b.png": PNG,
            "readme.txt": "Handle with care.",
        }
        found = desk.import_reports([put(tmp_path / "in", files)])
        assert found["media"]["closed"] == 3
        assert "has not viewed it" in why(found)["a.png"]
        assert why(found)["b.png"] == "no report of its bundle names it"
        assert "says nothing of this one" in why(found)["readme.txt"]

    def test_a_text_without_a_report_is_no_medium(self, desk: Workspace, tmp_path: Path) -> None:
        found = desk.import_reports([put(tmp_path / "in", {"report.xml": tip("1"), "readme.txt": "Hello."})])
        assert found["media"]["closed"] == 0
        assert why(found) == {"readme.txt": "it is not a report"}

    def test_a_hundred_are_named_and_all_are_counted(self, desk: Workspace, tmp_path: Path) -> None:
        found = desk.import_reports([put(tmp_path / "in", {f"{n}.png": b"" for n in range(150)})])
        assert found["media"]["closed"] == 150
        assert len(found["media"]["closed_files"]) == 100

    @pytest.mark.parametrize("more", [{}, {"closed/list.csv": "ID,Text\n7,a\n"}, {"closed/deep/x.zip": b""}])
    @pytest.mark.parametrize("packed", [False, True])
    def test_one_name_in_two_folders_closes_both(
        self, desk: Workspace, tmp_path: Path, more: dict[str, str | bytes], packed: bool
    ) -> None:
        files = {**bundle("a.png", viewed=True), "seen/a.png": PNG, "closed/a.png": PNG + b"2", **more}
        found = desk.import_reports([put(tmp_path / "in", {"all.zip": zipped(files)} if packed else files)])
        assert found["media"]["opened"] == 0
        assert found["media"]["closed"] == 2

    def test_a_viewed_file_alone_is_opened_where_it_lies(self, desk: Workspace, tmp_path: Path) -> None:
        files = {**bundle("a.png", viewed=True), "media/a.png": PNG, "media/b.png": PNG}
        assert desk.import_reports([put(tmp_path / "in", files)])["media"]["opened"] == 1


class TestTheReportShows:
    def test_files_that_nobody_names(self, desk: Workspace, tmp_path: Path) -> None:
        desk.import_reports([put(tmp_path / "in", {**bundle("a.png", viewed=False), "b.png": PNG})])
        shown = {one["name"]: one for one in desk.show_report("1")["files"]}
        assert shown["b.png"]["closed"]
        assert shown["b.png"]["why_closed"] == "it lies in the bundle, and no report names it"
        assert shown["a.png"]["why_closed"] == "the provider has not viewed it"

    def test_what_is_attached_to_the_message_that_brought_it(self, desk: Workspace, tmp_path: Path) -> None:
        mail = message(attached={"report.xml": tip("1").encode(), "img.png": PNG}).as_bytes()
        desk.import_reports([put(tmp_path / "in", {"mail.eml": mail})])
        [file] = desk.show_report("1")["files"]
        assert (file["name"], file["closed"]) == ("img.png", True)


class TestStatedAsNotViewedLater:
    """What was looked at lawfully counts for nothing from then on."""

    def import_one(self, desk: Workspace, folder: Path, *, viewed: bool | None) -> dict[str, Any]:
        return desk.import_reports([put(folder, {**bundle("a.png", viewed=viewed), "a.png": PNG})])

    @pytest.mark.parametrize("viewed", [False, None])
    def test_digest_and_look_are_withdrawn(
        self, desk: Workspace, tmp_path: Path, viewed: bool | None
    ) -> None:
        assert self.import_one(desk, tmp_path / "a", viewed=True)["media"]["opened"] == 1
        assert desk.show_report("1")["media"]
        assert self.import_one(desk, tmp_path / "b", viewed=viewed)["media"]["opened"] == 0
        shown = desk.show_report("1")
        assert shown["media"] == []
        assert [one["name"] for one in shown["history"] if one["what"] == "withdrawn"] == ["a.png"]

    def test_details_alone_withdraw_it(self, desk: Workspace, tmp_path: Path) -> None:
        self.import_one(desk, tmp_path / "a", viewed=True)
        desk.import_reports([put(tmp_path / "b", {"d.xml": details("1", "a.png", viewed=False)})])
        assert desk.show_report("1")["media"] == []

    def test_it_counts_for_no_score(
        self, desk: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import safelight.reports.desk.rank as rank_module

        seen: list[dict[str, Any]] = []
        really = rank_module._add_media
        monkeypatch.setattr(rank_module, "_add_media", lambda *given: (seen.append(given[1]), really(*given)))
        self.import_one(desk, tmp_path / "a", viewed=True)
        desk.rank_reports()
        assert len(seen) == 1
        self.import_one(desk, tmp_path / "b", viewed=False)
        desk.rank_reports()
        assert len(seen) == 1

    def test_a_later_version_that_says_the_same_keeps_it(self, desk: Workspace, tmp_path: Path) -> None:
        self.import_one(desk, tmp_path / "a", viewed=True)
        changed = {**bundle("a.png", viewed=True), "report.xml": tip("1", escaped=True)}
        desk.import_reports([put(tmp_path / "b", changed)])
        assert desk.show_report("1")["media"]

    def test_what_another_delivery_states_as_not_viewed_is_not_opened(
        self, desk: Workspace, tmp_path: Path
    ) -> None:
        files = {f"a/{name}": data for name, data in bundle("a.png", viewed=True).items()}
        files |= {"a/a.png": PNG, "b/fileDetails.xml": details("1", "a.png", viewed=False)}
        found = desk.import_reports([put(tmp_path / "in", files)])
        assert found["media"]["opened"] == 0
        assert why(found)["a.png"] == "a later version of its report states it as not viewed"
