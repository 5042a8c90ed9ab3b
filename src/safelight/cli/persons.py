"""`safelight persons`: the missing-children desk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from safelight.cli import person_lines as lines
from safelight.cli.case import CASE
from safelight.cli.common import UNREAD, command, group, note, say, show, table, workspace
from safelight.cli.drawing import drawn

app = group(
    "persons",
    "Missing and found: compare photographs and facts, decide by two people, and count who is back home.",
)
review = group("review", "Decide about candidates: two people, each blind to the other.")
app.add_typer(review)
PERSON = typer.Argument(help="Id of the person (P-…), the register's own number, or missing:NUMBER.")
CANDIDATE = typer.Argument(help="Id of the candidate (C-…), or its beginning.")
CHANCE = typer.Option(
    None,
    min=1e-6,
    max=1000.0,
    help="How many look-alikes chance may bring to each list; 1 for a search and 0.1 for a match if not given.",
)
DATES = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"]
"""How days may be given; the day stands before the month."""
TOP = typer.Option(10, min=1, max=1000, help="At most so many candidates for each face.")


@command(app, "enrol")
def enrol(
    path: Path = typer.Argument(
        help="A folder of photographs, one photograph, or a register (CSV, JSON, XLSX)."
    ),
    status: str = typer.Option(help="missing or found."),
    case: str | None = CASE,
    format: str = typer.Option("auto", help="auto, or one of: csv, json, xlsx."),
    columns: str | None = typer.Option(
        None, "--map", metavar="FILE", help="TOML file that says which column is what; or namus, interpol."
    ),
    face: list[str] = typer.Option(
        [],
        metavar="PHOTO=N",
        help="Which face is the person's where a photograph shows several: 1 is the one furthest left.",
    ),
) -> None:
    """Take people in. What is enrolled already is recognised; whoever else is on a photograph is never taken in."""
    chosen = _faces(face)
    with workspace() as opened, drawn() as progress:
        found = opened.enrol_persons(
            path,
            status=_status(status, "missing", "found"),
            case=case,
            format=format,
            columns=_mapping(columns),
            faces=chosen,
            progress=progress,
        )
    show(found, lambda: say(*lines.enrolled(found)))
    note(*_not_met(path, chosen))
    if not found["complete"]:
        raise typer.Exit(UNREAD)


@command(app, "faces")
def faces(
    photo: Path = typer.Argument(help="A photograph that shows several people."),
    output: Path = typer.Option(..., "-o", "--output", metavar="FILE", help="Page to write: .html."),
    case: str | None = CASE,
) -> None:
    """Write a page of a photograph with its faces framed and numbered, as `enrol --face PHOTO=N` counts them.

    It needs the capability export, because the photograph is on it. Nobody is described or stored.
    """
    _no_folder(photo)
    with workspace() as opened:
        found = opened.show_faces(photo, output, case=case)
    show(found, lambda: say(*lines.faces(found)))


@command(app, "list")
def list_persons(
    status: str | None = typer.Option(
        None, help="Only missing, found, home or withdrawn; or probe: photographs that were searched with."
    ),
    case: str | None = CASE,
) -> None:
    """Everybody who is enrolled."""
    with workspace() as opened:
        wanted = _status(status) if status else None
        found = opened.list_persons(status=wanted, case=case)
    found.sort(key=lines.by_number)
    show(found, lambda: table("People", lines.LISTED, [lines.listed(one) for one in found], wide=4))


@command(app, "show")
def show_person(person: str = PERSON, case: str | None = CASE) -> None:
    """One person in full, with the history of the entry."""
    with workspace() as opened:
        found = opened.show_person(person, case=case)
    show(found, lambda: say(*lines.person(found)))


@command(app, "update")
def update(
    person: str = PERSON,
    change: list[str] = typer.Option(
        [],
        "--set",
        metavar="COLUMN=VALUE",
        help="A fact as a register would state it, for example height='128 cm'; with no value, it is taken back.",
    ),
    status: str | None = typer.Option(None, help="missing, found or home."),
    reason: str | None = typer.Option(None, help="Why; kept encrypted."),
    case: str | None = CASE,
) -> None:
    """Correct what is stated of a person, or where they stand; the history keeps what was there before."""
    changes = dict(_pair(one, "--set") for one in change)
    with workspace() as opened:
        found = opened.update_person(
            person,
            changes=changes,
            status=_status(status, "missing", "found", "home") if status else None,
            reason=reason,
            case=case,
        )
    show(found, lambda: say(*lines.person(found)))


@command(app, "withdraw")
def withdraw(
    person: str = PERSON, reason: str = typer.Option(help="Why; kept encrypted."), case: str | None = CASE
) -> None:
    """Take a person out of every comparison at once."""
    with workspace() as opened:
        found = opened.withdraw_person(person, reason=reason, case=case)
    show(found, lambda: say(*lines.person(found)))


@command(app, "search")
def search(
    photo: Path = typer.Argument(help="One photograph: a file of the case."),
    top: int = TOP,
    status: str | None = typer.Option(None, help="Only among the missing, or only among the found."),
    chance: float | None = CHANCE,
    case: str | None = CASE,
) -> None:
    """Search among all who are enrolled with a photograph. Candidates, never an identity: two people decide."""
    _no_folder(photo)
    with workspace() as opened, drawn() as progress:
        found = opened.search_persons(
            photo,
            top=top,
            status=_status(status, "missing", "found") if status else None,
            chance=chance,
            case=case,
            progress=progress,
        )
    show(found, lambda: say(*lines.candidates(found)))


@command(app, "match")
def match(top: int = TOP, chance: float | None = CHANCE, case: str | None = CASE) -> None:
    """Compare all found people with all missing ones; only in a case of missing persons."""
    with workspace() as opened, drawn() as progress:
        found = opened.match_persons(top=top, chance=chance, case=case, progress=progress)
    show(found, lambda: say(*lines.candidates(found)))


@command(review, "next")
def review_next(
    most: int = typer.Option(5, "--top", min=1, max=20, help="At most so many candidates in the list."),
    page: Path | None = typer.Option(
        None, metavar="FILE", help="Write a page with the photographs; needs the capability export."
    ),
    case: str | None = CASE,
) -> None:
    """The next list to decide, held for you, without scores. Some in a list cannot be the one."""
    with workspace() as opened:
        found = opened.next_review(most=most, with_page=page is not None, case=case)
        if found is not None and page is not None:
            ids = [one["id"] for one in found["candidates"]]
            found["page"] = opened.review_page(ids, page, case=case)
    if found is None:
        show(
            None,
            lambda: say(
                "Nothing waits for you: all is decided, held by others, or waits for another person."
            ),
        )
        return
    show(found, lambda: say(*lines.review_list(found)))


@command(review, "answer")
def answer(
    candidate: str = CANDIDATE,
    verdict: str = typer.Option(help="same, different or cannot-say."),
    remark: str | None = typer.Option(None, "--note", help="A remark; kept encrypted."),
    case: str | None = CASE,
) -> None:
    """Say what you see. Only then is the score shown; another person's answer stays hidden until both have spoken."""
    answer_candidate(candidate, verdict, "--verdict", remark, case)


