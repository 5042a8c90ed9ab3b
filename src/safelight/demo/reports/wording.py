"""The sentences that invented reports are made of, by language and situation: one set for training, one for testing."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal

from safelight.errors import UsageError
from safelight.reports.reading.situations import CODES

Wording = Literal["test", "training"]
Sentences = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Language -> code of a situation -> sentences."""

HELD: Final = ("en", "de", "nl", "fr", "es", "pt", "it", "pl", "tr", "ru", "uk", "ar", "zh")
"""Languages whose words the desk reads. Reports come in others too."""
_OF_TEST = 4
"""So many of a language's neutral details go with the test wording, the rest with the training wording."""


@cache
def sentences(wording: Wording) -> Sentences:
    """All sentences of a set; a language without a file is not in it. UsageError for a set that there is not."""
    if wording == "test":
        folder: Traversable = files("safelight.demo") / "wording"
    elif wording == "training":
        folder = files("safelight.reports.reading") / "sentences"
    else:
        raise UsageError(f"There is no wording '{wording}'.", "Use one of: test, training.")
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".tsv"):  # `en.tsv`; `en-more.tsv` holds more of the same language
            said = found.setdefault(file.name.removesuffix(".tsv").partition("-")[0], {})
            for code, some in _of_file(file).items():
                said[code] = said.get(code, ()) + some
    return found


def boilerplate(wording: Wording, language: str, number: int) -> str:
    """What the sender with this number puts under every report of its own, in its language or in English."""
    said: Mapping[str, list[str]] = _details()["boilerplate"][wording]
    among = said.get(language, said["en"])
    return among[number % len(among)]


@cache
def details(wording: Wording) -> Mapping[str, tuple[str, ...]]:
    """Sentences that say nothing about a danger, by language."""
    return {
        language: tuple(said["details"][:_OF_TEST] if wording == "test" else said["details"][_OF_TEST:])
        for language, said in _details().items()
        if "details" in said
    }


def subject(language: str) -> str:
    """What stands over a report by e-mail in this language."""
    return str(_details()[language]["subject"])


@cache
def _details() -> Mapping[str, Mapping[str, Any]]:
    text = files(__package__).joinpath("details.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _of_file(file: Traversable) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {code: [] for code in CODES}
    for line in file.read_text(encoding="utf-8").splitlines():
        code, tab, sentence = line.partition("\t")
        if tab and code in found and sentence:
            found[code].append(sentence)
    return {code: tuple(said) for code, said in found.items() if said}
