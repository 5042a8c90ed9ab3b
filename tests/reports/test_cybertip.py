"""CyberTipline XML is read as the schema has it, and as it really arrives."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from safelight.reports.cybertip import CybertipReader
from safelight.reports.protocol import Annex, ReadOptions, Retraction
from safelight.reports.report import Annotation, Kind, Report, ReportFile, Role, Spot
from tests.reports.deviations import MOST_GROWTH, Bears, peak
from tests.reports.tips import Generated, details, only, person, read, reports, tip, unreadable

READER = CybertipReader()
TEXT = "A neighbour reports a worry."
FULL = (
    "<report><batchedReport reason='VIRAL_POTENTIAL_MEME'/><incidentSummary>"
    "<incidentType>Online Enticement of Children for Sexual Acts</incidentType><platform>Chatter</platform>"
    "<escalateToHighPriority>a meeting is planned</escalateToHighPriority>"
    "<reportAnnotations><sextortion/><spam>false</spam></reportAnnotations>"
    "<incidentDateTime>2026-01-02T03:04:05Z</incidentDateTime></incidentSummary>"
    "<internetDetails><webPageIncident thirdPartyHostedContent='true'><url>https://a.example.org/1</url>"
    "<url>https://a.example.org/2</url></webPageIncident></internetDetails>"
    "<internetDetails><cellPhoneIncident><phoneNumber countryCallingCode='+49'>301234</phoneNumber>"
    "<latitude>51.5</latitude><longitude>9.5</longitude></cellPhoneIncident></internetDetails>"
    "<lawEnforcement><agencyName>Sample Unit</agencyName></lawEnforcement>"
    "<reporter><reportingPerson><firstName>Chatter</firstName><lastName>One</lastName>"
    "<email>desk@chatter.example.org</email></reportingPerson></reporter>"
    "<personOrUserReported><personOrUserReportedPerson><firstName>Robin</firstName><lastName>Sample</lastName>"
    "<phone type='Mobile' verified='true'>+12025550100</phone><email>robin@example.org</email>"
    "<address><address>1 Sample Street</address><city>Kassel</city><zipCode>34117</zipCode>"
    "<country>DE</country></address>"
    "<age>44</age><dateOfBirth>1981-02-03</dateOfBirth></personOrUserReportedPerson>"
    "<espIdentifier>778899</espIdentifier><espService>Chatter</espService>"
    "<compromisedAccount>false</compromisedAccount><screenName>robin_s</screenName>"
    "<displayName>Robin</displayName><displayName>R.</displayName>"
    "<ipCaptureEvent><ipAddress>192.0.2.1</ipAddress><eventName>Login</eventName>"
    "<dateTime>2026-01-01T00:00:00Z</dateTime><possibleProxy>true</possibleProxy><port>50123</port></ipCaptureEvent>"
    "<deviceId><idType>Android ID</idType><idValue>d-1</idValue></deviceId>"
    "<priorCTReports>17</priorCTReports><priorCTReports>18</priorCTReports>"
    "<accountPermanentlyDisabled disabledDate='2026-01-02T00:00:00Z'>true</accountPermanentlyDisabled>"
    "<estimatedLocation><city>Kassel</city><countryCode>DE</countryCode></estimatedLocation>"
    "<associatedAccount accountType='Linked'><platform>Other Service</platform>"
    "<screenName>robin2</screenName></associatedAccount>"
    "<associatedAccount type='Parent/Guardian'><email>guardian@example.org</email></associatedAccount>"
    f"<additionalInfo>{TEXT}</additionalInfo></personOrUserReported>"
    "<victim><victimPerson><age>12</age></victimPerson><screenName>kid</screenName>"
    "<schoolName>Sample School</schoolName></victim>"
    "<additionalInfo>Another text.</additionalInfo></report>"
)


class TestBears(Bears):
    """What every reader must bear."""

    reader = READER
    document = (FULL + details("1", "one.jpg", viewed=True)).encode()
    where = TEXT.encode()
    marked = b"one &lt;b&gt;two&lt;/b&gt;&lt;br/&gt;three &amp;amp; four"


class TestFields:
    report = only(read(READER, FULL))

    def test_the_incident(self) -> None:
        one = self.report
        assert one.incident == "Online Enticement of Children for Sexual Acts"
        assert (one.provider, one.service, one.occurred) == ("Chatter One", "Chatter", "2026-01-02T03:04:05Z")
        assert one.escalation == "a meeting is planned"
        assert one.annotations == {Annotation.VIRAL, Annotation.SEXTORTION}

    def test_everybody_has_their_role(self) -> None:
        roles = [party.role for party in self.report.parties]
        assert roles == [Role.REPORTER, Role.REPORTED, Role.OTHER, Role.VICTIM]

    def test_identifiers_of_the_reported_person(self) -> None:
        said = {(one.kind, one.value, one.provider) for one in self.report.parties[1].identifiers}
        assert {
            (Kind.NAME, "Robin Sample", None),
            (Kind.PHONE, "+12025550100", None),
            (Kind.EMAIL, "robin@example.org", None),
            (Kind.ACCOUNT, "778899", "Chatter"),
            (Kind.SCREEN_NAME, "robin_s", "Chatter"),
            (Kind.SCREEN_NAME, "robin2", "Other Service"),
            (Kind.DISPLAY_NAME, "R.", "Chatter"),
        } <= said

    def test_an_ip_address_keeps_time_and_port(self) -> None:
        ip = next(one for one in self.report.parties[1].identifiers if one.kind is Kind.IP)
        assert (ip.value, ip.time, ip.port, ip.event) == ("192.0.2.1", "2026-01-01T00:00:00Z", 50123, "Login")
        assert ip.note == {"proxy": "true"}

    def test_facts_places_and_ages(self) -> None:
        party = self.report.parties[1]
        assert (party.age, party.birth_date) == ("44", "1981-02-03")
        assert party.facts["prior-reports"] == "17 18"
        assert party.facts["disabled"].startswith("yes")
        assert party.facts["compromised"] == "no"
        assert Spot("address", "DE", None, "Kassel", "1 Sample Street 34117") in party.spots
        assert Spot("estimated", "DE", None, "Kassel") in party.spots
        assert self.report.parties[3].facts == {"school": "Sample School"}

    def test_places_and_pages_of_the_incident(self) -> None:
        assert self.report.spots == (Spot("gps", latitude=51.5, longitude=9.5),)
        assert [one.value for one in self.report.groups] == [
            "https://a.example.org/1",
            "https://a.example.org/2",
            "+49 301234",
        ]

    def test_texts_and_what_has_no_place(self) -> None:
        assert [one.text for one in self.report.texts] == [TEXT, "Another text."]
        assert ("lawEnforcement/agencyName", "Sample Unit") in self.report.unknown
        assert ("webPageIncident@thirdPartyHostedContent", "true") in self.report.unknown
        assert self.report.related == ("17", "18")


class TestFiles:
    def file(self, inside: str) -> ReportFile:
        parts = read(READER, f"<fileDetails>{inside}</fileDetails>")
        assert isinstance(parts[0], Annex)
        return parts[0].files[0]

    def test_what_is_stated_of_a_file(self) -> None:
        one = self.file(
            "<reportId>1</reportId><fileId>f1</fileId><fileName>a.jpg</fileName><originalFileName>b.jpg</originalFileName>"
            "<locationOfFile>https://a.example.org/b.jpg</locationOfFile><fileViewedByEsp>true</fileViewedByEsp>"
            "<publiclyAvailable>false</publiclyAvailable><fileRelevance>Supplemental Reported</fileRelevance>"
            "<fileAnnotations><infant/><generativeAi>true</generativeAi><viral>false</viral></fileAnnotations>"
            "<industryClassification>a1</industryClassification>"
            "<originalFileHash hashType='MD5'>00ff</originalFileHash>"
            "<originalFileHash hashType='SHA-1'>11ee</originalFileHash>"
            "<details type='EXIF'><nameValuePair><name>Model</name><value>X1</value></nameValuePair></details>"
            "<details><nameValuePair type='HASH'><name>PhotoDNA</name><value>QUJD</value></nameValuePair></details>"
        )
        assert (one.file_id, one.name, one.original_name) == ("f1", "a.jpg", "b.jpg")
        assert (one.viewed, one.public, one.supplemental, one.classification) == (True, False, True, "A1")
        assert one.annotations == {"infant", "generated"}
        assert one.digests == {"md5": "00ff", "sha1": "11ee", "photodna": "QUJD"}
        assert one.exif == {"Model": "X1"}

    @pytest.mark.parametrize(
        ("inside", "viewed"),
        [
            ("", None),
            ("<fileViewedByEsp/>", None),
            ("<fileViewedByEsp> TRUE </fileViewedByEsp>", True),
            ("<fileViewedByEsp>1</fileViewedByEsp>", True),
            ("<fileViewedByEsp>false</fileViewedByEsp>", False),
            ("<fileViewedByEsp>probably</fileViewedByEsp>", None),
            ("<fileViewedByEsp>true</fileViewedByEsp><fileViewedByEsp>false</fileViewedByEsp>", False),
            ("<fileViewedByEsp>false</fileViewedByEsp><fileViewedByEsp>true</fileViewedByEsp>", False),
        ],
    )
    def test_only_a_plain_yes_says_that_it_was_viewed(self, inside: str, viewed: bool | None) -> None:
        assert self.file(inside).viewed is viewed

    def test_a_meme_by_either_mark(self) -> None:
        assert self.file("<potentialMeme>true</potentialMeme>").annotations == {"meme"}
        assert self.file("<fileAnnotations><potentialMeme/></fileAnnotations>").annotations == {"meme"}

    def test_details_within_the_report_are_of_it(self) -> None:
        assert [one.name for one in only(read(READER, tip("1", details("1", "a.jpg")))).files] == ["a.jpg"]


class TestDeviations:
    def test_order_does_not_matter(self) -> None:
        turned = (
            "<report><victim><screenName>kid</screenName><victimPerson><age>12</age></victimPerson></victim>"
            "<reporter><reportingPerson><lastName>One</lastName><firstName>Chatter</firstName></reportingPerson></reporter>"
            "<incidentSummary><incidentDateTime>2026</incidentDateTime><incidentType>X</incidentType></incidentSummary></report>"
        )
        one = only(read(READER, turned))
        assert (one.provider, one.incident, one.occurred) == ("Chatter One", "X", "2026")
        assert one.parties[0].age == "12"

    @pytest.mark.parametrize(
        "document",
        [
            "<report/>",
            "<report></report>",
            "<report><reporter/></report>",
            "<report><incidentSummary/></report>",
        ],
    )
    def test_parts_may_be_missing(self, document: str) -> None:
        assert only(read(READER, document)).report_id == "document"

    def test_namespaces_do_not_matter(self) -> None:
        for document in (
            tip("1", person()).replace("<report>", "<report xmlns='https://report.example.org/ct'>"),
            tip("1", person())
            .replace("<", "<n:")
            .replace("<n:/", "</n:")
            .replace("<n:report>", "<n:report xmlns:n='urn:x'>"),
            "<x xmlns:n='urn:x'>" + tip("1", person()).replace("<", "<n:").replace("<n:/", "</n:") + "</x>",
        ):
            one = only(read(READER, document))
            assert one.report_id == "1"
            assert one.parties[1].identifiers[0].value == "robin_s"

    def test_unknown_elements_are_kept(self) -> None:
        inside = "<newThing kind='a'><inner>value</inner></newThing>" + person(more="<mood>calm</mood>")
        one = only(read(READER, tip("1", inside)))
        assert ("report/newThing", 'kind="a" value') in one.unknown
        assert ("personOrUserReported/mood", "calm") in one.unknown

    def test_a_flood_of_unknown_elements_is_cut_and_said(self) -> None:
        one = only(read(READER, tip("1", "<odd>x</odd>" * 5_000)))
        assert len(one.unknown) == 500
        assert any("left out" in problem for problem in one.problems)

    def test_html_in_free_text_is_text(self) -> None:
        for said in (
            "<additionalInfo>one<br/>two <b>three</b></additionalInfo>",
            "<additionalInfo><![CDATA[one<br/>two <b>three</b>]]></additionalInfo>",
            "<additionalInfo>one&lt;br/&gt;two &lt;b&gt;three&lt;/b&gt;</additionalInfo>",
            "<additionalInfo>one two <p>three</additionalInfo>",
        ):
            text = " ".join(one.text for one in only(read(READER, tip("1", said))).texts)
            assert text.split() == ["one", "two", "three"]
            assert "<" not in text

    @pytest.mark.parametrize(
        "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
    )
    def test_encodings(self, encoding: str) -> None:
        declared = f"<?xml version='1.0' encoding='{encoding}'?>" if encoding in ("cp1252", "latin-1") else ""
        data = (declared + tip("1", person("müller"))).encode(encoding)
        assert READER.detects(data, "x")
        assert only(read(READER, data)).parties[1].identifiers[0].value == "müller"

    def test_an_encoding_that_lies_is_said(self) -> None:
        data = ("<?xml version='1.0' encoding='UTF-8'?>" + tip("1", person("müller"))).encode("cp1252")
        one = only(read(READER, data))
        assert one.parties[1].identifiers[0].value == "müller"
        assert any("Windows-1252" in problem for problem in one.problems)

    def test_words_for_nothing_are_nothing(self) -> None:
        inside = person("null", "<displayName>N/A</displayName><displayName/>")
        assert only(read(READER, tip("1", inside))).parties[1].identifiers == ()

    def test_characters_that_xml_forbids_are_mended_and_said(self) -> None:
        for bad in ("a\x01b", "a&#1;b", "a & b", "a&nbsp;b", "a &weird; b"):
            one = only(read(READER, tip("1", f"<additionalInfo>{bad}</additionalInfo>")))
            assert one.texts[0].text.startswith("a")
            assert any("mended" in problem for problem in one.problems)


class TestHostile:
    def test_entities_are_never_resolved(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("the content of a file")
        for head in (
            f"<!DOCTYPE report [<!ENTITY x SYSTEM 'file://{secret}'>]>",
            f"<!DOCTYPE report SYSTEM 'file://{secret}'>",
            "<!DOCTYPE report [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
            "<!DOCTYPE report [<!ENTITY % p SYSTEM 'http://192.0.2.1/x.dtd'> %p;]>",
        ):
            one = only(read(READER, head + tip("1", "<additionalInfo>a &x; b</additionalInfo>")))
            assert "content of a file" not in repr(one)
            assert "root:" not in repr(one)
            assert "[entity x]" in one.texts[0].text

    def test_entity_bombs_stay_words(self) -> None:
        lol = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 30))
        bomb = f"<!DOCTYPE report [<!ENTITY l0 'lol'>{lol}]>" + tip(
            "1", "<additionalInfo>&l29;</additionalInfo>"
        )
        assert only(read(READER, bomb)).texts[0].text == "[entity l29]"

    def test_deep_nesting_costs_one_record(self) -> None:
        deep = "<deep>" * 90_000 + "</deep>" * 90_000
        parts = read(READER, tip("1", deep) + tip("2"))
        assert [one.report_id for one in reports(parts)] == ["2"]
        assert len(unreadable(parts)) == 1

    def test_people_within_people_without_end(self) -> None:
        name = "personOrUserReportedPerson"
        deep = f"<{name}>" * 200 + f"</{name}>" * 200
        assert read(READER, tip("1", f"<personOrUserReported>{deep}</personOrUserReported>"))

    def test_a_flood_of_elements_costs_one_record(self) -> None:
        parts = read(READER, tip("1", "<x/>" * 1_000_000) + tip("2"))
        assert [one.report_id for one in reports(parts)] == ["2"]
        assert "elements" in unreadable(parts)[0]

    def test_a_record_without_end_costs_one_finding(self) -> None:
        parts = read(READER, tip("1") + "<report><incidentSummary>")
        assert [one.report_id for one in reports(parts)] == ["1"]
        assert "complete" in unreadable(parts)[0]

    def test_a_broken_record_costs_itself_alone(self) -> None:
        parts = read(READER, tip("1") + "<report><x></y></report>" + tip("3"))
        assert [one.report_id for one in reports(parts)] == ["1", "3"]
        assert len(unreadable(parts)) == 1

    def test_a_record_that_is_too_large_costs_itself_alone(self) -> None:
        huge = tip("1", f"<additionalInfo>{'x' * (34 << 20)}</additionalInfo>")
        parts = read(READER, huge + tip("2"))
        assert "larger" in unreadable(parts)[0]
        assert [one.report_id for one in reports(parts)][-1:] == ["2"]

    def test_reports_in_comments_are_none(self) -> None:
        assert [one.report_id for one in reports(read(READER, f"<!-- {tip('9')} -->{tip('1')}"))] == ["1"]

    @pytest.mark.parametrize(
        "size",
        [pytest.param(96 << 20, id="small"), pytest.param(1 << 30, id="whole", marks=pytest.mark.soak)],
    )
    def test_a_gigabyte_of_reports_is_read_at_constant_memory(self, size: int) -> None:
        record = tip(
            "7", f"<additionalInfo>{'The account holder wrote about nothing. ' * 4_000}</additionalInfo>"
        )
        times = size // len(record) + 1
        document = Generated(b"<reports>", record.encode(), times, b"</reports>")
        before = peak()
        count = sum(isinstance(part, Report) for part in READER.read(document, ReadOptions("x", "x")))  # type: ignore[arg-type]
        assert count == times
        assert peak() - before < MOST_GROWTH

    def test_a_gigabyte_around_a_report_is_passed_over_at_constant_memory(self) -> None:
        body = b"words and words " * 64
        document = Generated(b"<reports>", body, (1 << 30) // len(body) + 1, tip("1").encode())
        before = peak()
        parts = list(READER.read(document, ReadOptions("x", "x")))  # type: ignore[arg-type]
        assert [one.report_id for one in reports(parts)] == ["1"]
        assert peak() - before < MOST_GROWTH

    def test_a_report_without_end_is_given_up_at_constant_memory(self) -> None:
        document = Generated(b"<report>", b"<a>b</a>" * 1024, 5 << 10, b"")
        before = peak()
        assert unreadable(list(READER.read(document, ReadOptions("x", "x"))))  # type: ignore[arg-type]
        assert peak() - before < MOST_GROWTH


class TestDocuments:
    def test_several_documents_in_one_file(self) -> None:
        document = f"<?xml version='1.0'?>{tip('1')}\n<?xml version='1.0'?>\n{tip('2')}{details('2')}"
        parts = read(READER, document)
        assert [one.report_id for one in reports(parts)] == ["1", "2"]
        assert isinstance(parts[2], Annex)

    def test_a_retraction(self) -> None:
        parts = read(READER, "<retraction><reportId>5</reportId><reason>sent in error</reason></retraction>")
        assert parts == [Retraction("5", "sent in error")]

    @pytest.mark.parametrize(
        ("by", "sender"),
        [
            (
                "<reporter><reportingPerson><firstName>Chatter One</firstName></reportingPerson></reporter>",
                "Chatter One",
            ),
            ("<reporter><espName>Chatter One</espName></reporter>", "Chatter One"),
            ("<espName>Chatter One</espName>", "Chatter One"),
            (
                "<reporter><reportingPerson><email>kim@example.org</email></reportingPerson></reporter>",
                "kim@example.org",
            ),
            ("<reporter/>", None),
        ],
    )
    def test_a_retraction_says_whose_it_is(self, by: str, sender: str | None) -> None:
        [part] = read(READER, f"<retraction><reportId>5</reportId>{by}</retraction>")
        assert part == Retraction("5", None, sender)

    def test_a_retraction_that_names_no_report_is_a_finding(self) -> None:
        assert "names no report" in unreadable(read(READER, "<retraction/>"))[0]

    def test_a_report_that_says_itself_that_it_is_retracted(self) -> None:
        assert Annotation.RETRACTED in only(read(READER, tip("1", "<retracted/>"))).annotations

    def test_pages_and_other_xml_are_none_of_ours(self) -> None:
        for document in (
            b"<html><body><report/></body></html>",
            b"<feed><entry/></feed>",
            b"{}",
            b"",
            b"report",
        ):
            assert not READER.detects(document, "report.xml")


class TestRoots:
    """What begins like a report, told by little more than its first element."""

    @pytest.mark.parametrize(
        "head",
        [
            b"<report>",
            b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a - b --> <report xmlns='urn:x'>",
            b"<reports a='b'><report>",
            b"<n:r><n:fileDetails/>",
            b"<!DOCTYPE r [<!ENTITY a 'b'>]><retraction>",
            "<?xml version='1.0'?><report>".encode("utf-16"),
        ],
    )
    def test_a_root_or_what_stands_first_in_it(self, head: bytes) -> None:
        assert READER.detects_root(head)

    @pytest.mark.parametrize(
        "head",
        [
            b"",
            b"\xff\xd8\xff<report>",
            b"<sms><message/><report>",
            b"<a><b><report>",
            b"<!-- <report> -->",
            b"text <report>",
        ],
    )
    def test_not_anything_that_holds_one_somewhere(self, head: bytes) -> None:
        assert not READER.detects_root(head)

    def test_no_beginning_takes_longer_than_it_must(self) -> None:
        for begin in (
            b"<!--" + b"-" * 4_000,
            b"<" + b"a:" * 2_000,
            b" " * 4_096,
            b"<?" * 2_000,
            b"<!DOCTYPE[" * 400,
        ):
            assert not READER.detects_root(begin)


def test_nothing_is_read_beyond_what_is_asked() -> None:
    """The first report is there before the document was read to its end."""
    document = Generated(b"<reports>", tip("7").encode(), 100_000, b"</reports>")
    next(iter(READER.read(io.BufferedReader(document), ReadOptions("x", "x"))))
    assert document.tell() < 8 << 20
