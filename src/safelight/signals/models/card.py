"""Model cards: what a model is for, where it comes from, what was measured, what it must not be used for.

One TOML file a model in this folder. A model without a complete card is not listed and never loaded.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from safelight.errors import FormatError, ModelMissingError
from safelight.settings import settings
from safelight.signals.models.face_tables import (
    DetectorTable,
    EmbedderTable,
    detector_table,
    embedder_table,
)

_OPTIONAL = {"evaluated_by", "sources", "converter", "carried_file", "carried_sha256", "embedder", "detector"}
_OWN = "*.card.toml"
"""Cards that an agency added, in the folder of models (`own.py`)."""
_NOT_FREE = re.compile(
    r"non-?\s?commercial|\bnc\b|research[- ](?:purposes|use|only)|academic|no commercial use", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model file, pinned by its SHA-256."""

    name: str
    """As signals and commands call it."""
    file: str
    """File name in the folder of models; a converted one carries digits of its SHA-256, so that a newer
    conversion never meets an older file."""
    sha256: str
    """Of the file as it is loaded (hex)."""
    purpose: str
    input: str
    """Shape, colour order and scaling of what goes in."""
    output: str
    training_data: str
    """As published by its makers."""
    licence: str
    measured: tuple[str, ...]
    """What was measured, on what, with what result."""
    by_group: str
    """Error by age band, sex and skin tone, where measured."""
    limits: tuple[str, ...]
    forbidden_uses: tuple[str, ...]
    origin: str
    """Who published the weights."""
    evaluated_by: str = ""
    """Who evaluated it on the agency's own data; empty: *unevaluated*."""
    sources: tuple[str, ...] = ()
    """Where packages carry it: `package:path among its files`, the first that is installed is taken."""
    converter: str = ""
    """How `file` is made from the carried file at set-up (`convert.py`); empty: it is loaded as carried."""
    carried_file: str = ""
    """Name of the file that packages carry, where it is converted."""
    carried_sha256: str = ""
    """Its SHA-256."""
    embedder: EmbedderTable | None = None
    """Where it describes faces and is not one of ours: how (`face_tables.py`)."""
    detector: DetectorTable | None = None
    """Where it finds faces for such a model: how."""

    @property
    def restricted(self) -> bool:
        """Does the licence, by its words, leave out commercial use, or allow research alone?"""
        return _NOT_FREE.search(self.licence) is not None

    @property
    def evaluated(self) -> bool:
        """Has anyone evaluated it on the agency's own data?"""
        return bool(self.evaluated_by)


def cards() -> dict[str, ModelCard]:
    """Every card, ours and those that were added, by model name, sorted. One that was broken since is left out."""
    ours = packaged_cards()
    found = dict(ours)
    for path in sorted(settings().models.glob(_OWN)):
        try:
            one = read_card(path.name, path.read_text("utf-8"))
        except (FormatError, OSError, UnicodeDecodeError):
            continue  # it is not listed and never loaded; adding it again says what is wrong
        found.setdefault(one.name, one)
    return dict(sorted(found.items()))


@cache
def packaged_cards() -> dict[str, ModelCard]:
    """The cards that come with Safelight."""
    found = (
        read_card(entry.name, entry.read_text("utf-8"))
        for entry in files(__package__).iterdir()
        if entry.name.endswith(".toml")
    )
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def card(name: str) -> ModelCard:
    """The card of a model.

    Raises:
        ModelMissingError: there is no such card; without one no model is loaded.
    """
    try:
        return packaged_cards().get(name) or cards()[name]
    except KeyError:
        raise ModelMissingError(
            f"there is no model card for {name!r}", "`safelight models list` shows the models there are"
        ) from None


def read_card(source: str, text: str) -> ModelCard:
    """Read a card and see that it is complete.

    Raises:
        FormatError: not TOML, an unknown or missing field, an empty field that a card must fill.
    """
    try:
        data: dict[str, Any] = tomllib.loads(text)
        _check_lines(source, "the card", ModelCard, data)
        for table, made, kind in _TABLES:
            if table in data:
                _check_lines(source, f"its [{table}] table", kind, data[table])
                data[table] = made(data[table])
        filled: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        one = ModelCard(**filled)
    except (tomllib.TOMLDecodeError, TypeError, ValueError, KeyError) as error:
        raise FormatError(f"model card {source}: {error}") from error
    empty = [f.name for f in fields(one) if f.name not in _OPTIONAL and not getattr(one, f.name)]
    if one.converter:
        empty += [name for name in ("carried_file", "carried_sha256") if not getattr(one, name)]
    if empty:
        raise FormatError(f"model card {source}: nothing is said after {', '.join(empty)}")
    wrong = [
        f.name
        for f in fields(one)
        if f.type in ("str", "tuple[str, ...]") and not _is(f.type, getattr(one, f.name))
    ]
    if wrong:
        raise FormatError(
            f"model card {source}: {', '.join(wrong)} is not of its kind (text, or a list of texts)"
        )
    pins = (one.sha256, one.carried_sha256 or one.sha256)
    if not all(re.fullmatch("[0-9a-f]{64}", pin) for pin in pins):
        raise FormatError(f"model card {source}: a SHA-256 is 64 hex digits in lower case")
    return one


def _check_lines(source: str, what: str, kind: type[Any], data: Any) -> None:
    """FormatError where lines that must be there are not, or others are, by their names."""
    if not isinstance(data, dict):
        raise FormatError(f"model card {source}: {what} must hold lines of the form NAME = VALUE")
    known = {one.name: one.default is MISSING for one in fields(kind)}
    lacking = [name for name, needed in known.items() if needed and name not in data]
    if lacking:
        raise FormatError(f"model card {source}: {what} lacks: {', '.join(lacking)}")
    strange = [name for name in data if name not in known]
    if strange:
        raise FormatError(
            f"model card {source}: {what} has lines that mean nothing here: {', '.join(strange)}. "
            f"Known are: {', '.join(known)}"
        )


_TABLES = (
    ("embedder", embedder_table, EmbedderTable),
    ("detector", detector_table, DetectorTable),
)


def _is(kind: object, value: object) -> bool:
    """Is a value of TOML what the field says?"""
    if kind == "str":
        return isinstance(value, str)
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
