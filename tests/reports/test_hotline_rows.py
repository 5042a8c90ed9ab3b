"""A quotation mark too many or too few in a list costs its own record, and is said; texts in marks stay whole."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.reports.hotline_columns import Columns
from safelight.reports.hotline_csv import HotlineCsvReader, _List
from safelight.reports.hotline_rows import Row, grammar
from safelight.reports.protocol import ReadOptions
from safelight.reports.report import Report, Unreadable
from tests.reports.deviations import MOST_GROWTH, peak
from tests.reports.tips import Generated, only, read, reports, unreadable

CSV = HotlineCsvReader()
HEADER = ["report_id", "received", "hotline", "description"]
HEAD = ",".join(HEADER) + "\n"
GOOD = [f"Q{number},2026-01-02,H,The man lives with the child {number}\n" for number in range(2, 40)]
EXCERPT = 'She sent this list:\n\nQ5,2026-01-02,H,"one, two"\nQ6,2026-01-02,H,three\nend, of it'
IDS = [f"Q{number}" for number in range(2, 40)]

_PIECES = st.sampled_from(
    [
        "a",
        " ",
        ",",
        "\n",
        '"',
        "He said ",
        "\nQ5,2026-01-02,H,text\n",
        '"so"',
        '",',
        ',"',
        '\n"',
        '"\n',
        "\n\n",
    ]
)
TEXTS = st.lists(_PIECES, max_size=7).map("".join)
QUIET = st.sampled_from(["Lives nearby", "First, he wrote.\n\nThen, he called.", 'He said "no" twice', ""])
_EACH = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.differing_executors])


def written(records: Sequence[Sequence[str]], quoting: int, end: str) -> list[str]:
    """Each record as CSV, the header first."""
    lines = []
    for record in [HEADER, *records]:
        file = io.StringIO()
        csv.writer(file, quoting=quoting, lineterminator=end).writerow(record)  # type: ignore[arg-type]
        lines.append(file.getvalue())
    return lines


def parts(document: str) -> list[Row | Unreadable]:
    """Every row and finding."""
    list_ = _List(io.BytesIO(document.encode()))
    return list(list_.rows(Columns().places(list_.header)))


def cells(found: list[Row | Unreadable]) -> list[list[str]]:
    return [one.cells for one in found if isinstance(one, Row)]


def is_said(found: list[Row | Unreadable]) -> bool:
    return any(isinstance(one, Unreadable) or one.problem for one in found)


@st.composite
def lists(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[list[list[str]], list[str]]:
    """Records, and each of them written, behind the header."""
    made = [
        [f"Q{place}", f"2026-01-{place + 1:02}", "H", text]
        for place, text in enumerate(draw(st.lists(texts, min_size=1, max_size=7)))
    ]
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    return made, written(made, quoting, draw(st.sampled_from(["\n", "\r\n"])))


@st.composite
def damaged(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[list[list[str]], int, str]:
    """Records, which of them has a mark too many or too few, and the whole list with it."""
    records, lines = draw(lists(texts))
    at = draw(st.integers(1, len(records)))
    line = lines[at]
    marks = [match.start() for match in re.finditer('"', line)]
    if marks and draw(st.booleans()):
        place = draw(st.sampled_from(marks))
        line = line[:place] + line[place + 1 :]
    else:
        place = draw(st.integers(0, len(line.rstrip("\r\n"))))
        line = f'{line[:place]}"{line[place:]}'
    return records, at - 1, "".join([*lines[:at], line, *lines[at + 1 :]])


class TestWhatever:
    @given(lists(TEXTS))
    @_EACH
    def test_a_list_without_damage_is_read_as_it_was_written_and_nothing_is_said(
        self, made: tuple[list[list[str]], list[str]]
    ) -> None:
        records, lines = made
        found = parts("".join(lines))
        assert cells(found) == records
        assert not is_said(found)

    @given(damaged(TEXTS))
    @_EACH
    def test_one_mark_too_many_or_too_few_loses_no_other_record_without_a_finding(
        self, made: tuple[list[list[str]], int, str]
    ) -> None:
        records, at, document = made
        found = parts(document)
        lost = [one for place, one in enumerate(records) if place != at and one not in cells(found)]
        assert not lost or any(isinstance(one, Unreadable) for one in found)

    @given(damaged(TEXTS))
    @_EACH
    def test_one_mark_too_many_or_too_few_changes_nothing_in_silence(
        self, made: tuple[list[list[str]], int, str]
    ) -> None:
        records, _, document = made
        found = parts(document)
        assert cells(found) == records or is_said(found)

    @given(damaged(QUIET))
    @_EACH
    def test_all_other_records_are_read_where_texts_hold_no_lists(
        self, made: tuple[list[list[str]], int, str]
    ) -> None:
        records, at, document = made
        read_ = cells(parts(document))
        assert [one for place, one in enumerate(records) if place != at and one not in read_] == []

    @given(st.lists(st.sampled_from(['"', '""', ",", "a", "\n"]), max_size=12).map("".join))
    @_EACH
    def test_the_grammar_takes_no_text_for_a_record_that_the_library_reads_otherwise(self, text: str) -> None:
        is_whole, is_open = grammar(",")
        if is_whole(text):
            assert len(list(csv.reader([text], strict=True))) <= 1
        if is_open(text):
            assert not is_whole(text)
            with pytest.raises(csv.Error, match="end of data"):
                list(csv.reader([text], strict=True))


class TestAMarkThatIsNotClosed:
    def test_what_it_swallowed_up_to_the_end_is_read_again_and_the_line_is_named(self) -> None:
        found = read(CSV, HEAD + 'Q1,2026-01-01,H,"first text\n' + "".join(GOOD))
        assert [one.report_id for one in reports(found)] == ["Q1", *IDS]
        assert reports(found)[0].texts[0].text == "first text"
        assert reports(found)[0].problems
        (finding,) = (one for one in found if isinstance(one, Unreadable))
        assert finding.where == "line 2"
        assert "not closed" in finding.reason and "line 3" in finding.reason

    def test_what_it_swallowed_up_to_the_next_mark_is_read_again(self) -> None:
        found = read(
            CSV, HEAD + 'Q1,2026-01-01,H,"first\n' + "".join(GOOD) + 'Q40,2026-01-02,H,"second, third"\n'
        )
        assert [one.report_id for one in reports(found)] == ["Q1", *IDS, "Q40"]
        assert reports(found)[-1].texts[0].text == "second, third"
        assert len(unreadable(found)) == 1

    def test_the_rest_of_its_own_text_stays_with_it(self) -> None:
        found = read(CSV, HEAD + 'Q1,2026-01-01,H,"first\n\nsecond, third\n' + "".join(GOOD))
        assert reports(found)[0].texts[0].text == "first\nsecond, third"
        assert [one.report_id for one in reports(found)] == ["Q1", *IDS]

    @pytest.mark.parametrize(
        "behind",
        ['Q2,2026-01-02,H,"\nA text that begins in the next line"\n', 'Q2,2026-01-02,H,", and so on"\n'],
        ids=["line", "delimiter"],
    )
    def test_a_text_whose_opening_mark_looks_like_a_closing_one_does_not_close_it(self, behind: str) -> None:
        found = read(CSV, HEAD + 'Q1,2026-01-01,H,"first\n' + behind + "".join(GOOD[1:]))
        assert [one.report_id for one in reports(found)] == ["Q1", *IDS]
        assert len(unreadable(found)) == 1

    def test_in_the_first_column_the_fields_are_found_all_the_same(self) -> None:
        found = read(CSV, HEAD + '"Q1,2026-01-01,H,first\n' + "".join(GOOD))
        assert [one.report_id for one in reports(found)] == ["Q1", *IDS]
        assert reports(found)[0].texts[0].text == "first"

    def test_in_the_header_it_costs_no_record(self) -> None:
        document = HEAD.replace("received", '"received') + "".join(GOOD)
        assert CSV.detects(document.encode(), "x")
        found = read(CSV, document)
        assert [one.report_id for one in reports(found)] == IDS
        assert reports(found)[0].received == "2026-01-02"
        assert len(unreadable(found)) == 1

    def test_two_of_them_are_two_findings(self) -> None:
        broken = 'Q1,2026-01-01,H,"first\n'
        found = read(CSV, HEAD + broken + "".join(GOOD[:9]) + broken.replace("Q1", "Q99") + "".join(GOOD[9:]))
        assert {one.report_id for one in reports(found)} == {"Q1", "Q99", *IDS}
        assert len(unreadable(found)) == 2

    def test_ids_of_any_form_are_known_by_those_before_them(self) -> None:
        lines = [f"Fall {name},heute,H,text\n" for name in ("Nord", "West", "Ost")]
        found = read(CSV, HEAD + lines[0] + 'Fall Mitte,heute,H,"first\n' + "".join(lines[1:]))
        assert [one.report_id for one in reports(found)] == [
            "Fall Nord",
            "Fall Mitte",
            "Fall West",
            "Fall Ost",
        ]

    def test_where_nothing_behind_it_is_a_record_it_is_said_and_all_is_kept(self) -> None:
        found = read(CSV, HEAD + 'Q1,2026-01-01,H,"first\nand, then\nthe end\n')
        assert [one.texts[0].text for one in reports(found)] == ["first\nand, then\nthe end"]
        assert "end of the list" in unreadable(found)[0]

    def test_the_end_of_a_text_that_was_not_opened_is_said(self) -> None:
        found = read(CSV, HEAD + 'Q1,2026-01-01,H,first\nand the end"\n' + "".join(GOOD))
        assert [one.report_id for one in reports(found)][-len(IDS) :] == IDS
        assert "line 3" in [one.where for one in found if isinstance(one, Unreadable)]


class TestTextsInMarks:
    @pytest.mark.parametrize(
        "text",
        [
            "First, he wrote.\n\n\nThen, on 2026-01-02, he called.\n",
            EXCERPT,
            EXCERPT + "\n",
            "Q5,2026-01-02,H,all of it\nQ6,2026-01-02,H,",
            "\n" + "".join(GOOD),
            '"',
            '\n"\n',
        ],
        ids=["lines", "list", "list-and-end", "delimiter", "records", "mark", "marks"],
    )
    @pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    def test_they_stay_whole(self, text: str, quoting: int) -> None:
        records = [["Q1", "2026-01-01", "H", text], ["Q2", "2026-01-02", "H", "a, b"]]
        found = parts("".join(written(records, quoting, "\n")))
        assert cells(found) == records
        assert not is_said(found)

    def test_names_of_columns_may_run_over_lines(self) -> None:
        document = 'ID,"Date\nreceived",Text\n1,2026-01-02,a\n'
        assert CSV.detects(document.encode(), "x")
        one = only(read(CSV, document))
        assert (one.report_id, one.received) == ("1", "2026-01-02")

    def test_words_in_marks_within_a_field_are_words(self) -> None:
        one = only(read(CSV, 'ID,Text\n1,a "so-called" friend\n'))
        assert (one.texts[0].text, one.problems) == ('a "so-called" friend', ())

    def test_a_mark_alone_within_a_field_is_said_of_its_record_only(self) -> None:
        first, second = reports(read(CSV, 'ID,Text\n1,a 5" screen\n2,b\n'))
        assert first.texts[0].text == 'a 5" screen'
        assert first.problems and not second.problems

    def test_empty_lines_before_the_header_are_none(self) -> None:
        assert only(read(CSV, "\n\nID,Text\n1,a\n")).report_id == "1"


class TestSize:
    @pytest.mark.parametrize(
        "line",
        ['Q2,2026-01-02,H,""\n', 'Q2,2026-01-02,H,"x\n', '",\n', '"\n', 'x"y,"z\n', 'Q,"""\n', "words\n"],
    )
    def test_time_grows_with_the_list_and_not_with_its_square(self, line: str) -> None:
        def seconds(count: int) -> float:
            begun = process_time()
            parts(HEAD + 'Q1,2026-01-01,H,"\n' + line * count)
            return process_time() - begun

        few = min(seconds(2_000) for _ in range(3))
        many = min(seconds(32_000) for _ in range(2))  # the collector's turn may fall into one of them
        assert many < 64 * few + 0.5

    def test_a_mark_that_is_not_closed_in_a_large_list_costs_no_memory_and_no_record(self) -> None:
        line = b"Q2,2026-01-02,H," + b"words and words " * 400 + b"\n"
        times = (64 << 20) // len(line)
        before = peak()
        document = Generated(HEAD.encode() + b'Q1,2026-01-01,H,"first\n', line, times, b"")
        count = findings = 0
        for one in CSV.read(document, ReadOptions("x", "x")):  # type: ignore[arg-type]
            count += isinstance(one, Report)
            findings += isinstance(one, Unreadable)
        assert (count, findings) == (times + 1, 1)
        assert peak() - before < MOST_GROWTH

    def test_a_text_that_is_too_long_costs_itself_and_not_what_follows(self) -> None:
        text = ("only words " * 100 + "\n") * 10_000
        found = read(CSV, HEAD + f'Q1,2026-01-01,H,"{text}"\n' + "".join(GOOD))
        assert [one.report_id for one in reports(found)] == IDS
        assert len(unreadable(found)) == 1

    def test_a_line_that_is_too_long_costs_itself_and_not_what_follows(self) -> None:
        found = read(CSV, HEAD + "Q1,2026-01-01,H," + "a, b " * (4 << 20) + "\n" + "".join(GOOD))
        assert [one.report_id for one in reports(found)] == IDS
        assert [one.where for one in found if isinstance(one, Unreadable)] == ["line 2"]

    def test_a_text_too_long_by_a_mark_that_looks_like_its_end_gives_up_what_it_swallowed(self) -> None:
        lines = "".join(f"Q{number},2026-01-02,H,{'words ' * 100}\n" for number in range(2, 9_000))
        found = read(CSV, HEAD + 'Q1,2026-01-01,H,"first\n' + lines + 'Q9000,2026-01-02,H,"\nlast"\n')
        assert [one.report_id for one in reports(found)] == [f"Q{number}" for number in range(1, 9_001)]
        assert len(unreadable(found)) == 1
