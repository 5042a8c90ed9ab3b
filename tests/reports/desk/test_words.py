"""What stands in a report's words joins it to others as probable, and to nobody for certain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from safelight.model import Capability
from safelight.workspace import Workspace

from ...conftest import authority
from ..making import xml

WORDS = "The caller names the account blue_kite_41 on Chatter One and the number +44 20 7946 0018."


def test_an_account_in_the_words_is_a_probable_link_and_no_earlier_report(
    open_again: Callable[..., Workspace], tmp_path: Path
) -> None:
    desk = open_again()
    desk.open_case("desk", authority(Capability.REPORT_TRIAGE))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.xml").write_text(
        xml(1, account="x").replace(
            "<espIdentifier>x</espIdentifier>", "<screenName>blue_kite_41</screenName>"
        )
    )
    (tmp_path / "in" / "2.xml").write_text(xml(2, account="other", text=WORDS))
    desk.import_reports([tmp_path / "in"])
    shown = desk.show_report("2")
    assert {one["kind"] for one in shown["in_words"]} == {"screen-name", "phone"}
    [link] = desk.report_links("2")["links"]
    assert link["scale"] == "probable"
    [queued] = [one for one in desk.rank_reports()["queue"] if one["report_id"] == "1"]
    assert queued["cluster"] is None
    assert not {one["code"] for one in queued["reasons"]} & {"previous-reports", "linked-danger"}
