"""Yes and no as people write them: what is not known is never a yes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.reports.answers import Answer, affirmed, answer, answer_on, is_family, plainly

YES = [
    "Yes",
    "TRUE",
    "1",
    "y",
    "Ja",
    "oui",
    "Sí",
    "sim",
    "tak",
    "evet",
    "да",
    "так",
    "نعم",
    "हाँ",
    "是",
    "Yes, since 2019",
]
NO = [
    *(
        "No",
        "False",
        "0",
        "n",
        "None",
        "n/a",
        "N/A.",
        "nein",
        "non",
        "nee",
        "não",
        "nie",
        "hayır",
        "нет",
        "ні",
        "لا",
        "否",
    ),
    *("No, never", "no; noted in 2020", "Not so", "nicht zutreffend"),
]
UNKNOWN = [
    *(
        "",
        "Unknown",
        "Not known",
        "None known",
        "Not stated",
        "not provided",
        "maybe",
        "unbekannt",
        "k.A.",
        "inconnu",
    ),
    *("desconocido", "неизвестно", "невідомо", "未知", "?", "-", "Yes/No", "pending", "Unknown, not asked"),
]


@pytest.mark.parametrize("said", YES)
def test_a_yes_is_one(said: str) -> None:
    assert answer(said) is answer_on("convicted", said) is answer_on("compromised", said) is Answer.YES


@pytest.mark.parametrize("said", NO)
def test_a_no_is_one(said: str) -> None:
    assert answer(said) is answer_on("convicted", said) is answer_on("compromised", said) is Answer.NO


@pytest.mark.parametrize("said", UNKNOWN)
def test_what_is_not_known_is_neither(said: str) -> None:
    assert answer(said) is answer_on("convicted", said) is answer_on("compromised", said) is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("convicted in 2012", Answer.YES),
        ("2012, Landgericht", Answer.YES),
        ("vorbestraft seit 2015", Answer.YES),
        ("судим в 2010", Answer.YES),
        ("有前科", Answer.YES),
        ("Registered sex offender in two states", Answer.YES),
        ("No known convictions", Answer.NO),
        ("never convicted, lives with the child", Answer.NO),
        ("charged in 2023, not convicted", Answer.NO),
        ("keine Vorstrafen bekannt", Answer.NO),
        ("не судим", Answer.NO),
        ("无前科", Answer.NO),
        ("suspected offender", Answer.UNKNOWN),
        ("convicted?", Answer.UNKNOWN),
        ("see page 3", Answer.UNKNOWN),
        ("3", Answer.UNKNOWN),
    ],
)
def test_only_a_text_that_says_so_makes_somebody_an_offender(said: str, meant: Answer) -> None:
    assert answer_on("convicted", said) is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Account was hijacked on 12 March", Answer.YES),
        ("yes; date 2020-01-01", Answer.YES),
        ("gehackt", Answer.YES),
        ("Not compromised", Answer.NO),
        ("User denies that it was hacked", Answer.NO),
        ("未被盗", Answer.NO),
        ("Possibly compromised", Answer.UNKNOWN),
        ("temporarily", Answer.UNKNOWN),
    ],
)
def test_an_account_is_hijacked_only_where_that_is_said(said: str, meant: Answer) -> None:
    assert answer_on("compromised", said) is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Lives with the child, mother not present", Answer.YES),
        ("wohnt beim Kind", Answer.YES),
        ("No, but works with children", Answer.YES),
        ("He met the child online and lives next door", Answer.YES),
        ("Does not live with any child", Answer.NO),
        ("No known access to children", Answer.NO),
        ("access: none", Answer.NO),
        ("online only", Answer.UNKNOWN),
    ],
)
def test_of_a_text_the_parts_count_that_deny_nothing(said: str, meant: Answer) -> None:
    assert answer(said) is meant


@pytest.mark.parametrize(
    "said",
    [
        "uncle",
        "Step-father",
        "Onkel des Kindes",
        "padrastro",
        "отчим",
        "继父",
        "not the father, but an uncle",
    ],
)
def test_family_is_recognised(said: str) -> None:
    assert is_family(said)


@pytest.mark.parametrize(
    "said",
    ["Not a relative, no family relation", "stranger", "unrelated", "online contact", "No family", "", None],
)
def test_who_is_said_not_to_be_family_is_none(said: str | None) -> None:
    assert not is_family(said)


def test_what_is_denied_is_not_affirmed() -> None:
    assert affirmed("Not a teacher; plumber") == "plumber"


@given(st.text(max_size=700), st.sampled_from(["convicted", "compromised"]))
def test_any_text_is_an_answer(said: str, subject: str) -> None:
    assert answer(said) in Answer
    assert answer_on(subject, said) in Answer
    is_family(said)


@given(
    st.sampled_from(UNKNOWN),
    st.sampled_from(UNKNOWN),
    st.sampled_from([", ", "; ", ". ", " - ", "/", " / ", " (", "\n"]),
)
def test_two_unknowns_are_no_yes(one: str, other: str, between: str) -> None:
    assert answer(f"{one}{between}{other}") is not Answer.YES


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Yes", True),
        (" да ", True),
        ("1", True),
        ("nein", False),
        ("yes, mostly", None),
        ("confirmed", None),
        ("☒", None),
        ("", None),
        (None, None),
    ],
)
def test_a_field_for_a_yes_or_no_takes_only_a_plain_one(said: str | None, plain: bool | None) -> None:
    assert plainly(said) is plain
