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
from safelight.reports.intake import take_in
from safelight.reports.intake.documents import Medium
from safelight.reports.intake.taken import Taken
from safelight.reports.report import ReportFile
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
    found = desk.import_reports([put(tmp_path / "in", m__xml=tip("1"), **{name: RETRACTED})])
    assert counts(found) == (1, 1, 0, 1, 1, 0)


def retraction(sender: str | None = "Chatter One", number: str = "1") -> str:
    """A retraction in XML, by a company."""
    by = (
        ""
        if sender is None
        else f"<reporter><reportingPerson><firstName>{sender}</firstName></reportingPerson></reporter>"
    )
    return f"<retraction><reportId>{number}</reportId><reason>sent in error</reason>{by}</retraction>"


RETRACTED = retraction()


def is_retracted(desk: Workspace, number: str) -> bool:
    return "retracted" in desk.show_report(number)["annotations"]


def test_a_retraction_that_comes_first_holds_for_the_report(desk: Workspace, tmp_path: Path) -> None:
    desk.import_reports([put(tmp_path / "a", r__xml=RETRACTED)])
    assert is_retracted(desk, "1")
    desk.import_reports([put(tmp_path / "b", m__xml=tip("1"))])
    shown = desk.show_report("1")
    assert is_retracted(desk, "1") and shown["people"]
    assert "after it was taken back" in " ".join(shown["problems"])
    assert desk.import_reports([put(tmp_path / "c", m__xml=tip("1"))])["again"] == 1


def test_importing_again_does_not_undo_a_retraction(desk: Workspace, tmp_path: Path) -> None:
    first = put(tmp_path / "a", m__xml=tip("1"))
    desk.import_reports([first])
    desk.import_reports([put(tmp_path / "b", r__xml=RETRACTED)])
    found = desk.import_reports([first])
    assert (found["again"], found["updated"]) == (1, 0)
    assert is_retracted(desk, "1")


@pytest.mark.parametrize("sender", ["Another Company", None])
def test_a_retraction_that_is_not_the_sender_s_is_shown_and_lowers_nothing(
    desk: Workspace, tmp_path: Path, sender: str | None
) -> None:
    desk.import_reports([put(tmp_path / "a", m__xml=tip("1"))])
    found = desk.import_reports([put(tmp_path / "b", r__xml=retraction(sender))])
    assert (found["retracted"], found["claimed"]) == (0, 1)
    shown = desk.show_report("1")
    assert not is_retracted(desk, "1")
    assert f"a retraction was claimed by {sender or 'a document'}" in " ".join(shown["problems"])
    assert any("sent in error" in one["said"] for one in shown["unknown"])
    assert desk.import_reports([tmp_path / "b"])["updated"] == 0


def test_a_claimed_retraction_is_shown_of_later_versions_too(desk: Workspace, tmp_path: Path) -> None:
    desk.import_reports([put(tmp_path / "a", m__xml=tip("1"))])
    desk.import_reports([put(tmp_path / "b", r__xml=retraction("Another Company"))])
    assert desk.import_reports([put(tmp_path / "c", m__xml=tip("1", person()))])["updated"] == 1
    assert "claimed by Another Company" in " ".join(desk.show_report("1")["problems"])
    assert desk.import_reports([tmp_path / "c"])["again"] == 1


def test_a_forged_later_version_gives_no_right_to_take_the_report_back(
    desk: Workspace, tmp_path: Path
) -> None:
    desk.import_reports([put(tmp_path / "a", m__xml=tip("1"))])
    forged = tip("1").replace("Chatter One", "Another Company") + retraction("Another Company")
    desk.import_reports([put(tmp_path / "b", m__xml=forged)])
    assert not is_retracted(desk, "1")
    assert "names another sender" in " ".join(desk.show_report("1")["problems"])


def test_a_mark_in_a_report_takes_back_only_what_its_own_sender_sent(desk: Workspace, tmp_path: Path) -> None:
    desk.import_reports([put(tmp_path / "a", m__xml=tip("1") + tip("2"))])
    marked = tip("1", "<retracted>true</retracted>").replace("Chatter One", "Another Company")
    desk.import_reports([put(tmp_path / "b", m__xml=marked + tip("2", "<retracted>true</retracted>"))])
    assert not is_retracted(desk, "1")
    assert is_retracted(desk, "2")
    for _ in range(2):
        assert desk.import_reports([tmp_path / "b"])["again"] == 2


