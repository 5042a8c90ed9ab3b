"""Times ahead that sentences tell, in every language that is looked through."""

from __future__ import annotations

import time
from datetime import date

import pytest

from safelight.reports.scoring.told_times import LATER, SURE, TODAY, WEEKDAY, WEEKEND, Day, told_times
from safelight.reports.scoring.told_words import LANGUAGES

RECEIVED = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "She has until tonight."),
        ("en", "tomorrow after school"),
        ("de", "Heute Abend kommt er wieder."),
        ("de", "Er holt sie morgen nach der Schule ab."),
        ("nl", "vanavond komt hij langs"),
        ("fr", "demain après l’école"),
        ("es", "Viene mañana por la tarde."),
        ("pt", "amanhã depois da escola"),
        ("it", "stasera torna da lei"),
        ("pl", "jutro po szkole"),
        ("tr", "yarın okuldan sonra"),
        ("ru", "завтра после школы"),
        ("uk", "завтра після школи"),
        ("ar", "غدًا بعد المدرسة"),
        ("hi", "आज रात वह आएगा"),
        ("zh", "明天放学后"),
        ("ja", "明日の放課後"),
        ("ko", "내일 방과 후"),
    ],
)
def test_tonight_and_tomorrow_lie_ahead(language: str, sentence: str) -> None:
    assert told_times(sentence, language).ahead == SURE


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "he is picking her up on Saturday"),
        ("de", "am Samstag"),
        ("nl", "op zaterdag"),
        ("fr", "samedi à midi"),
        ("es", "el sábado"),
        ("pt", "na sexta-feira"),
        ("it", "sabato prossimo"),
        ("pl", "w sobotę"),
        ("tr", "pazar günü"),
        ("ru", "в субботу"),
        ("uk", "у п’ятницю"),
        ("ar", "يوم السبت"),
        ("hi", "शनिवार को"),
        ("zh", "周六下午"),
        ("ja", "土曜日に"),
        ("ko", "토요일에"),
    ],
)
def test_a_weekday_is_the_coming_one(language: str, sentence: str) -> None:
    assert told_times(sentence, language).ahead == WEEKDAY


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "last Saturday"),
        ("de", "am letzten Samstag"),
        ("nl", "afgelopen zaterdag"),
        ("fr", "samedi dernier"),
        ("es", "el sábado pasado"),
        ("pt", "no sábado passado"),
        ("it", "sabato scorso"),
        ("pl", "w zeszłą sobotę"),
        ("tr", "geçen cumartesi"),
        ("ru", "в прошлую субботу"),
        ("uk", "минулої суботи"),
        ("ar", "السبت الماضي"),
        ("hi", "पिछले शनिवार"),
        ("zh", "上周六"),
        ("ja", "先週の土曜日"),
        ("ko", "지난주 토요일"),
        ("de", "vergangenes Wochenende"),
        ("en", "yesterday"),
        ("de", "am Morgen"),
        ("es", "de la mañana"),
    ],
)
def test_what_has_passed_does_not_lie_ahead(language: str, sentence: str) -> None:
    assert told_times(sentence, language).ahead == 0


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "in two days"),
        ("de", "in 3 Stunden"),
        ("fr", "dans deux jours"),
        ("ru", "через два дня"),
        ("pl", "za dwa dni"),
        ("tr", "iki gün sonra"),
        ("zh", "两天后"),
        ("ja", "二日後"),
    ],
)
def test_few_days_from_now_lie_ahead(language: str, sentence: str) -> None:
    assert told_times(sentence, language).ahead == LATER


def test_a_weekend_is_less_sure() -> None:
    assert told_times("this weekend", "en").ahead == WEEKEND


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "today at five"),
        ("de", "heute um 17 Uhr"),
        ("fr", "aujourd’hui à 17h30"),
        ("pt", "hoje às sete"),
        ("ru", "сегодня в семь"),
        ("zh", "今天5点半"),
        ("ko", "오늘 5시"),
    ],
)
def test_today_counts_with_an_hour(language: str, sentence: str) -> None:
    assert told_times(sentence, language).ahead == TODAY


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Today she is a grown woman and lives abroad."),
        ("de", "Bis heute hat er es niemandem gesagt."),
        ("fr", "Elle est avocate aujourd'hui."),
        ("pl", "Dziś mieszka daleko."),
        ("ru", "Сегодня он живёт в другом городе."),
    ],
)
def test_today_is_nowadays_without_one(language: str, sentence: str) -> None:
    assert told_times(sentence, language).ahead == 0


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "on 28 November"),
        ("en", "on November 28th"),
        ("de", "am 28. November"),
        ("de", "am 28.11. um acht"),
        ("fr", "le 28 novembre"),
        ("es", "el 28 de noviembre"),
        ("pl", "28 listopada"),
        ("ru", "28 ноября"),
        ("ar", "28 نوفمبر"),
        ("hi", "28 नवंबर"),
        ("zh", "11月28日"),
        ("ja", "11月28日"),
        ("ko", "11월 28일"),
    ],
)
def test_a_day_and_month_are_a_day(language: str, sentence: str) -> None:
    assert told_times(sentence, language).days == (Day(11, 28, None),)


@pytest.mark.parametrize(
    ("day", "near"),
    [
        (Day(11, 28, None), date(2026, 11, 28)),
        (Day(1, 5, None), date(2027, 1, 5)),
        (Day(11, 26, 2026), date(2026, 11, 26)),
        (Day(11, 25, None), None),
        (Day(3, 3, None), None),
        (Day(11, 28, 2025), None),
        (Day(2, 30, None), None),
    ],
)
def test_a_day_is_near_from_receipt_on(day: Day, near: date | None) -> None:
    assert day.near(RECEIVED) == near


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_sentences_take_no_time(language: str) -> None:
    told_times("x", language)
    before = time.perf_counter()
    for unit in ("1.", "28 ", "in ", "- ", "周", "через ", "samedi "):
        told_times(unit * (4_000 // len(unit)), language)
    assert time.perf_counter() - before < 2
