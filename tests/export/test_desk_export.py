"""`export html` of the report desk and `leads --kind report`, through the workspace: allowed, whole, logged."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from safelight.errors import RefusedError, UsageError
from safelight.model import Capability
from safelight.settings import Settings
from safelight.workspace import Workspace

from ..conftest import authority
from ..reports.making import xml
from ..reports.test_cybertip_writer import is_valid
from ..reports.tips import details, tip
from .page import Page

Open = Callable[..., Workspace]
ALLOWED = (Capability.REPORT_TRIAGE, Capability.EXPORT)
MAILBOX = "<personOrUserReportedPerson><email>info@example.org</email></personOrUserReportedPerson>"
CAPTURE = (
    "<ipCaptureEvent><ipAddress>203.0.113.7</ipAddress><eventName>Login</eventName>"
    "<dateTime>2026-02-28T21:00:00Z</dateTime><port>4711</port></ipCaptureEvent>"
)


def take_in(opened: Workspace, folder: Path) -> None:
    """Five reports: three of one account, two of accounts of their own; and a file that is no report."""
    inbox = folder / "inbox"
    inbox.mkdir()
    for number in (1, 2, 3, 4, 5):
        account = "robin" if number < 4 else f"user-{number}"
        text = f"Somebody plans meeting {number}. &lt;script&gt;alert(1)&lt;/script&gt;"
        source = xml(number, account=account, text=text)
        source = source.replace("<personOrUserReported>", f"<personOrUserReported>{MAILBOX}")
        source = source.replace("</personOrUserReported>", f"{CAPTURE}</personOrUserReported>")
        (inbox / f"{number}.xml").write_text(source)
    (inbox / "bad.xml").write_text("<report")
    opened.import_reports([inbox])


@pytest.fixture
def desk(open_again: Open, tmp_path: Path) -> Workspace:
    opened = open_again()
    opened.open_case("desk", authority(*ALLOWED))
    take_in(opened, tmp_path)
    return opened


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "page.html"


def said(out: Path) -> str:
    return Page(out.read_text(encoding="utf-8", errors="strict")).said()


def events(opened: Workspace, verb: str) -> list[dict[str, Any]]:
    return [one for one in opened.audit_show() if one["verb"] == verb]


def test_a_report_is_written_by_its_own_number_or_its_id(desk: Workspace, out: Path) -> None:
    written = desk.export("html", out, report="1")
    assert written["records"] == 1
    page = said(out)
    assert "203.0.113.7" in page
    assert "<script>alert(1)</script>" not in out.read_text()
    identity = desk.show_report("1")["id"]
    desk.export("html", out, report=identity)
    assert identity in said(out)


def test_the_page_of_a_report_is_an_event_that_names_it(desk: Workspace, out: Path) -> None:
    desk.export("html", out, report="1")
    begun, ended = events(desk, "export")
    assert (begun["phase"], ended["phase"]) == ("begun", "ended")
    assert ended["subject"] == [desk.show_report("1")["id"]]


def test_a_cluster_is_written_by_its_id_or_by_any_report_in_it(desk: Workspace, out: Path) -> None:
    name = desk.report_links("1")["cluster"]
    first = desk.export("html", out, cluster=name)
    page = said(out)
    assert first["records"] == 3
    assert "account robin" in page
    assert "reported (3)" in page
    assert page.count("203.0.113.7") >= 3
    desk.export("html", out, cluster="3")
    assert name in said(out)


def test_a_mailbox_by_function_does_not_stand_among_the_links(desk: Workspace, out: Path) -> None:
    desk.export("html", out, cluster="1")
    page = said(out)
    assert (
        page.index("account robin")
        < page.index("Shared, but no link")
        < page.index("e-mail info@example.org")
    )


def test_what_people_cut_and_joined_stands_on_the_page_of_the_cluster(desk: Workspace, out: Path) -> None:
    desk.join_reports("1", "4", reason="the same letter came to both")
    assert desk.export("html", out, cluster="4")["records"] == 4
    assert "the same letter came to both" in said(out)


def test_what_people_cut_stands_in_the_history_on_the_page_of_the_report(desk: Workspace, out: Path) -> None:
    desk.cut_reports("1", "2", reason="two brothers of one name")
    desk.export("html", out, report="2")
    other = desk.show_report("1")["id"]
    history = said(out).split("History")[-1]
    assert f"cut from {other} (report 1)" in history and "two brothers of one name" in history


def test_a_report_that_stands_alone_is_no_cluster(desk: Workspace, out: Path) -> None:
    with pytest.raises(UsageError, match="linked with certainty to no other"):
        desk.export("html", out, cluster="5")
    assert not out.exists()


def test_the_state_counts_what_waits_and_what_could_not_be_read(desk: Workspace, out: Path) -> None:
    desk.decide_report("5", "not-pertinent")
    desk.export("html", out, desk=True, people=2, minutes=30.0)
    page = said(out)
    assert "4 lines wait for a decision" in page
    assert page.count("in a cluster of 3 reports") == 3
    assert "1 decision about 1 report, by 1 person" in page
    assert "bad.xml" in page
    assert "2 people at 30 minutes a report" in page
    assert "The authority does not allow texts to be read" in page


def test_the_state_of_a_desk_without_reports_is_a_page(open_again: Open, out: Path) -> None:
    opened = open_again()
    opened.open_case("desk", authority(*ALLOWED))
    opened.export("html", out, desk=True)
    page = said(out)
    assert "Nothing waits." in page
    assert "Everything that came in was read." in page


def test_a_clock_that_runs_out_within_a_fortnight_is_listed(
    open_again: Open, tmp_path: Path, out: Path
) -> None:
    opened = open_again()
    opened.open_case("desk", authority(*ALLOWED))
    received = datetime.now(UTC) - timedelta(days=85)
    file = tmp_path / "one.csv"
    file.write_text(f"report_id,received,text\n77,{received.isoformat()},A short sober text.\n")
    opened.import_reports([file], format="csv", columns=None)
    opened.export("html", out, desk=True)
    page = said(out)
    clocks = page[
        page.index("Clocks that run out within") : page.index("In languages that are not read here")
    ]
    assert "records of connections" in clocks
    assert (received + timedelta(days=90)).date().isoformat() in clocks


@pytest.mark.parametrize("allowed", [{Capability.EXPORT}, {Capability.REPORT_TRIAGE}])
def test_both_capabilities_are_needed(open_again: Open, out: Path, allowed: set[Capability]) -> None:
    opened = open_again()
    opened.open_case("desk", authority(*allowed))
    with pytest.raises(RefusedError):
        opened.export("html", out, desk=True)
    assert not out.exists()
    assert events(opened, "export")[-1]["phase"] == "refused"


@pytest.mark.parametrize(
    "asked",
    [
        {"report": "1", "desk": True},
        {"report": "1", "cluster": "1"},
        {"report": "1", "people": 2, "minutes": 5.0},
        {"desk": True, "people": 2},
        {"people": 2, "minutes": 5.0},
        {"desk": True, "people": 0, "minutes": 5.0},
        {"report": "nothing"},
        {"cluster": "C-zz"},
    ],
)
def test_what_makes_no_page_is_wrong_usage(desk: Workspace, out: Path, asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        desk.export("html", out, **asked)
    assert not out.exists()


def test_only_html_has_pages_of_the_desk(desk: Workspace, out: Path) -> None:
    with pytest.raises(UsageError, match="is no 'csv'"):
        desk.export("csv", out, report="1")


def test_nothing_is_written_into_the_workspace(desk: Workspace) -> None:
    with pytest.raises(UsageError, match="never written over"):
        desk.export("html", desk.folder / "page.html", report="1")


def test_a_page_of_an_evaluation_workspace_is_marked_in_itself(
    open_again: Open, tmp_path: Path, out: Path
) -> None:
    opened = open_again(evaluation=True)
    opened.open_case("desk", authority(*ALLOWED))
    take_in(opened, tmp_path)
    assert opened.export("html", out, report="1", case="desk")["file"] == str(out)
    assert "EVALUATION" in said(out)


def test_the_other_exports_say_that_reports_are_not_in_them_and_what_writes_these(
    desk: Workspace, out: Path
) -> None:
    written = desk.export("html", out)
    page = said(out)
    assert written["records"] == 0
    assert "No exhibit has been examined in this case." in page
    assert "The case has 5 reports at the report desk. This page holds neither them nor what came in" in page
    assert "safelight export html --desk" in page
    assert "Everything within the scope" not in page
    assert written["notes"] == [
        "The case has 5 reports at the report desk, which are not in this file: "
        "`safelight export html --desk` writes that."
    ]
    plain = desk.export("csv", out.with_suffix(".csv"))
    assert plain["records"] == 0
    assert "`safelight export csv --desk`" in plain["notes"][0]


def test_what_the_look_at_media_said_stands_on_the_page_as_in_the_command(
    open_again: Open, tmp_path: Path, out: Path
) -> None:
    opened = open_again()
    opened.open_case("desk", authority(*ALLOWED, Capability.HASH_MATCH))
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "report.xml").write_text(tip("7", details("7", "a.png", viewed=True)))
    Image.new("RGB", (64, 64), "steelblue").save(bundle / "a.png")
    assert opened.import_reports([bundle])["media"]["opened"] == 1
    assert [one["name"] for one in opened.show_report("7")["media"]] == ["a.png"]
    opened.export("html", out, report="7")
    assert "What was looked at" in said(out)


def test_a_case_without_reports_says_nothing_of_them(open_again: Open, out: Path) -> None:
    opened = open_again()
    opened.open_case("lab", authority(*ALLOWED))
    assert opened.export("html", out)["notes"] == []
    assert "report desk" not in said(out)


def test_a_later_version_is_no_further_report(desk: Workspace, tmp_path: Path, out: Path) -> None:
    later = tmp_path / "later"
    later.mkdir()
    (later / "1.xml").write_text(xml(1, account="robin", text="Somebody adds something."))
    desk.import_reports([later])
    assert "5 reports" in desk.export("html", out)["notes"][0]


def test_a_case_counts_its_reports(desk: Workspace) -> None:
    desk.decide_report("5", "not-pertinent")
    found = desk.show_case()
    assert found["reports"] == {"reports": 5, "decided": 1, "unreadable": 1}
    assert found["decided"] == 0


# The queue as CSV.


def lines(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_queue_is_a_line_for_each_line_in_the_order_of_the_desk(desk: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "desk.csv"
    written = desk.export("csv", out, desk=True)
    queue = desk.rank_reports()["queue"]
    found = lines(out)
    assert (written["records"], written["unit"], written["notes"]) == (len(queue), "line", [])
    assert [one["id"] for one in found] == [one["id"] for one in queue]
    assert [one["place"] for one in found] == [str(at) for at in range(1, len(queue) + 1)]
    for one, entry in zip(found, queue, strict=True):
        assert one["report_id"] == entry["report_id"]
        assert one["priority"] == f"{entry['priority']:.4f}"
        assert one["cluster"] == (entry["cluster"] or "")
        assert one["due"] == entry["due"]
        assert all(f"{reason['code']} (" in one["reasons"] for reason in entry["reasons"])


def test_the_queue_says_what_is_decided_and_who_works_on_what(desk: Workspace, tmp_path: Path) -> None:
    desk.decide_report("5", "not-pertinent")
    held = desk.next_report("Berlin")
    assert held is not None
    desk.export("csv", tmp_path / "desk.csv", desk=True)
    found = {one["report_id"]: one for one in lines(tmp_path / "desk.csv")}
    assert found["5"]["decided"] == "not-pertinent"
    assert [one for one in found if found[one]["held"]] == [held["report_id"]]
    assert found[held["report_id"]]["held"].startswith(f"by {desk.actor}, desk Berlin, until 20")


def test_the_queue_holds_no_formula(open_again: Open, tmp_path: Path) -> None:
    opened = open_again()
    opened.open_case("desk", authority(*ALLOWED))
    file = tmp_path / "one.csv"
    file.write_text('report_id,hotline,text\n=1+1,"@cmd",A short sober text.\n')
    opened.import_reports([file], format="csv", columns=None)
    opened.export("csv", tmp_path / "desk.csv", desk=True)
    (one,) = lines(tmp_path / "desk.csv")
    assert one["report_id"] == "'=1+1"
    assert not any(value.startswith(("=", "+", "-", "@")) for value in one.values())


def test_the_queue_of_an_evaluation_workspace_is_marked_in_its_name(open_again: Open, tmp_path: Path) -> None:
    opened = open_again(evaluation=True)
    opened.open_case("desk", authority(*ALLOWED))
    take_in(opened, tmp_path)
    written = opened.export("csv", tmp_path / "desk.csv", desk=True, case="desk")
    assert written["file"].endswith("desk.EVALUATION.csv")


def test_the_queue_needs_the_capability_of_the_desk(open_again: Open, tmp_path: Path) -> None:
    opened = open_again()
    opened.open_case("lab", authority(Capability.EXPORT))
    with pytest.raises(RefusedError):
        opened.export("csv", tmp_path / "desk.csv", desk=True)


def test_the_queue_is_the_same_in_whatever_pieces_it_is_read(
    desk: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safelight.export import desk_export

    desk.export("csv", tmp_path / "a.csv", desk=True)
    monkeypatch.setattr(desk_export, "_AT_ONCE", 2)
    desk.export("csv", tmp_path / "b.csv", desk=True)
    assert [one["id"] for one in lines(tmp_path / "a.csv")] == [
        one["id"] for one in lines(tmp_path / "b.csv")
    ]


# The evaluation.


def labels(folder: Path) -> Path:
    file = folder / "labels.csv"
    file.write_text("report_id,label,situation\n1,1,plan\n2,0,none\n3,0,none\n4,0,none\n99,1,plan\n")
    return file


def test_an_evaluation_is_written_as_a_page_beside_its_figures(
    desk: Workspace, tmp_path: Path, out: Path
) -> None:
    found = desk.evaluate_reports(labels(tmp_path), out=out)
    assert found["page"]["file"] == str(out)
    page = said(out)
    assert "labels.csv" in page
    assert "By situation" in page
    assert "1 labelled report is not here" in page


def test_an_evaluation_without_a_page_writes_none(desk: Workspace, tmp_path: Path) -> None:
    assert "page" not in desk.evaluate_reports(labels(tmp_path))


def test_the_curve_of_an_evaluation_goes_from_nothing_to_all(desk: Workspace, tmp_path: Path) -> None:
    curve = desk.evaluate_reports(labels(tmp_path))["curve"]
    assert curve[0] == {"share": 0.0, "recall": 0.0}
    assert curve[-1] == {"share": 1.0, "recall": 1.0}
    assert [one["share"] for one in curve] == sorted(one["share"] for one in curve)


def test_an_evaluation_is_not_written_into_the_workspace(desk: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="never written over"):
        desk.evaluate_reports(labels(tmp_path), out=desk.folder / "page.html")


# Leads.

FIELDS = {"id", "kind", "priority", "band", "sha256", "paths", "reasons", "matches", "stack", "decided"}


def test_reports_are_leads_with_the_fields_of_every_lead(desk: Workspace) -> None:
    found = desk.leads(kind="report")
    assert len(found) == desk.rank_reports()["lines"]
    for one in found:
        assert set(one) >= FIELDS
        assert (one["kind"], one["sha256"], one["paths"], one["matches"]) == ("report", None, [], [])
        assert {"code", "text", "weight"} == {key for reason in one["reasons"] for key in reason}
        assert one["stack"] == one["id"]


def test_reports_as_leads_stand_in_the_order_of_the_desk(desk: Workspace) -> None:
    assert [one["id"] for one in desk.leads(kind="report")] == [
        one["id"] for one in desk.rank_reports()["queue"]
    ]


def test_the_first_reports_say_how_many_there_are(desk: Workspace) -> None:
    (one,) = desk.leads(kind="report", top=1)
    assert one["of"] == desk.rank_reports()["lines"]


def test_a_decided_report_is_left_out_where_only_undecided_ones_are_asked_for(desk: Workspace) -> None:
    first = desk.leads(kind="report", top=1)[0]["id"]
    desk.decide_report(first, "unsure")
    assert desk.leads(kind="report", top=1)[0]["decided"] == "unsure"
    assert first not in {one["id"] for one in desk.leads(kind="report", undecided=True)}


def test_leads_of_media_do_not_hold_reports_and_all_leads_do(desk: Workspace) -> None:
    assert desk.leads(kind="media") == []
    assert {one["kind"] for one in desk.leads()} == {"report"}


def test_both_kinds_stand_together_by_priority(desk: Workspace, tmp_path: Path) -> None:
    from safelight.export.queue import together

    media = [{"id": "L-1", "priority": 0.9, "of": 2}, {"id": "L-2", "priority": 0.1, "of": 2}]
    reports = [{"id": "R-1", "priority": 0.9, "of": 7}, {"id": "R-2", "priority": 0.5, "of": 7}]
    found = together(media, reports, 3)
    assert [one["id"] for one in found] == ["L-1", "R-1", "R-2"]
    assert {one["of"] for one in found} == {9}


def test_a_case_that_does_not_allow_the_desk_has_only_media(open_again: Open) -> None:
    opened = open_again()
    opened.open_case("lab", authority(Capability.HASH_MATCH))
    assert opened.leads() == []
    with pytest.raises(RefusedError):
        opened.leads(kind="report")


def test_a_report_is_shown_in_full_by_its_own_command(desk: Workspace) -> None:
    with pytest.raises(UsageError, match="is a report"):
        desk.leads(lead="R-0000000000000001")


def test_a_store_whose_findings_were_altered_gives_no_page(
    desk: Workspace, out: Path, config: Settings
) -> None:
    import sqlalchemy as sa

    from safelight.errors import IntegrityError
    from safelight.store.tables import report_finding

    with desk.database.transaction() as connection:
        connection.execute(sa.update(report_finding).values(count=report_finding.c.count + 1))
    with pytest.raises(IntegrityError):
        desk.export("html", out, desk=True)
    assert not out.exists()


def test_a_report_leaves_as_it_came_and_can_be_taken_in_elsewhere(
    desk: Workspace, open_again: Open, tmp_path: Path
) -> None:
    out = tmp_path / "report.zip"
    written = desk.export("cybertip", out, report="1")
    assert (written["format"], written["records"], written["unit"]) == ("cybertip", 1, "document")
    before = desk.show_report("1")
    with zipfile.ZipFile(out) as archive:
        is_valid(archive.read("report.xml"))
    desk.close()
    other = open_again()
    other.open_case("elsewhere", authority(*ALLOWED))
    found = other.import_reports([out], case="elsewhere")
    assert (found["new"], found["unreadable"]) == (1, [])
    after = other.show_report("1", case="elsewhere")
    assert [after[name] for name in ("people", "texts", "incident")] == [
        before[name] for name in ("people", "texts", "incident")
    ]


def test_only_a_report_that_is_named_leaves_as_it_came(desk: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Which report"):
        desk.export("cybertip", tmp_path / "report.zip")
    with pytest.raises(UsageError):
        desk.export("cybertip", tmp_path / "report.zip", desk=True)
