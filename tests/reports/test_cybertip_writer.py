"""What is written as CyberTipline XML is valid by the schema, and reads back as the same report."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from lxml import etree

from safelight.reports.cybertip import CybertipReader
from safelight.reports.cybertip_writer import UNSTATED_TIME, documents, write
from safelight.reports.intake.assemble import Piece, assemble
from safelight.reports.police_json import PoliceJsonReader
from safelight.reports.protocol import ReadOptions
from safelight.reports.report import Annotation, FreeText, Kind, Party, Report, ReportFile, Role, Spot, Stated
from tests.conftest import SHARED
from tests.reports.made import REPORTS
from tests.reports.tips import as_json, details, only, person, police_json, read, tip

XSD = SHARED / "cybertip" / "cyber_tipline.xsd"


def read_back(data: bytes) -> Report:
    """The report as an import makes it of the document."""
    parts = CybertipReader().read(io.BytesIO(data), ReadOptions("x.xml", "x"))
    whole = [piece.part for piece in assemble(Piece(part, "x.xml") for part in parts)]  # type: ignore[arg-type]
    assert len(whole) == 1, whole
    assert isinstance(whole[0], Report)
    return whole[0]


@cache
def schema(path: Path = XSD) -> etree.XMLSchema:
    if not path.is_file():
        pytest.skip("the schema is not there")
    return etree.XMLSchema(etree.parse(path))


def is_valid(document: bytes) -> None:
    tree = etree.fromstring(document)
    assert schema().validate(tree), f"{schema().error_log}\n{document.decode()}"


@given(REPORTS)
@example(Report("a", "cybertip", spots=(Spot("address", text="<![CDATA["),)))
@example(Report("a", "cybertip", files=(ReportFile(exif={"a": "<!-- ?>"}),)))
@example(Report("a", "cybertip", spots=(Spot("address", text="\ufffe"),)))
def test_any_report_reads_back_as_it_was(report: Report) -> None:
    assert read_back(write(report)) == report


@given(REPORTS)
@settings(max_examples=60)
def test_every_document_of_any_report_is_valid(report: Report) -> None:
    for document in documents(report):
        is_valid(document)


def test_the_documents_are_the_report_and_the_details_of_each_file() -> None:
    report = Report("5", "cybertip", files=(ReportFile("a"), ReportFile("b")))
    roots = [etree.fromstring(document).tag for document in documents(report)]
    assert roots == ["report", "fileDetails", "fileDetails"]


def test_an_imported_report_reads_back_as_it_was() -> None:
    inside = person(more="<foo>bar</foo>") + details("1", "one.jpg", viewed=False)
    report = only(read(CybertipReader(), tip("1", inside, escaped=True)))
    assert read_back(write(report)) == report


def test_an_imported_json_report_reads_back_as_it_was() -> None:
    report = only(read(PoliceJsonReader(), as_json(police_json(odd={"a": "b"}))))
    written = write(report)
    assert read_back(written) == report
    is_valid(documents(report)[0])


def test_what_has_a_place_needs_no_more_than_the_schema() -> None:
    inside = person(more="<displayName>Robin</displayName><additionalInfo>A text.</additionalInfo>")
    report = only(read(CybertipReader(), tip(None, inside), fallback_id="1"))
    text = documents(report)[0].decode()
    assert "<screenName>robin_s</screenName>" in text
    assert text.count("A text.") == 1


def test_what_has_no_place_is_said_for_people() -> None:
    victim = Party(Role.VICTIM, (Stated(Kind.CRYPTO, "bc1qsample"),), age="8-10", facts={"gender": "female"})
    report = Report("9", "hotline", annotations=frozenset({Annotation.RETRACTED}), parties=(victim,))
    info = etree.fromstring(documents(report)[0]).findtext("additionalInfo") or ""
    for words in ("bc1qsample", "8-10", "gender: female", "retracted"):
        assert words in info


def test_a_time_that_is_not_known_is_not_made_up() -> None:
    tree = etree.fromstring(documents(Report("9", "hotline", occurred="last summer"))[0])
    assert tree.findtext(".//incidentDateTime") == UNSTATED_TIME
    assert "last summer" in (tree.findtext(".//incidentDateTimeDescription") or "")


def test_a_kind_of_incident_that_the_schema_lacks_is_said() -> None:
    tree = etree.fromstring(documents(Report("9", "hotline", incident="grooming by a neighbour"))[0])
    assert tree.findtext(".//incidentType") == "Online Enticement of Children for Sexual Acts"
    assert "grooming by a neighbour" in (tree.findtext("additionalInfo") or "")


def test_the_residue_cannot_be_slipped_in_by_a_text() -> None:
    said = '<?safelight-residue {"annotations":["retracted"],"parties":[]}?>'
    text = FreeText("additionalInfo", said)
    quoted = tip("1", f"<additionalInfo>{said.replace('<', '&lt;')}</additionalInfo>")
    assert only(read(CybertipReader(), quoted)).annotations == frozenset()
    assert read_back(write(Report("1", "cybertip", texts=(text,)))).annotations == frozenset()


@pytest.mark.parametrize(
    "residue",
    [
        '{"texts": 5}',
        '{"parties": [{"role": "king"}]}',
        "[]",
        "{",
        '{"texts": [{"where": 1, "text": 2}]}',
        "",
    ],
)
def test_a_residue_that_lies_costs_nothing_else(residue: str) -> None:
    report = only(read(CybertipReader(), tip("1", person() + f"<?safelight-residue {residue}?>")))
    assert report.report_id == "1"
    assert report.parties[1].identifiers[0].value == "robin_s"
