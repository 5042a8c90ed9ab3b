"""Ages that sentences tell, in every language that is looked through."""

from __future__ import annotations

import time

import pytest

from safelight.reports.scoring.ages import Age
from safelight.reports.scoring.told_ages import told_ages
from safelight.reports.scoring.told_words import LANGUAGES


def years(sentence: str, language: str) -> list[tuple[float, float]]:
    return [(one.least, one.most) for one in told_ages(sentence, language)]


@pytest.mark.parametrize(
    ("language", "sentence", "age"),
    [
        ("en", "He was seen with a girl of 12.", 12),
        ("en", "The child is nine years old.", 9),
        ("en", "my daughter (8) was asked for her address", 8),
        ("en", "She is only 11.", 11),
        ("en", "An eleven-year-old boy did not come home.", 11),
        ("en", "a 6 yo in the same house", 6),
        ("de", "Meine Tochter ist 12 Jahre alt.", 12),
        ("de", "ein zwölfjähriges Mädchen", 12),
        ("de", "die 9-Jährige", 9),
        ("de", "Sie war damals nicht dabei, ihr Bruder im Alter von sechs Jahren schon.", 6),
        ("nl", "mijn dochter van negen jaar", 9),
        ("nl", "een 11-jarig meisje", 11),
        ("fr", "ma fille de neuf ans", 9),
        ("fr", "Il a seulement 11 ans.", 11),
        ("fr", "une adolescente âgée de 14 ans", 14),
        ("es", "mi hija de nueve años", 9),
        ("es", "La niña tiene 12 años.", 12),
        ("pt", "O menino tem 12 anos.", 12),
        ("pt", "uma criança com 7 anos", 7),
        ("it", "La bambina ha 12 anni.", 12),
        ("it", "una dodicenne", 12),
        ("pl", "Moja córka ma dziewięć lat.", 9),
        ("pl", "dwunastoletni chłopiec", 12),
        ("tr", "on iki yaşında bir çocuk", 12),
        ("tr", "12 yaşındaki kızım", 12),
        ("ru", "Моей дочери 12 лет.", 12),
        ("ru", "девятилетняя девочка", 9),
        ("uk", "їй лише десять років", 10),
        ("uk", "дев’ятирічна дівчинка", 9),
        ("ar", "طفلة تبلغ من العمر تسع سنوات", 9),
        ("ar", "عمرها ١١ عاما", 11),
        ("hi", "बारह साल की बच्ची", 12),
        ("hi", "१२ साल की लड़की", 12),
        ("zh", "我女儿今年12岁", 12),
        ("zh", "一个８歲的孩子", 8),
        ("ja", "九歳の女の子", 9),
        ("ko", "열두 살 소녀", 12),
    ],
)
def test_an_age_is_read_with_what_makes_it_one(language: str, sentence: str, age: int) -> None:
    assert years(sentence, language) == [(age, age)]


