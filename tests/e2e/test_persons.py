"""The missing-children desk as people use it: enrolled, matched, decided by two people, followed, and forgotten.

Templates are numbers that score as faces do, put where enrolment puts them. What needs faces takes the public
photographs of adults, and is skipped where they are not at hand.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import sqlite3
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safelight.demo.persons import templates
from safelight.demo.persons.register import FOUND, MISSING, TRUTH, write
from safelight.persons.person import Status
from safelight.settings import Settings
from safelight.workspace import open_workspace
from tests.e2e.command import Command

CANDIDATE = {"id", "probe", "person_id", "rank", "similarity", "fmr", "reasons"}
ANSWER = {"probes", "gallery", "seconds", "expected_by_chance", "candidates", "no_face", "no_candidate"}
ENROLLED = {"persons", "photos", "enrolled", "no_face", "poor", "ambiguous", "unreadable"}
VERBS = (
    "persons enrol", "persons list", "persons show", "persons update", "persons match", "persons search",
    "persons review next", "persons review answer", "persons review reopen", "persons step", "persons sheet",
    "persons outcome", "persons outcomes", "persons evaluate", "persons link", "persons unlink", "persons withdraw",
    "persons erase",
)  # fmt: skip


def begin(folder: Path) -> Command:
    """An evaluation workspace, in which names are taken on trust."""
    command = Command(folder)
    command.run("init", "--evaluation")
    return command


def open_case(
    command: Command, name: str, *, allow: str = "face-search,export", ground: str = "missing-person"
) -> str:
    opened = command.run(
        "case", "open", name, "--basis", "statute", "--reference", "Act s. 7", "--issued-by", "Sample Ministry",
        "--valid-until", "2099-12-31", "--allow", allow, "--approved-by", "chief", "--ground", ground, "--json",
    )  # fmt: skip
    return str(opened.json["id"])


def give(command: Command, case: str, status: Status, faces: dict[str, Any]) -> None:
    """Templates as enrolment stores them, for people of a register."""
    config = Settings(workspace=command.home / "workspace", key_folder=command.home / "keys")
    with open_workspace(config=config) as workspace:
        templates.give(workspace, case, status, faces)


def faces(seed: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
    """Templates for the missing and the found of the invented register: who is one person scores so."""
    generator = np.random.default_rng(seed)
    missing = templates.numbered("M", templates.strangers(len(MISSING), generator))
    found = templates.numbered("F", templates.strangers(len(FOUND), generator))
    for number, person in TRUTH.items():
        found[number] = templates.again(missing[person][None], generator)[0]
    return missing, found


def rows(command: Command) -> dict[str, list[Any]]:
    """Every row of the raw store but those of the log, by table."""
    with sqlite3.connect(command.home / "workspace" / "safelight.db") as store:
        names = [
            name
            for (name,) in store.execute("select name from sqlite_master where type = 'table'")
            if not name.startswith(("log_", "sqlite_"))
        ]
        found = {name: sorted(map(repr, store.execute(f'select * from "{name}"'))) for name in names}
    return {name: some for name, some in found.items() if some}


def blobs(command: Command) -> set[Path]:
    """Every file of the workspace but the store and what the log keeps."""
    return {one for one in (command.home / "workspace").rglob("*") if one.is_file() and "blob" in str(one)}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A case with the invented register, whose people have templates that are numbers."""
    command = begin(tmp_path_factory.mktemp("persons"))
    case = open_case(command, "search")
    for status, entries, one in zip(Status, (MISSING, FOUND), faces(), strict=False):
        path = write(command.home / str(status), entries, None)
        said = command.run("persons", "enrol", path, "--status", str(status), "--json", code=5).json
        assert said.keys() >= ENROLLED and said["persons"] == len(entries)
        give(command, case, status, one)
    return command


@pytest.fixture(scope="module")
def matched(desk: Command) -> dict[str, Any]:
    """The first match of the case."""
    found: dict[str, Any] = desk.run("persons", "match", "--json").json
    return found


