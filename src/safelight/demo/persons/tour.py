"""The missing-children desk on an invented register: enrolled, matched, decided by two, and what came of it.

Deciders here know the truth of the register, so that the tour shows the way of a decision, not how well people decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from safelight.demo.persons import templates
from safelight.demo.persons.register import FOUND, MISSING, PHOTOGRAPHS, TRUTH, are_at_hand, write
from safelight.model import Authority, Basis, Capability, Ground
from safelight.persons.person import Status, Verdict
from safelight.progress import Progress, silent
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace

DECIDERS = ("anna", "ben", "carla")
"""Two who look at everything, and a third for what they disagree about."""
DOUBTED = "F-2"
"""The found person about whom the second cannot say: so it goes to a third."""
WRONG = "F-4"
"""Confirmed by two and wrong all the same, as the tour invents it: DNA says no."""
CROWD = (1_000, 200, 20)
"""Missing and found templates of the second case, and how many people are in both."""
SEED = 6


@dataclass(slots=True)
class PersonTour:
    """What the desk made of the register, and of a crowd of numbers."""

    folder: Path
    photographs: bool
    """Do public photographs of adults stand in, or templates that are numbers?"""
    enrolled: dict[str, Any]
    """As `persons enrol --json`, for `missing` and `found`."""
    matched: dict[str, Any]
    """As `persons match --json`."""
    decisions: list[dict[str, Any]] = field(default_factory=list)
    """Who said what of which candidate, in order, and where it stood then."""
    ledger: dict[str, Any] = field(default_factory=dict)
    """As `persons outcomes --json`."""
    numbers: dict[str, Any] = field(default_factory=dict)
    """The match of a crowd of templates: how many were found of those planted, and what chance brought."""
    audit: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """What `demo --json` prints of it."""
        return {
            "folder": self.folder,
            "stands_in": "photographs of public adults"
            if self.photographs
            else "templates: numbers, no faces",
            "enrolled": self.enrolled,
            "match": self.matched,
            "decisions": self.decisions,
            "ledger": self.ledger,
            "numbers": self.numbers,
            "audit": self.audit,
        }


def run(
    config: Settings,
    folder: Path,
    *,
    photographs: Path = PHOTOGRAPHS,
    crowd: tuple[int, int, int] = CROWD,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda line: None,
) -> PersonTour:
    """Make the register in `folder` and run the desk on it, in the evaluation workspace of `config`."""
    with_photographs = are_at_hand(photographs)
    generator = np.random.default_rng(SEED)
    say(f"Enrolling an invented register of {len(MISSING)} missing and {len(FOUND)} found people …")
    with open_workspace(config=config, evaluation=True, actor=DECIDERS[0]) as workspace:
        case = workspace.open_case(f"Missing people {_now()}", authority()).id
        enrolled = {}
        for status, entries in ((Status.MISSING, MISSING), (Status.FOUND, FOUND)):
            path = write(folder / str(status), entries, photographs if with_photographs else None)
            enrolled[str(status)] = workspace.enrol_persons(path, status=status, case=case, progress=progress)
        if not with_photographs:
            _give_templates(workspace, case, generator)
        matched = workspace.match_persons(top=5, case=case, progress=progress)
    tour = PersonTour(folder, with_photographs, enrolled, matched)
    say("Deciding: two people, each blind to the other; a third where they disagree …")
    for name in DECIDERS:
        with open_workspace(config=config, actor=name) as workspace:
            _decide(workspace, case, name, tour)
    with open_workspace(config=config, actor=DECIDERS[0]) as workspace:
        _record(workspace, case, tour)
    say(f"Matching {crowd[1]:,} templates (numbers) against {crowd[0]:,}: what does chance alone give?")
    with open_workspace(config=config, actor=DECIDERS[0]) as workspace:
        tour.numbers = _numbers(workspace, crowd, generator, progress)
        tour.audit = workspace.audit_verify()
    return tour


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


def authority() -> Authority:
    """A sample authority that allows face search to find missing people."""
    today = datetime.now(UTC).date()
    return Authority(
        basis=Basis.STATUTE,
        reference="SAMPLE Child Protection Act s. 7",
        issued_by="Sample Ministry",
        valid_from=today,
        valid_until=today + timedelta(days=365),
        allows=frozenset({Capability.FACE_SEARCH, Capability.EXPORT}),
        approved_by="chief",
        ground=Ground.MISSING_PERSON,
    )


def _give_templates(workspace: Workspace, case: str, generator: np.random.Generator) -> None:
    """The register's people get numbers in place of faces; who is one person, numbers that score so."""
    missing = templates.numbered("M", templates.strangers(len(MISSING), generator))
    found = templates.numbered("F", templates.strangers(len(FOUND), generator))
    for number, person in TRUTH.items():
        found[number] = templates.again(missing[person][None], generator)[0]
    templates.give(workspace, case, Status.MISSING, missing)
    templates.give(workspace, case, Status.FOUND, found)


