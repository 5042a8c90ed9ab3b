"""Ukrainian is spelled so that an encoder of Russian reads it."""

from __future__ import annotations

import time

import pytest

from safelight.reports.reading.reader import Reader
from safelight.reports.reading.ukrainian import russified


@pytest.mark.parametrize(
    ("ukrainian", "russian"),
    [
        ("дівчинка боїться вітчима", "девочка боится отчима"),
        ("він каже, що нікому не можна розповідати", "он говорит, что никому не можно рассказывать"),
        ("сім’я живе поруч", "семья живёт рядом"),
        ("школа", "школа"),
        ("abc 123", "abc 123"),
    ],
)
def test_words_become_russian_ones(ukrainian: str, russian: str) -> None:
    assert russified(ukrainian) == russian


def test_a_long_word_costs_little() -> None:
    begun = time.perf_counter()
    russified("і" * 1_000_000)
    assert time.perf_counter() - begun < 1


def test_ukrainian_reports_are_read() -> None:
    reader = Reader()
    going_on, book = reader.read(
        [
            ["Вітчим щовечора лишається з дівчинкою сам, вона його боїться, і це не припинилося."],
            ["У романі вітчим кривдить дівчинку, це лише вигадана історія письменниці."],
        ]
    )
    assert (going_on.language, going_on.read) == ("uk", True)
    assert going_on.danger is not None and book.danger is not None
    assert going_on.danger > 5 * book.danger