def answer(desk: Command, name: str, only: str, verdict: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.run(
        "persons", "review", "answer", only, "--verdict", verdict, "--as", name, "--json"
    ).json
    return found


def test_a_match_has_the_fields_that_scripts_rely_on(matched: dict[str, Any]) -> None:
    assert matched.keys() >= ANSWER
    assert all(one.keys() >= CANDIDATE for one in matched["candidates"])
    assert (matched["probes"], matched["gallery"]) == (len(FOUND), len(MISSING))


def test_whose_faces_are_alike_are_candidates_and_who_has_none_is_said(matched: dict[str, Any]) -> None:
    assert {one["probe"]: one["person_id"] for one in matched["candidates"] if one["rank"] == 1} == TRUTH
    assert matched["no_candidate"] == ["F-5"]


def test_a_match_is_listed_best_first_in_the_order_of_leads(desk: Command, matched: dict[str, Any]) -> None:
    weights = [one["weight"] for one in matched["candidates"]]
    assert len(weights) > 2 and weights == sorted(weights, reverse=True)
    leads = desk.run("leads", "--kind", "person", "--json").json
    assert [one["id"] for one in matched["candidates"]] == [one["id"] for one in leads]


def test_a_gallery_too_small_to_calibrate_says_so(matched: dict[str, Any]) -> None:
    assert matched["expected_by_chance"] is None
    assert all(one["fmr"] is None for one in matched["candidates"])
    assert "not calibrated" in matched["meaning"].lower()


def test_names_in_two_scripts_speak_for_a_candidate(matched: dict[str, Any]) -> None:
    (one,) = (one for one in matched["candidates"] if one["probe"] == "F-1")
    name = next(why for why in one["reasons"] if why["code"] == "name")
    assert name["weight"] > 1 and "Данило Коваль" in name["text"] and "Danilo Kowal" in name["text"]


def test_what_cannot_be_true_of_one_person_is_shown_and_removes_nobody(matched: dict[str, Any]) -> None:
    (one,) = (one for one in matched["candidates"] if one["probe"] == "F-4")
    assert [why["contradiction"] for why in one["reasons"]].count(True) == 1


def test_two_people_decide_each_blind_to_the_other_and_a_third_where_they_disagree(
    desk: Command, matched: dict[str, Any]
) -> None:
    listed = desk.run("persons", "review", "next", "--as", "anna", "--json").json
    said = str(listed)
    assert "similarity" not in said and "weight" not in said and "fmr" not in said
    probe = listed["probe"]["person_id"]
    ids = [one["id"] for one in matched["candidates"] if one["probe"] == probe]
    assert len(listed["candidates"]) > len(ids), "some in a list cannot be true"
    (only,) = ids
    assert answer(desk, "anna", only, "same")["standing"] == "one of two"
    refused = desk.run(
        "persons", "review", "answer", only, "--verdict", "same", "--as", "anna", "--json", code=3
    ).json
    assert refused["error"]["ground"] == "second person"
    foil = next(one["id"] for one in listed["candidates"] if one["id"] not in ids)
    assert answer(desk, "anna", foil, "different")["foil"] is True
    shown = desk.run("persons", "review", "next", "--as", "ben", "--json").json
    assert only in [one["id"] for one in shown["candidates"]], "a second view ends the waiting of a family"
    assert "verdict" not in str(shown) and "anna" not in str(shown)
    second = answer(desk, "ben", only, "different")
    assert second["standing"] == "to a third" and "decided_by" not in second
    third = answer(desk, "carla", only, "same")
    assert third["standing"] == "confirmed by two" and third["decided_by"] == ["anna", "ben", "carla"]
    assert third["next_steps"]


def test_nobody_is_reunited_on_what_two_people_have_not_confirmed(
    desk: Command, matched: dict[str, Any]
) -> None:
    one = next(one["id"] for one in matched["candidates"] if one["probe"] == "F-4")
    for arguments in (("outcome", one, "--result", "reunited"), ("step", one, "DNA")):
        refused = desk.run("persons", *arguments, "--json", code=3).json
        assert refused["error"]["ground"] == "second person"


def test_who_is_reunited_leaves_the_gallery_and_is_counted(desk: Command, matched: dict[str, Any]) -> None:
    one = next(one["id"] for one in matched["candidates"] if one["probe"] == "F-2")
    for name in ("anna", "ben"):
        answer(desk, name, one, "same")
    desk.run("persons", "step", one, "DNA", "--due", "2099-01-01")
    desk.run("persons", "outcome", one, "--result", "reunited", "--json")
    ledger = desk.run("persons", "outcomes", "--json").json
    assert ledger["children_home"] == 1 and ledger["sentence"].startswith("1 child is back home")
    assert ledger["candidates"] == len(matched["candidates"]), "foils never enter the ledger"
    for person in ("M-3", "F-2"):
        shown = desk.run("persons", "show", person, "--json").json
        assert (shown["status"], shown["in_gallery"]) == ("home", False)


def test_a_correction_keeps_what_was_there_before(desk: Command) -> None:
    desk.run("persons", "update", "M-2", "--set", "height=171 cm", "--reason", "Measured again.")
    shown = desk.run("persons", "show", "M-2", "--json").json
    (corrected,) = (one for one in shown["history"] if one["kind"] == "corrected")
    assert corrected["before"]["height"] != corrected["after"]["height"] == shown["facts"]["height"]


@pytest.fixture
def two(tmp_path: Path) -> tuple[Command, str, str]:
    """Two cases; a missing person in the first is the found one of the second."""
    command = begin(tmp_path)
    first, second = open_case(command, "first"), open_case(command, "second")
    missing, found = faces()
    for case, status, some in (
        (first, Status.MISSING, {"M-1": missing["M-1"], "M-2": missing["M-2"]}),
        (first, Status.FOUND, {"F-1": found["F-1"]}),
        (second, Status.FOUND, {"F-1": found["F-1"]}),
    ):
        give(command, case, status, some)
    return command, first, second


def test_two_cases_do_not_see_each_other(two: tuple[Command, str, str]) -> None:
    command, first, second = two
    there = command.run("persons", "match", "--json", "--case", second).json
    assert (there["gallery"], there["candidates"]) == (0, [])
    assert [one["person_id"] for one in command.run("persons", "list", "--json", "--case", second).json] == [
        "F-1"
    ]
    command.run("persons", "show", "M-1", "--case", second, code=2)
    (person, *_) = command.run("persons", "list", "--status", "missing", "--json", "--case", first).json
    command.run("persons", "show", person["id"], "--case", second, code=2)


def test_a_named_link_lets_one_case_search_the_other_and_not_the_other_way_round(
    two: tuple[Command, str, str],
) -> None:
    command, first, second = two
    command.run("persons", "link", first, "--reason", "One district.", "--case", second)
    there = command.run("persons", "match", "--json", "--case", second).json
    assert "M-1" in [one["person_id"] for one in there["candidates"]]
    here = command.run("persons", "match", "--json", "--case", first).json
    assert here["probes"] == 1
    command.run("persons", "unlink", first, "--case", second)
    assert command.run("persons", "match", "--json", "--case", second).json["gallery"] == 0


def test_a_candidate_is_a_lead_and_deciding_it_takes_two_people(two: tuple[Command, str, str]) -> None:
    command, first, _ = two
    command.run("persons", "match", "--case", first)
    (lead,) = command.run("leads", "--kind", "person", "--json", "--case", first).json
    assert lead.keys() >= {
        "id",
        "kind",
        "priority",
        "band",
        "sha256",
        "paths",
        "reasons",
        "matches",
        "stack",
        "decided",
    }
    assert (lead["kind"], lead["decided"]) == ("person", None)
    decide = ("decide", lead["id"], "--label", "same", "--case", first)
    command.run(*decide, "--as", "anna")
    command.run(*decide, "--as", "anna", code=3)
    command.run(*decide, "--as", "ben")
    (lead,) = command.run("leads", "--kind", "person", "--json", "--case", first).json
    assert lead["decided"] == "confirmed by two"


def test_a_foil_stays_one_and_what_is_recognised_in_it_others_decide(tmp_path: Path) -> None:
    command = begin(tmp_path)
    case = open_case(command, "case")
    for status, some in zip((Status.MISSING, Status.FOUND), faces(), strict=True):
        give(command, case, status, some)
    found = command.run("persons", "match", "--json").json["candidates"]
    listed = command.run("persons", "review", "next", "--as", "anna", "--json").json
    known = {one["id"] for one in found}
    foil = next(one["id"] for one in listed["candidates"] if one["id"] not in known)
    own = answer(command, "anna", foil, "same")["proposed"]
    for arguments in (
        ("outcome", foil, "--result", "reunited"),
        ("step", foil, "DNA"),
        ("sheet", foil, "-o", str(tmp_path / "s.pdf")),
        ("review", "reopen", foil, "--reason", "New."),
    ):
        assert "unlike" in command.run("persons", *arguments, code=2).err
    command.run("persons", "review", "answer", own, "--verdict", "same", "--as", "anna", code=3)
    assert answer(command, "ben", own, "same")["standing"] == "one of two"
    assert answer(command, "carla", own, "same")["standing"] == "confirmed by two"
    command.run("persons", "match")
    command.run("persons", "outcome", own, "--result", "reunited")
    ledger = command.run("persons", "outcomes", "--json").json
    assert (ledger["candidates"], ledger["proposed"], ledger["children_home"]) == (len(found) + 1, 1, 1)
    command.run("persons", "sheet", own, "-o", tmp_path / "s.html")
    assert "Proposed by a person" in (tmp_path / "s.html").read_text(encoding="utf-8")


def test_an_answer_without_photographs_counts_and_is_warned_of(two: tuple[Command, str, str]) -> None:
    command, first, _ = two
    (one,) = command.run("persons", "match", "--json", "--case", first).json["candidates"]
    said = ("persons", "review", "answer", one["id"], "--verdict", "same", "--case", first)
    command.run("persons", "review", "next", "--as", "anna", "--case", first)
    assert "shown no photographs" in command.run(*said, "--as", "anna").err
    page = str(command.home / "page.html")
    command.run("persons", "review", "next", "--page", page, "--as", "ben", "--case", first)
    ran = command.run(*said, "--as", "ben", "--json")
    assert (ran.json["standing"], ran.json["photographs_shown"]) == ("confirmed by two", True)
    assert ran.json["decided_without_photographs"] and "Decided without photographs" in ran.err
    assert "without photographs" in command.run("persons", "match", "--case", first).out
    ledger = command.run("persons", "outcomes", "--json", "--case", first).json
    assert ledger["decided_without_photographs"] == 1


def test_who_is_withdrawn_is_in_no_comparison_from_then_on(two: tuple[Command, str, str]) -> None:
    command, first, _ = two
    before = command.run("persons", "match", "--json", "--case", first).json
    assert [one["person_id"] for one in before["candidates"]] == ["M-1"]
    command.run("persons", "withdraw", "M-1", "--reason", "The family asked.", "--case", first)
    after = command.run("persons", "match", "--json", "--case", first).json
    assert (after["gallery"], after["candidates"]) == (before["gallery"] - 1, [])
    planned = command.run("retention", "plan", "--json").json
    assert [one["what"] for one in planned] == ["face template"] and not planned[0]["is_due"]


def test_who_is_erased_on_order_has_left_no_row_and_no_key(two: tuple[Command, str, str]) -> None:
    command, first, _ = two
    command.run("persons", "match", "--case", first)
    person = command.run("persons", "show", "M-1", "--json", "--case", first).json["id"]
    assert person in str(rows(command))
    erased = command.run("persons", "erase", "M-1", "--order", "44 X 7/26", "--json", "--case", first).json
    assert erased["erased"] is True and erased["keys"] == 2 and erased["looked_for"] >= erased["rows"]
    assert person not in str(rows(command))
    command.run("persons", "show", person, "--case", first, code=2)
    assert command.run("persons", "match", "--json", "--case", first).json["candidates"] == []
    assert command.run("audit", "verify", "--json").json["ok"] is True


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A case for missing people, one for victims, and one that does not allow face search."""
    command = begin(tmp_path_factory.mktemp("grounds"))
    open_case(command, "missing")
    open_case(command, "victims", ground="victim-identification")
    open_case(command, "neither", allow="hash-match")
    return command


@pytest.mark.parametrize(
    ("case", "arguments", "told"),
    [
        ("neither", ("list",), "capability face-search"),
        ("victims", ("match",), "ground"),
        ("missing", ("enrol", "https://example.org/p.jpg", "--status", "found"), "url"),
        ("missing", ("search", "https://example.org/p.jpg"), "url"),
        ("missing", ("search", "/dev/zero"), "probe"),
    ],
)
def test_what_the_red_line_forbids_is_refused(
    grounds: Command, case: str, arguments: tuple[str, ...], told: str
) -> None:
    refused = grounds.run("persons", *arguments, "--case", case, "--json", code=3).json
    assert refused["error"]["ground"] == told
    event = grounds.run("audit", "show", "--top", "1", "--json").json[0]
    assert (event["verb"], event["phase"]) == (f"persons {arguments[0]}", "refused")


def test_photographs_that_cannot_be_used_are_listed_with_what_to_do(tmp_path: Path) -> None:
    command = begin(tmp_path)
    open_case(command, "case")
    folder = tmp_path / "in"
    folder.mkdir()
    Image.effect_noise((320, 240), 40).convert("RGB").save(folder / "K-1.jpg")
    (folder / "K-2.jpg").write_bytes(b"no photograph")
    (folder / "K-3.jpg").symlink_to("/etc/passwd")
    with (folder / "list.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("person_id", "photo", "name"))
        lines.writerows(
            (f"K-{n}", f"K-{n}.jpg" if n < 5 else "https://example.org/p.jpg", "Kim") for n in range(1, 6)
        )
    said = command.run("persons", "enrol", folder / "list.csv", "--status", "found", "--json", code=5).json
    assert (said["enrolled"], [Path(one).name for one in said["no_face"]]) == (0, ["K-1.jpg"])
    assert said["persons"] == 5, "a person without a usable photograph is enrolled with the facts"
    unread = " ".join(f"{one['path']}: {one['reason']}" for one in said["unreadable"])
    assert len(said["unreadable"]) == 4 and all(f"K-{number}" in unread for number in (2, 3, 4, 5))
    assert "symbolic link" in unread and "no such file" in unread and "never fetched" in str(said["notes"])


def test_every_verb_is_one_event_that_says_who_what_and_on_which_authority(tmp_path: Path) -> None:
    command = begin(tmp_path)
    case = open_case(command, "case")
    missing, found = faces()
    write(tmp_path / "in", MISSING, None)
    command.run("persons", "enrol", tmp_path / "in" / "register.csv", "--status", "missing", code=5)
    give(command, case, Status.MISSING, missing)
    give(command, case, Status.FOUND, found)
    Image.effect_noise((320, 240), 40).convert("RGB").save(tmp_path / "probe.jpg")
    command.run("persons", "search", tmp_path / "probe.jpg")
    command.run("persons", "list")
    command.run("persons", "show", "M-1")
    command.run("persons", "update", "M-1", "--set", "eyes=brown")
    one = command.run("persons", "match", "--json").json["candidates"][0]["id"]
    command.run("persons", "review", "next", "--as", "anna")
    for name in ("anna", "ben"):
        answer(command, name, one, "same")
    command.run("persons", "step", one, "DNA")
    command.run("persons", "outcome", one, "--result", "unknown")
    command.run("persons", "outcomes")
    command.run("persons", "sheet", one, "-o", tmp_path / "sheet.html")
    pairs = "".join(f"{0.8 + 0.001 * number},{number % 2}\n" for number in range(100))
    (tmp_path / "pairs.csv").write_text(f"score,same\n{pairs}", encoding="ascii")
    command.run("persons", "evaluate", tmp_path / "pairs.csv")
    command.run("persons", "review", "reopen", one, "--reason", "New papers.")
    command.run("persons", "withdraw", "M-2", "--reason", "The family asked.")
    command.run("persons", "erase", "M-2", "--order", "44 X 7/26")
    open_case(command, "other")
    command.run("persons", "link", "other", "--reason", "One family.", "--case", case)
    command.run("persons", "unlink", "other", "--case", case)
    events = command.run("audit", "show", "--json", "--top", "200").json
    done: dict[str, set[str]] = {}
    for event in events:
        if event["verb"].startswith("persons "):
            done.setdefault(event["verb"], set()).add(event["operation"])
            needed = ("time", "actor", "os_account", "host", "case", "authority", "operation")
            assert all(event[name] for name in needed) and event["case"] == case, event
    assert {name: len(done.get(name, ())) for name in VERBS} == {
        name: 2 if name == "persons review answer" else 1 for name in VERBS
    }
    assert command.run("audit", "verify", "--json").json["ok"] is True


# What needs faces.


@pytest.fixture(scope="module")
def adults(shared: Path) -> Path:
    """Public photographs of adults, a folder a person."""
    folder = shared / "faces"
    if not folder.is_dir():
        pytest.skip("the public photographs are not there")
    return folder


def _people_of(adults: Path, folder: Path, copies: int) -> Path:
    """A folder a person; each photograph as several files that differ."""
    for photo in sorted(adults.glob("[a-z]*/*.jp*g")):
        with Image.open(photo) as opened:
            image = opened.convert("RGB")
        image.thumbnail((500, 500))
        for copy in range(copies):
            coded = BytesIO()
            image.save(coded, "JPEG", quality=95 - copy)
            place = folder / f"{photo.parent.name}-{copy}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{photo.stem}.jpg").write_bytes(coded.getvalue())
    return folder


@pytest.fixture(scope="module")
def gallery(adults: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Everybody of the folders as missing."""
    command = begin(tmp_path_factory.mktemp("faces"))
    open_case(command, "faces")
    folder = _people_of(adults, command.home / "in", 1)
    said = command.run("persons", "enrol", folder, "--status", "missing", "--json", code=None).json
    assert said["persons"] == 5 and said["enrolled"] >= 5
    return command


def test_a_person_is_found_by_another_photograph_and_the_probe_is_kept_for_review(
    gallery: Command, adults: Path
) -> None:
    before, files = rows(gallery), blobs(gallery)
    found = gallery.run("persons", "search", adults / "_probes" / "obama1.jpg", "--json").json
    after = rows(gallery)
    assert {"person", "person_photo", "person_template"} <= {
        one for one in after if after[one] != before.get(one)
    }
    assert len(blobs(gallery) - files) == 1
    assert found.keys() >= ANSWER and (found["probes"], found["gallery"]) == (1, 5)
    first = found["candidates"][0]
    assert first.keys() >= CANDIDATE and first["rank"] == 1 and first["person_id"].startswith("obama")
    listed = gallery.run("persons", "review", "next", "--as", "anna", "--json").json
    assert first["id"] in [one["id"] for one in listed["candidates"]]
    probes = gallery.run("persons", "list", "--status", "probe", "--json").json
    planned = gallery.run("retention", "plan", "--json").json
    assert {(one["person"], one["what"]) for one in planned} >= {
        (one["id"], "photograph searched with") for one in probes
    }
    assert len(probes) == 1


def test_of_two_in_a_photograph_both_are_searched_and_ranks_count_for_each(
    gallery: Command, adults: Path
) -> None:
    found = gallery.run("persons", "search", adults / "_probes" / "kit_with_rose.jpg", "--json").json
    assert found["probes"] == 2
    firsts = {
        one["probe"].rpartition("#")[2]: one["person_id"] for one in found["candidates"] if one["rank"] == 1
    }
    assert firsts == {"1": "rose_leslie-0", "2": "kit_harington-0"}


def test_a_search_without_a_candidate_leaves_nothing_behind(tmp_path: Path, adults: Path) -> None:
    command = begin(tmp_path)
    give(command, open_case(command, "case"), Status.MISSING, faces()[0])
    before, files = rows(command), blobs(command)
    found = command.run("persons", "search", adults / "_probes" / "obama1.jpg", "--json").json
    assert (found["probes"], found["candidates"], len(found["no_candidate"])) == (1, [], 1)
    assert rows(command) == before and blobs(command) == files


def test_enrolled_again_only_what_is_new_is_added(gallery: Command, adults: Path) -> None:
    again = gallery.run(
        "persons", "enrol", gallery.home / "in", "--status", "missing", "--json", code=None
    ).json
    assert again["again"] >= 5 and again["enrolled"] == 0 and again["corrected"] == 0


def test_who_is_erased_takes_along_what_was_searched_with_the_same_photograph(
    gallery: Command, adults: Path
) -> None:
    gallery.run("persons", "search", adults / "_probes" / "obama1.jpg")
    photo = sorted((gallery.home / "in" / "biden-0").glob("*.jpg"))[0]
    gallery.run("persons", "search", photo)
    probes = gallery.run("persons", "list", "--status", "probe", "--json").json
    (mine,) = (one["id"] for one in probes if one["person_id"] == str(photo))
    erased = gallery.run("persons", "erase", "biden-0", "--order", "44 X 7/26", "--json").json
    assert erased["searches"] == 1
    left = gallery.run("persons", "list", "--status", "probe", "--json").json
    assert len(left) == len(probes) - 1 and mine not in str(rows(gallery))
    assert gallery.run("audit", "verify", "--json").json["ok"] is True


def test_killed_in_the_middle_an_enrolment_ends_as_if_it_never_was(tmp_path: Path, adults: Path) -> None:
    folder = _people_of(adults, tmp_path / "in", 3)

    def state(command: Command) -> Any:
        listed = command.run("persons", "list", "--json").json
        with sqlite3.connect(command.home / "workspace" / "safelight.db") as store:
            photos = store.execute(
                "select hex(sha256), state, count(*) from person_photo group by 1, 2 order by 1"
            )
            faces = store.execute(
                "select hex(sha256), version, count(*) from person_template group by 1, 2 order by 1"
            )
            return sorted(one["person_id"] for one in listed), photos.fetchall(), faces.fetchall()

    (tmp_path / "never").mkdir()
    never = begin(tmp_path / "never")
    open_case(never, "case")
    begun = time.monotonic()
    never.run("persons", "enrol", folder, "--status", "missing", code=None)
    seconds = time.monotonic() - begun
    command = begin(tmp_path)
    open_case(command, "case")
    chooser = random.Random(5)
    for _ in range(3):
        running = command.start("persons", "enrol", folder, "--status", "missing")
        time.sleep(chooser.uniform(0.2, 0.8) * seconds)
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    command.run("persons", "enrol", folder, "--status", "missing", code=None)
    assert state(command) == state(never)
    events = command.run("audit", "show", "--json", "--top", "200").json
    phases = [one["phase"] for one in events if one["verb"] == "persons enrol"]
    assert phases[-1] == "ended" and set(phases) <= {"begun", "resumed", "ended"}
    assert command.run("audit", "verify", "--json").json["ok"] is True
    shutil.rmtree(folder)
