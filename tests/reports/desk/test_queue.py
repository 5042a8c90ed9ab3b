"""What stands in the queue: nobody hides behind another's report, and reasons follow from who is who."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from safelight.workspace import Workspace

from ..making import bring, xml

BOILERPLATE = "The account was found by an automated process and was disabled."
FILE = (
    "<fileDetails><originalFileName>a.jpg</originalFileName><viewedByEsp>true</viewedByEsp>"
    "<originalFileHash hashType='MD5'>0123456789abcdef0123456789abcdef</originalFileHash>"
    "<fileAnnotations><viral/></fileAnnotations></fileDetails>"
)


def lines(opened: Workspace) -> dict[str, dict[str, Any]]:
    """The lines of the queue, by the number that their report bears."""
    return {one["report_id"]: one for one in opened.rank_reports()["queue"]}


def codes(line: dict[str, Any]) -> set[str]:
    return {one["code"] for one in line["reasons"]}


def victim(age: int) -> str:
    return f"<victim><victimPerson><age>{age}</age></victimPerson></victim>"


def capture(address: str, at: str = "2026-02-28T21:00:00Z") -> str:
    return (
        f"<ipCaptureEvent><ipAddress>{address}</ipAddress><eventName>Login</eventName>"
        f"<dateTime>{at}</dateTime><port>4711</port></ipCaptureEvent>"
    )


def reported(number: int, account: str, more: str = "", **changes: str) -> str:
    return xml(number, account=account, **changes).replace(
        "</personOrUserReported>", f"{more}</personOrUserReported>"
    )


def test_a_senders_boilerplate_makes_no_copies(desk: Workspace, tmp_path: Path) -> None:
    bring(
        desk,
        tmp_path / "in",
        a=reported(1, "one", capture("203.0.113.1"), text=BOILERPLATE),
        b=reported(2, "one", capture("203.0.113.2"), text=BOILERPLATE),
        c=xml(3, account="one", text=BOILERPLATE, inside=victim(5)),
        d=xml(4, account="one", text=BOILERPLATE),
        e=xml(5, account="one", text=BOILERPLATE),
    )
    found = lines(desk)
    assert sorted(one["same"] for one in found.values()) == [1, 1, 1, 2]  # only the last two say the same


def test_who_has_more_to_tell_than_a_viral_file_keeps_a_line(desk: Workspace, tmp_path: Path) -> None:
    thin = {
        f"t{number}": xml(number, account=f"user-{number}", inside=FILE).replace(
            "Online Enticement of Children for Sexual Acts", "Child Pornography (possession)"
        )
        for number in range(10, 40)
    }
    told = {
        f"u{number}": thin["t10"]
        .replace(">10<", f">{number}<")
        .replace(
            "</incidentSummary>", "<escalateToHighPriority>now</escalateToHighPriority></incidentSummary>"
        )
        for number in (50, 51)
    }
    told = {name: one.replace("user-10", f"other-{name}") for name, one in told.items()}
    bring(desk, tmp_path / "in", **thin, **told)
    found = lines(desk)
    assert {"50", "51"} <= found.keys()
    assert len(found) == 3
    assert max(one["same"] for one in found.values()) == 30


def test_one_sender_on_one_day_is_no_earlier_report(desk: Workspace, tmp_path: Path) -> None:
    dated = "<reportedOn>{}</reportedOn>"
    bring(
        desk, tmp_path / "in", a=xml(1, account="robin", text="One."), b=xml(2, account="robin", text="Two.")
    )
    assert all("previous-reports" not in codes(one) for one in lines(desk).values())
    other = xml(3, account="robin", text="Three.").replace(
        "<firstName>Chatter</firstName>", "<firstName>Babble</firstName>"
    )
    bring(desk, tmp_path / "more", c=other)
    assert all("previous-reports" in codes(one) for one in lines(desk).values()), dated


def other_sender(document: str) -> str:
    return document.replace("<firstName>Chatter</firstName>", "<firstName>Babble</firstName>")


def test_a_cut_takes_the_reasons_back_that_stood_on_it(desk: Workspace, tmp_path: Path) -> None:
    bring(
        desk,
        tmp_path / "in",
        a=xml(1, account="robin", text="One."),
        b=other_sender(xml(2, account="robin", text="Two.")),
    )
    assert all({"previous-reports", "several-providers"} <= codes(one) for one in lines(desk).values())
    desk.cut_reports("1", "2", reason="Father and son.")
    assert all(not {"previous-reports", "several-providers"} & codes(one) for one in lines(desk).values())


def test_an_account_that_is_a_childs_in_one_report_is_no_offenders_in_another(
    desk: Workspace, tmp_path: Path
) -> None:
    child = "<victim><espIdentifier>robin</espIdentifier><espService>Chatter One</espService></victim>"
    bring(
        desk,
        tmp_path / "in",
        a=xml(1, account="robin", text="One."),
        b=other_sender(xml(2, account="robin", text="Two.")),
        c=xml(3, account="somebody", text="Three.", inside=child),
    )
    found = lines(desk)
    for number in ("1", "2"):
        assert found[number]["child_to_protect"]
        assert "previous-reports" not in codes(found[number])
    assert not found["3"]["child_to_protect"]


def test_the_clock_of_records_starts_at_the_connection(desk: Workspace, tmp_path: Path) -> None:
    bring(desk, tmp_path / "in", a=reported(1, "robin", capture("203.0.113.1", "2026-11-01T10:00:00Z")))
    [clock] = [one for one in desk.show_report("1")["clocks"] if "connections" in one["what"]]
    assert clock["at"].startswith("2027-01-30")  # 90 days after the first of November
    assert "of 2026-11-01" in clock["what"]


@pytest.mark.parametrize("stated", ["9999-12-31T00:00:00Z", "2190-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_day_of_receipt_that_cannot_be_stops_nobody(desk: Workspace, tmp_path: Path, stated: str) -> None:
    record = f'{{"reportId": 1, "dateReceived": "{stated}", "reportedInformation": {{}}}}'
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.json").write_text(record)
    desk.import_reports([folder])
    assert lines(desk)["1"]["due"]
    assert desk.next_report("Berlin") is not None
