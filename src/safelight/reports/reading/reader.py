"""Read the free texts of reports: languages, situations, danger. Pure but for the weights, which are loaded once."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from safelight.reports.reading.classifier import Model, judge, load
from safelight.reports.reading.language import held, languages
from safelight.reports.reading.reading import NOTHING, Reading, Sentence, Weighed
from safelight.reports.reading.report import danger_of, seen
from safelight.reports.reading.situations import CODES, DANGER
from safelight.reports.reading.split import letters, sentences
from safelight.reports.reading.tuned import Floats

__all__ = ["Reader", "Reading", "Sentence"]

SHOWN = 5
"""Sentences of a reading."""
LEAST = 0.05
"""Probability from which a situation is named."""
_NOTE = 0.25
_NOTES = {
    CODES.index("negated"): "negated",
    CODES.index("commentary"): "quoted",
    CODES.index("past"): "past",
    CODES.index("fiction"): "fiction",
    CODES.index("hypothetical"): "hypothetical",
    CODES.index("viral"): "viral",
}
_ROUTINE = CODES.index("routine")
_KEPT = 50_000
"""Judgements of sentences kept in memory, about 8 MB: boilerplate repeats."""
UNREAD_SHARE = 0.35
"""Where more of what is not boilerplate stands in languages that are not held, the report counts as not read ..."""
READ_ALL_THE_SAME = 0.30
"""... unless what could be read is as dangerous as this by itself."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """The sentences of a report before they are judged."""

    texts: list[str]
    languages: list[str | None]
    cut: bool


class Reader:
    """Reads reports in batches; keeps what it found for sentences that come again."""

    def __init__(self, model: Model | None = None) -> None:
        self._given = model
        self._known: OrderedDict[tuple[str, str], npt.NDArray[np.float32]] = OrderedDict()

    @property
    def version(self) -> str:
        """Of model, sentences and code: readings by another version are not comparable."""
        return self._model.version

    @property
    def _model(self) -> Model:
        return self._given or load()

    def read(self, texts: Sequence[Sequence[str]]) -> list[Reading]:
        """One reading a report, whose free texts are given. HTML is stripped by then."""
        with threadpool_limits(limits=1, user_api="blas"):
            reports = []
            for one in texts:
                found, cut = sentences(one)
                reports.append(_Cut(found, languages(found), cut))
            judged = self._judge(reports)
            return [replace(self._reading(one, judged), weighed=_weighed(one, judged)) for one in reports]

    def _judge(self, reports: Sequence[_Cut]) -> dict[tuple[str, str], npt.NDArray[np.float32]]:
        """A row for each distinct sentence in a language that is held: situations, then log-odds of danger."""
        found: dict[tuple[str, str], npt.NDArray[np.float32]] = {}
        new: dict[tuple[str, str], None] = {}
        for report in reports:
            for text, language in zip(report.texts, report.languages, strict=True):
                if language is None or not held(language):
                    continue
                key = (text, language)
                row = self._known.get(key)
                if row is None:
                    new.setdefault(key)
                else:
                    self._known.move_to_end(key)
                    found[key] = row
        keys = list(new)
        judged = judge(self._model, [text for text, _ in keys], [language for _, language in keys])
        rows = np.concatenate([judged.situations, judged.danger[:, None]], axis=1)
        for key, row in zip(keys, rows, strict=True):
            found[key] = self._known[key] = row.copy()
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found

    def _reading(self, report: _Cut, judged: dict[tuple[str, str], npt.NDArray[np.float32]]) -> Reading:
        if not report.texts:
            return replace(NOTHING, cut=report.cut)
        weight: Counter[str] = Counter()
        unread = 0
        keys = []
        for text, language in zip(report.texts, report.languages, strict=True):
            count = letters(text)
            if language is not None:
                weight[language] += count
            if held(language) and language is not None:
                keys.append((text, language))
            elif language is not None or count >= 25:
                unread += count
        found = tuple(code for code, _ in weight.most_common())
        main = found[0] if found else None
        if not keys:
            return Reading(main, found, unread == 0, {}, None, (), report.cut)
        rows = np.stack([judged[key] for key in keys])
        situations, danger = rows[:, : len(CODES)], rows[:, len(CODES)]
        value = float(danger_of(seen(situations, danger)[None], self._model.report_weights)[0])
        telling = sum(
            letters(key[0]) * (1 - float(row[_ROUTINE])) for key, row in zip(keys, rows, strict=True)
        )
        if unread > UNREAD_SHARE * (telling + unread) and unread >= 20 and value < READ_ALL_THE_SAME:
            return Reading(main, found, False, {}, None, (), report.cut)
        return Reading(
            main, found, True, _named(situations), value, _strongest(keys, situations, danger), report.cut
        )


def _weighed(report: _Cut, judged: dict[tuple[str, str], npt.NDArray[np.float32]]) -> tuple[Weighed, ...]:
    made = []
    for text, language in zip(report.texts, report.languages, strict=True):
        row = judged.get((text, language or ""))
        if row is None:
            made.append(Weighed(text, language, None))
        else:
            danger = 1.0 / (1.0 + float(np.exp(-np.clip(row[len(CODES)], -30, 30))))
            made.append(Weighed(text, language, row[: len(CODES)], danger))
    return tuple(made)


def _named(situations: Floats) -> dict[str, float]:
    most = situations.max(axis=0)
    order = np.argsort(-most, kind="stable")
    return {CODES[code]: round(float(most[code]), 4) for code in order if most[code] > LEAST}


def _strongest(keys: Sequence[tuple[str, str]], situations: Floats, danger: Floats) -> tuple[Sentence, ...]:
    """The most dangerous sentences; each with its likeliest situation of danger where it is danger at all."""
    out = []
    for at in np.argsort(-danger, kind="stable")[:SHOWN]:
        row = situations[at]
        code = int(row[: len(DANGER)].argmax()) if danger[at] > 0 else int(row.argmax())
        notes = tuple(note for column, note in _NOTES.items() if row[column] >= _NOTE)
        out.append(Sentence(keys[at][0], keys[at][1], CODES[code], round(float(row[code]), 4), notes))
    return tuple(out)
