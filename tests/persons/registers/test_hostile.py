"""Whatever bytes come as a register: people, findings or one clear error, never anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import FormatError
from safelight.persons.person import Finding, Record
from safelight.persons.protocol import RegisterReader
from safelight.persons.registers.csv_ import CsvReader
from safelight.persons.registers.json_ import JsonReader
from safelight.persons.registers.values import facts_of
from safelight.persons.registers.xlsx import XlsxReader

READERS: list[RegisterReader] = [CsvReader(), JsonReader(), XlsxReader()]
WORDS = st.sampled_from(
    [
        "person_id",
        "photo",
        "name",
        "sex",
        "age",
        "dob",
        ",",
        ";",
        '"',
        "\n",
        "\r\n",
        "{",
        "}",
        "[",
        "]",
        ":",
        "\\",
        "\0",
        "1",
        "é",
        "=",
        "\ud800",
        "👧",
    ]
)
VALUES = st.text(max_size=40) | st.lists(
    st.sampled_from(
        [
            "1",
            "7",
            "120",
            "/",
            "-",
            ".",
            " ",
            "to",
            "about",
            "'",
            '"',
            "m",
            "cm",
            "years",
            "2015",
            "May",
            "°",
            "N",
            ",",
        ]
    ),
    max_size=12,
).map("".join)


def names(kind: RegisterReader) -> str:
    return kind.name


@pytest.mark.parametrize("reader", READERS, ids=names)
@settings(deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(WORDS, max_size=60).map(lambda some: "".join(some).encode("utf-8", "replace"))
)
def test_any_bytes_are_people_findings_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, reader: RegisterReader, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("register") / "list"
    file.write_bytes(content)
    reader.detect(file, content)
    try:
        made = list(reader.read(file, {}))
    except FormatError as error:
        assert str(error)
        return
    assert all(
        (isinstance(one, Record) and one.person_id) or (isinstance(one, Finding) and one.reason)
        for one in made
    )


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "name",
                "sex",
                "birth_date",
                "age",
                "age_to",
                "age_on",
                "height",
                "height_to",
                "marks",
                "languages",
                "seen_on",
                "place",
                "country",
                "latitude",
                "longitude",
                "coordinates",
                "photo_taken",
            ]
        ),
        VALUES,
    )
)
def test_any_values_are_facts_or_said(values: dict[str, str]) -> None:
    facts, notes = facts_of(values)
    facts_back, notes_back = facts_of(values)
    assert (facts, notes) == (facts_back, notes_back)
    assert all(notes)
