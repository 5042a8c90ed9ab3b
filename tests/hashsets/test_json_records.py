"""A JSON document is cut into the objects of one array, whatever lies around and within them."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import FormatError
from safelight.hashsets import json_records as module
from safelight.hashsets.json_records import json_records

TEXT = st.text(st.sampled_from('ab"\\{}[]:, \n\té\U0001f600\x00'), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(TEXT, VALUES, max_size=4), max_size=8)


def cut(document: str | bytes, *path: str) -> list[tuple[int, Any, str]]:
    raw = document.encode() if isinstance(document, str) else document
    return list(json_records(io.BufferedReader(io.BytesIO(raw)), path or ("value",)))  # type: ignore[arg-type]


@given(RECORDS, VALUES, st.integers(1, 40), st.sampled_from([None, 2]))
def test_every_object_of_the_array_is_found_at_any_chunk_size(
    records: list[Any], around: Any, size: int, indent: int | None
) -> None:
    document = json.dumps({"head": around, "value": records, "tail": around}, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", size)
        found = cut(document)
    assert [value for _, value, _ in found] == records
    assert [number for number, _, _ in found] == list(range(1, len(records) + 1))


@given(st.lists(RECORDS, max_size=3), VALUES, st.integers(1, 40))
def test_records_of_every_case_are_found(cases: list[Any], other: Any, size: int) -> None:
    document = json.dumps({"value": [{"Other": other, "Media": media, "End": other} for media in cases]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", size)
        found = cut(document, "value", "Media")
    assert [value for _, value, _ in found] == [one for media in cases for one in media]


@given(RECORDS.filter(bool), st.data())
def test_a_document_cut_anywhere_is_an_error_and_never_a_shorter_list(records: list[Any], data: Any) -> None:
    document = json.dumps({"value": records})
    end = data.draw(st.integers(1, len(document) - 1))
    with pytest.raises(FormatError):
        cut(document[:end])


@given(st.binary(max_size=60), st.integers(0, 60))
def test_no_bytes_do_worse_than_an_error(noise: bytes, at: int) -> None:
    document = b'{"value":[{"a":[1,"x"]},{"b":{}}]}'
    with suppress(FormatError):
        cut(document[:at] + noise + document[at:])


def test_a_broken_record_costs_itself_only() -> None:
    found = cut('{"value":[{"a":1},{"a":},{"a":2}]}')
    assert [(number, value) for number, value, _ in found] == [(1, {"a": 1}), (2, None), (3, {"a": 2})]
    assert found[1][2].startswith("not JSON")


@pytest.mark.parametrize("loose", ["1", "null", '"text"', "[{}]", "[[1]]", "true"])
def test_an_element_that_is_no_object_is_refused_with_its_number(loose: str) -> None:
    assert cut(f'{{"value":[{{"a":1}},{loose},{{"a":2}}]}}') == [
        (1, {"a": 1}, ""),
        (2, None, "not an object"),
        (3, {"a": 2}, ""),
    ]


def test_bytes_that_are_not_utf8_do_not_lose_the_record() -> None:
    ((_, value, why),) = cut(b'{"value":[{"MD5":"00","Comments":"M\xfcller\t."}]}')
    assert why == "" and value["MD5"] == "00" and value["Comments"].startswith("M")


def test_a_record_nested_too_deeply_is_refused_and_the_next_one_read() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    found = cut(f'{{"value":[{{"a":{deep}}},{{"a":2}}]}}')
    assert found == [(1, None, "nested too deeply"), (2, {"a": 2}, "")]


def test_a_record_too_large_is_refused_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_RECORD", 1 << 20)
    found = cut('{"value":[{"a":"' + "x" * (5 << 20) + '"},{"a":2}]}')
    assert [(number, value) for number, value, _ in found] == [(1, None), (2, {"a": 2})]
    assert "larger than 1 MiB" in found[0][2]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ('{"other":[{}]}', "no array named value"),
        ('{"value":{"a":1}}', "no array named value"),
        ('{"value":[{"a":1}]}]', "never opened"),
        ('{"value":[{"a":1}}]', "another kind"),
        ('{"value":[]} {', "ends in the middle"),
        ('{"value":[]} text', "follows the end"),
        ("text", "follows the end"),
        ('{"value":["', "ends in the middle"),
    ],
)
def test_a_broken_document_says_how(document: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        cut(document)


def test_a_document_of_nothing_but_brackets_is_given_up() -> None:
    with pytest.raises(FormatError, match="levels deep"):
        cut("[" * (module.DEEPEST + 10))