def answer_candidate(candidate: str, verdict: str, option: str, remark: str | None, case: str | None) -> None:
    """What `review answer` and `decide C-…` do."""
    from safelight.persons.person import Verdict

    with workspace() as opened:
        found = opened.answer_review(candidate, _choice(Verdict, verdict, option), note=remark, case=case)
    show(found, lambda: say(*lines.answered(found)))
    note(*lines.warned(found))


@command(review, "reopen")
def reopen(
    candidate: str = CANDIDATE,
    reason: str = typer.Option(help="What is new; kept encrypted."),
    case: str | None = CASE,
) -> None:
    """Let two people decide about a candidate anew."""
    with workspace() as opened:
        found = opened.reopen_review(candidate, reason=reason, case=case)
    said = [f"Candidate {found['id']} is open again, round {found['round'] + 1}."]
    show(found, lambda: say(*said, *([found["first"]] if found.get("first") else [])))


@command(app, "step")
def step(
    candidate: str = CANDIDATE,
    what: str = typer.Argument(help="What is to be done, for example 'DNA'."),
    due: datetime | None = typer.Option(
        None, formats=DATES, help="By when: 2026-12-10, 10.12.2026 or 10/12/2026."
    ),
    done: bool = typer.Option(False, "--done", help="It is done; the beginning of a step's name is enough."),
    case: str | None = CASE,
) -> None:
    """Put a next step on a confirmed candidate's checklist, or mark it done."""
    with workspace() as opened:
        found = opened.person_step(candidate, what, due=due.date() if due else None, done=done, case=case)
    show(
        found,
        lambda: say(
            *(f"{'[x]' if one['done'] else '[ ]'} {one['what']}{lines.dates(one)}" for one in found["steps"])
        ),
    )