def test_a_retraction_without_a_sender_counts_in_the_document_of_its_report(
    desk: Workspace, tmp_path: Path
) -> None:
    desk.import_reports([put(tmp_path / "a", m__xml=tip("1") + retraction(None))])
    assert is_retracted(desk, "1")


def test_another_s_retraction_that_comes_first_does_not_keep_out_the_sender_s(
    desk: Workspace, tmp_path: Path
) -> None:
    desk.import_reports(
        [put(tmp_path / "a", r__xml=retraction("Another Company"), s__xml=retraction(number="2"))]
    )
    assert desk.import_reports([put(tmp_path / "b", m__xml=tip("1") + tip("2"))])["updated"] == 2
    assert not is_retracted(desk, "1")
    desk.import_reports([put(tmp_path / "c", r__xml=RETRACTED)])
    assert is_retracted(desk, "1") and is_retracted(desk, "2")


def received(text: str, day: int) -> str:
    """Report 1, about somebody, received on a day of March."""
    return tip("1", person(text)).replace(
        "</reportId>", f"</reportId><dateReceived>2026-03-{day:02}T00:00:00Z</dateReceived>"
    )


@pytest.mark.parametrize(("day", "newest"), [(9, "robin_s"), (2, "robin_t"), (1, "robin_t"), (4, "robin_t")])
def test_an_earlier_text_is_a_version_again_where_it_was_received_after_the_later_one(
    desk: Workspace, tmp_path: Path, day: int, newest: str
) -> None:
    desk.import_reports([put(tmp_path / "a", m__xml=received("robin_s", 1))])
    desk.import_reports([put(tmp_path / "b", m__xml=received("robin_t", 4))])
    found = desk.import_reports([put(tmp_path / "c", m__xml=received("robin_s", day))])
    assert (found["updated"], found["again"]) == ((1, 0) if newest == "robin_s" else (0, 1))
    assert newest in str(desk.show_report("1")["people"])


def test_a_text_that_nobody_has_said_yet_is_a_version_whenever_it_was_received(
    desk: Workspace, tmp_path: Path
) -> None:
    for number, (name, day) in enumerate((("robin_s", 3), ("robin_t", 4), ("robin_u", 2))):
        desk.import_reports([put(tmp_path / str(number), m__xml=received(name, day))])
    assert "robin_u" in str(desk.show_report("1")["people"])


def test_an_earlier_text_without_a_receipt_is_known(desk: Workspace, tmp_path: Path) -> None:
    for name, text in (("a", "robin_s"), ("b", "robin_t")):
        desk.import_reports([put(tmp_path / name, m__xml=tip("1", person(text)))])
    assert desk.import_reports([tmp_path / "a"])["again"] == 1
    assert "robin_t" in str(desk.show_report("1")["people"])


def test_another_form_of_a_report_adds_to_it_and_takes_nothing_away(desk: Workspace, tmp_path: Path) -> None:
    desk.import_reports([put(tmp_path / "a", m__xml=tip("1", person("other_name")))])
    before = desk.show_report("1")
    thin = as_json({**police_json(1), "isRetracted": True})
    found = desk.import_reports([put(tmp_path / "b", t__json=thin)])
    assert (found["new"], found["updated"]) == (0, 1)
    after = desk.show_report("1")
    assert all(one in after["people"] for one in before["people"])
    assert "robin_s" in str(after["people"])
    assert not is_retracted(desk, "1")
    assert "taken back in its form as json only" in " ".join(after["problems"])
    for folder in ("a", "b"):
        assert desk.import_reports([tmp_path / folder])["again"] == 1


def test_documents_of_one_name_that_state_no_number_are_reports_of_their_own(
    desk: Workspace, tmp_path: Path
) -> None:
    today = put(tmp_path / "a", export__xml=tip(None, person("today")))
    desk.import_reports([today])
    found = desk.import_reports([put(tmp_path / "b", export__xml=tip(None, person("tomorrow")))])
    assert (found["new"], found["updated"]) == (1, 0)
    assert desk.import_reports([today])["again"] == 1


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


