"""JSON is cut into records whatever its shape and size, and one that is broken costs itself alone."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.reports import json_, json_cut
from tests.reports.deviations import MOST_GROWTH, peak
from tests.reports.tips import Generated

LISTS = frozenset({"reports", "data"})
TEXT = st.text(st.sampled_from('ab"\\{}[]:, \n\té\U0001f600'), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(TEXT, VALUES, max_size=4), min_size=1, max_size=8)
WAYS = {
    "a list": lambda records: json.dumps(records),
    "a list over lines": lambda records: json.dumps(records, indent=1),
    "lines": lambda records: "\n".join(map(json.dumps, records)),
    "side by side": lambda records: " ".join(map(json.dumps, records)),
    "within an object": lambda records: json.dumps(
        {"count": [{}, 1], "Reports": records, "tail": [{"a": 1}]}
    ),
}


def found(document: str | bytes, *, whole: int | None = None, piece: int | None = None) -> list[json_.Record]:
    data = document.encode() if isinstance(document, str) else document
    with pytest.MonkeyPatch.context() as patch:
        if whole is not None:
            patch.setattr(json_, "WHOLE", whole)
        if piece is not None:
            patch.setattr(json_cut, "_PIECE", piece)
        return list(json_.records(io.BytesIO(data), LISTS))


def good(records: list[json_.Record]) -> list[Any]:
    return [value for _, value, _ in records if value is not None]


def bad(records: list[json_.Record]) -> list[str]:
    return [why for _, value, why in records if value is None]


@pytest.mark.parametrize("way", WAYS)
@given(records=RECORDS, piece=st.integers(1, 40))
def test_every_record_is_found_however_they_are_put_together(
    way: str, records: list[Any], piece: int
) -> None:
    document = WAYS[way](records)
    assert good(found(document)) == records
    assert good(found(document, whole=-1, piece=piece)) == records


@pytest.mark.parametrize("whole", [None, -1])
def test_a_single_object_is_a_record(whole: int | None) -> None:
    assert good(found('{"a": [{"b": 1}], "data": [], "data2": {}}', whole=whole))[0]["a"] == [{"b": 1}]


@pytest.mark.parametrize("whole", [None, -1])
def test_what_is_no_object_is_a_finding(whole: int | None) -> None:
    records = found('[{"a": 1}, 5, {"a": 2}, "x"]', whole=whole)
    assert good(records) == [{"a": 1}, {"a": 2}]
    assert bad(records) == ["it is no object"] * 2


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ('{"a": }', "not JSON"),
        ('{"a" 1}', "not JSON"),
        ("{'a': 1}", "not JSON"),
        ('{"a": 1 "b": 2}', "not JSON"),
    ],
)
@pytest.mark.parametrize("way", ["[{}, {}, {}]", "{}\n{}\n{}", '{{"reports": [{}, {}, {}]}}'])
def test_a_broken_record_costs_itself_alone(broken: str, why: str, way: str) -> None:
    document = way.replace("{}", "\0").replace("{{", "{").replace("}}", "}")
    for one in ('{"a": 1}', broken, '{"a": 3}'):
        document = document.replace("\0", one, 1)
    records = found(document)
    assert good(records) == [{"a": 1}, {"a": 3}]
    assert bad(records)[0].startswith(why)


def test_a_stray_quotation_mark_costs_its_record_in_a_list() -> None:
    records = found('[{"id": 1}, {"id": "2"" , "x": [{"y": 1}, {"y": 2}]}, {"id": 3}, {"id": 4}]')
    assert {"id": 4} in good(records)
    assert {"y": 2} not in good(records)
    assert bad(records)


def test_a_stray_quotation_mark_costs_its_line() -> None:
    records = found('{"id": 1}\n{"id": "2""}\n{"id": 3}\n')
    assert good(records) == [{"id": 1}, {"id": 3}]


@pytest.mark.parametrize("document", ['[{"a": 1}, {"b": ', '{"a": [', '[{"a": "x', '{"reports": [{"a": 1}'])
def test_a_document_that_is_cut_off_says_so(document: str) -> None:
    assert "complete" in bad(found(document))[-1]


def test_brackets_without_a_partner_are_passed_over() -> None:
    records = found(']]} [{"a": 1}]')
    assert good(records) == [{"a": 1}]
    assert "never opened" in bad(records)[0]


def test_a_comma_too_many_and_bare_line_ends_are_mended_and_said() -> None:
    (one,) = found('[{"a": "x\ny", "b": [1,],},]')
    assert one[1] == {"a": "x\ny", "b": [1]}
    assert "mended" in one[2]


def test_deep_nesting_costs_one_record() -> None:
    deep = '{"a": ' * 200_000 + "1" + "}" * 200_000
    records = found(f'[{{"a": 1}}, {deep}, {{"a": 3}}]')
    assert good(records) == [{"a": 1}, {"a": 3}]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings(encoding: str) -> None:
    assert good(found('[{"a": "müller"}]'.encode(encoding))) == [{"a": "müller"}]


def test_a_record_that_is_too_large_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_, "LARGEST", 1 << 20)
    big = json.dumps({"a": "x" * (2 << 20)})
    for document in (f'[{{"a": 1}}, {big}, {{"a": 3}}]', f'{{"a": 1}}\n{big}\n{{"a": 3}}'):
        records = found(document, whole=1)
        assert good(records) == [{"a": 1}, {"a": 3}]
        assert "larger" in bad(records)[0]


@given(st.text(st.sampled_from('{}[]",:\\ \nab1'), max_size=60), st.integers(1, 9))
def test_nothing_escapes(document: str, piece: int) -> None:
    found(document)
    found(document, whole=-1, piece=piece)


@pytest.mark.parametrize("head", [b"[", b'{"reports": [', b""])
@pytest.mark.parametrize(
    "size", [pytest.param(64 << 20, id="small"), pytest.param(1 << 30, id="whole", marks=pytest.mark.soak)]
)
def test_a_gigabyte_is_read_at_constant_memory(head: bytes, size: int) -> None:
    record = json.dumps({"a": "words and words " * 16_000}).encode() + (b"," if head else b"\n")
    times = size // len(record) + 1
    before, count = peak(), 0
    for _, value, _ in json_.records(Generated(head, record, times, b"{}"), LISTS):  # type: ignore[arg-type]
        count += value is not None
    assert count >= times
    assert peak() - before < MOST_GROWTH
