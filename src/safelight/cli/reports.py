"""`safelight reports`: the report desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from safelight.cli.case import CASE
from safelight.cli.common import UNREAD, command, count, group, note, priority, say, show, table, workspace
from safelight.cli.drawing import drawn

app = group(
    "reports", "The report desk: take reports in, and put first those in which a child may be in danger."
)
_LISTED = 20
REPORT = typer.Argument(help="Id of the report (R-…), or the number that it bears.")
OTHER = typer.Argument(help="The other report.")
REASON = typer.Option(help="Why; kept encrypted.")


@command(app, "import")
def take_in(
    paths: list[Path] = typer.Argument(help="Files, folders or archives with reports."),
    case: str | None = CASE,
    format: str = typer.Option("auto", help="auto, or one of: cybertip, json, hotline, csv, pdf, eml."),
    columns: Path | None = typer.Option(
        None, "--map", metavar="FILE", help="TOML file: which column of a hotline's list is what."
    ),
) -> None:
    """Take reports in. What was taken in before is recognised; the same command goes on after it was cut off."""
    with workspace() as opened, drawn() as progress:
        found = opened.import_reports(
            paths, case=case, format=format, columns=_mapping(columns), progress=progress
        )
    show(found, lambda: _print_taken(found))
    if found["unreadable"]:
        raise typer.Exit(UNREAD)


def _mapping(file: Path | None) -> dict[str, object] | None:
    if file is None:
        return None
    import tomllib

    from safelight.errors import UsageError
    from safelight.reports.hotline_columns import columns_of

    try:
        said = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(f"The mapping file {file} cannot be used: {error}") from error
    columns_of(said)  # said now, not when the first list comes
    return said


def _print_taken(found: dict[str, Any]) -> None:
    say(
        f"Read {count(found['reports'], 'report')} in {count(found['files'], 'document')} in {found['seconds']:.1f} s: "
        f"{found['new']:,} new, {found['updated']:,} later versions, {found['again']:,} known already."
    )
    if found["claimed"]:
        note(
            f"{count(found['claimed'], 'retraction')} not counted: not by the sender of the report, or nobody can tell "
            "by whom. `safelight reports show` says which."
        )
    media = found["media"]
    if any(media.values()):
        refused = (
            f", {media['not_allowed']:,} not looked at: the case does not allow hash-match"
            if media["not_allowed"]
            else ""
        )
        say(f"Media: {media['opened']:,} looked at, {media['closed']:,} stay closed{refused}.")
    for one in media["closed_files"][:_LISTED]:
        note(f"  {one['path']}: {one['why']}")
    if found["unreadable"]:
        note(f"{found['unreadable_count']:,} could not be read:")
        for one in found["unreadable"][:_LISTED]:
            note(f"  {one['path']}: {one['reason']}")
    if not found["reports"]:
        note("No report was found there. Is it the right folder, and mounted?")
    say("See `safelight reports rank`.")


@command(app, "rank")
def rank(
    top: int = typer.Option(100, min=1, help="So many, best first."),
    texts: int | None = typer.Option(
        None, min=0, help="Read at most so many texts now; the rest makes the order provisional."
    ),
    undecided: bool = typer.Option(
        False, "--undecided", help="Only those about which nobody has decided yet."
    ),
    case: str | None = CASE,
) -> None:
    """Link, score and order all reports. An order of work: a person decides."""
    with workspace() as opened, drawn() as progress:
        found = opened.rank_reports(top=top, texts=texts, undecided=undecided, case=case, progress=progress)
    show(found, lambda: _print_queue(found))


def due(found: dict[str, Any]) -> str:
    """When the first legal clock of a report runs out, or that it has."""
    from datetime import UTC, datetime

    at = datetime.fromisoformat(found["due"])
    said = f"{found['due_why']}: {found['due'][:10]}"
    return f"run out, {said}" if at < datetime.now(UTC) else f"due, {said}"


def _print_queue(found: dict[str, Any]) -> None:
    rows = []
    for one in found["queue"]:
        why = "\n".join(f"{reason['weight']:+.1f} {reason['text']}" for reason in one["reasons"][:6])
        about = "\n".join(
            filter(
                None,
                (
                    one["id"],
                    f"{one['provider'] or 'unknown sender'}, {one['report_id']}",
                    f"{one['same']:,} alike" if one["same"] > 1 else "",
                    f"cluster {one['cluster']}" if one["cluster"] else "",
                    due(one),
                    f"decided: {one['decided']}" if one["decided"] else "",
                    "new since the decision" if one["news"] else "",
                    f"held by {one['held_by']}" if one["held_by"] else "",
                ),
            )
        )
        rows.append(
            (f"{priority(one['priority'])}\n{one['band']}", about, f"{why}\n{one['counterfactual']}\n")
        )
    table(
        "Reports, first things first: an order of work, not findings of fact",
        ("priority", "report", "why"),
        rows,
        wide=2,
    )
    say(
        f"{count(found['reports'], 'report')} in {count(found['lines'], 'line')}, "
        f"{count(found['clusters'], 'cluster')}; {found['seconds']:.1f} s."
    )
    if found["provisional"]:
        note(f"Provisional: {count(found['provisional'], 'text')} not read yet.")


@command(app, "next")
def next_report(
    desk: str = typer.Option(metavar="NAME", help="The desk that asks."),
    minutes: float = typer.Option(60.0, min=1, max=10_080, help="How long it is held for you."),
    case: str | None = CASE,
) -> None:
    """The next report to work on, held for you until you decide, release it, or the time is over."""
    with workspace() as opened:
        found = opened.next_report(desk, minutes=minutes, case=case)
    if found is None:
        show(None, lambda: say("Nothing is left to hand out: all is decided, or held by others."))
        return
    show(found, lambda: say(*_next(found)))


def _next(found: dict[str, Any]) -> Iterator[str]:
    why = {
        "priority": "the first in the order",
        "oldest": "the one that has waited longest, so that none starves",
        "sample": "drawn at random from the low band, to see what the order misses",
        "held": "you hold it already",
    }
    yield f"{found['id']}  {found['band']} {priority(found['priority'])}  held until {found['held_until'][:16]}Z"
    yield f"  {why[found['drawn']]}"
    yield from _head(found)
    yield from _words(found["texts"], 600)
    yield from _reasons(found)
    yield f"  See `safelight reports show {found['id']}`; then `safelight decide {found['id']} --label …`."


def _reasons(found: dict[str, Any]) -> Iterator[str]:
    from safelight.reports.scoring.table import GROUPS

    by_group: dict[str, list[dict[str, Any]]] = {}
    for reason in found["reasons"]:
        by_group.setdefault(reason["group"], []).append(reason)
    for code, title in GROUPS.items():
        if code in by_group:
            yield f"  {title}"
            for reason in by_group[code]:
                yield f"    {reason['weight']:+.2f} {reason['text']}"
    yield f"  Every report begins at {found['base']:+.2f}; this one has {found['log_odds']:+.2f} (log-odds)."
    yield f"  {found['counterfactual']}"
    for one in found["missing"]:
        yield f"  Missing: {one}"


@command(app, "release")
def release(report: str = REPORT, case: str | None = CASE) -> None:
    """Give a report that is held back to the queue."""
    with workspace() as opened:
        released = opened.release_report(report, case=case)
    show({"id": released, "released": True}, lambda: say(f"Released {released}."))


@command(app, "show")
def show_report(report: str = REPORT, case: str | None = CASE) -> None:
    """One report in full: who, what, where, when, links, media, reasons, clocks, history."""
    with workspace() as opened:
        found = opened.show_report(report, case=case)
    show(found, lambda: say(*in_full(found)))


def in_full(found: dict[str, Any]) -> Iterator[str]:
    """Everything about one report, as lines."""
    yield f"{found['id']}  {found['band']} {priority(found['priority'])}"
    yield from _head(found)
    yield f"  happened {found['occurred'] or 'on a day not stated'}"
    if found["escalation"] is not None:
        yield f"  Escalated by the provider: {found['escalation'] or 'no reason given'}"
    yield "Why it stands here"
    yield from _reasons(found)
    yield "Who"
    for one in found["people"]:
        age = f", {one['age_in_years']} years" if one["age_in_years"] is not None else ""
        yield f"  {one['role']}{age}{' (a child to protect)' if one['child_to_protect'] else ''}"
        for identifier in one["identifiers"]:
            more = ", ".join(
                filter(
                    None,
                    (
                        identifier["provider"],
                        identifier["time"],
                        f"port {identifier['port']}" if identifier["port"] else None,
                        identifier["event"],
                        f"not used for links: {identifier['why']}" if identifier["why"] else None,
                    ),
                )
            )
            yield f"      {identifier['kind']:<14}{identifier['value']}{f'  ({more})' if more else ''}"
        for fact, value in one["facts"].items():
            yield f"      {fact:<14}{value}"
    for one in found["in_words"]:
        yield f"  in the words: {one['kind']} {one['value']}  ({one['why']})"
    where = found["where"]
    yield f"Where  {where['country'] or 'unknown'}{' ' + where['region'] if where['region'] else ''}"
    for source in where["sources"]:
        yield f"      {source['country']} by {source['source']}"
    if where["conflict"]:
        yield "      These disagree."
    for unit in found["units"]:
        yield f"  goes to: {unit['unit']} ({unit['why'].rstrip('.')})"
    yield from _words(found["texts"], 2000)
    yield f"Files: {len(found['files']):,}" if found["files"] else "No files."
    for one in found["files"]:
        closed = f"closed: {one['why_closed']}" if one["closed"] else "viewed by the provider"
        known = ", ".join(f"on '{match['hashset']}'" for match in one["matches"])
        known = known or (f"not compared: {one['not_compared']}" if one["not_compared"] else "on no list")
        yield f"  {one['name'] or one['file_id'] or 'unnamed'}  {closed}; {known}"
    for one in found["media"]:
        yield f"  looked at: {one['name']}  {one['said']}"
    yield f"Links: {count(len(found['links']), 'report')}" if found["links"] else "Linked to no other report."
    for link in found["links"][:20]:
        by = ", ".join(f"{one['kind']} {one['value']}" for one in link["by"]) or link.get("edit", {}).get(
            "reason", ""
        )
        yield f"  {link['to']} ({link['report_id']})  {link['strength']:.2f} {link['scale'] or 'not linked'}: {by}"
    yield "Clocks"
    for clock in found["clocks"]:
        yield f"  {clock['at'][:10]}  {clock['what']}"
    if found["unknown"]:
        yield "What else it says, kept without a place of its own"
    for one in found["unknown"][:40]:
        yield f"  {one['where']}: {one['said'][:200]}"
    for problem in found["problems"]:
        yield f"  problem: {problem}"
    yield "History"
    versions = 0
    for one in found["history"]:
        versions += one["what"] == "version"
        by = f" by {one['by']}" if "by" in one else ""
        why = f": {one['reason']}" if "reason" in one else ""
        back = ", taken back" if one.get("retracted") else ""
        what = {
            "version": f"taken in, version {versions} ({one.get('format')}){back}",
            "decision": f"decided: {one.get('label')}",
            "hold": "handed out",
            "release": "given back",
            "cut": f"cut from {_other(one)}",
            "join": f"joined with {_other(one)}",
            "withdrawn": f"{one.get('name')} is stated as not viewed: what the look at it gave counts no more",
        }
        yield f"  {one['at'][:16].replace('T', ' ')}Z  {what.get(one['what'], one['what'])}{by}{why}"


def _other(one: dict[str, Any]) -> str:
    """The other report of a link that was cut or joined."""
    return f"{one.get('to')} ({one['report_id']})" if one.get("report_id") else str(one.get("to"))


def _head(found: dict[str, Any]) -> Iterator[str]:
    received = found["received"] or "on a day not stated"
    yield f"  report {found['report_id']} from {found['provider'] or 'an unknown sender'}, received {received}"
    yield f"  {found['incident'] or 'no kind of incident stated'}; {due(found)}"
    if found["child_to_protect"]:
        yield "  A reported account may be the child's own: somebody to protect."


def _words(texts: list[dict[str, str]], most: int) -> Iterator[str]:
    yield f"Words: {count(len(texts), 'text')}" if texts else "No words."
    for one in texts:
        more = " …" if len(one["text"]) > most else ""
        yield f"  [{one['where']}] {one['text'][:most]}{more}"


@command(app, "links")
def links(report: str = REPORT, case: str | None = CASE) -> None:
    """Which reports belong with one, by which identifiers, how strongly."""
    with workspace() as opened:
        found = opened.report_links(report, case=case)
    show(found, lambda: say(*_links(found)))


def _links(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['id']}{'  cluster ' + found['cluster'] if found['cluster'] else ''}"
    for link in found["links"]:
        scale = link["scale"] or "not linked"
        yield f"  {link['to']} (report {link['report_id']})  strength {link['strength']:.2f}, {scale}"
        for one in link["by"]:
            yield f"      {one['weight']:.2f} {one['kind']} {one['value']} (in {one['reports']:,} reports)"
        if "edit" in link:
            edit = link["edit"]
            yield f"      {edit['kind']} by {edit['by']} on {edit['at'][:10]}: {edit['reason']}"
    if not found["links"]:
        yield "  Linked to no other report."
    for one in found["too_common"]:
        yield f"  not by {one['kind']} {one['value']}: {one['why']}"


@command(app, "cut")
def cut(
    a: str = REPORT,
    b: str = OTHER,
    reason: str = REASON,
    case: str | None = CASE,
) -> None:
    """Say that two reports are not about the same people. It holds whenever reports are linked anew."""
    with workspace() as opened:
        found = opened.cut_reports(a, b, reason=reason, case=case)
    show(found, lambda: say(f"Cut {found['reports'][0]} from {found['reports'][1]}."))


@command(app, "join")
def join(
    a: str = REPORT,
    b: str = OTHER,
    reason: str = REASON,
    case: str | None = CASE,
) -> None:
    """Say that two reports are about the same people. It holds whenever reports are linked anew."""
    with workspace() as opened:
        found = opened.join_reports(a, b, reason=reason, case=case)
    show(found, lambda: say(f"Joined {found['reports'][0]} and {found['reports'][1]}."))


@command(app, "sample")
def sample(
    size: int = typer.Option(50, min=1, max=100_000, help="How many to draw."), case: str | None = CASE
) -> None:
    """Draw a random sample of the low band for review: it tells how many children the order misses."""
    with workspace() as opened:
        found = opened.sample_reports(size=size, case=case)
    show(
        found,
        lambda: say(
            f"Drew {count(len(found['drawn']), 'report')} of {found['elusion']['low']:,} in the low band; "
            "`reports next` hands them out among the others.",
            *_elusion(found["elusion"]),
        ),
    )


def _elusion(found: dict[str, Any]) -> Iterator[str]:
    if found["share"] is None:
        yield f"Low band: {found['low']:,}; {found['drawn']:,} drawn, none looked at yet. What is missed is unknown."
        return
    low, high = found["interval"]
    yield (
        f"Of {found['looked_at']:,} drawn from the low band, {found['found']:,} with a child in danger: between "
        f"{low:.2%} and {high:.2%} of it (95 %), {found['missed'][0]:,.0f} to {found['missed'][1]:,.0f} reports."
    )


@command(app, "capacity")
def capacity(
    people: int = typer.Option(min=1, max=100_000, help="So many people work at the desk."),
    minutes: float = typer.Option(min=0.1, max=10_000, help="Minutes a report."),
    hours: float = typer.Option(8.0, min=0.1, max=24, help="Hours of work a day."),
    days: int = typer.Option(30, min=1, max=3650, help="Look ahead so many days."),
    case: str | None = CASE,
) -> None:
    """What will be seen by when, and what will not."""
    with workspace() as opened:
        found = opened.report_capacity(people=people, minutes=minutes, hours=hours, days=days, case=case)

    def text() -> None:
        say(
            f"{found['people']} people at {found['minutes']:g} minutes see {found['a_day']:,.0f} reports a day; "
            f"{found['arriving_a_day']:,.0f} arrive a day, {found['waiting']:,} lines wait."
        )
        for one in found["bands"]:
            by = f"all seen by {one['seen_by'][:10]}" if one["seen_by"] else "never all seen at this rate"
            by = "none" if not one["reports"] else by
            left = f"; {one['not_seen']:,} not seen within {found['days']} days" if one["not_seen"] else ""
            say(f"  {one['band']:<7}{one['reports']:>10,}  {by}{left}")

    show(found, text)


@command(app, "learn")
def learn(
    accept: str | None = typer.Option(
        None, "--accept", metavar="W-…", help="Put this proposal in force, as it was shown, in your name."
    ),
    case: str | None = CASE,
) -> None:
    """Propose weights from decisions, with what they change on decisions held out. Nothing changes without --accept."""
    with workspace() as opened:
        found = opened.learn_reports(accept=accept, case=case)

    def text() -> None:
        say(
            f"Learned from {found['decisions'] - found['held_out']:,} decisions, tried on {found['held_out']:,} others:"
        )
        for name, title in (
            ("auc", "area under the curve"),
            ("log_loss", "log loss"),
            ("recall_top_10", "recall in the first tenth"),
        ):
            say(f"  {title:<28}{found['before'][name]:.3f} -> {found['after'][name]:.3f}")
        for change in found["changes"][:20]:
            say(f"  {change['code']:<24}{change['was']:+.2f} -> {change['would_be']:+.2f}")
        say(
            f"In force, by {found['accepted_by']}."
            if accept
            else f"Nothing is changed. --accept {found['id']} puts these weights in force."
        )

    show(found, text)


@command(app, "evaluate")
def evaluate(
    labels: Path = typer.Argument(
        help="CSV with report_id and label (1: a child is in danger); further columns are groups."
    ),
    output: Path | None = typer.Option(
        None, "-o", "--output", metavar="FILE", help="Write it as a page with plots as well."
    ),
    case: str | None = CASE,
) -> None:
    """Measure the order on reports whose truth is known."""
    with workspace() as opened, drawn() as progress:
        found = opened.evaluate_reports(labels, out=output, case=case, progress=progress)

    def text() -> None:
        say(f"{found['reports']:,} labelled reports, {found['in_danger']:,} with a child in danger.")
        for one in found["top"]:
            interval = f" ({one['interval'][0]:.2f} to {one['interval'][1]:.2f})" if one["interval"] else ""
            recall = "none" if one["recall"] is None else f"{one['recall']:.3f}"
            say(
                f"  top {one['share']:>4.0%}  recall {recall}{interval}  precision {one['precision']:.3f}  "
                f"lift {one['lift'] if one['lift'] is not None else '-'}"
            )
        for name, values in found["groups"].items():
            say(f"  recall in the top 5 % by {name}")
            for one in values[:25]:
                if one["in_danger"]:
                    say(f"    {one['value']:<24}{one['recall']:.2f}  ({one['found']} of {one['in_danger']})")
        if found["absent"]:
            note(f"{len(found['absent']):,} labelled reports are not here.")
        if output is not None:
            say(f"Wrote the page to {found['page']['file']}", f"  SHA-256 {found['page']['sha256']}")

    show(found, text)
