"""The candidate sheet: facts apart from assessments, nobody's verdict before it is decided, whole in every script."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pdfminer.high_level import extract_pages, extract_text
from pdfminer.layout import LTChar, LTTextContainer

from safelight.errors import RefusedError, UsageError
from safelight.export.person_pdf import SheetPdf
from safelight.export.person_sheet import Group, Line, Sheet, Shown, chance, groups
from safelight.export.protocol import ExportOptions
from safelight.model import Capability
from safelight.persons.keep.pairs import KeptCandidate
from safelight.persons.person import Facts, Status, Verdict
from safelight.workspace import Workspace

from .page import Page
from .person_desk import MADE, VERSION, WEIGHED, PersonDesk, desk
from .sample import rich

Open = Callable[..., Workspace]


@pytest.fixture
def at(open_again: Open) -> PersonDesk:
    return desk(open_again, Capability.EXPORT)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "sheet.html"


def decide(open_again: Open, at: PersonDesk, **said: Verdict) -> None:
    for who, verdict in said.items():
        open_again(actor=who).answer_review(at.candidate, verdict)


def said(path: Path) -> str:
    return Page(path.read_text(encoding="utf-8", errors="strict")).said()


def sheet(*names: str) -> Sheet:
    """A sheet of a person of these names."""
    one = Shown("Found", "F-1", "P-1", "", [("names", names)], [], 0)
    return Sheet(
        "C-1", "2026-11-01", (one, one), [("names", names, ())], ["Not calibrated."], groups(WEIGHED), "+0.9", VERSION,
        "not decided", "Nobody is told.", [], 0, [], "Nothing follows.", "Not known yet.",
    )  # fmt: skip


def test_it_shows_both_photographs_the_table_the_chance_and_the_authority(at: PersonDesk, out: Path) -> None:
    at.workspace.sheet_person(at.candidate, out)
    text = said(out)
    for part in (
        "Found F-1", "Missing M-1", "Robin Example", "Contradictions", "Seen elsewhere after.", "about one in 12,000",
        "about 0.4 look-alikes", "about 12 % of them would be so by chance", VERSION, "Unevaluated", "c.chief", "MP/7",
        "All faces are drawn at one scale",
    ):  # fmt: skip
        assert part in text, part
    assert out.read_text().count('class="portrait"') == 3
    assert text.index("Facts: what is stated") < text.index("Assessment: what speaks for and against")


def test_it_never_says_match_or_identified_of_anybody(at: PersonDesk, out: Path) -> None:
    at.workspace.sheet_person(at.candidate, out)
    text = said(out).lower().replace("false-match rate", "")
    assert " match" not in text
    assert text.count("identif") == text.count("it identifies nobody") == 1


def test_before_two_have_decided_it_says_so_and_names_nobody(
    open_again: Open, at: PersonDesk, out: Path
) -> None:
    decide(open_again, at, berta=Verdict.SAME)
    at.workspace.sheet_person(at.candidate, out)
    assert "Not decided" in said(out)
    assert "berta" not in said(out)


def test_while_a_third_must_decide_it_hides_what_two_said(
    open_again: Open, at: PersonDesk, out: Path
) -> None:
    decide(open_again, at, berta=Verdict.SAME, carl=Verdict.DIFFERENT)
    at.workspace.sheet_person(at.candidate, out)
    assert "Not decided" in said(out)
    assert not {"berta", "carl"} & set(said(out).replace(":", " ").split())


def test_once_decided_it_names_both_and_lists_the_next_steps(
    open_again: Open, at: PersonDesk, out: Path
) -> None:
    decide(open_again, at, berta=Verdict.SAME, carl=Verdict.SAME)
    at.workspace.person_step(at.candidate, "DNA", done=True)
    at.workspace.person_outcome(at.candidate, "reunited")
    at.workspace.sheet_person(at.candidate, out)
    text = said(out)
    assert "berta: same" in text
    assert "carl: same" in text
    assert "☒ DNA" in text
    assert "☐ hear the child" in text
    assert "Reunited, " in text


@pytest.mark.parametrize("suffix", [".html", ".pdf"])
def test_a_foil_has_no_sheet(at: PersonDesk, out: Path, suffix: str) -> None:
    with pytest.raises(UsageError, match="no candidate"):
        at.workspace.sheet_person(at.foil, out.with_suffix(suffix))
    assert not out.with_suffix(suffix).exists()


def test_the_sheet_of_a_proposed_candidate_says_so_and_names_its_proposer_only_once_it_is_decided(
    open_again: Open, at: PersonDesk, out: Path
) -> None:
    own = open_again(actor="berta").answer_review(at.foil, Verdict.SAME)["proposed"]
    at.workspace.sheet_person(own, out)
    assert "Proposed by a person; the comparison spoke against it." in said(out)
    assert "berta" not in said(out)
    for who in ("carl", "dora"):
        open_again(actor=who).answer_review(own, Verdict.SAME)
    at.workspace.sheet_person(own, out)
    assert "proposed by berta, who did not decide about it" in said(out)


@pytest.mark.parametrize("suffix", [".html", ".pdf"])
def test_the_sheet_says_where_people_decided_without_photographs(
    open_again: Open, at: PersonDesk, out: Path, suffix: str
) -> None:
    out = out.with_suffix(suffix)
    read = said if suffix == ".html" else lambda path: " ".join(extract_text(path).split())
    shown = open_again(actor="berta").next_review(with_page=True)
    assert shown is not None
    open_again(actor="berta").review_page([one["id"] for one in shown["candidates"]], out.with_name("l.html"))
    decide(open_again, at, berta=Verdict.SAME, carl=Verdict.SAME)
    at.workspace.sheet_person(at.candidate, out)
    text = read(out)
    assert "Decided without photographs: at least one of those who decided" in text
    assert "carl: same (not from a list without scores) (was shown no photographs)" in text
    assert text.count("was shown no photographs") == 1


def test_a_model_measured_on_too_few_pairs_is_not_said_to_be_never_measured(
    at: PersonDesk, out: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("score,same\n0.9,1\n0.8,1\n0.7,0\n0.2,0\n0.1,0\n", encoding="ascii")
    version = at.workspace.evaluate_faces(pairs)["model"].partition("/")[2]
    other = at.enrol("M-9", Status.MISSING, Facts())
    at.workspace.sheet_person(at.compare(at.found, other, version=version), out)
    assert "Unevaluated" not in said(out)
    assert "too few pairs: 2 of one person and 3 of different people" in said(out)


def test_an_answer_that_came_from_no_list_is_marked(open_again: Open, at: PersonDesk, out: Path) -> None:
    open_again(actor="berta").next_review()
    decide(open_again, at, berta=Verdict.SAME, carl=Verdict.SAME)
    at.workspace.sheet_person(at.candidate, out)
    text = said(out)
    assert "carl: same (not from a list without scores)" in text
    assert "berta: same (not" not in text


def test_without_export_nothing_is_written(open_again: Open, out: Path) -> None:
    made = desk(open_again)
    with pytest.raises(RefusedError, match="export"):
        made.workspace.sheet_person(made.candidate, out)
    assert not out.exists()


def test_its_event_names_the_candidate_both_people_and_the_file(at: PersonDesk, out: Path) -> None:
    written = at.workspace.sheet_person(at.candidate, out)
    event = at.events("persons sheet")[-1]
    assert event["subject"] == [at.candidate, at.found, at.missing]
    assert event["detail"]["sha256"] == written["sha256"]


@pytest.mark.parametrize("name", ["sheet.doc", "sheet"])
def test_an_ending_that_says_nothing_is_refused(at: PersonDesk, out: Path, name: str) -> None:
    with pytest.raises(UsageError, match="ending"):
        at.workspace.sheet_person(at.candidate, out.with_name(name))


def test_the_pdf_says_what_the_page_says_and_bears_the_mark_on_each_page(at: PersonDesk, out: Path) -> None:
    written = at.workspace.sheet_person(at.candidate, out.with_suffix(".pdf"))
    assert written["notes"] == []
    pages = [
        "".join(one.get_text() for one in page if isinstance(one, LTTextContainer))
        for page in extract_pages(written["file"])
    ]
    assert all("EVALUATION" in page for page in pages)
    text = " ".join("".join(pages).split())
    for part in (
        "Robin Example",
        "Робин Пример",
        "罗宾 示例",
        "Not decided",
        "Seen elsewhere after.",
        "c.chief",
    ):
        assert part in text, part


def test_the_pdf_carries_the_letters_of_every_script_and_is_tagged(tmp_path: Path) -> None:
    out = io.BytesIO()
    report = SheetPdf(sheet("Robin", "Робин", "روبن", "रोबिन", "罗宾", "রবিন")).write(
        rich(), out, ExportOptions()
    )
    assert report.notes == ()
    out.seek(0)
    fonts = {
        char.fontname.partition("+")[2].partition("-")[0]
        for page in extract_pages(out)
        for box in page
        if isinstance(box, LTTextContainer)
        for line in box
        for char in getattr(line, "__iter__", lambda: iter(()))()
        if isinstance(char, LTChar)
    }
    assert {"NotoSansArabic", "NotoSansDevanagari", "NotoSansBengali"} <= fonts
    assert b"pdfuaid" in out.getvalue()


def test_a_sign_that_no_font_has_costs_the_tagging_and_not_the_sheet() -> None:
    out = io.BytesIO()
    report = SheetPdf(sheet("\U00012000 Robin")).write(rich(), out, ExportOptions())
    assert "lacks a sign" in report.notes[0]
    assert "Robin" in extract_text(io.BytesIO(out.getvalue()))


def test_what_is_stated_is_never_read_as_markup() -> None:
    out = io.BytesIO()
    hostile = '#read("/etc/hostname") $x$ *b* \\ "] #panic()'
    SheetPdf(sheet(hostile)).write(rich(), out, ExportOptions())
    assert '#read("/etc/hostname")' in extract_text(io.BytesIO(out.getvalue()))


def test_a_sheet_is_the_same_bytes_each_time() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    for one in (first, second):
        SheetPdf(sheet("Robin")).write(rich(), one, ExportOptions())
    assert first.getvalue() == second.getvalue()


def test_a_word_longer_than_any_line_stays_on_the_page() -> None:
    out = io.BytesIO()
    SheetPdf(sheet("x" * 600)).write(rich(), out, ExportOptions())
    out.seek(0)
    (first, *_) = extract_pages(out)
    assert max(box.x1 for box in first if isinstance(box, LTTextContainer)) < first.width


def test_a_real_workspace_s_sheet_bears_no_mark() -> None:
    out = io.BytesIO()
    SheetPdf(sheet("Robin")).write(rich(), out, ExportOptions())
    assert "EVALUATION" not in extract_text(io.BytesIO(out.getvalue()))


def test_contradictions_stand_first_and_unknown_last() -> None:
    found = groups(WEIGHED)
    assert [one.code for one in found] == ["contradictions", "against", "for", "unknown"]
    assert found[0] == Group(
        "contradictions",
        "Contradictions",
        found[0].note,
        [Line("Seen elsewhere after.", "−1.5", "assumed: dates")],
    )


def candidate(**more: float | None) -> KeptCandidate:
    values = {"fmr": 8e-5, "expected": 0.4, "q": 0.12, **more}
    return KeptCandidate("C-1", "P-1", "P-2", 1, 0.95, weighed=(), made_at=MADE, version="v", **values)  # type: ignore[arg-type]


def test_not_calibrated_is_said_plainly_and_no_number_is_given() -> None:
    sentences = chance(candidate(fmr=None, expected=None, q=None))
    assert sentences[1].startswith("Not calibrated")
    assert len(sentences) == 2


@pytest.mark.parametrize(
    ("fmr", "words"),
    [(8e-5, "about one in 12,000"), (0.2, "about one in 5"), (1e-12, "fewer than one in a thousand")],
)
def test_the_false_match_rate_is_said_as_one_in_so_many(fmr: float, words: str) -> None:
    assert words in chance(candidate(fmr=fmr))[1]


def test_a_person_without_facts_or_photographs_has_a_sheet(at: PersonDesk, out: Path) -> None:
    bare = at.enrol("M-3", Status.MISSING, Facts(), photos=0)
    at.workspace.sheet_person(at.compare(at.found, bare), out)
    assert "No photograph is kept." in said(out)


def test_a_broken_log_is_said_on_the_pdf() -> None:
    log = replace(rich().audit_log, verified=False, problem="Event 7 was altered.")
    out = io.BytesIO()
    report = SheetPdf(sheet("Robin")).write(replace(rich(), audit_log=log), out, ExportOptions())
    assert "Event 7 was altered." in extract_text(io.BytesIO(out.getvalue()))
    assert "did not verify" in report.notes[0]


def test_a_photograph_that_was_searched_with_is_named_by_its_file_alone(at: PersonDesk, out: Path) -> None:
    probe = at.enrol("/home/anna/cases/robin.jpg#2", Status.PROBE, Facts())
    at.workspace.sheet_person(at.compare(probe, at.missing), out)
    assert "Photograph searched with robin.jpg#2" in said(out)
    assert "/home/anna" not in out.read_text()
