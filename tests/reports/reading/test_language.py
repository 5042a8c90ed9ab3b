"""Languages: recognised, doubted, and never taken for one that is held."""

from __future__ import annotations

import pytest

from safelight.reports.reading.language import held, identify, languages

SENTENCES = {
    "en": "The neighbour has written to the school about the girl and her uncle.",
    "de": "Die Nachbarin hat der Schule wegen des Mädchens und des Onkels geschrieben.",
    "nl": "De buurvrouw heeft de school over het meisje en haar oom geschreven.",
    "fr": "La voisine a écrit à l'école au sujet de la fille et de son oncle.",
    "es": "La vecina ha escrito a la escuela sobre la niña y su tío.",
    "pt": "A vizinha escreveu à escola sobre a menina e o tio dela.",
    "it": "La vicina ha scritto alla scuola a proposito della bambina e dello zio.",
    "pl": "Sąsiadka napisała do szkoły w sprawie dziewczynki i jej wujka.",
    "tr": "Komşu, kız ve amcası hakkında okula bir mektup yazdı.",
    "ru": "Соседка написала в школу о девочке и её дяде.",
    "uk": "Сусідка написала до школи про дівчинку та її дядька.",
    "ar": "كتبت الجارة إلى المدرسة عن البنت وعمها.",
    "zh": "邻居给学校写信说了女孩和她叔叔的事。",
    "ja": "隣人は女の子とその叔父について学校に手紙を書きました。",
}
NOT_HELD = {
    "da": "Naboen har skrevet til skolen om pigen og hendes onkel.",
    "sv": "Grannen har skrivit till skolan om flickan och hennes farbror.",
    "ro": "Vecina a scris școlii despre fată și despre unchiul ei.",
    "el": "Η γειτόνισσα έγραψε στο σχολείο για το κορίτσι και τον θείο του.",
    "hi": "पड़ोसी ने लड़की और उसके चाचा के बारे में स्कूल को लिखा है।",
    "fa": "همسایه درباره دختر و عمویش به مدرسه نامه نوشته است.",
    "bg": "Съседката е писала на училището за момичето и неговия чичо.",
    "hu": "A szomszéd levelet írt az iskolának a lányról és a nagybátyjáról.",
    "cs": "Sousedka napsala škole o dívce a jejím strýci.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_languages_that_are_held_are_recognised(code: str) -> None:
    assert languages([SENTENCES[code]]) == [code]
    assert held(code)


@pytest.mark.parametrize("code", NOT_HELD)
def test_languages_that_are_not_held_are_not_taken_for_one_that_is(code: str) -> None:
    assert not held(languages([NOT_HELD[code]])[0])


def test_hindi_in_latin_letters_is_hindi() -> None:
    assert languages(["Padosi ne school ko likha hai ki ladki apne mama ke saath nahi rehna chahti."]) == [
        "hi"
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Sie hat den Ton und den Film gelöscht.", "de"),
        ("El caso de Ana va a dar que hablar.", "es"),
        ("Ona i oni byli tam, kiedy to bylo.", "pl"),
        ("Le ton de la lettre va changer.", "fr"),
    ],
)
def test_common_words_of_romanised_languages_mislead_nobody(text: str, code: str) -> None:
    assert languages([text]) == [code]


def test_russian_in_latin_letters_is_not_claimed_to_be_read() -> None:
    assert not held(
        languages(["Devochka govorit chto eto vsegda tak, ona ochen boitsya i nichego ne mozhet."])[0]
    )


@pytest.mark.parametrize("text", ["ok", "asap", "123", "IMG_0001.jpg", "lol haha", "!!!", ""])
def test_very_short_texts_have_no_language(text: str) -> None:
    assert identify(text)[0] is None


def test_short_sentences_follow_the_rest_of_their_report() -> None:
    assert languages([SENTENCES["uk"], "Це не припинилося."]) == ["uk", "uk"]
    assert languages([SENTENCES["nl"], "Het gaat door."]) == ["nl", "nl"]


def test_a_mixed_report_keeps_the_language_of_each_sentence() -> None:
    mixed = [SENTENCES["en"], SENTENCES["tr"], SENTENCES["ar"]]
    assert languages(mixed) == ["en", "tr", "ar"]


def test_capitals_change_nothing() -> None:
    assert languages([SENTENCES["de"].upper(), SENTENCES["ru"].upper()]) == ["de", "ru"]
