"""Registers as JSON, whole and in pieces, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import FormatError
from safelight.persons.person import Finding, Record
from safelight.persons.registers import json_records
from safelight.persons.registers.json_ import JsonReader
from safelight.persons.registers.json_records import records


def read(folder: Path, content: str | bytes) -> tuple[list[Record], list[Finding]]:
    file = folder / "list.json"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    made = list(JsonReader().read(file, {}))
    return [one for one in made if isinstance(one, Record)], [one for one in made if isinstance(one, Finding)]


@pytest.mark.parametrize(
    "content",
    [
        '[{"person_id": "T-1", "name": "Alpha"}, {"person_id": "T-2", "name": "Beta"}]',
        '{"person_id": "T-1", "name": "Alpha"}\n{"person_id": "T-2", "name": "Beta"}\n',
        '{"count": 2, "people": [{"person_id": "T-1", "name": "Alpha"}, {"person_id": "T-2", "name": "Beta"}]}',
        '\ufeff[{"person_id": "T-1", "name": "Alpha"}, {"person_id": "T-2", "name": "Beta"}]',
    ],
    ids=["list", "lines", "list within an object", "mark"],
)
def test_people_are_found_however_they_are_listed(tmp_path: Path, content: str) -> None:
    people, _ = read(tmp_path, content)
    assert [(one.person_id, one.facts.names) for one in people] == [("T-1", ("Alpha",)), ("T-2", ("Beta",))]


def test_one_object_is_one_person_and_its_lists_are_theirs(tmp_path: Path) -> None:
    (one,), _ = read(
        tmp_path,
        '{"name": "Alpha", "id": 17, "photos": [{"file": "a.jpg"}], "languages": ["Hindi", "English"]}',
    )
    assert one.person_id == "17"
    assert one.facts.languages == ("hi", "en")


def test_several_photographs_stand_in_a_list(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, '[{"id": "T-1", "photo": ["a.jpg", "b.jpg"], "name": null}]')
    assert [photo.file for photo in one.photos] == ["a.jpg", "b.jpg"]


def test_utf_16_is_read(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, '[{"id": "T-1", "name": "Альфа"}]'.encode("utf-16"))
    assert one.facts.names == ("Альфа",)


def test_a_broken_record_costs_itself_alone(tmp_path: Path) -> None:
    people, (finding,) = read(tmp_path, '[{"id": "T-1"}, {"id": oops}, {"id": "T-3"}]')
    assert [one.person_id for one in people] == ["T-1", "T-3"]
    assert finding.where == "list.json, record 2"


def test_a_document_that_is_cut_off_gives_what_is_complete(tmp_path: Path) -> None:
    people, (finding,) = read(tmp_path, '[{"id": "T-1"}, {"id": "T-2", "name": "Al')
    assert [one.person_id for one in people] == ["T-1"]
    assert "complete" in finding.reason


def test_nesting_without_end_is_a_finding_and_the_others_go_on(tmp_path: Path) -> None:
    deep = "[" * 10_000 + "]" * 10_000
    people, (finding,) = read(tmp_path, f'[{{"id": "T-1", "x": {deep}}}, {{"id": "T-2"}}]')
    assert [one.person_id for one in people] == ["T-2"]
    assert "nested" in finding.reason


def test_what_lies_deep_is_kept_as_json(tmp_path: Path) -> None:
    deep = '{"a":' * 20 + "1" + "}" * 20
    (one,), _ = read(tmp_path, f'[{{"id": "T-1", "x": {deep}}}]')
    assert any(text.startswith('{"a"') for text in one.facts.more.values())


@pytest.mark.parametrize("content", ["", "[]", "[1, 2]", "[" * 10_000, "null", '"x"', "{}"])
def test_what_holds_nobody_says_so(tmp_path: Path, content: str) -> None:
    try:
        people, findings = read(tmp_path, content)
    except FormatError as error:
        assert error.hint
    else:
        assert not people
        assert findings


def test_a_record_without_an_id_is_a_finding(tmp_path: Path) -> None:
    _, (finding,) = read(tmp_path, '[{"name": "Alpha", "id": "?", "x": "1"}, {"id": ""}]')
    assert "no id" in finding.reason


PEOPLE = st.lists(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=4,
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None)
@given(PEOPLE, st.integers(1, 7))
def test_cut_into_pieces_the_records_are_the_same(people: list[dict[str, Any]], size: int) -> None:
    text = json.dumps(people)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert list(json_records._cut(iter(pieces))) == [(one, "") for one in people]


@settings(deadline=None)
@given(st.text(st.sampled_from('{}[]",:\\ a1'), max_size=60))
def test_no_text_breaks_the_cutter(text: str) -> None:
    for value, problem in records(iter([text])):
        assert (value is None) == bool(problem)


def test_a_record_that_is_too_large_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "_WHOLE", 10)
    monkeypatch.setattr(json_records, "_LARGEST", 100)
    text = orjson.dumps([{"id": "a", "x": ["y" * 50] * 10}, {"id": "b"}]).decode()
    found = list(records(text[start : start + 20] for start in range(0, len(text), 20)))
    assert found[0] == (None, "a record is larger than 0 million characters")
    assert ({"id": "b"}, "") in found
