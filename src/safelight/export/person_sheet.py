"""The candidate sheet: what two people decide on and a court may ask for, as one page or a PDF.

Facts and assessments stand apart. It never says that somebody is identified; a verdict stands on it only once the
candidate is decided, so that nobody who still has to decide can read what another said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from safelight.export.person_phrases import Stated, minute, side_by_side, signed, source_said, stated, told
from safelight.export.person_portraits import SCALE, SHOWN, Portrait, portraits
from safelight.governance.gate import Permit
from safelight.persons.desk.house import House
from safelight.persons.desk.ledger import STEPS
from safelight.persons.desk.review import WITHOUT_PHOTOGRAPHS, Work
from safelight.persons.desk.reviewing import OUTCOME, PROPOSED, Reviewing
from safelight.persons.desk.reweigh import PHOTOS_CHANGED
from safelight.persons.desk.trials import State
from safelight.persons.keep.facts import to_json
from safelight.persons.keep.pairs import KeptCandidate, Said
from safelight.persons.keep.people import ENROLLED, Kept
from safelight.persons.person import Side, Standing, Status, Weighed
from safelight.persons.weigh.weigh import table

CLOSED = (Standing.CONFIRMED, Standing.EXCLUDED, Standing.CANNOT_SAY)
ASSESSMENT = (
    "This part is an assessment by a model and by statistics, no finding. It identifies nobody: it says how well two "
    "people’s photographs and what is stated of them go together. Only people decide, and only what follows a decision "
    "(papers, marks, DNA) can settle who somebody is."
)
PHOTOGRAPHS = "They are those that are enrolled today; the comparison used those that were enrolled then."
WEIGHTS = (
    "A weight says how much more likely what is stated is if the two are one person than if they are two: +1 is about "
    "10 times, +2 about 100 times; −1 is about 10 times as likely if they are two. (It is the decimal logarithm of a "
    "likelihood ratio.) Weights are capped and taken as independent, which they are not quite."
)
_STANDINGS = {
    Standing.CONFIRMED: "Two people, each without seeing what the other said, say that it is the same person. "
    "Who it is, papers, marks or DNA must settle.",
    Standing.EXCLUDED: "Two people, each without seeing what the other said, say that these are different people.",
    Standing.CANNOT_SAY: "No two of those who looked agree, or two cannot say.",
}
NOT_DECIDED = "Nobody may be told anything on the ground of this sheet."
NEVER_MEASURED = (
    "Unevaluated: how often it errs on photographs like these, and for whom, was never measured here."
)
_TITLES = {Status.MISSING: "Missing", Status.FOUND: "Found", Status.PROBE: "Photograph searched with"}
_GROUPS = (
    (
        "contradictions",
        "Contradictions",
        "Cannot be true of one person, unless something that is stated is wrong.",
    ),
    ("against", "Against", ""),
    ("for", "For", ""),
    ("unknown", "Unknown", "Not stated of one of them, or it says nothing either way."),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the two: what they are called, what is stated, and photographs."""

    title: str
    number: str
    id: str
    status: str
    facts: list[Stated]
    portraits: list[Portrait]
    photos: int
    """How many are enrolled; fewer may be shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """One fact held against another."""

    text: str
    weight: str
    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """Facts that speak on one side."""

    code: str
    title: str
    note: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist."""

    what: str
    due: str | None
    done: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything on a candidate sheet, in words."""

    id: str
    made: str
    sides: tuple[Shown, Shown]
    rows: list[tuple[str, tuple[str, ...], tuple[str, ...]]]
    chance: list[str]
    groups: list[Group]
    weight: str
    model: str
    """Version of the embedder: it names the digest of its weights."""
    standing: str
    standing_text: str
    decided: list[tuple[str, str, str]]
    """Who, what, when; empty while it is not decided."""
    reopened: int
    steps: list[Step]
    steps_note: str
    outcome: str
    scale: str = f"{SCALE} {PHOTOGRAPHS}"
    measured: str = NEVER_MEASURED
    """Whether the model was measured on the agency's own data, in a sentence."""
    assessment: str = ASSESSMENT
    weights: str = WEIGHTS


def sheet(house: House, permit: Permit, reviewing: Reviewing, wanted: str) -> Sheet:
    """Read everything that stands on a candidate's sheet; the permit's event names it and both people.

    Raises UsageError where there is no such candidate, or where it was only put in lists as unlike.
    """
    work = reviewing.work_of(wanted, foils=False)
    kept = work.kept
    people = [reviewing.people.get(one) for one in (kept.probe, kept.person)]
    permit.subjects += [kept.id, kept.probe, kept.person]
    first, second = (shown(house, reviewing, one) for one in people)
    is_closed = work.standing in CLOSED
    return Sheet(
        id=kept.id,
        made=minute(kept.made_at),
        sides=(first, second),
        rows=side_by_side(first.facts, second.facts),
        chance=list(chance(kept)),
        groups=groups(kept.weighed),
        weight=signed(kept.weight),
        model=kept.version,
        measured=_measured(reviewing.model_state(kept.version)),
        standing=str(work.standing) if is_closed else "not decided",
        standing_text=_how_it_stands(work, is_closed=is_closed),
        decided=[
            (told(one.by, 80), _said(one, is_earlier=work.is_earlier(one)), minute(one.at))
            for one in work.said
            if is_closed
        ],
        reopened=work.round,
        **_after(reviewing, work),
    )


def _how_it_stands(work: Work, *, is_closed: bool) -> str:
    """What was decided, whether on photographs, and who proposed it; by whom only once it is decided."""
    said = [_STANDINGS[work.standing] if is_closed else _not_decided(work)]
    if work.without_photographs:
        said.append(WITHOUT_PHOTOGRAPHS)
    if work.kept.proposed:
        said.append(PROPOSED)
    if work.kept.proposed and is_closed:
        by = ", ".join(told(one, 80) for one in dict.fromkeys(work.proposers))
        said.append(f"It was proposed by {by}, who did not decide about it.")
    return " ".join(said)