@pytest.mark.parametrize("at", [1, 41, 130])
def test_cut_off_anywhere_it_goes_on_where_it_had_stored(
    desk: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    path = put(tmp_path / "in", a__xml="".join(tip(str(number), person()) for number in range(200)))
    monkeypatch.setattr(take_in, "SEGMENT", 40)
    left = [at]

    class Cut(take_in.Builder):
        def add(self, *row: Any) -> None:
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            super().add(*row)

    with monkeypatch.context() as patched:
        patched.setattr(take_in, "Builder", Cut)
        with pytest.raises(KeyboardInterrupt):
            desk.import_reports([path])
    stored = (at - 1) // 40 * 40
    assert counts(desk.import_reports([path])) == (200, 200 - stored, stored, 0, 0, 0)
    assert counts(desk.import_reports([path])) == (200, 0, 200, 0, 0, 0)


def test_details_far_behind_their_report_are_a_later_version_of_it(desk: Workspace, tmp_path: Path) -> None:
    others = "".join(tip(str(number)) for number in range(2, 2_100))
    found = desk.import_reports([put(tmp_path / "in", a__xml=tip("1") + others + details("1"))])
    assert counts(found) == (2_099, 2_099, 0, 1, 0, 0)


def test_half_of_a_pair_of_code_units_does_not_stop_the_rest(desk: Workspace, tmp_path: Path) -> None:
    broken = as_json(police_json(3)).replace(b"robin_s", rb"robin_\ud83d")
    found = desk.import_reports([put(tmp_path / "in", a__json=broken, b__json=as_json(police_json(4)))])
    assert counts(found) == (2, 2, 0, 0, 0, 0)


def media_of(desk: Workspace, base: Path, **files: str | bytes) -> tuple[int, int]:
    """Media that may be opened (the case lacks hash-match, so they are not), and media that stay closed."""
    for name, data in files.items():
        path = base / name.replace("__", ".").replace("_in_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    media = desk.import_reports([base])["media"]
    return media["not_allowed"], media["closed"]


SEEN = tip("1", details("1", "a.jpg", viewed=True))
UNSEEN = tip("2", details("2", "a.jpg", viewed=False))


def test_a_viewed_file_may_be_opened_wherever_it_lies_in_its_bundle(desk: Workspace, tmp_path: Path) -> None:
    assert media_of(desk, tmp_path / "in", report__xml=SEEN, media_in_a__jpg=b"1", media_in_b__jpg=b"2") == (
        1,
        1,
    )


def test_of_two_files_with_one_name_none_is_opened(desk: Workspace, tmp_path: Path) -> None:
    found = media_of(desk, tmp_path / "in", report__xml=SEEN, one_in_a__jpg=b"1", two_in_A__jpg=b"2")
    assert found == (0, 2)


def test_two_members_of_one_name_in_an_archive_stay_closed(desk: Workspace, tmp_path: Path) -> None:
    members = {"report.xml": SEEN, "a.jpg": b"1", "x/a.jpg": b"2"}
    assert media_of(desk, tmp_path / "in", all__zip=zipped(members)) == (0, 2)


def test_a_name_tells_of_the_files_of_its_own_bundle_alone(desk: Workspace, tmp_path: Path) -> None:
    found = media_of(
        desk,
        tmp_path / "in",
        one_in_report__xml=SEEN,
        one_in_a__jpg=b"1",
        two_in_report__xml=UNSEEN,
        two_in_a__jpg=b"2",
        three__zip=zipped({"report.xml": tip("3", details("3", "a.jpg", viewed=True)), "a.jpg": b"3"}),
    )
    assert found == (2, 1)


def test_media_are_decided_on_as_soon_as_their_bundle_is_behind(tmp_path: Path) -> None:
    taken = Taken()
    for bundle in ("/in", "/in/one", "/in/one.zip//x"):
        taken.enter(bundle)
        taken.state(bundle, bundle, [ReportFile(name="a.jpg", viewed=True)])
        taken.media.append(Medium(f"{bundle}/a.jpg", "a.jpg", bundle, bundle))
    taken.enter("/in/two")
    assert set(taken.wanted) == {"/in/one/a.jpg", "/in/one.zip//x/a.jpg"}  # more may come into `/in`
    taken.settle()
    assert taken.wanted["/in/a.jpg"] == "/in"
