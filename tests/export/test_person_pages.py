"""The list to decide and the page of one person: at one scale, no score where people decide, allowed, logged."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import RefusedError, UsageError
from safelight.model import Capability
from safelight.persons.person import Status, Verdict
from safelight.workspace import Workspace

from ..conftest import authority
from .page import Page
from .person_desk import PersonDesk, desk

Open = Callable[..., Workspace]


@pytest.fixture
def at(open_again: Open) -> PersonDesk:
    return desk(open_again, Capability.EXPORT)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "page.html"


def written(opened: Workspace, out: Path) -> dict[str, Any]:
    """The next list, and its page."""
    found = opened.next_review(with_page=True)
    assert found is not None
    return {**found, "page": opened.review_page([one["id"] for one in found["candidates"]], out)}


def said(path: Path) -> str:
    return Page(path.read_text(encoding="utf-8", errors="strict")).said()


def pairs(path: Path) -> list[str]:
    """The source of each pair on a list, without what differs between people."""
    source = path.read_text()
    return re.findall('<section class="pairing".*?</section>', source, re.DOTALL)


def test_a_list_shows_the_probe_beside_each_candidate_in_the_drawn_order(at: PersonDesk, out: Path) -> None:
    found = written(at.workspace, out)
    assert found["page"]["file"] == str(out)
    drawn = [one["id"] for one in found["candidates"]]
    assert sorted(drawn) == sorted((at.candidate, at.foil))
    assert [re.findall(r"C-[0-9a-f]{16}", one)[0] for one in pairs(out)] == drawn
    assert all("F-1" in one and ("M-1" in one or "M-2" in one) for one in pairs(out))


def test_a_list_has_no_score_and_no_weight(at: PersonDesk, out: Path) -> None:
    written(at.workspace, out)
    text = said(out)
    for hidden in (
        "0.95",
        "8e-5",
        "8.0e",
        "3.2",
        "−1.5",
        "The faces are alike",
        "Contradiction",
        "similarity",
        "rank",
    ):
        assert hidden not in text, hidden


def test_nothing_on_a_list_tells_who_cannot_be_the_one(at: PersonDesk, out: Path) -> None:
    written(at.workspace, out)
    assert "foil" not in out.read_text().lower()
    real, foil = sorted(pairs(out), key=lambda one: at.foil in one)
    shapes = [
        [tag for tag, _ in Page(one).elements if tag not in ("tr", "th", "td", "bdi", "br", "span", "a", "p")]
        for one in (real, foil)
    ]
    assert shapes[0] == shapes[1]


def test_each_pair_has_a_whole_command_for_each_answer(at: PersonDesk, out: Path) -> None:
    written(at.workspace, out)
    commands = re.findall(r'<code class="command"[^>]*>(.*?)</code>', out.read_text())
    assert len(commands) == 2 * len(Verdict)
    words = shlex.split(commands[0])
    assert words[:4] == ["safelight", "persons", "review", "answer"]
    assert {words[words.index(one) + 1] for one in ("--verdict", "--as", "--case")} == {
        "same",
        "anna",
        at.case,
    }


def test_a_list_runs_no_script_and_loads_nothing(at: PersonDesk, out: Path) -> None:
    written(at.workspace, out)
    page = Page(out.read_text())
    assert not {"script", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in page.elements}
    addresses = {
        str(value) for _, some in page.elements for name, value in some.items() if name in ("href", "src")
    }
    assert all(one.startswith(("#", "data:image/jpeg;base64,")) for one in addresses)
    assert len(page.ids) == len(set(page.ids))
    assert "EVALUATION" in page.said()


def test_the_page_is_an_event_with_everybody_who_is_on_it(at: PersonDesk, out: Path) -> None:
    found = written(at.workspace, out)
    event = at.events("persons review page")[-1]
    assert set(event["subject"]) == {at.found, at.missing, at.other, at.candidate, at.foil}
    assert event["detail"]["sha256"] == found["page"]["sha256"]


def test_without_export_no_page_is_written_and_nothing_is_held(open_again: Open, out: Path) -> None:
    made = desk(open_again)
    with pytest.raises(RefusedError, match="export"):
        written(made.workspace, out)
    assert not out.exists()
    assert open_again(actor="berta").next_review() is not None


def test_a_list_without_a_page_needs_no_export(open_again: Open) -> None:
    found = desk(open_again).workspace.next_review()
    assert found is not None
    assert "page" not in found


def test_a_page_of_another_kind_is_refused(at: PersonDesk, out: Path) -> None:
    with pytest.raises(UsageError, match="ending"):
        written(at.workspace, out.with_suffix(".pdf"))


def test_a_page_shows_only_a_list_that_is_held_for_whoever_asks(
    open_again: Open, at: PersonDesk, out: Path
) -> None:
    found = written(at.workspace, out)
    with pytest.raises(UsageError, match="held for you"):
        open_again(actor="berta").review_page([one["id"] for one in found["candidates"]], out)


def test_one_person_s_page_has_photographs_facts_candidates_and_history(at: PersonDesk, out: Path) -> None:
    at.workspace.update_person(at.missing, changes={"height": "170 cm"}, reason="a typing error")
    at.workspace.export("html", out, person="M-1")
    text = said(out)
    for part in (
        "Missing M-1", "Robin Example", "M-1-0.jpg", at.candidate, "found F-1", "open", "corrected",
        "height: 160 to 164 cm", "170 cm", "because: a typing error", "c.chief",
    ):  # fmt: skip
        assert part in text, part


def test_who_cannot_be_the_one_is_not_on_a_person_s_page(at: PersonDesk, out: Path) -> None:
    at.workspace.export("html", out, person="F-1")
    assert at.candidate in said(out)
    assert at.foil not in said(out)


def test_a_person_s_page_hides_verdicts_until_it_is_decided(
    open_again: Open, at: PersonDesk, out: Path
) -> None:
    open_again(actor="berta").answer_review(at.candidate, Verdict.SAME)
    at.workspace.export("html", out, person="F-1")
    assert "berta" not in said(out)
    open_again(actor="carl").answer_review(at.candidate, Verdict.SAME)
    at.workspace.export("html", out, person="F-1")
    assert "berta, carl" in said(out)


def test_a_person_s_page_is_an_event_that_names_the_person_and_the_candidates(
    at: PersonDesk, out: Path
) -> None:
    written = at.workspace.export("html", out, person=at.missing)
    event = at.events("export")[-1]
    assert event["subject"] == [at.missing, at.candidate]
    assert event["detail"]["sha256"] == written["sha256"]


def test_a_person_s_page_needs_face_search_too(open_again: Open, out: Path) -> None:
    opened = open_again()
    opened.open_case("other", authority(Capability.EXPORT))
    with pytest.raises(RefusedError, match="face-search"):
        opened.export("html", out, person="M-1")


@pytest.mark.parametrize("more", [{"desk": True}, {"report": "R-1"}])
def test_two_pages_at_once_are_refused(at: PersonDesk, out: Path, more: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="several pages"):
        at.workspace.export("html", out, person="M-1", **more)  # type: ignore[arg-type]


def test_a_person_s_page_is_no_csv(at: PersonDesk, out: Path) -> None:
    with pytest.raises(UsageError, match="is no 'csv'"):
        at.workspace.export("csv", out, person="M-1")


def test_a_page_never_goes_into_the_workspace(at: PersonDesk) -> None:
    inside = at.workspace.folder / "page.html"
    with pytest.raises(UsageError, match="never written over"):
        written(at.workspace, inside)
    assert not inside.exists()


def test_a_person_of_whom_nothing_is_stated_has_a_page(at: PersonDesk, out: Path) -> None:
    from safelight.persons.person import Facts

    at.enrol("M-9", Status.MISSING, Facts(), photos=0)
    at.workspace.export("html", out, person="M-9")
    assert "none stated" in said(out)