@command(app, "sheet")
def sheet(
    candidate: str = CANDIDATE,
    output: Path = typer.Option(
        ..., "-o", "--output", metavar="FILE", help="File to write: .pdf or .html, by its ending."
    ),
    case: str | None = CASE,
) -> None:
    """Write a candidate's sheet: both photographs at one scale, what speaks for and against, chance, who decided.

    It needs the capability export, because photographs leave the workspace with it.
    """
    with workspace() as opened:
        written = opened.sheet_person(candidate, output, case=case)
    show(
        written,
        lambda: say(
            f"Wrote the sheet to {written['file']}", f"  SHA-256 {written['sha256']}", *written["notes"]
        ),
    )


@command(app, "outcome")
def outcome(
    candidate: str = CANDIDATE,
    result: str = typer.Option(help="reunited, not-the-same or unknown."),
    on: datetime | None = typer.Option(
        None, formats=DATES, help="The day on which it came out, day before month; today if not given."
    ),
    remark: str | None = typer.Option(None, "--note", help="A remark; kept encrypted."),
    case: str | None = CASE,
) -> None:
    """Record how a candidate came out. Who is reunited is compared with nobody any more, at once."""
    from safelight.persons.desk.ledger import Result

    with workspace() as opened:
        found = opened.person_outcome(
            candidate,
            _choice(Result, result, "--result"),
            on=on.date() if on else None,
            note=remark,
            case=case,
        )
    show(found, lambda: say(*lines.outcome(found)))


@command(app, "outcomes")
def outcomes(case: str | None = CASE) -> None:
    """The ledger: children back home, and what share of candidates were real, with intervals."""
    with workspace() as opened:
        found = opened.person_outcomes(case=case)
    show(found, lambda: lines.print_outcomes(found))


@command(app, "evaluate")
def evaluate(
    path: Path = typer.Argument(
        help="PAIRS.csv, or a folder with a sub-folder of photographs for each person."
    ),
    out: Path | None = typer.Option(
        None, "-o", metavar="FILE", help="Write the page with plots as well; needs the capability export."
    ),
    false_matches: float | None = typer.Option(
        None, min=1, help="Times the overall false-match rate that a group's may be; 3 if not given."
    ),
    misses: float | None = typer.Option(
        None, min=1, help="Times the overall miss rate that a group's may be; 1.5 if not given."
    ),
    case: str | None = CASE,
) -> None:
    """Measure the face model on your own photographs. A gap between groups blocks it until somebody accepts it."""
    from safelight.cli.models import evaluate_faces

    evaluate_faces(path, out, false_matches, misses, case)


