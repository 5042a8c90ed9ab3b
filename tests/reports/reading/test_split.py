"""Sentences of hostile and honest texts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.reports.reading.split import MAX_CHARACTERS, MAX_SENTENCE, MAX_SENTENCES, sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The aunt saw it on Sunday. She told the school about it. Nobody has called back since then.", 3),
        ("she saw it on sunday evening. the school has not answered yet. nobody called", 2),
        ("Dr. Example reported it at 3.15 p.m. to the desk of the school.", 1),
        ("Das Kind ist z.B. am 3. Mai dort gewesen, sagt die Tante.", 1),
        ("举报人说孩子每天都害怕。老师已经联系了家长！目前是否还没有得到答复？", 3),
        ("رأت الجارة ذلك يوم الأحد. هل اتصلت المدرسة بأحد بعد ذلك؟ لم يرد أحد حتى هذه اللحظة.", 3),
        ("पड़ोसी ने यह बात पिछले रविवार को देखी। स्कूल ने अब तक किसी को भी कोई उत्तर नहीं दिया है।", 2),
        ("first line of the note without a stop\nsecond line of the note without a stop", 2),
    ],
)
def test_text_is_cut_where_sentences_end(text: str, count: int) -> None:
    assert len(sentences([text])[0]) == count


def test_a_short_sentence_is_read_with_the_one_before_it() -> None:
    assert sentences(["The neighbour hears the child cry every night. It goes on."])[0] == [
        "The neighbour hears the child cry every night. It goes on."
    ]


def test_boilerplate_that_repeats_is_read_once() -> None:
    found, cut = sentences(["This notice was made automatically by the provider. " * 500])
    assert len(found) == 1
    assert not cut


def test_addresses_and_long_tokens_are_no_words() -> None:
    assert sentences(
        ["See https://example.org/a?b=c or write to desk@example.org about it " + "QUJD" * 4000]
    )[0] == ["See or write to about it"]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5_000_000,
        "a. " * 1_000_000,
        ".!?" * 1_000_000,
        "@." * 1_000_000,
        "举" * 1_000_000,
        "\n" * 5_000_000,
        " — " * 1_000_000,
    ],
    ids=["one-word", "stops", "marks", "addresses", "han", "lines", "dashes"],
)
def test_a_huge_text_is_cut_and_said_to_be(text: str) -> None:
    begun = time.perf_counter()
    found, cut = sentences([text])
    assert time.perf_counter() - begun < 5
    assert cut
    assert len(found) <= MAX_SENTENCES


def test_the_end_of_a_huge_text_is_read_too() -> None:
    found, cut = sentences(
        ["Nothing much is said in this line. " * 9000, "The last sentence is the one that counts."]
    )
    assert cut
    assert found[-1] == "The last sentence is the one that counts."


def test_of_too_many_sentences_the_first_and_the_last_are_kept() -> None:
    lines = [f"This is the line with the number {number} of them." for number in range(1500)]
    found, cut = sentences(["\n".join(lines)])
    assert cut
    assert (found[0], found[-1]) == (lines[0], lines[-1])


@given(st.lists(st.text(max_size=2000), max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_bounded_sentences(texts: list[str]) -> None:
    found, _ = sentences(texts)
    assert len(found) == len(set(found))
    assert sum(map(len, found)) <= MAX_CHARACTERS
    assert all(0 < len(one) <= 2 * MAX_SENTENCE for one in found)
