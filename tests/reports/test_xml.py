"""XML is cut into records wherever they stand, and what is around them does not matter."""

from __future__ import annotations

import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from safelight.reports import characters, xml_
from safelight.reports.xml_ import Broken, Record, records

NAMES = ("report", "fileDetails")


def cut(document: str, *, piece: int | None = None) -> list[Record | Broken]:
    with pytest.MonkeyPatch.context() as patch:
        if piece is not None:
            patch.setattr(characters, "_CHUNK", piece)
        return list(records(io.BytesIO(document.encode()), NAMES))


def texts(found: list[Record | Broken]) -> list[str]:
    return ["".join(one.element.itertext()) for one in found if isinstance(one, Record)]


AROUND = st.sampled_from(
    [
        *("", " ", "\n", "text", "<a>", "</a>", "<a b='>'/>", "<!-- <report>9</report> -->", "<?p <report?>"),
        *(
            "<![CDATA[<report>]]>",
            "<!DOCTYPE r [<!ENTITY e '<report>9</report>'>]>",
            "<reporter>",
            "<x:y xmlns:x='u'>",
        ),
    ]
)


@given(
    st.lists(st.tuples(AROUND, st.sampled_from(NAMES), st.integers(0, 99)), max_size=6), st.integers(1, 60)
)
def test_every_record_is_found_whatever_lies_around_it(parts: list[tuple[str, str, int]], piece: int) -> None:
    document = "".join(f"{around}<{name} a='>'>{number}<b/></{name} >" for around, name, number in parts)
    assert texts(cut(document, piece=piece)) == [str(number) for _, _, number in parts]


@given(st.text(st.sampled_from("<>/!-?[]&;'\" =abreport"), max_size=80), st.integers(1, 20))
def test_nothing_escapes(document: str, piece: int) -> None:
    cut(document, piece=piece)
    cut(f"<report>{document}</report><report>1</report>", piece=piece)


def test_a_record_within_a_record_is_part_of_it() -> None:
    assert texts(cut("<report>1<report>2</report>3</report><report>4</report>")) == ["123", "4"]
    assert texts(cut("<report>1<fileDetails>2</fileDetails></report>")) == ["12"]


def test_names_that_only_begin_alike_are_others() -> None:
    assert texts(cut("<reporter>1</reporter><report>2<reportId>3</reportId><reporter/></report>")) == ["23"]


def test_an_end_in_a_comment_or_in_quotes_is_none() -> None:
    assert texts(cut("<report>1<!-- </report> -->2<![CDATA[</report>]]>3</report>")) == [
        "1 </report> 2</report>3"
    ]
    assert texts(cut("<report a='&lt;/report>'>1</report>")) == ["1"]


def test_an_empty_record_is_one() -> None:
    assert texts(cut("<report/><report />")) == ["", ""]


def test_an_open_comment_ends_what_can_be_read() -> None:
    assert texts(cut("<report>1</report><!-- <report>2</report>")) == ["1"]


def test_a_prefix_that_nobody_declares_is_none_of_ours_to_judge() -> None:
    assert texts(cut("<n:report>1<m:b>2</m:b></n:report>")) == ["12"] or isinstance(
        cut("<n:report>1<m:b>2</m:b></n:report>")[0], Broken
    )


@pytest.mark.parametrize(
    "document",
    [
        "<" * 300_000,
        "<report " * 40_000,
        "<report>" + "<!" * 200_000 + "</report>",
        "<report>" + "<report>" * 100_000,
        "<report a='" * 40_000,
        "<!DOCTYPE " * 50_000,
        "<!-- " * 100_000,
        "<a " * 100_000,
        "<report>" + "&" * 300_000 + "</report>",
        "<report>" + "&a" * 150_000 + "</report>",
        "<report>" + "<p" * 150_000 + "</report>",
        "<report>" + "<he " * 90_000 + "</report>",
        "<report>" + "<he>" * 90_000 + "</report>",
        "<report>" + "<he a='" * 90_000 + "</report>",
        "<report>" + "<!-- x --><![CDATA[ x ]]><? x ?>&" * 40_000 + "</report>",
        "<fileDetails>" * 50_000 + "<report>1</report>",
        ("<report><!-- x --></report>" * 20_000),
    ],
)
def test_nothing_hangs(document: str) -> None:
    begun = time.process_time()
    cut(document)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "said",
    [
        "Tom & Jerry",
        "a < b and b > c",
        "I <3 it",
        "a<b and c>d",
        "<someone@example.org> wrote",
        "<he lives with the child and plans to harm it on Friday>",
        "<Anna> hello <Bob> hi <Anna> ho",
        "Q&A; AT&T & more <",
    ],
)
def test_marks_of_markup_that_stand_in_a_text_are_text_and_that_is_said(said: str) -> None:
    document = f"<report><number>5</number><info>{said}</info></report>"
    (found,) = cut(document)
    assert isinstance(found, Record)
    assert found.element[-1].text == said.replace("&A;", "[entity A]")
    assert any(one.startswith("mended") for one in found.problems)


def test_what_is_markup_beside_a_bare_mark_stays_markup() -> None:
    (found,) = cut("<report><a x='1 > 0'>R & D</a><![CDATA[<b>&]]><c/><!-- < & --></report>")
    assert isinstance(found, Record)
    assert [one.tag for one in found.element.iter(etree.Element)] == ["report", "comment", "a", "c"]
    assert found.element[1].get("x") == "1 > 0"
    assert found.element[1].tail == "<b>&"
    assert found.element[0].text == " < & "


@pytest.mark.parametrize(
    "broken",
    [
        "<number 5>7</number>",
        "<number>7",
        "<number>7</nummer><info>x</info>",
        "<info>one</info><he lives there><info>two</info>",
    ],
)
def test_a_broken_tag_between_elements_is_not_taken_for_text(broken: str) -> None:
    """Its value would be lost in silence."""
    (found,) = cut(f"<report><first>1</first>{broken}<last>9</last></report>")
    assert isinstance(found, Broken)


def test_what_is_well_formed_is_not_said_to_be_mended() -> None:
    (found,) = cut("<report><a>1 &lt; 2 &amp; 3</a><![CDATA[<he>]]></report>")
    assert isinstance(found, Record)
    assert found.problems == ()


def test_a_comment_is_kept_as_an_element_of_the_record() -> None:
    (found,) = cut("<report><a>x<!-- he lives there --></a><!-- --></report>")
    assert isinstance(found, Record)
    assert [(one.tag, one.text) for one in found.element if one.tag == "comment"] == [
        ("comment", " he lives there ")
    ]


@given(st.text(st.sampled_from("<>/!-?[]&;'\" =aAb.@CDT"), max_size=60))
def test_no_word_of_a_text_is_lost(said: str) -> None:
    """Either the record is broken and said to be, or every letter of the text is somewhere in it."""
    (found,) = cut(f"<report><info>zz{said}zz</info></report>")[:1] or (None,)
    if isinstance(found, Record) and found.problems:
        kept = "".join(found.element.itertext()) + etree.tostring(found.element, encoding="unicode")
        for word in re.findall("[ab]+", said):
            assert word in kept


def test_numbers_count_every_record() -> None:
    found = cut("<report>1</report><report><a></b></report><report>3</report>")
    assert [one.number for one in found] == [1, 2, 3]


def test_where_a_record_ends_is_found_quickly_only_where_it_is_simple() -> None:
    """The quick way and the careful way agree."""
    document = "<report>1</report>" * 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_, "_simple_end", lambda *_: -1)
        careful = texts(cut(document))
    assert texts(cut(document)) == careful == ["1", "1", "1"]
