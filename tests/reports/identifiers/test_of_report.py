"""Identifiers of a whole report: each with its role, each once, and what follows from them."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.reports.identifiers.normal import normalise
from safelight.reports.identifiers.of_report import country_of, identified, of_party, of_report, where_of
from safelight.reports.report import DIGEST_KINDS, Kind, Party, Report, ReportFile, Role, Spot, Stated

MD5 = hashlib.md5(b"a picture").hexdigest()
AT = "2024-03-01T10:20:30Z"


def report(*parties: Party, **more: object) -> Report:
    said: dict[str, object] = {
        "report_id": "1",
        "format": "cybertip",
        "provider": "ChatApp, Inc.",
        "parties": parties,
    }
    return Report(**{**said, **more})  # type: ignore[arg-type]


def keys(one: Report) -> set[tuple[Role | None, Kind, str]]:
    return {(role, found.kind, found.key) for role, found in of_report(one)}


def party(*identifiers: Stated, role: Role = Role.REPORTED, **more: object) -> Party:
    return Party(role, identifiers, **more)  # type: ignore[arg-type]


def test_every_identifier_carries_the_role_of_whose_it_is() -> None:
    said = report(
        party(Stated(Kind.EMAIL, "anna@example.org")),
        party(Stated(Kind.SCREEN_NAME, "bea"), role=Role.VICTIM),
        party(Stated(Kind.EMAIL, "desk@example.net"), role=Role.REPORTER),
        groups=(Stated(Kind.GROUP, "blue room"),),
        files=(
            ReportFile(
                digests={"md5": MD5.upper(), "photodna": "x"},
                identifiers=(Stated(Kind.IP, "192.0.2.1", None, AT, 5),),
            ),
        ),
    )
    assert keys(said) == {
        (Role.REPORTED, Kind.EMAIL, "anna@example.org"),
        (Role.VICTIM, Kind.SCREEN_NAME, "chatapp:bea"),
        (Role.REPORTER, Kind.EMAIL, "desk@example.net"),
        (None, Kind.GROUP, "chatapp:blue room"),
        (None, Kind.MD5, MD5),
        (None, Kind.IP, "192.0.2.1|5|2024-03-01T10"),
    }


def test_what_is_said_twice_is_there_once_for_each_role() -> None:
    mail = Stated(Kind.EMAIL, "anna@example.org")
    other = Stated(Kind.EMAIL, "Anna@Example.org")
    said = report(party(mail, other), party(mail), party(mail, role=Role.RECIPIENT))
    assert [role for role, _ in of_report(said)] == [Role.REPORTED, Role.RECIPIENT]


def test_a_name_belongs_to_the_service_where_it_happened() -> None:
    name = Stated(Kind.SCREEN_NAME, "anna")
    assert (Role.REPORTED, Kind.SCREEN_NAME, "instagram:anna") in keys(
        report(party(name), service="Instagram")
    )
    assert (Role.REPORTED, Kind.SCREEN_NAME, "chatapp:anna") in keys(report(party(name)))


def test_a_hotline_that_sends_a_report_is_no_service_of_its_people() -> None:
    name = Stated(Kind.SCREEN_NAME, "anna")
    said = report(party(name), format="hotline", provider="Example Hotline")
    assert (Role.REPORTED, Kind.SCREEN_NAME, "anna") in keys(said)


def test_a_stated_provider_stands_before_the_reports() -> None:
    said = report(party(Stated(Kind.SCREEN_NAME, "anna", "OtherApp")), service="ChatApp")
    assert (Role.REPORTED, Kind.SCREEN_NAME, "otherapp:anna") in keys(said)


@pytest.mark.parametrize("kind", [Kind.SCREEN_NAME, Kind.ACCOUNT, Kind.DISPLAY_NAME, Kind.PAYMENT])
def test_a_name_that_is_an_address_is_an_address_too(kind: Kind) -> None:
    said = report(party(Stated(kind, "Anna@Example.org", "ChatApp")))
    assert (Role.REPORTED, Kind.EMAIL, "anna@example.org") in keys(said)
    assert len(of_report(said)) == 2


def test_an_account_that_is_a_number_is_a_number_too() -> None:
    said = report(party(Stated(Kind.ACCOUNT, "12025550123", "WhatsApp")))
    assert (Role.REPORTED, Kind.PHONE, "+12025550123") in keys(said)


def test_an_account_of_another_service_is_no_number() -> None:
    assert {found.kind for _, found in of_report(report(party(Stated(Kind.ACCOUNT, "12025550123"))))} == {
        Kind.ACCOUNT
    }


def test_a_name_and_a_date_of_birth_make_one_identifier_more() -> None:
    said = report(party(Stated(Kind.NAME, "Anna Müller"), birth_date="2001-02-03"))
    assert keys(said) == {
        (Role.REPORTED, Kind.NAME, "anna muller"),
        (Role.REPORTED, Kind.NAME, "anna muller|2001-02-03"),
    }


def test_the_country_of_a_number_is_that_of_the_partys_place() -> None:
    number = Stated(Kind.PHONE, "(202) 555-0123")
    assert (Role.REPORTED, Kind.PHONE, "+12025550123") in keys(
        report(party(number, spots=(Spot("address", country="United States"),)))
    )


def test_the_country_of_a_number_is_that_of_the_partys_other_number() -> None:
    numbers = Stated(Kind.PHONE, "(202) 555-0123"), Stated(Kind.PHONE, "+1 202 555 0199")
    assert (Role.REPORTED, Kind.PHONE, "+12025550123") in keys(report(party(*numbers)))


IN_DE = Stated(Kind.IP, "80.187.100.1", None, AT)
IN_US = Stated(Kind.PHONE, "+12025550123")


def test_a_report_is_about_the_country_of_the_reported_person() -> None:
    assert country_of(report(party(IN_US, role=Role.VICTIM), party(IN_DE))) == "DE"


def test_else_about_that_of_the_child() -> None:
    assert country_of(report(party(), party(IN_US, role=Role.VICTIM))) == "US"


def test_else_about_that_of_the_incident_or_of_an_upload() -> None:
    assert country_of(report(party(), spots=(Spot("incident", country="Poland"),))) == "PL"
    assert country_of(report(party(), files=(ReportFile(identifiers=(IN_DE,)),))) == "DE"


def test_the_reporters_country_is_not_the_reports() -> None:
    assert country_of(report(party(IN_US, role=Role.REPORTER))) is None


def test_a_proxys_country_is_nobodys() -> None:
    assert (
        country_of(report(party(Stated(Kind.IP, "80.187.100.1", None, AT, note={"proxy": "true"})))) is None
    )


def test_a_conflict_within_one_party_is_shown() -> None:
    assert where_of(report(party(IN_US, IN_DE))).conflict
    assert of_party(party(IN_US, IN_DE)).conflict


def test_facts_tell_too() -> None:
    assert country_of(report(party(facts={"time-zone": "Europe/Warsaw"}))) == "PL"


ODD = st.text(st.characters(exclude_categories=[]), max_size=20)
STATED = st.builds(
    Stated,
    st.sampled_from(list(Kind)),
    ODD,
    ODD | st.none(),
    ODD | st.none(),
    st.integers(-1, 70000) | st.none(),
)
SPOTS = st.builds(Spot, ODD, ODD | st.none(), ODD | st.none()).map(lambda spot: (spot,))
PARTIES = st.builds(
    Party,
    st.sampled_from(list(Role)),
    st.lists(STATED, max_size=4).map(tuple),
    birth_date=ODD | st.none(),
    spots=SPOTS,
)
FILES = st.builds(
    ReportFile,
    digests=st.dictionaries(st.sampled_from(["md5", "pdq", "x"]), ODD),
    identifiers=st.tuples(STATED),
)


@given(
    st.lists(PARTIES, max_size=3), st.lists(FILES, max_size=2), st.lists(STATED, max_size=2), ODD | st.none()
)
@settings(max_examples=150, deadline=None)
def test_whatever_a_report_holds_it_is_read(
    parties: list[Party], files: list[ReportFile], groups: list[Stated], service: str | None
) -> None:
    said = report(*parties, files=tuple(files), groups=tuple(groups), service=service)
    found = of_report(said)
    assert len({(role, one.kind, one.key) for role, one in found}) == len(found)
    country = country_of(said)
    assert country is None or len(country) == 2


VALUES = st.sampled_from(
    [
        "anna@example.org",
        "+4915112345678",
        "0151 12345678",
        "84.12.3.7",
        "192.0.2.1",
        "2003:c0::1",
        "anna_1",
        "DE1",
    ]
)
STATED = st.builds(
    Stated,
    st.sampled_from([Kind.IP, Kind.PHONE, Kind.PAYMENT, Kind.EMAIL, Kind.ACCOUNT, Kind.VEHICLE]),
    VALUES,
    time=st.sampled_from([None, AT]),
)
PARTIES = st.builds(
    Party,
    st.sampled_from(Role),
    st.lists(STATED, max_size=4).map(tuple),
    spots=st.sampled_from(
        [(), (Spot("address", country="France"),), (Spot("estimated", country="Germany"),)]
    ),
)
FILES = st.builds(
    ReportFile,
    digests=st.dictionaries(
        st.sampled_from([*DIGEST_KINDS, "photodna"]), st.sampled_from([MD5, "x", "0" * 64])
    ),
    identifiers=st.lists(STATED, max_size=2).map(tuple),
)


@given(
    st.lists(PARTIES, max_size=3), st.lists(FILES, max_size=2), st.lists(STATED, max_size=2), st.booleans()
)
@settings(max_examples=200, deadline=None)
def test_all_at_once_says_what_each_question_alone_says(
    parties: list[Party], files: list[ReportFile], groups: list[Stated], one_statement: bool
) -> None:
    if one_statement and groups:  # the very same object said of two parties in two countries
        parties = [Party(one.role, (*one.identifiers, groups[0]), spots=one.spots) for one in parties]
    said = report(*parties, files=tuple(files), groups=tuple(groups))
    found = identified(said)
    assert found.identifiers == of_report(said)
    assert found.country == country_of(said)
    assert found.digests == [
        (number, DIGEST_KINDS[name], bytes.fromhex(one.key))
        for number, file in enumerate(files)
        for name, value in file.digests.items()
        if name in DIGEST_KINDS and (one := normalise(Stated(DIGEST_KINDS[name], value))) is not None
    ]
