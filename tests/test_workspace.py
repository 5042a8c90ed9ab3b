"""Every public verb passes the gate and the log; none escapes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import (
    BusyError,
    FormatError,
    IntegrityError,
    ModelMissingError,
    RefusedError,
    SafelightError,
    UsageError,
)
from safelight.governance import cases
from safelight.governance.gate import Verb
from safelight.governance.users import Proof
from safelight.model import Capability, HashSetKind
from safelight.persons.person import Status, Verdict
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace
from tests.conftest import authority, of_missing_people

OF_THE_GATE = {"publish", "exclusive", "close"}
"""What the gate itself asks of a workspace, and closing it: they touch nothing of a case."""


def verbs() -> dict[str, Verb]:
    public = {
        name: method for name, method in inspect.getmembers(Workspace, callable) if not name.startswith("_")
    }
    unmarked = {name for name, method in public.items() if not hasattr(method, "__verb__")}
    assert unmarked == OF_THE_GATE
    return {name: method.__verb__ for name, method in public.items() if hasattr(method, "__verb__")}


def arguments(name: str, folder: Path) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments with which a verb could run."""
    (folder / "a.txt").write_text("d41d8cd98f00b204e9800998ecf8427e\n", encoding="ascii")
    given: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "open_case": (("another", authority()), {}),
        "import_hashset": ((folder / "a.txt",), {"name": "n", "kind": HashSetKind.WATCH}),
        "export_hashset": (("n", folder / "out.csv"), {}),
        "remove_hashset": (("n",), {}),
        "add_models": ((folder,), {}),
        "add_user": (("Meier", Proof("four random words here")), {}),
        "remove_user": (("Meier",), {}),
        "audit_prove": ((0,), {}),
        "scan": (([folder],), {}),
        "decide": (("L-0", "unsure"), {}),
        "screen": (([folder / "a.txt"],), {}),
        "export": (("csv", folder / "out.csv"), {}),
        "import_reports": (([folder],), {}),
        "next_report": (("desk",), {}),
        "release_report": (("R-0",), {}),
        "show_report": (("R-0",), {}),
        "report_links": (("R-0",), {}),
        "cut_reports": (("R-0", "R-1"), {"reason": "not the same"}),
        "join_reports": (("R-0", "R-1"), {"reason": "the same"}),
        "decide_report": (("R-0", "unsure"), {}),
        "sample_reports": ((), {"size": 5}),
        "report_capacity": ((), {"people": 2, "minutes": 20.0}),
        "evaluate_reports": ((folder / "a.txt",), {}),
        "enrol_persons": ((folder / "a.jpg",), {"status": Status.MISSING}),
        "show_person": (("1",), {}),
        "update_person": (("1",), {"changes": {"height": "120 cm"}}),
        "withdraw_person": (("1",), {"reason": "asked to"}),
        "search_persons": ((folder / "a.txt",), {}),
        "answer_review": (("C-0", Verdict.SAME), {}),
        "reopen_review": (("C-0",), {"reason": "a new photograph"}),
        "review_page": ((["C-0"], folder / "page.html"), {}),
        "sheet_person": (("C-0", folder / "sheet.html"), {}),
        "show_faces": ((folder / "none.jpg", folder / "faces.html"), {}),
        "person_step": (("C-0", "DNA"), {}),
        "person_outcome": (("C-0", "unknown"), {}),
        "link_cases": (("other",), {"reason": "the same region"}),
        "unlink_cases": (("other",), {}),
        "erase_person": (("1",), {"order": "court 7"}),
        "evaluate_faces": ((folder / "a.txt",), {}),
        "accept_model": ((), {"reason": "measured elsewhere"}),
    }
    return given.get(name, ((), {}))


_ABOUT_A_REPORT = (
    "release_report",
    "show_report",
    "report_links",
    "cut_reports",
    "join_reports",
    "decide_report",
)
_ABOUT_A_PERSON = (
    "show_person",
    "update_person",
    "withdraw_person",
    "answer_review",
    "reopen_review",
    "review_page",
    "sheet_person",
    "show_faces",
    "person_step",
    "person_outcome",
    "erase_person",
    "evaluate_faces",
    "accept_model",
    "enrol_persons",
)
FAIL = {
    **dict.fromkeys(_ABOUT_A_PERSON, UsageError),
    "search_persons": FormatError,
    "decide": UsageError,
    "add_models": ModelMissingError,
    "remove_user": UsageError,
    **dict.fromkeys((*_ABOUT_A_REPORT, "learn_reports", "evaluate_reports"), UsageError),
}
"""Verbs that have nothing to do in an empty workspace; that they were tried is an event all the same."""

CASE_VERBS = sorted(name for name, verb in verbs().items() if verb.case)
ALL_VERBS = sorted(verbs())


def log_of(opened: Workspace) -> list[dict[str, Any]]:
    return opened.audit_show()