@command(app, "re-enrol")
def re_enrol(
    embedder: str | None = typer.Option(
        None, help="The face model to describe with; the one in use if not given."
    ),
    keep_old: bool = typer.Option(False, "--keep-old", help="Keep the templates of the model before."),
    case: str | None = CASE,
) -> None:
    """Describe every enrolled photograph anew by another face model, from the faces that are kept of them."""
    with workspace() as opened, drawn() as progress:
        found = opened.re_enrol_persons(embedder=embedder, keep_old=keep_old, case=case, progress=progress)
    show(found, lambda: say(*lines.re_enrolled(found)))
    if found["failed"]:
        raise typer.Exit(UNREAD)


@command(app, "link")
def link(
    other: str = typer.Argument(help="The other case, by name or id."),
    reason: str = typer.Option(help="Why; kept encrypted."),
    case: str | None = CASE,
) -> None:
    """Let this case search among the people of another one. The other sees nothing of this."""
    with workspace() as opened:
        found = opened.link_cases(other, reason=reason, case=case)
    show(found, lambda: say(f"Case {found['case']} may search case {found['linked']}, by {found['by']}."))


@command(app, "unlink")
def unlink(
    other: str = typer.Argument(help="The other case, by name or id."), case: str | None = CASE
) -> None:
    """Take a link to another case back."""
    with workspace() as opened:
        found = opened.unlink_cases(other, case=case)
    show(found, lambda: say(f"Case {found['case']} may no longer search case {found['unlinked']}."))


@command(app, "erase")
def erase(
    person: str = PERSON,
    order: str = typer.Option(help="The order's reference; kept encrypted."),
    case: str | None = CASE,
) -> None:
    """Destroy everything that is stored of a person, and look for it in the raw store afterwards."""
    with workspace() as opened:
        found = opened.erase_person(person, order=order, case=case)
    show(
        found,
        lambda: say(*lines.erased(found)),
    )


def _status(said: str, *allowed: str) -> Any:
    """A status, of those that the command takes."""
    from safelight.errors import UsageError
    from safelight.persons.person import Status

    known = allowed or tuple(str(one) for one in Status)
    if said not in known:
        raise UsageError(f"'{said}' is not a value of --status here.", f"Use one of: {', '.join(known)}.")
    return Status(said)


def _no_folder(photo: Path) -> None:
    from safelight.errors import UsageError

    if photo.is_dir():
        raise UsageError(
            f"{photo} is a folder: a search takes one photograph.",
            "To take in a folder of people: `safelight persons enrol FOLDER --status missing` (or found).",
        )


def _not_met(path: Path, chosen: dict[str, int]) -> list[str]:
    """Which photographs named with --face do not lie where people were taken from."""
    base = path if path.is_dir() else path.parent
    if not chosen:
        return []
    there = {some for one in base.rglob("*") for some in (one.name, str(one.relative_to(base)))}
    missed = [name for name in chosen if name not in there]
    return [
        f"--face {name}={chosen[name]} was not used: no photograph of that name is in {base}."
        for name in missed
    ]


def _choice(kind: Any, said: str, option: str) -> Any:
    from safelight.errors import UsageError

    try:
        return kind(said)
    except ValueError:
        known = ", ".join(str(one) for one in kind if one != "probe")
        raise UsageError(f"'{said}' is not a value of {option}.", f"Use one of: {known}.") from None


def _pair(said: str, option: str) -> tuple[str, str]:
    from safelight.errors import UsageError

    name, equals, value = said.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{option} takes NAME=VALUE, not '{said}'.")
    return name.strip(), value.strip()


def _faces(said: list[str]) -> dict[str, int]:
    from safelight.errors import UsageError

    found = {}
    for one in said:
        name, equals, number = one.rpartition("=")
        if not equals or not number.isdigit():
            raise UsageError(f"--face takes PHOTO=N, not '{one}'.", "For example --face family.jpg=2.")
        found[name] = int(number)
    return found


def _mapping(said: str | None) -> dict[str, object] | None:
    if said is None:
        return None
    from safelight.persons.registers.mapping import read_mapping

    return dict(read_mapping(said))


__all__ = ["answer_candidate", "app"]
