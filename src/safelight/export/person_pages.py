"""Pages of the missing-children desk: the list to decide, a candidate's sheet, one person's entry.

Each leaves the workspace with photographs, so each needs the capability `export` beside `face-search`, and its event
names who is on it and the digest of the file.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safelight.errors import UsageError
from safelight.export import deliver
from safelight.export.person_page import PersonPage
from safelight.export.person_pdf import SheetPdf, evaluated
from safelight.export.person_phrases import side_by_side, signed, stated, told
from safelight.export.person_portraits import SCALE
from safelight.export.person_sheet import CLOSED, Sheet, chance, shown
from safelight.export.protocol import Exporter, ExportOptions
from safelight.governance.authority import check_allows
from safelight.governance.gate import Permit
from safelight.model import Capability
from safelight.persons.desk.house import House
from safelight.persons.desk.review import HELD_MINUTES, Work
from safelight.persons.desk.reviewing import OUTCOME, Reviewing
from safelight.persons.keep.people import ENROLLED, Kept, Photo
from safelight.persons.person import IN_GALLERY, Status, Verdict

_CANDIDATES, _HISTORY = 200, 200
"""Candidates and changes of one entry that its page writes out."""
ENTRY_SHOWN = 12
"""Photographs on the page of an entry."""


def write_list(
    house: House,
    permit: Permit,
    reviewing: Reviewing,
    candidates: Sequence[str],
    page: Path,
) -> dict[str, Any]:
    """Write the list of one probe that `reviewing.next` held for the acting person; the file and its digest.

    Without a score, a rank or a weight, in the order that was drawn, and nothing says who was put in as unlike.
    Raises UsageError for another list.
    """
    check_suffix(page, (".html", ".htm"))
    drawn = [reviewing.pairs.get(one) for one in candidates]
    works = reviewing.works(drawn)
    if len({one.probe for one in drawn}) != 1 or any(permit.actor not in one.holders for one in works):
        raise UsageError(
            "These are not a list that is held for you.", "Ask for one: `safelight persons review next`."
        )
    probe = shown(house, reviewing, reviewing.people.get(drawn[0].probe))
    permit.subjects.append(probe.id)
    pairs = []
    again = {one.kept.id: one.earlier_of(permit.actor) for one in works}
    for one in drawn:
        side = shown(house, reviewing, reviewing.people.get(one.person))
        permit.subjects += [one.id, side.id]
        pairs.append(
            {
                "id": one.id,
                "side": side,
                "rows": side_by_side(probe.facts, side.facts),
                "again": before.at.date().isoformat() if (before := again[one.id]) else "",
                "commands": list(_commands(one.id, permit)),
            }
        )
    until = datetime.now(UTC) + timedelta(minutes=HELD_MINUTES)
    context = {
        "probe": probe,
        "pairs": pairs,
        "scale": SCALE,
        "decider": permit.actor,
        "held_until": f"{until:%Y-%m-%d %H:%M} UTC",
    }
    title = f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'} to decide"
    made = PersonPage("list.html.j2", title, context, len(pairs), "pair")
    return write_page(house, permit, made, page)


def _commands(candidate: str, permit: Permit) -> Iterator[tuple[str, str]]:
    """The command for each answer, whole: under the name that the list is held for, in its case."""
    who = shlex.quote(permit.actor)
    for verdict in Verdict:
        yield (
            str(verdict).replace("-", " "),
            f"safelight persons review answer {candidate} --verdict {verdict} --case {permit.the_case.id} --as {who}",
        )


def write_sheet(house: House, permit: Permit, sheet: Sheet, out: Path) -> dict[str, Any]:
    """Write a candidate's sheet as HTML or PDF, by the ending of `out`; the file and its digest."""
    return write_page(house, permit, sheet_exporter(sheet, out), out)


def sheet_exporter(sheet: Sheet, out: Path) -> Exporter:
    """How a sheet is written. UsageError for another ending than `.html` or `.pdf`."""
    check_suffix(out, (".html", ".htm", ".pdf"))
    if out.suffix.lower() == ".pdf":
        return SheetPdf(sheet)
    context = {"sheet": sheet, "evaluated": lambda findings: evaluated(sheet, findings)}
    return PersonPage("sheet.html.j2", f"Candidate {sheet.id}", context, 1, "candidate")


def check_suffix(out: Path, known: Sequence[str]) -> None:
    """Raise UsageError unless the file's ending is one of `known`."""
    if out.suffix.lower() not in known:
        named = " or ".join(one for one in known if one != ".htm")
        raise UsageError(f"{out} has an ending that says nothing here.", f"Name a file that ends in {named}.")


