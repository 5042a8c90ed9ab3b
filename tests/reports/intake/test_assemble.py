"""Details find their report, a print its form for machines, and all keep their order, at bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from safelight.reports.intake import assemble as module
from safelight.reports.intake.assemble import Piece, alone, assemble, with_files
from safelight.reports.protocol import Annex, Retraction
from safelight.reports.report import FreeText, Kind, Party, Report, ReportFile, Role, Stated, Unreadable


def report(number: str, format: str = "cybertip", **more: Any) -> Report:
    return Report(number, format, **more)


def annex(number: str | None, name: str = "a.jpg", **more: Any) -> Annex:
    return Annex(number, (ReportFile(file_id=more.pop("file_id", None), name=name, **more),))


def together(*parts: Any, named: Iterable[int] = (), bundle: str = "b") -> list[Any]:
    """What comes of these parts; those at places in `named` state no id of their own."""
    pieces = [Piece(part, "x", 0, place not in set(named), bundle) for place, part in enumerate(parts)]
    return [piece.part for piece in assemble(pieces)]


class TestDetails:
    @pytest.mark.parametrize("first", [True, False])
    def test_they_find_their_report_by_its_id(self, first: bool) -> None:
        parts = [annex("1", "a.jpg"), report("1"), report("2")]
        one, two = together(*(parts if first else parts[1:] + parts[:1]))
        assert [file.name for file in one.files] == ["a.jpg"]
        assert two.files == ()

    def test_a_report_without_an_id_takes_the_one_that_they_name(self) -> None:
        (one,) = together(report("folder"), annex("77"), annex("77", "b.jpg"), named=[0])
        assert one.report_id == "77"
        assert len(one.files) == 2

    def test_but_not_one_of_several(self) -> None:
        left = together(report("folder"), annex("77"), annex("78", "b.jpg"), named=[0])
        assert [part.report_id for part in left] == ["folder", "77", "78"]

    def test_nor_does_one_of_several_reports(self) -> None:
        left = together(report("a"), report("b"), annex("77"), named=[0, 1])
        assert [part.report_id for part in left] == ["a", "b", "77"]

    def test_nor_does_one_that_states_its_own(self) -> None:
        assert [part.report_id for part in together(report("1"), annex("77"))] == ["1", "77"]

    def test_details_without_an_id_are_of_the_only_report(self) -> None:
        (one,) = together(report("1"), annex(None))
        assert one.files[0].name == "a.jpg"

    def test_of_several_versions_they_are_of_the_one_before_them(self) -> None:
        one, two = together(report("1"), annex("1", "a.jpg"), report("1"), annex("1", "b.jpg"))
        assert [[file.name for file in each.files] for each in (one, two)] == [["a.jpg"], ["b.jpg"]]

    def test_details_alone_are_left_for_a_report_that_came_before(self) -> None:
        assert together(annex("1")) == [annex("1")]

    def test_details_of_no_report_are_a_report_of_their_own(self) -> None:
        made = alone(annex(None), "stem")
        assert (made.report_id, made.files[0].name) == ("stem", "a.jpg")
        assert "not here" in made.problems[0]


class TestFiles:
    def joined(self, a: ReportFile, b: ReportFile) -> tuple[ReportFile, ...]:
        return with_files(report("1", files=(a,)), Annex("1", (b,))).files

    def test_one_described_twice_is_one_with_what_either_says(self) -> None:
        (one,) = self.joined(
            ReportFile("f", "a.jpg", digests={"md5": "00"}, public=True),
            ReportFile("f", digests={"sha1": "11"}, classification="A1"),
        )
        assert (one.name, one.public, one.classification) == ("a.jpg", True, "A1")
        assert one.digests == {"md5": "00", "sha1": "11"}

    @pytest.mark.parametrize(
        ("a", "b", "viewed"),
        [
            (True, True, True),
            (True, False, False),
            (False, True, False),
            (None, True, True),
            (None, None, None),
        ],
    )
    def test_two_statements_that_differ_mean_not_viewed(
        self, a: bool | None, b: bool | None, viewed: bool | None
    ) -> None:
        (one,) = self.joined(ReportFile("f", viewed=a), ReportFile("f", viewed=b))
        assert one.viewed is viewed

    def test_ids_tell_files_of_one_name_apart(self) -> None:
        assert len(self.joined(ReportFile("f", "a.jpg"), ReportFile("g", "a.jpg"))) == 2

    def test_digests_tell_files_of_one_name_apart(self) -> None:
        a, b = (ReportFile(name="a.jpg", digests={"md5": digest}) for digest in ("00", "11"))
        assert len(self.joined(a, b)) == 2

    def test_a_digest_alone_finds_its_file(self) -> None:
        a, b = (
            ReportFile("f", "a.jpg", digests={"md5": "AA"}),
            ReportFile(digests={"md5": "aa"}, viewed=False),
        )
        assert len(self.joined(a, b)) == 1

    def test_one_picture_under_two_names_keeps_both(self) -> None:
        a, b = (ReportFile(name=name, digests={"md5": "00"}) for name in ("a.jpg", "b.jpg"))
        assert [one.name for one in self.joined(a, b)] == ["a.jpg", "b.jpg"]

    def test_very_many_files_take_no_longer_than_they_must(self) -> None:
        files = tuple(ReportFile(f"f{n}", f"{n}.jpg", digests={"md5": f"{n:032x}"}) for n in range(20_000))
        assert len(with_files(report("1", files=files), Annex("1", files)).files) == 20_000


class TestPrints:
    PERSON = Party(Role.REPORTED, (Stated(Kind.EMAIL, "robin@example.org"),))
    MORE = Party(Role.REPORTED, (Stated(Kind.EMAIL, "ROBIN@example.org"), Stated(Kind.PHONE, "+12025550100")))

    def test_a_print_adds_what_only_it_says(self) -> None:
        texts = (FreeText("a", "one  text"), FreeText("section C", "another"))
        printed = report(
            "1", "pdf", parties=(self.MORE,), texts=texts, received="2026", escalation="priority level E"
        )
        (one,) = together(report("1", parties=(self.PERSON,), texts=(FreeText("x", "one text"),)), printed)
        assert one.format == "cybertip"
        assert [text.where for text in one.texts] == ["x", "pdf/section C"]
        assert [each.value for party in one.parties for each in party.identifiers] == [
            "robin@example.org",
            "+12025550100",
        ]
        assert (one.received, one.escalation) == ("2026", "priority level E")

    def test_a_print_that_says_a_file_was_not_viewed_closes_it(self) -> None:
        a, b = (ReportFile("f", viewed=viewed) for viewed in (True, False))
        (one,) = together(report("1", files=(a,)), report("1", "pdf", files=(b,)))
        assert one.files[0].viewed is False

    def test_a_print_without_a_number_is_of_the_only_report(self) -> None:
        (one,) = together(report("1"), report("x", "pdf", texts=(FreeText("document", "words"),)), named=[1])
        assert one.texts[0].text == "words"

    def test_a_print_of_another_report_stays_its_own(self) -> None:
        assert [one.report_id for one in together(report("1"), report("2", "pdf"))] == ["1", "2"]

    def test_prints_alone_stay_as_they_are(self) -> None:
        assert [one.report_id for one in together(report("1", "pdf"), report("1", "pdf"))] == ["1", "1"]


class TestOrder:
    def test_findings_keep_their_place(self) -> None:
        parts = [report("1"), Unreadable("a", "x"), annex("1"), report("2"), Unreadable("b", "y")]
        left = together(*parts)
        assert [type(part).__name__ for part in left] == ["Report", "Unreadable", "Report", "Unreadable"]

    def test_a_report_is_taken_back_after_it_came(self) -> None:
        assert together(Retraction("1"), report("1"))[-1] == Retraction("1")

    def test_so_many_wait_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "BUFFER", 10)
        asked = 0

        def many() -> Iterator[Piece]:
            nonlocal asked
            for number in range(1_000):
                asked += 1
                yield Piece(report(str(number)), "x")

        came = assemble(many())
        next(came)
        assert asked <= 10
        assert sum(1 for _ in came) == 999

    def test_findings_alone_wait_for_nothing(self) -> None:
        def endless() -> Iterator[Piece]:
            while True:
                yield Piece(Unreadable("a", "x"), "x")

        assert next(assemble(endless())).part == Unreadable("a", "x")