def test_every_capability_is_where_the_contract_puts_it() -> None:
    needs = {verb.name: verb.needs for verb in verbs().values() if verb.needs}
    desk = {name for name in needs if name.startswith("reports ")}
    assert {needs.pop(name) for name in desk} == {Capability.REPORT_TRIAGE}
    faces = {name for name in needs if name.startswith("persons ")}
    assert {needs.pop(name) for name in faces} == {Capability.FACE_SEARCH}
    assert needs == {
        "scan": Capability.HASH_MATCH,
        "screen": Capability.SCREENING,
        "export": Capability.EXPORT,
    }


@pytest.mark.parametrize("name", ALL_VERBS)
def test_every_verb_leaves_its_events(
    name: str, workspace: Workspace, open_again: Callable[..., Workspace], tmp_path: Path
) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    args, kwargs = arguments(name, folder)
    if name in ("export_hashset", "remove_hashset"):
        workspace.import_hashset(folder / "a.txt", name="n", kind=HashSetKind.WATCH)
    if verbs()[name].needs is Capability.FACE_SEARCH:
        workspace.open_case("other", of_missing_people())
        kwargs["case"] = "faces"
        workspace.open_case("faces", of_missing_people(Capability.EXPORT))
    before = len(log_of(workspace))
    if name in FAIL:
        with pytest.raises(FAIL[name]):
            getattr(workspace, name)(*args, **kwargs)
    else:
        getattr(workspace, name)(*args, **kwargs)
    new = log_of(workspace)[before + 1 :]  # the look at the log before is an event too
    mark = verbs()[name]
    mine = [event for event in new if event["verb"] == mark.name]
    if name == "audit_show":
        mine = mine[:1]
    phases = [event["phase"] for event in mine]
    end = "failed" if name in FAIL else "ended" if mark.long else "done"
    begins = (
        mark.long and name != "erase_person"
    )  # that nobody of this name is there is known before it begins
    assert phases == (["begun", end] if begins else [end])
    for event in mine:
        assert event["actor"] and event["os_account"] and event["host"] and event["time"].endswith("Z")
        assert (event["case"] is not None) == (mark.case or name == "open_case")


@pytest.mark.parametrize("name", CASE_VERBS)
@pytest.mark.parametrize("why", ["no case", "expired", "not yet", "closed"])
def test_no_verb_of_a_case_runs_without_a_valid_one(
    name: str, why: str, open_again: Callable[..., Workspace], tmp_path: Path
) -> None:
    opened = open_again()
    today = datetime.now(UTC).date()
    if why == "expired":
        over = authority(
            days=1, start=today - timedelta(days=9)
        )  # opened when it was valid: now it is refused
        with opened.database.transaction() as connection:
            cases.add(connection, opened.keys, "old", over, "us", opened.actor)
    elif why == "not yet":
        opened.open_case("early", authority(start=today + timedelta(days=2)))
    elif why == "closed":
        opened.open_case("shut", authority())
        opened.close_case(case="shut")
    wanted = {"expired": "old", "not yet": "early", "closed": "shut", "no case": "unknown"}[why]
    args, kwargs = arguments(name, tmp_path)
    if name == "show_case" and why == "closed":
        return  # what a closed case was can be read, see below
    if name == "close_case" and why in ("expired", "not yet"):
        return  # an order that is over can still be put away
    with pytest.raises((RefusedError, UsageError)) as refused:
        getattr(opened, name)(*args, case=wanted, **kwargs)
    assert isinstance(refused.value, RefusedError) or (name, why) == ("close_case", "closed")
    refusals = [
        event
        for event in log_of(opened)
        if event["phase"] == "refused" and event["verb"] == verbs()[name].name
    ]
    if isinstance(refused.value, RefusedError):
        assert refusals and refusals[-1]["detail"]["ground"] == refused.value.ground


def test_a_closed_case_is_still_described_and_the_log_says_who_read_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "a.txt").write_text("one file")
    workspace.scan([folder])
    before = workspace.show_case()
    workspace.close_case()
    with pytest.raises(RefusedError):
        workspace.show_case()  # not the only open one any more: it must be named
    shown = workspace.show_case(case=before["id"])
    assert shown["closed_at"] is not None
    assert {**shown, "closed_at": None} == before and shown["counts"]["files"] == 1
    refused, read = [event for event in log_of(workspace) if event["verb"] == "case show"][-2:]
    assert (refused["phase"], read["phase"], read["case"]) == ("refused", "done", before["id"])
    assert read["authority"] is not None
    with pytest.raises(RefusedError, match="is closed"):
        workspace.leads(case=before["id"])


def test_a_closed_case_of_an_order_that_has_run_out_is_described_too(
    open_again: Callable[..., Workspace],
) -> None:
    opened = open_again()
    over = authority(days=1, start=datetime.now(UTC).date() - timedelta(days=9))
    with opened.database.transaction() as connection:
        cases.add(connection, opened.keys, "old", over, "us", opened.actor)
    with pytest.raises(RefusedError, match="expired"):
        opened.show_case(case="old")
    opened.close_case(case="old")
    assert opened.show_case(case="old")["name"] == "old"