def _said(one: Said, *, is_earlier: bool) -> str:
    without = " (not from a list without scores)" if one.from_list is False else ""
    unseen = " (was shown no photographs)" if one.pictures is False else ""
    earlier = " (given on earlier facts: what is stated, or a photograph, has changed)" if is_earlier else ""
    return f"{str(one.verdict).replace('-', ' ')}{without}{unseen}{earlier}"


def _measured(state: State) -> str:
    """Whether the model was measured here, and where it was on too few pairs, what is missing."""
    return NEVER_MEASURED if state.evaluated_by is None else f"It was {state.said}."


def _not_decided(work: Work) -> str:
    """What may not follow yet, and how many answers no longer count."""
    if not work.earlier:
        return NOT_DECIDED
    answers = "1 answer was" if len(work.earlier) == 1 else f"{len(work.earlier)} answers were"
    return f"{NOT_DECIDED} {answers} given on earlier facts or photographs and not counted until given again."


def shown(house: House, reviewing: Reviewing, kept: Kept, most: int = SHOWN) -> Shown:
    """One of the two as pages show them, with photographs."""
    title = _TITLES.get(kept.register, str(kept.register).capitalize())
    # A photograph that was searched with has no number: its file is named, not where it lies on somebody's machine.
    number = kept.number.rpartition("/")[2] if kept.register is Status.PROBE else kept.number
    who = f"{title.lower()} {told(number, 80)}"
    return Shown(
        title,
        told(number, 120),
        kept.id,
        str(kept.status) if kept.status is not kept.register else "",
        stated(to_json(kept.facts), str(kept.register)),
        portraits(reviewing.people, house.blobs, kept, who, most),
        sum(one.state == ENROLLED for one in kept.photos),
    )


def chance(kept: KeptCandidate) -> Sequence[str]:
    """What the score means, in sentences."""
    said = [f"Similarity of the two faces: {kept.similarity:.3f} (cosine of their templates, at most 1)."]
    if kept.same_file:
        said.append(
            "Both entries hold the very same photograph file: that its face is alike says nothing about two people."
        )
        return said
    if kept.photos_changed:
        said.append(PHOTOS_CHANGED)
        return said
    if kept.fmr is None:
        said.append(
            "Not calibrated: the gallery is too small to say how often two different people score this high. "
            "The similarity alone says little."
        )
        return said
    often = f"{kept.fmr:.1e}".replace("e-0", "e-")
    said.append(
        f"Of pairs of different people in this gallery, {_one_in(kept.fmr)} scores this high or higher "
        f"(false-match rate {often}). Close relatives do more often."
    )
    if kept.expected is not None:
        said.append(
            f"Among all whom this search was compared with, chance alone gives {_figure(kept.expected)} look-alikes as "
            "near as this one."
        )
    if kept.q is not None:
        said.append(
            "If everybody on the list of that comparison down to this candidate were taken for the same, "
            f"{_share(kept.q)} of them would be so by chance alone (false-discovery rate, an estimate)."
        )
    return said


def _one_in(rate: float) -> str:
    if rate <= 0:
        return "none that chance could give"
    often = 1 / rate
    if often >= 1e9:
        return "fewer than one in a thousand million"
    return f"about one in {_two_figures(often)}"


def _two_figures(value: float) -> str:
    if value < 10:
        return f"{value:.2g}"
    step = 10 ** max(0, len(str(int(value))) - 2)
    return f"{round(value / step) * step:,}"


def _figure(value: float) -> str:
    if value < 0.001:
        return "fewer than 0.001"
    return f"about {value:.2g}" if value < 10 else f"about {_two_figures(value)}"


def _share(value: float) -> str:
    return "less than 1 %" if value < 0.01 else f"about {min(value, 1.0):.0%}".replace("%", " %")


def groups(weighed: Sequence[Weighed]) -> list[Group]:
    """The table for and against, in the order for people; a group that has nothing says so."""
    lines: dict[str, list[Line]] = {code: [] for code, _, _ in _GROUPS}
    for one in table(weighed):
        code = "contradictions" if one.contradiction else str(one.side)
        weight = "" if one.side is Side.UNKNOWN else signed(one.weight)
        lines[code].append(Line(told(one.text, 1_000), weight, told(source_said(one.source), 400)))
    return [Group(code, title, note, lines[code]) for code, title, note in _GROUPS]


def _after(reviewing: Reviewing, work: Work) -> dict[str, Any]:
    """What follows a decision: the checklist and how it came out."""
    steps: list[Step] = []
    note = "Nothing follows until two people have confirmed the candidate."
    if work.standing is Standing.CONFIRMED:
        recorded = reviewing.steps(work.kept)
        steps = [
            Step(told(one["what"], 200), one["due"], one["done"], told(one["by"], 80)) for one in recorded
        ]
        known = {one.what for one in steps}
        steps += [Step(what, None, None, None) for what in STEPS if what not in known]
        note = "What usually follows, and what was put down for this candidate; a checklist, no rule."
    acts = reviewing.pairs.acts(OUTCOME, [work.kept]).get(work.kept.id, ())
    outcome = "Not known yet."
    if acts:
        said, by = acts[-1].said, told(acts[-1].by, 80)
        outcome = f"{str(said['result']).replace('-', ' ').capitalize()}, {said['on']}; recorded by {by}."
    return {"steps": steps, "steps_note": note, "outcome": outcome}


__all__ = ["ASSESSMENT", "CLOSED", "Sheet", "Shown", "chance", "groups", "sheet", "shown"]
