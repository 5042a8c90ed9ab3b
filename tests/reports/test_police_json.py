"""The JSON that police receive is read with any of its keys absent, null or under another capital letter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.reports.police_json import PoliceJsonReader
from safelight.reports.report import Annotation, Kind, Report, ReportFile, Role
from tests.reports.deviations import Bears
from tests.reports.tips import as_json, only, police_json, read, reports, unreadable

READER = PoliceJsonReader()
TEXT = "A neighbour reports a worry."
PERSON = {
    "firstName": "Robin",
    "middleName": None,
    "lastName": "Sample",
    "preferredName": "Rob",
    "gender": "male",
    "dateOfBirth": "1981-02-03",
    "approximateAge": 44,
    "occupation": "coach",
    "espService": "Chatter",
    "espUserId": "778899",
    "screenName": {"value": "robin_s"},
    "emails": {"emails": [{"value": "robin@example.org", "verified": True}]},
    "phones": {"phones": [{"value": "+12025550100", "verified": False}]},
    "addresses": {"addresses": [{"address": "1 Sample Street", "city": "Kassel", "country": "DE"}]},
    "sourceInformation": {
        "sourceCaptures": [
            {
                "captureType": "IP Address",
                "value": "192.0.2.1",
                "dateTime": "2026-01-01T00:00:00Z",
                "port": 50123,
                "eventName": "Login",
            },
            {"captureType": "Device ID", "value": "d-1"},
        ]
    },
    "relationshipToChildVictim": "uncle",
    "accessToChildVictim": True,
    "accessToChildren": "yes, as a coach",
    "convictedSexOffender": False,
    "priorCTReports": [17, 18],
}
FILE = {
    "filename": "one.jpg",
    "originalFilename": "real.jpg",
    "submittalId": "f1",
    "verificationHash": "0123456789abcdef0123456789abcdef",
    "viewedByEsp": True,
    "espMetadata": {"metadatas": [{"name": "Model", "value": "X1"}]},
    "ncmecTags": {"groups": [{"tags": [{"value": "Infant/Toddler"}, {"value": "A1"}]}]},
    "additionalInformations": [{"value": "found in a room"}],
}
FULL = police_json(
    incidentSummary={
        "incidentType": "Online Enticement of Children for Sexual Acts",
        "incidentDateTime": "2026-01-01T00:00:00Z",
        "incidentDateTimeDescription": "when it was uploaded",
    },
    reportedPeople={"reportedPersons": [PERSON]},
    intendedRecipients={"intendedRecipients": [{"screenName": {"value": "other"}}]},
    uploadedFiles={"uploadedFiles": [FILE]},
    incidentDetails={
        "emailIncident": [{"contents": [{"value": "words of a message"}]}],
        "webpageIncident": [{"urls": [{"value": "https://a.example.org/1"}]}],
    },
    additionalInformations=[{"value": TEXT}],
)


class TestBears(Bears):
    """What every reader must bear."""

    reader = READER
    document = as_json(FULL)
    where = TEXT.encode()


class TestFields:
    report = only(read(READER, as_json(FULL)))

    def test_the_incident(self) -> None:
        one = self.report
        assert (one.report_id, one.provider, one.received) == ("2001", "Chatter One", "2026-01-02T03:04:05Z")
        assert one.incident == "Online Enticement of Children for Sexual Acts"
        assert one.occurred == "2026-01-01T00:00:00Z"

    def test_everybody_has_their_role(self) -> None:
        assert [party.role for party in self.report.parties] == [Role.REPORTED, Role.RECIPIENT]

    def test_identifiers(self) -> None:
        said = {(one.kind, one.value, one.provider) for one in self.report.parties[0].identifiers}
        assert {
            (Kind.NAME, "Robin Sample", None),
            (Kind.NAME, "Rob", None),
            (Kind.ACCOUNT, "778899", "Chatter"),
            (Kind.SCREEN_NAME, "robin_s", "Chatter"),
            (Kind.EMAIL, "robin@example.org", None),
            (Kind.PHONE, "+12025550100", None),
            (Kind.DEVICE, "d-1", None),
        } <= said

    def test_an_ip_address_keeps_time_and_port(self) -> None:
        ip = next(one for one in self.report.parties[0].identifiers if one.kind is Kind.IP)
        assert (ip.value, ip.time, ip.port, ip.event) == ("192.0.2.1", "2026-01-01T00:00:00Z", 50123, "Login")

    def test_facts(self) -> None:
        party = self.report.parties[0]
        assert (party.age, party.birth_date) == ("44", "1981-02-03")
        assert party.facts["relationship"] == "uncle"
        assert party.facts["access-to-child"] == "yes"
        assert party.facts["access-to-children"] == "yes, as a coach"
        assert party.facts["convicted"] == "no"
        assert party.facts["prior-reports"] == "17 18"
        assert party.spots[0].city == "Kassel"

    def test_a_file(self) -> None:
        (one,) = self.report.files
        assert (one.file_id, one.name, one.original_name, one.viewed) == ("f1", "one.jpg", "real.jpg", True)
        assert one.digests == {"md5": "0123456789abcdef0123456789abcdef"}
        assert (one.classification, one.annotations, one.exif) == ("A1", {"infant"}, {"Model": "X1"})
        assert one.texts == ("found in a room",)

    def test_texts_and_pages(self) -> None:
        assert {one.text for one in self.report.texts} == {TEXT, "words of a message", "when it was uploaded"}
        assert [one.value for one in self.report.groups] == ["https://a.example.org/1"]


class TestDeviations:
    def report(self, **inside: Any) -> Report:
        return only(read(READER, as_json({"reportId": 1, "reportedInformation": inside})))

    def file(self, **said: Any) -> ReportFile:
        return self.report(uploadedFiles=[{"filename": "a.jpg", **said}]).files[0]

    @pytest.mark.parametrize("viewed", [None, "", "maybe", [], {}, "No", False, 0, "false"])
    def test_only_a_plain_yes_says_that_it_was_viewed(self, viewed: object) -> None:
        assert self.file(viewedByEsp=viewed).viewed is not True

    @pytest.mark.parametrize("viewed", [True, "Yes", "true", 1, {"value": True}])
    def test_a_plain_yes_does(self, viewed: object) -> None:
        assert self.file(viewedByEsp=viewed).viewed is True

    @pytest.mark.parametrize(
        "people", [PERSON, [PERSON], {"reportedPersons": PERSON}, {"reportedPersons": [PERSON]}]
    )
    def test_a_list_may_be_wrapped_or_be_none(self, people: object) -> None:
        assert self.report(reportedPeople=people).parties[0].age == "44"

    def test_keys_in_any_case(self) -> None:
        loud = {key.upper(): value for key, value in PERSON.items()}
        one = only(read(READER, as_json({"REPORTID": 3, "ReportedInformation": {"ReportedPeople": [loud]}})))
        assert (one.report_id, one.parties[0].age) == ("3", "44")

    @pytest.mark.parametrize("nothing", [None, "", [], {}, "null", "N/A"])
    def test_nulls_are_nothing(self, nothing: object) -> None:
        person = dict.fromkeys(PERSON, nothing)
        one = only(
            read(READER, as_json({"reportId": 1, "reportedInformation": {"reportedPeople": [person]}}))
        )
        assert one.parties == ()

    def test_what_has_no_place_is_kept(self) -> None:
        one = self.report(newThing={"inner": "value"}, reportedPeople=[{**PERSON, "mood": "calm"}])
        assert ("reportedInformation/newThing", '{"inner":"value"}') in one.unknown
        assert ("reported/mood", "calm") in one.unknown

    def test_what_has_no_place_is_kept_though_it_is_numbers_or_flags(self) -> None:
        one = self.report(odd={"a": {"b": [1, True, {"c": 2.5}]}})
        said = dict(one.unknown)["reportedInformation/odd"]
        for value in ("1", "2.5"):
            assert value in said

    def test_a_report_without_a_number_takes_its_document_s(self) -> None:
        assert only(read(READER, as_json({"reportedInformation": {}}), fallback_id="x")).report_id == "x"

    def test_a_list_and_lines(self) -> None:
        both = [police_json(1), police_json(2)]
        for document in (as_json(both), b"\n".join(map(as_json, both)), as_json({"reports": both})):
            assert [one.report_id for one in reports(read(READER, document))] == ["1", "2"]

    def test_a_broken_report_costs_itself_alone(self) -> None:
        document = b"[" + as_json(police_json(1)) + b', {"reportId": }, ' + as_json(police_json(3)) + b"]"
        parts = read(READER, document)
        assert [one.report_id for one in reports(parts)] == ["1", "3"]
        assert len(unreadable(parts)) == 1

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
    def test_encodings(self, encoding: str) -> None:
        document = json.dumps(police_json(1, odd="müller"), ensure_ascii=False).encode(encoding)
        assert READER.detects(document, "x")
        assert "müller" in repr(only(read(READER, document)))

    def test_an_escalation_and_marks(self) -> None:
        summary = {
            "escalateToHighPriority": "a meeting is planned",
            "reportAnnotations": {"sextortion": True, "spam": False},
        }
        one = self.report(incidentSummary=summary)
        assert one.escalation == "a meeting is planned"
        assert one.annotations == {Annotation.SEXTORTION}

    def test_a_report_that_is_taken_back(self) -> None:
        one = only(read(READER, as_json({**police_json(1), "isRetracted": True})))
        assert Annotation.RETRACTED in one.annotations

    def test_lone_surrogates_of_a_broken_export_are_borne(self) -> None:
        (one,) = reports(read(READER, b'{"reportId": 1, "reportedInformation": {"odd": "a \\ud800 b"}}'))
        assert one.report_id == "1"

    def test_other_json_is_none_of_ours(self) -> None:
        for document in (b'{"a": 1}', b"[]", b"<report/>", b'"reportId"', b""):
            assert not READER.detects(document, "report.json")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*PERSON, *FILE, "value"]), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = ["reportedPeople", "uploadedFiles", "incidentSummary", "incidentDetails", "reportingEsp", "victims"]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4), VALUES)
def test_nothing_escapes_whatever_stands_under_a_key(inside: dict[str, Any], number: object) -> None:
    read(READER, as_json({"reportId": number, "reportedInformation": inside}))