def of_person(house: House, permit: Permit, connection: sa.Connection, wanted: str) -> PersonPage:
    """The page of one person: photographs, what is stated, history, candidates with their standing.

    Raises RefusedError where the case does not allow `face-search`, UsageError where there is no such person.
    """
    check_allows(permit.the_case, Capability.FACE_SEARCH)
    reviewing = Reviewing(house, permit, connection)
    kept = reviewing.people.find(wanted)
    permit.subjects.append(kept.id)
    found = [one for one in reviewing.pairs.all(of=kept.id) if reviewing.can_read(one)]
    side = shown(house, reviewing, kept, ENTRY_SHOWN)
    context = {
        "side": side,
        "status": str(kept.status),
        "in_gallery": kept.status in IN_GALLERY and any(one.state == ENROLLED for one in kept.photos),
        "scale": SCALE,
        "photos": [_photo(one) for one in kept.photos],
        "notes": list(kept.notes),
        "candidates": list(_candidates(reviewing, permit, kept, found[:_CANDIDATES])),
        "more_candidates": max(0, len(found) - _CANDIDATES),
        "history": [_change(one, kept) for one in reviewing.people.history(kept.id)[-_HISTORY:]],
    }
    return PersonPage("entry.html.j2", f"{side.title} {side.number}", context, 1, "person")


def _photo(one: Photo) -> dict[str, str]:
    quality = f"{one.quality:.2f}" if one.quality is not None else "—"
    return {
        "name": one.name,
        "sha256": one.sha256.hex(),
        "state": one.state,
        "quality": quality,
        "why": one.why,
    }


def _candidates(
    reviewing: Reviewing, permit: Permit, kept: Kept, found: Sequence[Any]
) -> Iterator[dict[str, Any]]:
    outcomes = reviewing.pairs.acts(OUTCOME, found)
    for work in sorted(reviewing.works(found), key=lambda one: (-one.kept.weight, one.kept.id)):
        one = work.kept
        other = reviewing.people.get(one.person if one.probe == kept.id else one.probe, photos=False)
        permit.subjects.append(one.id)
        acts = outcomes.get(one.id, ())
        yield {
            "id": one.id,
            "title": str(other.register).replace("probe", "photograph"),
            "number": other.number.rpartition("/")[2] if other.register is Status.PROBE else other.number,
            "standing": _standing(work),
            "by": ", ".join(each.by for each in work.said) if work.standing in CLOSED else "",
            "chance": chance(one)[1],
            "weight": signed(one.weight),
            "outcome": f"{acts[-1].said['result'].replace('-', ' ')}, {acts[-1].said['on']}"
            if acts
            else "not known",
        }


def _standing(work: Work) -> str:
    marks = ["proposed by a person, the comparison spoke against it"] if work.kept.proposed else []
    marks += ["decided without photographs"] if work.without_photographs else []
    return f"{work.standing} ({'; '.join(marks)})" if marks else str(work.standing)


def _change(one: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    """One entry of the history in words."""
    lines = []
    before, after = one.get("before"), one.get("after")
    if isinstance(before, str) and isinstance(after, str):
        lines.append(f"{before} → {after}")
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        first, second = (_in_words(said, kept) for said in (before, after))
        lines += [
            f"{label}: {first.get(label, 'not stated')} → {second.get(label, 'not stated')}"
            for label in dict.fromkeys([*first, *second])
            if first.get(label) != second.get(label)
        ]
    words = {"status": "as", "where": "from", "reason": "because"}
    lines += [f"{word}: {one[key]}" for key, word in words.items() if one.get(key)]
    at = str(one["at"])[:16].replace("T", " ")
    return {"at": f"{at} UTC", "kind": one["kind"], "by": one["by"], "said": [told(line) for line in lines]}


def _in_words(said: Mapping[str, Any], kept: Kept) -> dict[str, str]:
    facts = said.get("facts", said)
    found = {label: "; ".join(some) for label, some in stated(facts, str(kept.register))}
    return {**({"status": str(said["status"])} if "status" in said and "facts" in said else {}), **found}


def write_page(house: House, permit: Permit, exporter: Exporter, out: Path) -> dict[str, Any]:
    """Write it whole, never into the workspace or over evidence; the permit's event has the digest of the file."""
    with permit.snapshot() as connection:
        findings = deliver.CaseFindings(house, connection, permit.the_case)
        kept = (house.folder, house.config.key_folder)
        written = deliver.write(findings, exporter, out, ExportOptions(), kept)
    permit.detail |= {"records": written["records"], "sha256": written["sha256"]}
    permit.personal["file"] = written["file"]
    return written


__all__ = ["check_suffix", "of_person", "sheet_exporter", "write_list", "write_page", "write_sheet"]
