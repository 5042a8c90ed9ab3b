"""The report desk as people use it: reports come in, those of one person belong together, the gravest stands first."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.command import Command
from tests.reports.making import xml

ALLOWED = "report-triage,text-analysis"
PLAN = (
    "He has told the reporter that he will be alone with the seven-year-old girl this weekend and harm her."
)
ROUTINE = (
    "This report was made by an automatic system; please contact the law enforcement team with questions."
)


def file_of(number: int, name: str, viewed: str, md5: str) -> str:
    return (
        f"<fileDetails><reportId>{number}</reportId><fileId>{name}</fileId><fileName>{name}</fileName>"
        f"<fileViewedByEsp>{viewed}</fileViewedByEsp><originalFileHash hashType='MD5'>{md5}</originalFileHash>"
        "</fileDetails>"
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Command:
    command = Command(tmp_path_factory.mktemp("desk"))
    folder = command.home / "in"
    folder.mkdir()
    for number in range(40):
        text = ROUTINE if number else PLAN
        account = "same-person" if number in (0, 7) else ""
        (folder / f"{number:02}.xml").write_text(
            xml(1000 + number, account=account, text=text), encoding="utf-8"
        )
    (folder / "broken.xml").write_text("<report><reportId>9</report>", encoding="utf-8")
    command.open_case(allow=ALLOWED)
    command.run("reports", "import", folder, code=5)
    return command


def test_an_import_says_what_was_new_and_what_could_not_be_read(desk: Command) -> None:
    again = desk.run("reports", "import", desk.home / "in", "--json", code=5).json
    assert {name: again[name] for name in ("files", "reports", "new", "again")} == {
        "files": 41,
        "reports": 40,
        "new": 0,
        "again": 40,
    }
    assert len(again["unreadable"]) == 1
    assert again["unreadable"][0]["path"].startswith(str(desk.home / "in" / "broken.xml"))


def test_the_gravest_words_stand_first_with_reasons_and_what_would_change_it(desk: Command) -> None:
    found = desk.run("reports", "rank", "--json", "--top", "5").json
    first = found["queue"][0]
    assert first["report_id"] == "1000"
    assert first["language"] == "en"
    assert any(reason["code"].startswith("text-") and reason["weight"] > 0 for reason in first["reasons"])
    assert first["counterfactual"] and first["missing"] and first["due"]
    assert found["reports"] == 40 and found["provisional"] == 0 and len(found["queue"]) == 5


def test_a_thin_report_on_the_same_account_is_raised_by_its_link(desk: Command) -> None:
    queue = desk.run("reports", "rank", "--json").json["queue"]
    assert queue[1]["report_id"] == "1007"
    assert "linked-danger" in {reason["code"] for reason in queue[1]["reasons"]}
    assert queue[0]["cluster"] == queue[1]["cluster"] is not None


def test_links_name_the_identifier_and_a_cut_holds(desk: Command) -> None:
    found = desk.run("reports", "links", "1007", "--json").json
    assert [link["report_id"] for link in found["links"]] == ["1000"]
    assert found["links"][0]["by"][0]["kind"] == "account"
    desk.run("reports", "cut", "1007", "1000", "--reason", "Another person with this account name.")
    assert desk.run("reports", "links", "1007", "--json").json["cluster"] is None
    desk.run("reports", "join", "1007", "1000", "--reason", "It is the same person after all.")
    assert desk.run("reports", "links", "1007", "--json").json["cluster"] is not None


def test_the_next_report_is_held_until_it_is_decided_or_released(desk: Command) -> None:
    first = desk.run("reports", "next", "--desk", "A", "--json").json
    assert desk.run("reports", "next", "--desk", "A", "--json").json["id"] == first["id"]
    other = desk.run("reports", "next", "--desk", "B", "--json").json
    assert other["id"] != first["id"]
    desk.run("reports", "release", other["id"])
    desk.run("decide", first["id"], "--label", "investigate", "--note", "Sent on.")
    assert desk.run("reports", "next", "--desk", "A", "--json").json["id"] != first["id"]
    shown = desk.run("reports", "show", first["id"], "--json").json
    assert "investigate" in {one.get("label") for one in shown["history"]}


def test_a_later_version_and_a_retraction_keep_the_history(desk: Command, tmp_path: Path) -> None:
    later = tmp_path / "later.xml"
    later.write_text(xml(1020, text="The provider adds that the account was closed."), encoding="utf-8")
    assert desk.run("reports", "import", later, "--json").json["updated"] == 1
    back = tmp_path / "back.xml"
    sender = "<reporter><reportingPerson><firstName>Chatter One</firstName></reportingPerson></reporter>"
    reason = "<reason>Wrong account.</reason>"
    back.write_text(f"<retraction><reportId>1020</reportId>{reason}{sender}</retraction>")
    assert desk.run("reports", "import", back, "--json", "--format", "cybertip").json["retracted"] == 1
    shown = desk.run("reports", "show", "1020", "--json").json
    versions = [one for one in shown["history"] if one["what"] == "version"]
    assert [one["retracted"] for one in versions] == [False, False, True]
    assert "retracted" in {reason["code"] for reason in shown["reasons"]}


def test_nothing_runs_without_the_capability_and_words_stay_unread(tmp_path: Path) -> None:
    command = Command(tmp_path)
    command.open_case(allow="hash-match")
    (tmp_path / "r.xml").write_text(xml(1, text=PLAN), encoding="utf-8")
    refused = command.run("reports", "import", tmp_path / "r.xml", "--json", code=3).json
    assert refused["error"]["ground"] == "capability report-triage"
    command.open_case(allow="report-triage", name="desk")
    command.run("reports", "import", tmp_path / "r.xml", "--case", "desk")
    entry = command.run("reports", "rank", "--json", "--case", "desk").json["queue"][0]
    assert entry["language"] is None
    assert not [reason for reason in entry["reasons"] if reason["code"].startswith("text")]


def test_nothing_of_a_report_lies_in_clear_beside_the_workspace(desk: Command) -> None:
    for path in (desk.home / "workspace").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"same-person" not in data and b"alone with the" not in data, path


def test_killed_at_random_moments_an_import_ends_as_if_it_never_was(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for part in range(6):
        documents = "".join(xml(part * 2000 + number, text=f"Invented {number}.") for number in range(2000))
        (folder / f"{part}.xml").write_text(f"<reports>{documents}</reports>", encoding="utf-8")
    command = Command(tmp_path)
    command.open_case(allow=ALLOWED)
    chooser = random.Random(11)
    kills = 0
    while kills < 6:
        running = command.start("reports", "import", folder)
        time.sleep(chooser.uniform(0.3, 2.5))
        if running.poll() is not None:
            break
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        kills += 1
    done = command.run("reports", "import", folder, "--json").json
    assert done["reports"] == 12_000
    ranked = command.run("reports", "rank", "--top", "1", "--texts", "0", "--json").json
    assert ranked["reports"] == 12_000
    assert command.run("audit", "verify", "--json").json["ok"] is True
    assert json.dumps(done["unreadable"]) == "[]"