def _decide(workspace: Workspace, case: str, name: str, tour: PersonTour) -> None:
    """Answer every list that waits for this person."""
    while (listed := workspace.next_review(case=case)) is not None:
        probe = listed["probe"]["person_id"]
        for one in listed["candidates"]:
            truth = Verdict.SAME if TRUTH.get(probe) == one["person_id"] else Verdict.DIFFERENT
            doubts = name == DECIDERS[1] and probe == DOUBTED and truth is Verdict.SAME
            answered = workspace.answer_review(one["id"], Verdict.CANNOT_SAY if doubts else truth, case=case)
            if not answered["foil"]:
                tour.decisions.append(
                    {
                        "candidate": one["id"],
                        "found": probe,
                        "missing": one["person_id"],
                        "by": name,
                        "verdict": answered["verdict"],
                        "standing": answered["standing"],
                    }
                )


def _record(workspace: Workspace, case: str, tour: PersonTour) -> None:
    """Follow what was confirmed: one reunited, one wrong, the others still open."""
    last = {one["found"]: one for one in tour.decisions if one["standing"] == "confirmed by two"}
    if (one := last.get("F-1")) is not None:
        workspace.person_step(one["candidate"], "speak with the family", done=True, case=case)
        workspace.person_outcome(one["candidate"], "reunited", case=case)
    if (one := last.get(WRONG)) is not None:
        workspace.person_step(one["candidate"], "DNA", done=True, case=case)
        workspace.person_outcome(one["candidate"], "not-the-same", case=case)
    tour.ledger = workspace.person_outcomes(case=case)


def _numbers(
    workspace: Workspace, crowd: tuple[int, int, int], generator: np.random.Generator, progress: Progress
) -> dict[str, Any]:
    """Match a crowd of which the truth is known: the planted pairs that were found, and everything else that was."""
    missing, found, planted = crowd
    case = workspace.open_case(f"A crowd of numbers {_now()}", authority()).id
    faces = templates.strangers(missing, generator)
    others = templates.strangers(found - planted, generator)
    searched = np.concatenate([templates.again(faces[:planted], generator), others])
    templates.give(workspace, case, Status.MISSING, templates.numbered("M", faces))
    templates.give(workspace, case, Status.FOUND, templates.numbered("F", searched))
    matched = workspace.match_persons(top=5, case=case, progress=progress)
    right = sum(
        one["probe"][1:] == one["person_id"][1:] and int(one["probe"][2:]) <= planted
        for one in matched["candidates"]
    )
    return {
        "missing": missing,
        "found": found,
        "planted": planted,
        "candidates": len(matched["candidates"]),
        "right": right,
        "expected_by_chance": matched["expected_by_chance"],
        "meaning": matched["meaning"],
        "calibration": matched["calibration"],
        "seconds": matched["seconds"],
    }


__all__ = ["CROWD", "DECIDERS", "PersonTour", "authority", "run"]