@pytest.mark.parametrize(
    ("language", "sentence", "least", "most"),
    [
        ("en", "Her son is in the fifth grade.", 10, 11),
        ("en", "Her daughter is in year 4 at school.", 8, 9),
        ("de", "Sie geht in die fünfte Klasse.", 10, 11),
        ("nl", "hij zit in groep 6", 9, 10),
        ("fr", "Sa nièce est en CM2.", 10, 11),
        ("es", "está en quinto de primaria", 10, 11),
        ("pt", "está no 5.º ano", 10, 11),
        ("it", "fa la quinta elementare", 10, 11),
        ("pl", "chodzi do piątej klasy", 11, 12),
        ("tr", "beşinci sınıfta okuyor", 10, 11),
        ("ru", "она учится в пятом классе", 11, 12),
        ("uk", "вона навчається у п'ятому класі", 10, 11),
        ("ar", "في الصف الخامس", 10, 11),
        ("hi", "पाँचवीं कक्षा में पढ़ती है", 10, 11),
        ("zh", "小学五年级", 10, 11),
        ("ja", "中学1年の娘", 12, 13),
        ("ko", "초등학교 5학년", 10, 11),
        ("de", "Sie geht noch in den Kindergarten.", 3, 6),
        ("ru", "ходит в детский сад", 3, 6),
    ],
)
def test_a_class_at_school_is_a_range(language: str, sentence: str, least: int, most: int) -> None:
    assert years(sentence, language) == [(least, most)]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "This went on for 12 years and ended 9 years ago."),
        ("en", "He was sentenced to 12 years."),
        ("de", "Seit 12 Jahren wohnt er dort, vor 3 Jahren zog sie aus."),
        ("de", "zu 12 Jahren Haft verurteilt"),
        ("nl", "12 jaar geleden, na 12 jaar cel"),
        ("fr", "Il y a 12 ans, condamné à 12 ans ; il a 12 ans de métier."),
        ("es", "Hace 12 años; tiene 12 años de experiencia."),
        ("pt", "há 12 anos, tem 12 anos de experiência"),
        ("it", "12 anni fa, ha 12 anni di carcere"),
        ("pl", "od 12 lat, skazany na 12 lat, ma 12 lat doświadczenia"),
        ("tr", "12 yıl önce, 12 yıldır"),
        ("ru", "12 лет назад осужден на 12 лет"),
        ("uk", "12 років тому засуджений до 12 років"),
        ("ar", "منذ 12 سنة حكم عليه بالسجن 12 سنة"),
        ("hi", "12 साल पहले, 12 साल की सज़ा"),
        ("zh", "12年前判了12年"),
        ("ja", "12年前、懲役12年"),
        ("ko", "12년 전 징역 12년"),
    ],
)
def test_how_long_something_took_is_no_age(language: str, sentence: str) -> None:
    assert years(sentence, language) == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "He is 45 years old, his wife twenty-two years old."),
        ("de", "ein 34-jähriger Mann, zweiundzwanzig Jahre alt"),
        ("fr", "âgé de 32 ans"),
        ("es", "treinta y dos años de edad"),
        ("it", "trentadue anni di età"),
        ("tr", "yirmi iki yaşında"),
        ("ar", "عمره خمسة وعشرون عاما"),
        ("zh", "二十五岁"),
        ("ja", "三十二歳"),
        ("ko", "스물두 살"),
    ],
)
def test_an_adults_age_is_left(language: str, sentence: str) -> None:
    assert years(sentence, language) == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Room 12, 12 files, a group of 12, twelve accounts."),
        ("en", "You must be at least 13 years old."),
        ("en", "The service is not for children under the age of 13."),
        ("en", "a 12-year-old recording"),
        ("en", "He teaches the fifth grade."),
        ("de", "Mindestens 13 Jahre alt, Zimmer 12, die Mutter von 3 Kindern."),
        ("es", "mayores de 13 años de edad"),
        ("zh", "未满12岁"),
        ("ja", "12歳以上"),
        ("ko", "만 12세 이상"),
    ],
)
def test_a_number_a_limit_and_the_age_of_a_thing_are_no_ages(language: str, sentence: str) -> None:
    assert years(sentence, language) == []


def test_a_range_is_one_age_and_two_children_are_two() -> None:
    assert years("Children aged 5 to 7.", "en") == [(5, 7)]
    assert years("A 5-year-old and his sister, 9, live there.", "en") == [(5, 5), (9, 9)]


def test_months_are_parts_of_a_year() -> None:
    assert told_ages("an 8-month-old", "en") == (Age(0.67, 0.67),)


@pytest.mark.parametrize("language", [None, "sw"])
def test_a_language_without_words_here_tells_nothing(language: str | None) -> None:
    assert told_ages("aged 12", language) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_sentences_take_no_time(language: str) -> None:
    told_ages("12", language)
    before = time.perf_counter()
    for unit in ("1 ", "12-", "a ", "(", "girl of ", "дочери ", "岁", "عمرها ", "twelve to "):
        told_ages(unit * (4_000 // len(unit)), language)
    assert time.perf_counter() - before < 2
