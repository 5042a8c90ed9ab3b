"""A report as bytes and back: what `show` and linking read again, complete."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from safelight.reports.report import (
    Annotation,
    FreeText,
    Kind,
    Party,
    Report,
    ReportFile,
    Role,
    Spot,
    Stated,
)


def pack(report: Report) -> bytes:
    """JSON of everything that is stated. Reports that say the same in the same order give equal bytes."""
    try:
        return orjson.dumps(report, default=_set)
    except TypeError:  # lone surrogates of a broken encoding
        return orjson.dumps(sayable(asdict(report)))


def _set(value: Any) -> list[Any]:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)


def sayable(value: Any) -> Any:
    """Plain data that JSON can hold: text without lone surrogates, sets in order."""
    if isinstance(value, str):
        try:
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        except UnicodeEncodeError:  # half of a pair, which JSON can write and UTF-8 cannot
            return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list | tuple):
        return [sayable(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, dict):
        return {sayable(key): sayable(one) for key, one in value.items()}
    return value


def unpack(packed: bytes) -> Report:
    """The report that `pack` wrote."""
    said = orjson.loads(packed)
    return Report(
        **{
            **said,
            "annotations": frozenset(map(Annotation, said.get("annotations", ()))),
            "parties": tuple(map(_party, said.get("parties", ()))),
            "files": tuple(map(_file, said.get("files", ()))),
            "texts": tuple(FreeText(**one) for one in said.get("texts", ())),
            "spots": tuple(Spot(**one) for one in said.get("spots", ())),
            "groups": tuple(map(_stated, said.get("groups", ()))),
            "related": tuple(said.get("related", ())),
            "unknown": tuple((where, what) for where, what in said.get("unknown", ())),
            "problems": tuple(said.get("problems", ())),
        }
    )


def _stated(said: dict[str, Any]) -> Stated:
    return Stated(**{**said, "kind": Kind(said["kind"]), "value": said.get("value", "")})


def _party(said: dict[str, Any]) -> Party:
    return Party(
        **{
            **said,
            "role": Role(said["role"]),
            "identifiers": tuple(map(_stated, said.get("identifiers", ()))),
            "spots": tuple(Spot(**one) for one in said.get("spots", ())),
        }
    )


def _file(said: dict[str, Any]) -> ReportFile:
    return ReportFile(
        **{
            **said,
            "annotations": frozenset(said.get("annotations", ())),
            "identifiers": tuple(map(_stated, said.get("identifiers", ()))),
            "texts": tuple(said.get("texts", ())),
        }
    )
