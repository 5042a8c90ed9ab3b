"""Readings of whole reports: what is asserted, what only sounds so, what is not read."""

from __future__ import annotations

import time

import numpy as np
import pytest

from safelight.reports.reading.reader import Reader, Reading
from safelight.reports.reading.situations import CODES

BOILERPLATE = "This report was generated automatically by the provider. Please do not reply to this message."
GOING_ON = (
    "The girl's aunt reports that the stepfather abuses the girl every week and that it has not stopped."
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def one(reader: Reader, *texts: str) -> Reading:
    return reader.read([texts])[0]


def danger(reader: Reader, *texts: str) -> float:
    value = one(reader, *texts).danger
    assert value is not None
    return value


def test_danger_is_found_among_boilerplate(reader: Reader) -> None:
    read = one(reader, BOILERPLATE, f"{GOING_ON} {BOILERPLATE}")
    assert read.read
    assert (read.language, read.languages) == ("en", ("en",))
    assert read.danger is not None and read.danger > 0.3
    assert max(read.situations, key=read.situations.__getitem__) in ("ongoing", "access", "routine")
    assert read.sentences[0].text == GOING_ON


def test_boilerplate_alone_is_no_danger(reader: Reader) -> None:
    assert danger(reader, BOILERPLATE) < 0.02


def test_more_boilerplate_changes_little(reader: Reader) -> None:
    assert abs(danger(reader, GOING_ON) - danger(reader, GOING_ON, BOILERPLATE)) < 0.15


@pytest.mark.parametrize(
    ("asserted", "not_asserted", "note"),
    [
        (
            "A coach is alone with the boys after training and the harm goes on.",
            "In the novel a coach is alone with the boys after training and harms them.",
            "fiction",
        ),
        (
            "Ein Trainer ist nach dem Training mit den Jungen allein und tut ihnen weiter etwas an.",
            "Die Polizei teilt mit, dass ein Trainer wegen Missbrauchs von Jungen verurteilt wurde.",
            "quoted",
        ),
        (
            "L'oncle garde la fillette chaque semaine et elle a peur de lui.",
            "L'enquête a montré que la fillette n'a jamais été seule avec son oncle et qu'il ne s'est rien passé.",
            "negated",
        ),
        (
            "Un hombre del barrio quiere encontrarse a solas con la niña este sábado.",
            "Una mujer de sesenta años cuenta que de niña un vecino ya fallecido abusó de ella.",
            "past",
        ),
        (
            "Wujek planuje wyjazd z chłopcem i zamierza go skrzywdzić.",
            "Co zrobić, gdyby kiedyś ktoś chciał skrzywdzić moje dziecko, proszę o ogólną radę?",
            "hypothetical",
        ),
    ],
)
def test_what_is_not_asserted_stands_far_below(
    reader: Reader, asserted: str, not_asserted: str, note: str
) -> None:
    assert danger(reader, asserted) > 5 * danger(reader, not_asserted)
    assert note in one(reader, not_asserted).sentences[0].notes


@pytest.mark.parametrize(
    "text",
    [
        "He told the girl to tell nobody, otherwise her pictures will be sent to her class.",
        "It has not stopped, the stepfather still comes into her room every night.",
        "Er lässt den Jungen nicht in Ruhe und droht ihm, wenn er nicht weitere Bilder schickt.",
        "Il ragazzo non vuole più vivere perché lo ricattano con le sue foto.",
    ],
)
def test_danger_that_speaks_in_negations_stays_danger(reader: Reader, text: str) -> None:
    assert danger(reader, text) > 0.10  # three times what a usual text has


@pytest.mark.parametrize(
    "text",
    [
        "Onklen passer pigen hver weekend, og anmelderen tror, at overgrebene fortsætter.",
        "Farbrodern passar flickan varje helg och anmälaren tror att övergreppen fortsätter.",
        "Unchiul are grijă de fată în fiecare weekend, iar vecina crede că abuzul continuă.",
        "Ο θείος προσέχει το κορίτσι κάθε Σαββατοκύριακο και η κακοποίηση συνεχίζεται.",
        "चाचा हर सप्ताहांत लड़की की देखभाल करते हैं और वह डरती है।",
        "Mama ghar par rehta hai aur ladki ke saath galat kaam karta hai, woh darti hai.",
    ],
)
def test_a_language_that_is_not_held_is_marked_as_not_read(reader: Reader, text: str) -> None:
    read = one(reader, text)
    assert not read.read
    assert read.danger is None
    assert not read.situations


def test_english_boilerplate_does_not_make_a_foreign_text_read(reader: Reader) -> None:
    text = "Unchiul are grijă de fată în fiecare weekend, iar vecina crede că abuzul continuă."
    read = one(reader, BOILERPLATE, text)
    assert not read.read
    assert set(read.languages) == {"en", "ro"}


def test_danger_in_a_sentence_that_is_read_counts_beside_one_that_is_not(reader: Reader) -> None:
    read = one(
        reader, GOING_ON, "Unchiul are grijă de fată în fiecare weekend, iar vecina crede că abuzul continuă."
    )
    assert read.read
    assert read.danger is not None and read.danger > 0.3


def test_a_mixed_report_is_read_sentence_by_sentence(reader: Reader) -> None:
    read = one(
        reader, BOILERPLATE, "Der Stiefvater missbraucht das Mädchen jede Woche, und es hört nicht auf."
    )
    assert set(read.languages) == {"de", "en"}
    assert read.sentences[0].language == "de"
    assert read.danger is not None and read.danger > 0.2


@pytest.mark.parametrize("texts", [(), ("",), ("   \n\t",), ("ok",), ("12345 / 678",)])
def test_where_nothing_is_said_there_is_no_danger_to_state(reader: Reader, texts: tuple[str, ...]) -> None:
    read = one(reader, *texts)
    assert read.read
    assert (read.danger, read.language) == (None, None)


def test_a_text_beyond_the_caps_is_read_in_part_and_says_so(reader: Reader) -> None:
    begun = time.perf_counter()
    read = one(reader, "x" * 10_000_000 + "\n" + BOILERPLATE * 20_000 + "\n" + GOING_ON)
    assert time.perf_counter() - begun < 5
    assert read.cut
    assert read.danger is not None and read.danger > 0.2


@pytest.mark.parametrize(
    "text", ["\x00\ud800abc" * 50, "\u202e" * 500, "\U0001f600" * 500, "a\u0300" * 5000, "<" * 5000]
)
def test_strange_characters_do_no_harm(reader: Reader, text: str) -> None:
    assert isinstance(one(reader, text, GOING_ON).danger, float)


def test_readings_are_the_same_alone_in_a_batch_and_again(reader: Reader) -> None:
    texts = [[GOING_ON], [BOILERPLATE], [f"{BOILERPLATE} {GOING_ON}"], []]
    together = reader.read(texts)
    alone = [Reader().read([one])[0] for one in texts]
    assert [r.sentences for r in reader.read(texts)] == [r.sentences for r in together]
    for left, right in zip(together, alone, strict=True):
        assert left.languages == right.languages
        assert np.isclose(left.danger or 0, right.danger or 0, atol=1e-4)


def test_strengths_are_probabilities_of_known_codes(reader: Reader) -> None:
    read = one(reader, f"{GOING_ON} {BOILERPLATE}")
    assert set(read.situations) <= set(CODES)
    assert all(0.05 < value <= 1 for value in read.situations.values())


def test_the_version_is_stable() -> None:
    assert Reader().version == Reader().version
    assert len(Reader().version) == 16
