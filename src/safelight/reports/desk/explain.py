"""Why a report stands where it stands: reasons with what each adds, what would change its band, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from safelight.model import Band, Reason
from safelight.reports.desk import clocks, texts, words_told
from safelight.reports.desk.material import MATERIAL
from safelight.reports.desk.rank import DYNAMIC, TOLD, Ranked
from safelight.reports.keep.columns import report_id
from safelight.reports.keep.letters import letters_of
from safelight.reports.reading.situations import CODES, DANGER, MEANING
from safelight.reports.report import Kind, Report, Role, captures
from safelight.reports.scoring import score
from safelight.reports.scoring.observe import OBSERVED, age_of, day_of, is_victim_account, unread_dates
from safelight.reports.scoring.table import Table

_GROUP = {"access": "access", "trust": "access", "young": "other", "self-harm": "other"}
"""Where situations belong that are no behaviour of the reported person."""
_SHOWN = 0.05
"""Reasons that add less (in log-odds) are not told."""
_KEEPS = " (the words stand by themselves: "
"""In a reason about material that takes less than its weight, down to nothing: told all the same."""
_FEW = 2
"""So many reasons at most are named in what would change a place."""


@dataclass(frozen=True, slots=True)
class Why(Reason):
    """A reason with the group it belongs to (KIRAT's steps)."""

    group: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """One report's place: priority 0..1, band, reasons strongest first, a sentence on what would change it.

    `log_odds` is the sum of the table's base, all reasons, and what is too small to be told.
    """

    number: int
    log_odds: float
    priority: float
    band: Band
    reasons: tuple[Why, ...]
    counterfactual: str


def explain(ranked: Ranked, number: int) -> Explained:
    """The reasons of one report, from the columns that its place was computed from."""
    table = ranked.table
    reasons = []
    for code in OBSERVED:
        reason = _reason(table, code, ranked.feature(code, number) / 255)
        reasons.append(_but_words_keep(ranked, number, reason))
    for code in DYNAMIC:
        reason = _reason(table, code, ranked.dynamic[code][number] / 255)
        if code in TOLD and reason.weight:
            reason = _with_what_is_told(ranked, number, reason)
        reasons.append(_but_words_keep(ranked, number, reason))
    reasons += _words(ranked, number)
    shown = [one for one in reasons if abs(one.weight) >= _SHOWN or _KEEPS in one.text]
    told = sorted(shown, key=lambda one: -abs(one.weight))
    total = float(ranked.log_odds[number])
    priority = score.priority_of(total)
    band = table.band(priority)
    counterfactual = _counterfactual(total, band, told, table)
    return Explained(number, round(total, 3), round(priority, 4), band, tuple(told), counterfactual)


def _reason(table: Table, code: str, strength: float) -> Why:
    term = table.terms[code]
    return Why(code, term.text + ".", round(term.weight * float(strength), 3), term.group)


def _but_words_keep(ranked: Ranked, number: int, reason: Why) -> Why:
    """A reason about material with what it takes, where the words keep the rest of it; others as they are."""
    if not reason.weight or ranked.table.terms[reason.code].about != MATERIAL:
        return reason
    share = float(ranked.spared.share(np.array([number]))[0])
    if share == 1:
        return reason
    takes = round(reason.weight * share, 3)
    said = f"{reason.text.rstrip('.')}{_KEEPS}it takes {-takes:.2f} of {-reason.weight:.2f})."
    return replace(reason, text=said, weight=takes + 0.0)


def _with_what_is_told(ranked: Ranked, number: int, reason: Why) -> Why:
    """The reason with the age or the day that was read in the words."""
    at = int(ranked.text_at[number])
    said: str | None = None
    if at >= 0 and reason.code == "young-told":
        said = words_told.age_said(ranked.read.told, at)
    elif at >= 0:
        said = words_told.day_said(ranked.read.told, at)
    return replace(reason, text=f"{reason.text.rstrip('.')}: {said}.") if said else reason


def _words(ranked: Ranked, number: int) -> list[Why]:
    """What the words add, shared out among the situations that were read in them."""
    added = float(ranked.text_part[number])
    at = int(ranked.text_at[number])
    if at < 0 or ranked.danger[number] > 200:
        return []
    strengths = ranked.read.situations[at] / 255
    danger = ranked.danger[number] / 200
    telling = [
        (code, float(strengths[index]))
        for index, code in enumerate(CODES)
        if strengths[index] >= 0.2 and (code in DANGER) == (added > 0)
    ]
    if not telling:
        said = "The words say little of a danger" if added <= 0 else "The words may tell of a danger"
        return [Why("text", f"{said} (the model gives it {danger:.0%}).", round(added, 3), "text")]
    whole = sum(strength for _, strength in telling)
    return [
        Why(
            f"text-{code}",
            f"Words: {MEANING[code]} (the model is {strength:.0%} sure).",
            round(added * strength / whole, 3),
            _GROUP.get(code, "behaviour" if code in DANGER else "lowered"),
        )
        for code, strength in telling
    ]


def _counterfactual(total: float, band: Band, reasons: Sequence[Why], table: Table) -> str:
    """What would have to be otherwise for another band: the fewest reasons, strongest first."""
    if band is Band.LOW:
        for one in reasons:
            other = table.band(score.priority_of(total - one.weight))
            if one.weight < 0 and other is not band:
                return f"Without “{_short(one)}” it would be {other}."
        return _lacking(float(score.log_odds(table.bands[Band.NORMAL])) - total, reasons, table)
    left, gone = total, []
    for one in reasons:
        if one.weight <= 0:
            continue
        left -= one.weight
        gone.append(_short(one))
        other = table.band(score.priority_of(left))
        if other is not band and len(gone) <= _FEW:
            return f"Without {' and '.join(f'“{said}”' for said in gone)} it would be {other}."
        if other is not band:
            return f"No few reasons decide: without the {len(gone)} strongest it would be {other}."
    return f"It would stay {band} without any of its reasons."


def _lacking(need: float, reasons: Sequence[Why], table: Table) -> str:
    """Of what could be stated and is not, the least that would lift a report by `need`."""
    there = {one.code for one in reasons}
    enough = [
        table.terms[code] for code in OBSERVED if code not in there and table.terms[code].weight >= need
    ]
    if not enough:
        return "No one thing that a report states would lift it alone."
    least = sorted(enough, key=lambda term: (term.weight, term.code))[:_FEW]
    return f"It would be {Band.NORMAL} if it also said: {' or '.join(f'“{term.text}”' for term in least)}."


def _short(reason: Why) -> str:
    said = reason.text.rstrip(".").removeprefix("Words: ")
    return said.partition(" (the ")[0].partition(":")[0]


def missing(report: Report, ranked: Ranked, number: int, day: date) -> list[str]:
    """What is not known and could be asked for."""
    found = []
    children = [
        party
        for party in report.parties
        if party.role is Role.VICTIM or is_victim_account(report, party, day)
    ]
    if not children:
        found.append("No child is named: ask the provider for the recipient's or victim's account.")
    elif all(age_of(party, day) is None for party in children):
        found.append("Age of the child unknown: ask the provider.")
    reported = [party for party in report.parties if party.role is Role.REPORTED]
    kinds = {one.kind for party in reported for one in party.identifiers}
    if not kinds & {Kind.EMAIL, Kind.PHONE, Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.DEVICE, Kind.NAME}:
        found.append(
            "No field holds an identifier of the reported person: look into the words, or ask for subscriber data."
        )
    connections = captures(report, also_reporters=True)
    if not connections:
        found.append("No connection is stated: ask for addresses with time and source port.")
    elif not any(one.time for one in connections):
        found.append("Addresses without time: ask when they were used.")
    elif all(one.port is None for one in connections):
        found.append("Addresses without source port: behind carrier NAT they do not lead to one subscriber.")
    closed = sum(one.viewed is not True for one in report.files)
    if closed:
        said = "file was" if closed == 1 else "files were"
        found.append(f"{closed} {said} not viewed by the provider: opening needs its own authority.")
    if ranked.danger[number] == texts.UNREAD:
        found.append("Its text is not read yet: the place is provisional.")
    if ranked.danger[number] == texts.FOREIGN:
        found.append("Its text is in a language that is not read here: a reader of it should look.")
    if ranked.danger[number] == texts.NONE and not report.texts:
        found.append("It has no free text.")
    if not report.occurred:
        found.append("When it happened is not stated.")
    return [*found, *unread_dates(report)]


def entry(ranked: Ranked, number: int, report: Report) -> dict[str, Any]:
    """One entry of the queue, as `reports rank --json` prints it."""
    explained = explain(ranked, number)
    received, connected, country = (
        int(ranked.rows[name][number]) for name in ("received", "connected", "country")
    )
    running = clocks.of_report(received, connected, letters_of(country), ranked.rules)
    due = next((one for one in running if one.at >= ranked.now), running[0])
    at = int(ranked.text_at[number])
    day = day_of(report, ranked.now)
    return {
        "id": report_id(int(ranked.rows["key"][number])),
        "report_id": report.report_id,
        "priority": explained.priority,
        "band": str(explained.band),
        "cluster": cluster_id(ranked, number),
        "language": letters_of(int(ranked.read.language[at])) if at >= 0 else None,
        "reasons": [
            {"code": one.code, "text": one.text, "weight": one.weight, "group": one.group}
            for one in explained.reasons
        ],
        "base": ranked.table.settings["base"],
        "log_odds": explained.log_odds,
        "counterfactual": explained.counterfactual,
        "missing": missing(report, ranked, number, day),
        "due": due.at.isoformat(),
        "due_why": due.what,
        "provider": report.provider,
        "incident": report.incident,
        "received": report.received,
        "same": int(ranked.counts[ranked.line[number]]),
        "provisional": bool(ranked.danger[number] == texts.UNREAD),
        "child_to_protect": bool(ranked.rows["f_victim-account"][number] or ranked.clusters.child[number]),
    }


def cluster_id(ranked: Ranked, number: int) -> str | None:
    """The id of the certain cluster a report is in, after its first report; None where it stands alone."""
    label = int(ranked.clusters.certain[number])
    return f"C-{int(ranked.rows['key'][label]):016x}" if ranked.sizes[label] > 1 else None
