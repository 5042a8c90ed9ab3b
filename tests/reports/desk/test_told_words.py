"""Ages and times told in words: reasons of their own, and only where text may be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.model import Capability
from safelight.workspace import Workspace
from tests.conftest import authority
from tests.reports.making import xml

MEETING = "An adult stranger has arranged to meet a boy of nine alone at the lake on Saturday."
VICTIM = "<intendedRecipient><firstName>Invented</firstName><age>{age}</age></intendedRecipient>"


@pytest.fixture
def queue(open_again: Callable[..., Workspace], tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Takes documents in and gives the queue."""

    def ranked(*documents: str, text: bool = True) -> list[dict[str, Any]]:
        paths = []
        for number, document in enumerate(documents, start=1):
            paths.append(tmp_path / f"{number}.xml")
            paths[-1].write_text(document, encoding="utf-8")
        opened = open_again()
        allowed = (Capability.REPORT_TRIAGE, *((Capability.TEXT_ANALYSIS,) if text else ()))
        opened.open_case("desk", authority(*allowed))
        opened.import_reports(paths, case="desk")
        entries: list[dict[str, Any]] = opened.rank_reports(case="desk")["queue"]
        return entries

    return ranked


def reasons(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in entry["reasons"]}


def test_the_reason_names_the_age_and_that_it_is_read_from_words(
    queue: Callable[..., list[dict[str, Any]]],
) -> None:
    [entry] = queue(xml(1, text=MEETING))
    assert reasons(entry)["young-told"]["text"] == "A child of young age is told of in the words: 9 years."


def test_a_weekday_in_what_can_still_be_prevented_counts(queue: Callable[..., list[dict[str, Any]]]) -> None:
    [entry] = queue(xml(1, text=MEETING))
    assert reasons(entry)["ahead-told"]["weight"] > 0


def test_a_weekday_in_a_harmless_report_raises_nothing(queue: Callable[..., list[dict[str, Any]]]) -> None:
    [entry] = queue(xml(1, text="Our office is closed on Saturday and answers mail again on Monday."))
    assert not {"young-told", "ahead-told"} & reasons(entry).keys()


def test_without_the_capability_nothing_is_read_from_words(
    queue: Callable[..., list[dict[str, Any]]],
) -> None:
    [entry] = queue(xml(1, text=MEETING), text=False)
    assert not {"young-told", "ahead-told"} & reasons(entry).keys()


@pytest.mark.parametrize(("stated", "told"), [(6, False), (15, True)])
def test_an_age_that_a_field_states_goes_first(
    stated: int, told: bool, queue: Callable[..., list[dict[str, Any]]]
) -> None:
    [entry] = queue(xml(1, text=MEETING, inside=VICTIM.format(age=stated)))
    assert "young" in reasons(entry)
    assert ("young-told" in reasons(entry)) is told
