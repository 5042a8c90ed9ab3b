"""The page of an evaluation of face comparison."""

from __future__ import annotations

import numpy as np
import pytest

from safelight.export.faces_page import of_evaluation
from safelight.persons.evaluate.evaluation import as_json, evaluate
from safelight.persons.evaluate.trial import Failure, Group, Trial
from tests.persons.evaluate import trials

from . import desk_sample
from .page import Page

HOSTILE = "<script>alert(1)</script>\u202egnp"


def _page(trial: Trial, accepted: str = "") -> str:
    return desk_sample.written(of_evaluation(as_json(evaluate(trial)), "pairs.csv", "face 1+0123", accepted))


def _hostile() -> Trial:
    plain = trials.scored(genuine=300, impostor=20_000)
    return Trial(
        plain.score,
        plain.same,
        probe=np.arange(20_300) % 100,
        groups={HOSTILE: Group((HOSTILE, "other"), np.arange(20_300) % 2)},
        photos=12,
        failures=(Failure(HOSTILE, HOSTILE),),
    )


@pytest.mark.parametrize(
    "trial", [_hostile(), trials.scored(5, 20), trials.scored()], ids=["hostile", "tiny", "plain"]
)
def test_the_page_is_well_formed_runs_nothing_and_loads_nothing(trial: Trial) -> None:
    source = _page(trial)
    found = Page(source)
    assert len(found.ids) == len(set(found.ids))
    assert not {tag for tag, _ in found.elements} & {"script", "link", "iframe", "img", "form", "a"}
    assert not {name for _, attributes in found.elements for name in attributes} & {"style", "src", "href"}
    assert "\u202e" not in source


def test_no_plot_has_a_place_that_is_no_number() -> None:
    assert not {"nan", "inf"} & set(_page(_hostile()).replace(",", " ").replace('"', " ").split())


def test_a_gap_that_blocks_is_said_at_the_top() -> None:
    said = Page(_page(trials.with_gap(12.0, kind="false matches"))).said()
    assert "The model is blocked" in said
    assert "under 6" in said


def test_a_gap_that_was_accepted_names_who_did() -> None:
    said = Page(_page(trials.with_gap(12.0, kind="false matches"), "by R. Osei: foils are added")).said()
    assert "it was accepted: by R. Osei" in said
    assert "The model is blocked" not in said


def test_too_few_pairs_are_said_in_the_table() -> None:
    assert "Too few pairs for 1e-06" in Page(_page(trials.scored())).said()


def test_its_terms_are_its_own() -> None:
    said = Page(_page(trials.scored())).said()
    assert "Safelight decides nothing by one" in said
    assert "What has one place in the order" not in said
