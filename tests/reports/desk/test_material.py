"""Known or viral material takes nothing from what the words tell, and lowers everything else as before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.model import Band, Capability, HashSetKind
from safelight.reports.desk.material import spare
from safelight.reports.scoring import score
from safelight.reports.scoring.table import prior
from safelight.workspace import Workspace

from ...conftest import authority
from ..making import xml
from ..tips import details

MD5 = "0123456789abcdef0123456789abcdef"
MEETING = "An adult stranger has arranged to meet a boy of nine alone at the lake on Saturday."
ROUTINE = "This report was made by an automatic system; please contact the team with questions."
KNOWN = prior().terms["known-material"].weight
VIRAL = prior().terms["viral"].weight
BASE = prior().settings["base"]
LIFTED = float(score.log_odds(prior().bands[Band.NORMAL])) - BASE
"""Words that add so much lift a report out of the low band by themselves."""


def placed(words: float, others: float, *, known: bool = True, viral: float = 0.0) -> tuple[float, float]:
    """The log-odds of a report, and how much of their weight the terms about material have."""
    takes = viral * VIRAL
    log_odds = np.array([BASE + words + others + takes + known * KNOWN], dtype=np.float32)
    strengths = {"known-material": np.array([255 * known], dtype=np.uint8)}
    found = spare(
        log_odds,
        np.array([words], dtype=np.float32),
        {},
        np.array([takes], dtype=np.float32),
        strengths,
        prior(),
    )
    return float(log_odds[0]), float(found.share(np.array([0]))[0])


def test_words_that_tell_of_a_danger_keep_the_place_that_they_alone_would_give() -> None:
    assert placed(LIFTED + 1, 0.0) == (pytest.approx(BASE + LIFTED + 1), 0.0)


def test_material_takes_what_everything_else_adds_and_no_more() -> None:
    log_odds, share = placed(LIFTED + 1, 0.6)
    assert log_odds == pytest.approx(BASE + LIFTED + 1)
    assert share * -KNOWN == pytest.approx(0.6)


def test_beside_enough_else_material_takes_its_whole_weight() -> None:
    assert placed(LIFTED + 1, 3.0) == (pytest.approx(BASE + LIFTED + 4 + KNOWN), 1.0)


def test_all_terms_about_material_take_no_more_together() -> None:
    assert placed(LIFTED + 1, 0.0, viral=1.0)[0] == pytest.approx(BASE + LIFTED + 1)


@pytest.mark.parametrize("words", [0.0, -1.0])
def test_words_that_say_nothing_keep_nothing(words: float) -> None:
    assert placed(words, 0.0) == (pytest.approx(BASE + words + KNOWN), 1.0)


def test_a_report_that_was_taken_back_stands_lower_all_the_same() -> None:
    retracted = prior().terms["retracted"].weight
    assert placed(LIFTED + 1, retracted)[0] == pytest.approx(BASE + LIFTED + 1 + retracted)


@given(
    st.floats(-1.6, 6.6),
    st.floats(0.0, 0.5),
    st.floats(-4.0, 6.0),
    st.booleans(),
    st.sampled_from([0.0, 0.4, 1.0]),
)
def test_more_danger_in_the_words_never_lowers_and_nothing_is_given_beyond_what_was_taken(
    words: float, more: float, others: float, known: bool, viral: float
) -> None:
    log_odds, share = placed(words, others, known=known, viral=viral)
    assert placed(words + more, others, known=known, viral=viral)[0] >= log_odds - 1e-4
    assert 0 <= share <= 1
    taken = share * (known * KNOWN + viral * VIRAL)
    assert log_odds == pytest.approx(BASE + words + others + taken, abs=1e-4)


@pytest.fixture
def queue(open_again: Callable[..., Workspace], tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Two reports on one known file: the words of the first tell of a danger, those of the second of nothing."""
    opened = open_again()
    opened.open_case("desk", authority(Capability.REPORT_TRIAGE, Capability.TEXT_ANALYSIS))
    (tmp_path / "known.csv").write_text(f"md5\n{MD5}\n")
    opened.import_hashset(tmp_path / "known.csv", name="known", kind=HashSetKind.KNOWN_ILLEGAL)
    stated = f'<originalFileHash hashType="MD5">{MD5}</originalFileHash>'
    paths = []
    for number, text in ((1, MEETING), (2, ROUTINE)):
        paths.append(tmp_path / f"{number}.xml")
        file = details(str(number), more=stated)
        paths[-1].write_text(f"<reports>{xml(number, text=text)}{file}</reports>", encoding="utf-8")
    opened.import_reports(paths)
    return {one["report_id"]: one for one in opened.rank_reports()["queue"]}


def test_known_material_is_told_with_what_it_takes_and_reasons_add_up(
    queue: dict[str, dict[str, Any]],
) -> None:
    told, silent = (
        next(one for one in queue[number]["reasons"] if one["code"] == "known-material") for number in "12"
    )
    assert silent["weight"] == KNOWN and "words" not in silent["text"]
    assert told["weight"] > KNOWN
    assert f"the words stand by themselves: it takes {-told['weight']:.2f} of 1.50" in told["text"]
    for entry in queue.values():
        added = entry["base"] + sum(one["weight"] for one in entry["reasons"])
        assert added == pytest.approx(entry["log_odds"], abs=0.1)


def test_known_material_pushes_no_child_in_danger_below_what_the_words_give(
    queue: dict[str, dict[str, Any]],
) -> None:
    words = sum(one["weight"] for one in queue["1"]["reasons"] if one["code"].startswith("text"))
    assert queue["1"]["log_odds"] >= queue["1"]["base"] + words > -3.5
