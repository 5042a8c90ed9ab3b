"""XML is cut into records wherever they stand, and what is around them does not matter."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert texts(cut("<report>1<!-- </report> -->2<![CDATA[</report>]]>3</report>")) == ["12</report>3"]
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
        "<fileDetails>" * 50_000 + "<report>1</report>",
        ("<report><!-- x --></report>" * 20_000),
    ],
)
def test_nothing_hangs(document: str) -> None:
    begun = time.process_time()
    cut(document)
    assert time.process_time() - begun < 5


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
