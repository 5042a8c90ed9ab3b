"""`safelight leads` and `safelight decide`: the queue, one lead in full, and what people conclude."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import typer

from safelight.cli.case import CASE
from safelight.cli.common import command, count, priority, say, show, state, table, workspace
from safelight.cli.common import note as tell
from safelight.errors import UsageError

if TYPE_CHECKING:
    from safelight.review.decisions import Decided


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    command(app, "leads")(leads)
    command(app, "decide")(decide)


def leads(
    top: int = typer.Option(20, min=1, help="So many, best first."),
    kind: str | None = typer.Option(None, help="Only this kind: media, report or person."),
    undecided: bool = typer.Option(
        False, "--undecided", help="Only those about which nobody has decided yet."
    ),
    lead: str | None = typer.Option(
        None, "--lead", metavar="LEAD", help="One lead in full, by its id or the beginning of it."
    ),
    case: str | None = CASE,
) -> None:
    """Show what a person should look at, best first, with reasons."""
    if kind not in (None, "media", "report", "person"):
        raise UsageError(f"There are no leads of kind '{kind}'.", "Use --kind media, report or person.")
    if lead is not None and lead.startswith("C-"):
        raise UsageError(
            f"{lead} is a candidate.", "`safelight persons review next` shows what waits for you."
        )
    with workspace() as opened:
        found = opened.leads(top=top, kind=kind, undecided=undecided, lead=lead, case=case)
    for exhibit in found.unfinished:
        tell(unfinished(exhibit))
    if lead is not None:
        show(found, lambda: say(*_in_full(found[0])))
        return
    show(found, lambda: _print(found, undecided))
    if found and len(found) < found[0]["of"]:
        what = "undecided leads" if undecided else "leads"
        said = f"{len(found):,} of {found[0]['of']:,} {what}; --top N shows more."
        tell(said) if state.json else say(said)
    if unreadable := max((one.get("unreadable", 0) for one in found), default=0):
        said = (
            f"{count(unreadable, 'candidate')} more about people of a case that is no longer linked, or closed: "
            "not among these."
        )
        tell(said) if state.json else say(said)


def unfinished(exhibit: Mapping[str, Any]) -> str:
    """What of an exhibit was not read by now, as a sentence."""
    said = [count(exhibit["files"], "file was", "files were") + " read"]
    if exhibit["to_look"]:
        said.append(count(exhibit["to_look"], "medium", "media") + " digested and not yet looked at")
    if exhibit["not_read"]:
        said.append(f"{exhibit['not_read']:,} listed and not read")
    if exhibit["stopped"] and not exhibit["listed"]:
        said.append("not all of it listed")
    at = f" by {exhibit['at'][11:19]} UTC" if exhibit["at"] else ""
    why = "its time was over" if exhibit["stopped"] else "it goes on, or was cut off"
    return f"The scan of {exhibit['path']} has not ended ({why}): {', '.join(said)}{at}. These leads are not all."


def decide(
    lead: str = typer.Argument(
        help="Id of the lead (L-…), report (R-…) or candidate (C-…), or the beginning of it where only one begins so; "
        "of a report also the number that it bears."
    ),
    label: str = typer.Option(
        help="A category of the case's scheme, not-pertinent or unsure; of a report child-in-danger, investigate, "
        "not-pertinent or unsure; of a candidate same, different or cannot-say."
    ),
    stack: bool = typer.Option(False, "--stack", help="Decide all leads of its stack."),
    note: str | None = typer.Option(None, help="Why; kept encrypted."),
    case: str | None = CASE,
) -> None:
    """Record your decision about a lead. A later one corrects it; none is erased."""
    if lead.startswith("C-"):
        from safelight.cli.persons import answer_candidate

        answer_candidate(lead, label, "--label", note, case)
        return
    if lead.startswith("R-") or label in ("child-in-danger", "investigate"):
        with workspace() as opened:
            said = opened.decide_report(lead, label, note=note, case=case)
        show(said, lambda: say(f"Decided '{label}' for report {said['report']}."))
        return
    with workspace() as opened:
        made = opened.decide(lead, label, stack=stack, note=note, case=case)
    result = {
        "label": label,
        "by": made[0].by,
        "at": made[0].at.isoformat(),
        "decisions": [
            {
                "id": one.id,
                "lead": one.lead,
                "path": one.where,
                "against": [
                    {"hashset": match.hashset, "kind": str(match.kind), "category": match.category}
                    for match in one.against
                ],
            }
            for one in made
        ],
    }
    show(result, lambda: say(*_decided(label, made)))


def _decided(label: str, made: list[Decided]) -> Iterator[str]:
    yield f"Decided '{label}' for {count(len(made), 'lead')}:"
    for one in made:
        yield f"  {one.lead}  {' › '.join(one.trail)}"
        for match in one.against:
            yield f"      but the list '{match.hashset}' says {match.category or match.kind}"
    against = sum(bool(one.against) for one in made)
    if against:
        yield (
            f"{count(against, 'decision')} against what a list says of exactly this content: yours counts, and is what "
            "will be exported. A later decision corrects it."
        )


def _print(found: list[dict[str, Any]], undecided: bool) -> None:
    if not found:
        say("No undecided leads." if undecided else "No leads.")
        return
    rows = []
    for lead in found:
        more = f"  (+{len(lead['paths']) - 1} more)" if len(lead["paths"]) > 1 else ""
        where = " › ".join(lead["paths"][0]["trail"]) + more if lead["paths"] else ""
        if lead["kind"] == "person":
            where = f"candidate: {lead['probe']} and {lead['person_id']}, {lead['standing']}"
        elif lead["kind"] == "report":
            where = f"report {lead['report_id']} from {lead['provider'] or 'an unknown sender'}"
        why = "\n".join(f"{reason['weight']:.2f} {reason['text']}" for reason in lead["reasons"])
        stack = f"{lead['stack']} ({lead['stack_size']:,})" if lead["stack_size"] > 1 else ""
        about = "\n".join(
            filter(None, (lead["id"], stack, f"decided: {lead['decided']}" if lead["decided"] else ""))
        )
        # A report's priority is an estimate; that of media is 1 where a list holds exactly it.
        shown = f"{lead['priority']:.2f}" if lead["kind"] == "media" else priority(lead["priority"])
        rows.append((f"{shown}\n{lead['band']}", about, f"{where}\n{why}\n"))
    table(
        "Leads, best first: an order of work, not findings of fact",
        ("priority", "lead, stack (size)", "where and why"),
        rows,
        wide=2,
    )


def _in_full(lead: dict[str, Any]) -> Iterator[str]:
    """Everything about one lead, as lines."""
    yield f"{lead['id']}  priority {lead['priority']:.2f}, {lead['band']}"
    picture = f", {lead['width']} × {lead['height']} pixels" if lead["width"] else ""
    yield f"  {lead['format']}, {lead['size']:,} bytes{picture}"
    for name, digest in lead["digests"].items():
        yield f"  {name.upper():<8}{digest}"
    if lead["pdq"]:
        yield f"  PDQ     {lead['pdq']['hash']} (quality {lead['pdq']['quality']} of 100)"
    for problem in filter(None, (lead["damaged"], lead["error"])):
        yield f"  damaged {problem}"
    yield f"Where it lies: {count(len(lead['paths']), 'place')}"
    for place in lead["paths"]:
        yield f"  {' › '.join(place['trail'])}"
        address = ", ".join(f"{name} {value}" for name, value in place["address"].items())
        size = "size unknown" if place["size"] is None else f"{place['size']:,} bytes"
        yield f"      {', '.join(filter(None, (place['state'], size, address)))}; exhibit {place['exhibit']}"
        if "note" in place:
            yield f"      {place['note']}"
        for name, time in place["times"].items():
            yield f"      {name:<9}{time['value']} ({time['source']})"
    yield "Why it is here"
    for reason in lead["reasons"]:
        yield f"  {reason['weight']:.2f} {reason['text']}"
    yield from _matches(lead["matches"])
    yield "What was computed"
    for signal in lead["signals"]:
        yield f"  {signal['name']:<12}{signal['said']}"
    if lead["stack_size"] > 1:
        yield f"Stack {lead['stack']}: {count(lead['stack_size'], 'lead')}"
        for member in lead["members"]:
            yield f"  {member}{'  (this one)' if member == lead['id'] else ''}"
    yield "What was decided" if lead["decisions"] else "Nobody has decided yet."
    for one in lead["decisions"]:
        note = f": {one['note']}" if one["note"] else ""
        yield f"  {one['at'][:19]}Z  {one['by']}  {one['label']}{note}"


def _matches(matches: list[dict[str, Any]]) -> Iterator[str]:
    from safelight.matching.films import shares, when  # why: NumPy comes with it, and is not needed to start
    from safelight.matching.forms import told

    yield "What lists say of it" if matches else "It is on no list."
    for match in matches:
        alike = f"{shares(match['covered'])}{when(match['at'])}{told(match['form'])}, {match['distance']} bits away"
        near = alike if match["by"] in ("pdq", "vpdq") else ""
        category = f", category {match['category']}" if match["category"] else ""
        yield f"  '{match['hashset']}' entry {match['entry']}{category} (by {match['by']}{near})"
