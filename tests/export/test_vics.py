"""`export vics`: what other tools import, and what must never be a category."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight.export.protocol import ExportOptions, Findings
from safelight.export.vics import VicsExporter
from safelight.hashsets.protocol import ReadOptions, Record
from safelight.hashsets.vics import Vics
from safelight.model import Decision, HashSetKind, Match

from .parts import NOON
from .sample import Sample, empty, evaluation, large, rich


def written(findings: Findings) -> bytes:
    out = io.BytesIO()
    VicsExporter().write(findings, out, ExportOptions())
    return out.getvalue()


def media(findings: Findings) -> list[dict[str, Any]]:
    (case,) = json.loads(written(findings))["value"]
    return list(case["Media"])


def alone(findings: Sample, *matches: Match, decisions: tuple[Decision, ...] = ()) -> dict[str, Any]:
    """The record of one lead with these matches and decisions."""
    view = next(findings.leads())
    view = replace(view, lead=replace(view.lead, matches=matches), decisions=decisions)
    (record,) = media(replace(findings, lead_views=[view]))
    return record


def illegal(name: str, category: str | None, by: str = "md5", distance: int = 0) -> Match:
    return Match(name, HashSetKind.KNOWN_ILLEGAL, "9", by, distance, category)


def test_the_head_says_vics_2_and_cases() -> None:
    read = json.loads(written(rich()))
    assert read["@odata.context"] == (
        "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Cases"
    )
    (case,) = read["value"]
    assert case["CaseNumber"] == "c-2026-017"
    assert case["SourceApplicationName"] == "Safelight"


def test_a_case_without_leads_is_a_valid_case() -> None:
    assert media(empty()) == []


def test_our_own_reader_gets_back_digests_and_categories(tmp_path: Path) -> None:
    findings = rich()
    path = tmp_path / "case.json"
    path.write_bytes(written(findings))
    reader = Vics()
    assert reader.detect(path.read_bytes()[:65536], path)
    records = [one for block in reader.read(path, ReadOptions()) for one in block]  # type: ignore[union-attr]
    views = list(findings.leads())
    assert len(records) == len(views)
    written_media = media(findings)
    for record, view, stated in zip(records, views, written_media, strict=True):
        assert isinstance(record, Record)
        assert record.entry == str(stated["MediaID"])
        assert record.digests["md5"] == view.digests.md5
        assert record.digests["sha1"] == view.digests.sha1
        assert record.digests["sha256"] == view.digests.sha256
        assert view.pdq is not None
        assert record.digests["pdq"] == view.pdq.hash
        assert record.category == (None if stated["Category"] is None else str(stated["Category"]))


def test_only_lists_and_people_give_a_category() -> None:
    given = {
        record["MediaID"]: record["Category"] for record in media(rich()) if record["Category"] is not None
    }
    numbers = {
        view.lead.id: record["MediaID"] for view, record in zip(rich().leads(), media(rich()), strict=True)
    }
    assert given == {numbers["L1"]: 1, numbers["L5"]: 0}


def test_a_listed_category_names_its_list() -> None:
    record = alone(rich(), illegal("National list, March", "2"))
    assert record["Category"] == 2
    assert record["IsPrecategorized"] is True
    assert record["PrecategorizationSource"] == "National list, March"


def test_a_near_match_gives_no_category() -> None:
    record = alone(rich(), illegal("National list, March", "1", "pdq", 0))
    assert record["Category"] is None
    assert record["IsPrecategorized"] is False


def test_lists_that_disagree_give_no_category_and_say_so() -> None:
    record = alone(rich(), illegal("A", "1"), illegal("B", "2"))
    assert record["Category"] is None
    assert "Lists disagree about the category (A: 1, B: 2)." in record["Comments"]
    good = Match("NSRL RDS v3 minimal", HashSetKind.KNOWN_GOOD, "x", "sha1", 0)
    record = alone(rich(), illegal("A", "1"), good)
    assert record["Category"] is None
    assert "NSRL RDS v3 minimal holds this file as known-good." in record["Comments"]


def test_a_person_overrides_a_list_and_unsure_does_not() -> None:
    person = Decision("d", "L1", "3", "k.weber", NOON)
    assert alone(rich(), illegal("A", "1"), decisions=(person,))["Category"] == 3
    unsure = replace(person, label="unsure")
    assert alone(rich(), illegal("A", "1"), decisions=(unsure,))["Category"] == 1
    assert alone(rich(), decisions=(unsure,))["Category"] is None
    assert alone(rich(), decisions=(replace(person, label="not-pertinent"),))["Category"] == 0


def test_a_list_of_another_scheme_gives_no_category() -> None:
    findings = rich()
    lists = [replace(one, scheme="us-older") for one in findings.hash_sets]
    record = alone(replace(findings, hash_sets=lists), illegal("National list, March", "1"))
    assert record["Category"] is None
    assert "gives category 1 of another scheme" in record["Comments"]


@pytest.mark.parametrize(("scheme", "country"), [("us", "US"), ("uk", "UK"), ("interpol", "Default")])
def test_the_scheme_chooses_the_country(scheme: str, country: str) -> None:
    findings = rich()
    findings = replace(findings, case=replace(findings.case, scheme=scheme))
    assert f"/2.0.xml/{country}/" in json.loads(written(findings))["@odata.context"]


def test_a_code_that_is_no_number_stays_in_words() -> None:
    findings = rich()
    findings = replace(findings, case=replace(findings.case, scheme="uk"), hash_sets=())
    record = alone(findings, decisions=(Decision("d", "L1", "A", "k.weber", NOON),))
    assert record["Category"] is None
    assert "Decided by k.weber: A." in record["Comments"]


def british(code: str, scheme: str = "uk") -> Sample:
    """A case with one decision and one list category in a scheme whose codes are no numbers."""
    findings = rich()
    first, second = findings.lead_views[:2]
    decided = replace(first, decisions=(Decision("d", "L1", code, "k.weber", NOON),))
    listed = replace(second, lead=replace(second.lead, matches=(illegal("CAID", code),)), decisions=())
    case = replace(findings.case, scheme=scheme)
    return replace(findings, case=case, lead_views=[decided, listed], hash_sets=())


def test_categories_without_a_number_stand_in_comments_and_are_counted() -> None:
    report = VicsExporter().write(british("A"), io.BytesIO(), ExportOptions())
    (note,) = report.notes
    assert note.startswith("2 decisions or list categories have no number in VICS; they stand in Comments.")
    decided, listed = media(british("A"))
    assert "Decided by k.weber: A." in decided["Comments"]
    assert "Category A from the list CAID." in listed["Comments"]
    assert VicsExporter().write(rich(), io.BytesIO(), ExportOptions()).notes == ()


def test_a_list_category_of_another_scheme_is_counted_too() -> None:
    findings = british("A")
    report = VicsExporter().write(
        replace(findings, lead_views=[replace(one, decisions=()) for one in british("1").lead_views[1:]]),
        io.BytesIO(),
        ExportOptions(),
    )
    assert report.notes[0].startswith("1 decision or list category has no number in VICS; it stands")


def test_an_agency_gives_its_categories_numbers(tmp_path: Path) -> None:
    own = tmp_path / "uk.toml"
    own.write_text(
        'title = "United Kingdom, ours"\n'
        '[[category]]\ncode = "A"\nlabel = "Category A"\nseverity = 1.0\nmeaning = "illegal"\nvics = 71\n'
        '[[category]]\ncode = "B"\nlabel = "Category B"\nseverity = 0.8\nmeaning = "illegal"\n'
    )
    findings = british("A", str(own))
    assert [record["Category"] for record in media(findings)] == [71, 71]
    assert "/2.0.xml/UK/" in json.loads(written(findings))["@odata.context"]
    named = replace(rich().hash_sets[0], name="CAID", scheme="uk")
    assert media(replace(findings, hash_sets=(named,)))[1]["Category"] == 71
    report = VicsExporter().write(british("B", str(own)), io.BytesIO(), ExportOptions())
    assert report.notes[0].startswith("2 decisions or list categories have no number")
    assert [record["Category"] for record in media(british("71", str(own)))] == [71, 71]


def test_every_place_is_a_media_file() -> None:
    record = media(rich())[0]
    files = record["MediaFiles"]
    assert [one["SourceID"] for one in files] == ["x1", "x1", "x2"]
    assert [one["Unallocated"] for one in files] == [False, True, False]
    assert [one["FileName"] for one in files] == ["a.jpg"] * 3
    assert files[0]["FilePath"] == "laptop.E01//p2/Users/anna/Pictures/a.jpg"
    assert files[0]["Created"] == "2024-01-04T08:21:00.1234567Z"
    assert files[0]["PhysicalLocation"] == 1_060_864
    assert files[2]["Written"] == "2023-07-11T17:30:00"
    assert files[2]["ParentFilePath"] == "usb//backup/b.zip//old/in.zip"
    assert {one["MD5"] for one in files} == {record["MD5"]}


def test_hex_is_upper_case_and_exif_has_its_names() -> None:
    record = media(rich())[0]
    assert record["MD5"] == record["MD5"].upper()
    assert {one["HashName"] for one in record["AlternativeHashes"]} == {"SHA256", "PDQ"}
    stated = {one["PropertyName"]: one["PropertyValue"] for one in record["Exifs"]}
    assert stated["Make"] == "Canon"
    assert stated["BodySerialNumber"] == "046020001"


def test_an_item_keeps_its_number_when_others_come_and_go() -> None:
    findings = rich()
    before = {record["MD5"]: record["MediaID"] for record in media(findings)}
    after = {
        record["MD5"]: record["MediaID"]
        for record in media(replace(findings, lead_views=findings.lead_views[3:]))
    }
    assert all(before[md5] == number for md5, number in after.items())


def test_numbers_are_unique_and_fit_31_bits() -> None:
    numbers = [record["MediaID"] for record in media(large(100_000))]
    assert len(set(numbers)) == len(numbers) == 1_000
    assert all(0 <= number < 1 << 31 for number in numbers)


def test_only_an_evaluation_is_marked_as_one() -> None:
    (case,) = json.loads(written(evaluation()))["value"]
    assert case["CaseNumber"] == "EVALUATION c-2026-017"
    assert b"EVALUATION" not in written(rich())


def test_the_same_findings_give_the_same_bytes() -> None:
    assert written(rich()) == written(rich())