@pytest.mark.parametrize(("name", "needs"), [(n, v.needs) for n, v in sorted(verbs().items()) if v.needs])
def test_no_verb_runs_without_its_capability(
    name: str, needs: Capability, open_again: Callable[..., Workspace], tmp_path: Path
) -> None:
    opened = open_again()
    opened.open_case("narrow", authority(*(set(Capability) - {needs, Capability.FACE_SEARCH})))
    args, kwargs = arguments(name, tmp_path)
    with pytest.raises(RefusedError) as refused:
        getattr(opened, name)(*args, **kwargs)
    assert refused.value.ground == f"capability {needs}"
    assert refused.value.exit_code == 3


def test_a_case_is_needed_but_not_named_when_one_is_open(workspace: Workspace) -> None:
    assert workspace.show_case()["name"] == "sample"
    workspace.open_case("second", authority())
    with pytest.raises(UsageError):
        workspace.show_case()
    assert workspace.show_case(case="second")["name"] == "second"


def test_no_case_is_opened_on_an_order_that_is_over(open_again: Callable[..., Workspace]) -> None:
    opened, today = open_again(), datetime.now(UTC).date()
    with pytest.raises(RefusedError) as refused:
        opened.open_case("late", authority(days=3, start=today - timedelta(days=4)))
    assert refused.value.ground == "authority expired" and refused.value.exit_code == 3
    assert [(event["verb"], event["phase"]) for event in log_of(opened)][-1] == ("case open", "refused")
    opened.open_case("last day", authority(days=3, start=today - timedelta(days=3)))


def test_face_search_needs_an_approver_who_is_someone_else_and_a_ground(
    open_again: Callable[..., Workspace],
) -> None:
    opened = open_again()
    for changes, ground in (
        ({}, "approver"),
        ({"approved_by": opened.actor}, "approver"),
        ({"approved_by": "someone else"}, "ground"),
        ({"approved_by": "someone else", "ground": "suspect"}, "offence"),
    ):
        asked = authority(Capability.FACE_SEARCH)
        from dataclasses import replace

        from safelight.model import Ground

        parts: dict[str, Any] = dict(changes)
        if "ground" in parts:
            parts["ground"] = Ground(parts["ground"])
        with pytest.raises(RefusedError) as refused:
            opened.open_case("faces", replace(asked, **parts))
        assert refused.value.ground == ground


def test_another_name_than_the_login_is_refused_outside_an_evaluation_workspace(config: Settings) -> None:
    with open_workspace(config=config) as opened:
        opened.list_cases()
    with open_workspace(config=config, actor="somebody-else") as opened:
        with pytest.raises(RefusedError) as refused:
            opened.list_cases()
        assert refused.value.ground == "identity"


def test_the_workspace_key_lies_outside_and_only_its_owner_reads_it(config: Settings) -> None:
    with open_workspace(config=config) as opened:
        key = config.key_folder / f"{opened.id}.key"
        assert key.stat().st_mode & 0o077 == 0
    inside = config.model_copy(update={"key_folder": config.workspace / "keys"})
    with pytest.raises(UsageError):
        open_workspace(config=inside)


def test_a_copy_of_the_store_without_its_key_cannot_be_opened(config: Settings, tmp_path: Path) -> None:
    with open_workspace(config=config) as opened:
        opened.open_case("sample", authority())
    config.key_folder.rename(tmp_path / "elsewhere")
    with pytest.raises(SafelightError):
        open_workspace(config=config)


def test_a_store_put_back_to_an_earlier_day_is_noticed_at_once(config: Settings) -> None:
    with open_workspace(config=config) as opened:
        opened.open_case("sample", authority())
        opened.database.shrink_wal()
    old = (config.workspace / "safelight.db").read_bytes()
    with open_workspace(config=config) as opened:
        opened.show_case()
        opened.database.shrink_wal()
    (config.workspace / "safelight.db").write_bytes(old)
    with pytest.raises(IntegrityError):
        open_workspace(config=config)


def test_case_names_and_references_are_not_in_the_store_in_clear(config: Settings) -> None:
    with open_workspace(config=config) as opened:
        opened.open_case("Operation Heather", authority())
        opened.database.shrink_wal()
    for file in config.workspace.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"Heather" not in content and b"12 Gs" not in content and b"Sample Court" not in content


def test_only_one_writes_at_length_but_readers_stand_beside_it(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.exclusive():
        with pytest.raises(BusyError):
            workspace.scan([tmp_path])
        assert workspace.audit_verify()["ok"]
        workspace.export("csv", tmp_path / "leads.csv")
    assert log_of(workspace)[-1]["phase"] == "ended"
