"""Identifiers in a report's words: the unmistakable ones, as hints; whatever stands there, nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.reports.identifiers.identifier import Reach
from safelight.reports.identifiers.in_words import LONGEST, MOST, WHY, certain_country, in_words
from safelight.reports.identifiers.place import where
from safelight.reports.report import FreeText, Kind, Party, Report, ReportFile, Role, Spot, Stated

SHA1 = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "0123456789abcdef" * 4


def said(*texts: str, parties: tuple[Party, ...] = (), service: str | None = None, **more: object) -> Report:
    """A report of these words."""
    words = tuple(FreeText("body", text) for text in texts)
    return Report("1", "eml", texts=words, parties=parties, service=service, **more)  # type: ignore[arg-type]


def keys(text: str, country: str | None = None) -> list[str]:
    return [one.key for one in in_words(said(text), country=country)]


UNMISTAKABLE = [
    ("Write to Anna.B@Example.org, please.", ["anna.b@example.org"]),
    ("anna [at] example [dot] org", ["anna@example.org"]),
    ("anna(at)example.org", ["anna@example.org"]),
    ("anna at example dot org", ["anna@example.org"]),
    ("reach him at anna{at}example(punkt)org", ["anna@example.org"]),
    ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｏｒｇ", ["anna@example.org"]),
    ("an\u200bna@exam\u00adple.org", ["anna@example.org"]),
    ("\u202eanna@example.org\u202c", ["anna@example.org"]),
    ("anna@müller.example.org", ["anna@xn--mller-kva.example.org"]),
    ("他的邮箱anna@example.orgに", ["anna@example.org"]),
    ("telephone +49 170 0000001.", ["+491700000001"]),
    ("call +49 (0)170/000 00 01 today", ["+491700000001"]),
    ("Tel. 0049 170 0000001", ["+491700000001"]),
    ("هاتف +٤٩ ١٧٠ ٠٠٠٠٠٠١", ["+491700000001"]),
    ("+49 170 0000001 12 Jahre alt", ["+491700000001"]),
    ("see https://example.org/a/b?c=1).", ["example.org/a/b?c=1"]),
    ("hxxps://example[.]org/a/b", ["example.org/a/b"]),
    ("https://www.instagram.com/anna_41/ wrote", ["instagram:anna_41"]),
    ("t.me/anna77", ["telegram:anna77"]),
    ("IMEI: 356938035643809", ["imei:356938035643809"]),
    ("device id 6D92078A-8246-4ba4-ae5b-76104861e7dc", ["uuid:6d92078a-8246-4ba4-ae5b-76104861e7dc"]),
    ("Gerät 6d92078a-8246-4ba4-ae5b-76104861e7dc", ["uuid:6d92078a-8246-4ba4-ae5b-76104861e7dc"]),
    (f"sha1 {SHA1}", [SHA1]),
    (f"the file {SHA256} was sent", [SHA256]),
    ("IBAN DE89 3704 0044 0532 0130 00 der Bank", ["iban:de89370400440532013000"]),
    ("paid to DE89370400440532013000", ["iban:de89370400440532013000"]),
    ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", ["btc:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"]),
    ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", ["eth:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"]),
    ("Cash App $blue_kite", ["cashapp:blue_kite"]),
]


@pytest.mark.parametrize(("text", "expected"), UNMISTAKABLE)
def test_what_is_unmistakable_is_found(text: str, expected: list[str]) -> None:
    assert keys(text) == expected


NAMES = [
    ("The account that he uses is blue_kite_41 on ExampleChat.", ["examplechat:blue_kite_41"]),
    ("blue_kite_41 on Instagram", ["instagram:blue_kite_41"]),
    ("user luna22 (TikTok)", ["tiktok:luna22"]),
    ("Der Nutzer luna22 bei Discord", ["discord:luna22"]),
    ("Der Nutzer „luna“ auf Instagram", ["instagram:luna"]),
    ("Instagram-Konto luna22", ["instagram:luna22"]),
    ("le compte luna_x sur Snapchat", ["snapchat:luna_x"]),
    ("el usuario luna22 en Instagram", ["instagram:luna22"]),
    ("аккаунт luna22 в Телеграм", ["telegram:luna22"]),
    ("Snapchat: luna22", ["snapchat:luna22"]),
    ("Instagram @luna", ["instagram:luna"]),
    ("@luna on Instagram", ["instagram:luna"]),
    ("On Discord he is called blue_kite", ["discord:blue_kite"]),
    ("Discord user blue#1234", ["discord:blue#1234"]),
    ("Username: luna (Discord)", ["discord:luna"]),
    ("User ID: 123456789 on Discord", ["discord:123456789"]),
]


@pytest.mark.parametrize(("text", "expected"), NAMES)
def test_a_name_beside_its_service_is_found(text: str, expected: list[str]) -> None:
    assert keys(text) == expected


NOTHING = [
    "A neighbour reports that a man has told a child of 12 to keep a secret.",
    "blue_kite_41",
    "@luna",
    "the account blue_kite_41",
    "The user sent on Discord what he was asked for.",
    "The account was created on Instagram.",
    "He left Discord. B_41 came later.",
    "account b_41 on line",
    "a child (12J) on Instagram, class 4b on Discord, a 9yo on Discord",
    "IMG_4711.jpg on Instagram and IMG_4712 on Discord",
    "icon@2x.png",
    "cid:image001.png@01DA3B4C.5D6E7F80",
    "Message-ID: <20261125.4711@mail.example.org>",
    "write to info@example.org or no-reply@example.org",
    "at home at example.org",
    "UTC +1 2026-11-25 10:00",
    "reference 2026-0049 170 0000001",
    "room 0170 0000001",
    "+49 170",
    "he/she and and/or",
    "https://www.example.org/",
    "https://www.instagram.com/explore/",
    "6d92078a-8246-4ba4-ae5b-76104861e7dc",
    SHA1,
    "IMEI 356938035643800",
    "IBAN DE89 3704 0044 0532 0130 01",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    "",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_may_be_anything_is_left_alone(text: str) -> None:
    assert keys(text, "DE") == []


def test_what_stands_in_the_words_is_a_hint_that_says_so() -> None:
    one = in_words(said("telephone +49 170 0000001"))[0]
    assert (one.kind, one.reach, one.why, one.country) == (Kind.PHONE, Reach.WEAK, WHY, "DE")


def test_a_service_that_the_report_names_counts_as_known() -> None:
    text = "blue_kite_41 on bluebird"
    assert in_words(said(text)) == []
    assert [one.key for one in in_words(said(text, service="Bluebird"))] == ["bluebird:blue_kite_41"]


def test_a_number_without_its_country_needs_a_word_and_a_country() -> None:
    assert keys("Handy 0170 0000001", "DE") == ["+491700000001"]
    assert keys("Handy 0170 0000001") == []
    assert keys("0170 0000001", "DE") == []


def test_a_country_is_certain_where_it_is_stated_and_not_contradicted() -> None:
    german, french = Spot("address", "Germany"), Spot("address", "France")
    assert certain_country(where([german], [])) == "DE"
    assert certain_country(where([german, french], [])) is None
    assert certain_country(where([], [], language="de")) is None


@pytest.mark.parametrize("role", list(Role))
def test_what_a_field_states_is_not_said_again(role: Role) -> None:
    stated = (Stated(Kind.EMAIL, "ANNA@example.org"), Stated(Kind.PHONE, "+49-170-0000001"))
    report = said("anna@example.org, +49 170 0000001, bert@example.org", parties=(Party(role, stated),))
    assert [one.key for one in in_words(report)] == ["bert@example.org"]


def test_what_a_file_or_the_service_states_is_not_said_again() -> None:
    stated = (Party(Role.REPORTED, (Stated(Kind.ACCOUNT, "luna22"),)),)
    file = ReportFile(digests={"sha1": SHA1.upper(), "photodna": "AA"})
    report = said(
        f"luna22 on Instagram, user luna22 on Instagram, file {SHA1}",
        parties=stated,
        service="Instagram",
        files=(file,),
    )
    assert in_words(report) == []


def test_keys_that_are_known_already_are_taken_as_given() -> None:
    assert in_words(said("anna@example.org"), {"anna@example.org"}) == []


@pytest.mark.parametrize("mailbox", ["hotline@partner.example", "report@partner.example"])
def test_an_organisation_that_reports_is_not_what_it_reports(mailbox: str) -> None:
    own = (Party(Role.REPORTER, (Stated(Kind.EMAIL, mailbox),)),)
    report = said("anna@partner.example, https://partner.example/case/1, bert@example.org", parties=own)
    assert [one.key for one in in_words(report)] == ["bert@example.org"]


def test_who_reports_in_person_shares_a_domain_with_others() -> None:
    own = (Party(Role.REPORTER, (Stated(Kind.EMAIL, "carla@example.org"),)),)
    assert [one.key for one in in_words(said("carla@example.org bert@example.org", parties=own))] == [
        "bert@example.org"
    ]


def test_a_signature_is_the_writers_own_and_what_is_quoted_below_it_is_not() -> None:
    text = (
        "He writes as bert@example.org.\n\nKind regards,\nAnna\nanna@example.net\n+49 170 0000001\n"
        "\n--- forwarded\ncarl@example.com\n\nMit freundlichen Grüßen\nDora\ndora@example.net\n"
    )
    assert keys(text) == ["bert@example.org", "carl@example.com"]


def test_boilerplate_of_the_company_is_not_looked_at() -> None:
    report = Report("1", "cybertip", texts=(FreeText("reporter/companyTemplate", "anna@example.org"),))
    assert in_words(report) == []


def test_words_of_files_and_the_escalation_are_looked_at() -> None:
    file = ReportFile(texts=("bert@example.org",))
    report = Report("1", "cybertip", escalation="anna@example.org", files=(file,))
    assert [one.key for one in in_words(report)] == ["anna@example.org", "bert@example.org"]


def test_a_flood_is_bounded() -> None:
    flood = " ".join(f"anna{number}@example.org" for number in range(1000))
    assert len(in_words(said(*[flood.replace("anna", name) for name in ("a", "b", "c", "d")]))) == MOST


def test_what_is_said_often_hides_nothing() -> None:
    assert keys("anna@example.org " * 300 + "bert@example.org") == ["anna@example.org", "bert@example.org"]


def test_what_stands_behind_the_longest_text_is_not_looked_at() -> None:
    assert keys("a " * (LONGEST // 2) + "anna@example.org") == []


PIECES = [
    "anna", "Müller", "@", ".", "+", "+49 170 0000001", "00", "0049", "://", "http", "hxxps", "www.",
    "example.org", "/", "?", "(at)", " at ", " dot ", "[dot]", "#1234", ":", "_", " ", "\n", "\nregards\n",
    "\n-- \n", "\n---", "account ", "user ", "Nutzer ", "on ", " on Discord", "Discord: ", "„", "“", '"',
    "luna22", "$", "Cash App ", "IMEI ", "356938035643809", "iban ", "DE89370400440532013000", "md5 ",
    "ab" * 16, "0x" + "aB" * 20, "6d92078a-8246-4ba4-ae5b-76104861e7dc", "tel ", "0170 0000001", "１", "٣",
    "\u200b", "\u202e", "\ud800", "\x00", "é", "e\u0301", "İ", "ﬁ", "他",
]  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=80) | st.lists(
    st.sampled_from(PIECES), max_size=12
).map("".join)


@given(st.lists(TEXTS, max_size=4), st.sampled_from([None, "DE", "US", "XX", ""]), TEXTS)
@settings(max_examples=600, deadline=None)
def test_whatever_stands_in_the_words_nothing_raises(
    texts: list[str], country: str | None, name: str
) -> None:
    found = in_words(
        said(*texts, service=name, parties=(Party(Role.OTHER, (Stated(Kind.EMAIL, name),)),)), country=country
    )
    assert len({one.key for one in found}) == len(found) <= MOST
    for one in found:
        assert one.key and one.key.isprintable()
        assert (one.reach, one.why) == (Reach.WEAK, WHY)
