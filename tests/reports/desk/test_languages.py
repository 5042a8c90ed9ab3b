"""A language that nobody reads here: the report stands by its structure, and never lower for its language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.model import Capability
from safelight.workspace import Workspace
from tests.conftest import authority
from tests.reports.making import xml

HINDI = "रिपोर्ट करने वाले ने बताया कि खाते में कोई बदलाव नहीं हुआ और आगे कोई जानकारी नहीं है।"
SWEDISH = "Anmälaren uppger att kontot inte har ändrats och att det inte finns någon ytterligare information att lämna."
ENGLISH = (
    "The reporter says that the account was not changed and that there is no further information to give."
)


@pytest.mark.parametrize("foreign", [HINDI, SWEDISH])
def test_equal_structure_never_means_a_lower_place_for_a_language_that_is_not_read(
    foreign: str, open_again: Callable[..., Workspace], tmp_path: Path
) -> None:
    for number, text in ((1, foreign), (2, ENGLISH)):
        (tmp_path / f"{number}.xml").write_text(xml(number, text=text), encoding="utf-8")
    opened = open_again()
    opened.open_case("desk", authority(Capability.REPORT_TRIAGE, Capability.TEXT_ANALYSIS))
    opened.import_reports([tmp_path / "1.xml", tmp_path / "2.xml"], case="desk")
    queue = opened.rank_reports(case="desk")["queue"]
    assert [one["report_id"] for one in queue] == ["1", "2"]
    assert "text-unread" in {reason["code"] for reason in queue[0]["reasons"]}
    assert any("a reader of it should look" in one for one in queue[0]["missing"])
