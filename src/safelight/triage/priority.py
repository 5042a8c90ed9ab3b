"""From facts to a priority, in one readable place: which reasons there are, how strong, what they add up to.

Everything here is pure. A score is an assessment that orders work; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from safelight.model import Band, HashSetKind, Match, Reason, State
from safelight.triage.weights import Weights


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one item when its priority is composed. None is *unknown*, never zero."""

    matches: Sequence[Match]
    explicit: float | None
    """open_nsfw score 0..1 of the picture or the strongest frame."""
    below_18: float | None
    """Largest share of apparent age below 18 among the faces; None without a face or without a model."""
    faces: int | None
    camera: str | None
    """Make and model, where the file states them."""
    camera_folder: bool
    located: bool
    days_old: float | None
    """Days between the camera's time and the scan."""
    states: frozenset[State]
    misnamed: bool
    hidden: bool
    """Every place is an alternate stream or a hidden folder."""
    known_neighbours: int
    """Known-illegal items in the same folder or archive, this one not counted."""
    shares_camera_with_known: bool
    severity: float | None
    """Of the worst category a list gives, 0..1, by the scheme; None where none is given or known."""
    near_in_case: bool
    """Within 31 bits of an item of this case that is known illegal."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Priority 0..1, its band, and the reasons, strongest first. No reasons: not a lead."""

    priority: float
    band: Band
    reasons: tuple[Reason, ...]


def assess(facts: Facts, weights: Weights) -> Assessment:
    """Compose the priority of one item from its grounds and circumstances (weights.toml says how)."""
    kinds = {match.kind for match in facts.matches}
    conflict = HashSetKind.KNOWN_GOOD in kinds and bool(kinds - {HashSetKind.KNOWN_GOOD})
    if kinds == {HashSetKind.KNOWN_GOOD}:
        return Assessment(0.0, Band.LOW, ())
    reasons = _grounds(facts, weights)
    if reasons:
        reasons += _circumstances(facts, weights, conflict)
    priority = 1.0 - prod(1.0 - reason.weight for reason in reasons)
    if priority < weights.settings["lead_floor"]:
        return Assessment(0.0, Band.LOW, ())
    reasons.sort(key=lambda reason: -reason.weight)
    return Assessment(round(priority, 4), weights.band(priority), tuple(reasons))


def _grounds(facts: Facts, weights: Weights) -> list[Reason]:
    found: list[Reason] = []

    def add(code: str, text: str, strength: float = 1.0) -> None:
        found.append(Reason(code, text, round(weights.grounds[code] * strength, 4)))

    exact = [m for m in facts.matches if m.distance == 0 and m.by not in {"pdq", "vpdq"}]
    near = [m for m in facts.matches if m.by in {"pdq", "vpdq"}]
    illegal = [m for m in exact if m.kind is HashSetKind.KNOWN_ILLEGAL]
    near_illegal = [m for m in near if m.kind is HashSetKind.KNOWN_ILLEGAL]
    if illegal:
        add(
            "known-illegal",
            f"Exactly the file that {_lists(illegal)} holds as known illegal; nobody needs to look.",
        )
    elif near_illegal:
        best = min(near_illegal, key=lambda m: m.distance)
        add(
            "near-known",
            f"Looks like entry {best.entry} of '{best.hashset}': {best.distance} of 256 bits differ (PDQ).",
        )
    elif facts.near_in_case:
        add("near-known", "Looks like a known illegal file of this case (PDQ within 31 of 256 bits).")
    watched = [m for m in facts.matches if m.kind is HashSetKind.WATCH]
    if watched:
        add("watch", f"On the watch list {_lists(watched)}.")
    if not illegal and facts.explicit is not None and facts.explicit >= weights.settings["explicit_from"]:
        _suspicion(facts, facts.explicit, weights, add)
    return found


def _suspicion(
    facts: Facts, explicit: float, weights: Weights, add: Callable[[str, str, float], None]
) -> None:
    young = facts.below_18 if facts.below_18 is not None else weights.settings["young_unknown"]
    add("explicit", f"Explicit by the model (score {explicit:.2f}).", explicit)
    if facts.below_18 is None:
        seen = "no face was found" if facts.faces == 0 else "apparent age was not computed"
        text = f"Explicit (score {explicit:.2f}); {seen}, so apparent age is unknown."
    else:
        text = (
            f"Explicit (score {explicit:.2f}) and {_youth(young, weights)}: {young:.0%} of the apparent-age "
            "estimate lies below 18. An estimate of looks, not a finding of age."
        )
    add("suspected", text, explicit * young)


def _circumstances(facts: Facts, weights: Weights, conflict: bool) -> list[Reason]:
    found: list[Reason] = []

    def add(code: str, text: str, strength: float = 1.0) -> None:
        found.append(Reason(code, text, round(weights.circumstances[code] * strength, 4)))

    settings = weights.settings
    known = any(m.kind is HashSetKind.KNOWN_ILLEGAL and m.by not in {"pdq", "vpdq"} for m in facts.matches)
    if conflict:
        good = [m for m in facts.matches if m.kind is HashSetKind.KNOWN_GOOD]
        add("conflict", f"Lists disagree: {_lists(good)} holds it as known good.")
    if facts.severity:
        categories = sorted({m.category for m in facts.matches if m.category})
        add("category", f"Category {', '.join(categories)} on the list.", facts.severity)
    if known:
        return found + _where(facts, weights)
    if not facts.matches:
        add("new-material", "On none of the lists: may be new material.")
    if facts.camera or facts.camera_folder:
        made = f"States the camera {facts.camera}" if facts.camera else "Lies in a camera's folder"
        also = " and lies in a camera's folder" if facts.camera and facts.camera_folder else ""
        add("camera-original", f"{made}{also}: looks like an original.", 1.0 if facts.camera else 0.6)
    if facts.located:
        add("location", "Carries coordinates (GPS).")
    if facts.days_old is not None and 0 <= facts.days_old <= settings["recent_days"]:
        strength = 1.0 - 0.5 * facts.days_old / settings["recent_days"]
        add("recent", f"Taken {facts.days_old:.0f} days before the scan, by the camera's clock.", strength)
    if facts.shares_camera_with_known:
        add("near-series", "Same camera serial number as a known illegal file of this case.")
    return found + _where(facts, weights)


def _where(facts: Facts, weights: Weights) -> list[Reason]:
    found: list[Reason] = []
    ways = [
        str(state)
        for state in (State.DELETED, State.CARVED)
        if facts.states and facts.states <= {state, State.CARVED}
    ]
    if facts.misnamed:
        ways.append("under a name that hides its type")
    if facts.hidden:
        ways.append("in a hidden place")
    if ways:
        weight = weights.circumstances["hidden"]
        found.append(Reason("hidden", f"Only found {' and '.join(dict.fromkeys(ways))}.", round(weight, 4)))
    if facts.known_neighbours:
        strength = min(1.0, facts.known_neighbours / weights.settings["company_full"])
        noun = "file" if facts.known_neighbours == 1 else "files"
        found.append(
            Reason(
                "company",
                f"Lies in one folder or archive with {facts.known_neighbours} known illegal {noun}.",
                round(weights.circumstances["company"] * strength, 4),
            )
        )
    return found


def _youth(young: float, weights: Weights) -> str:
    return "apparently young" if young >= weights.settings["young_from"] else "not apparently young"


def _lists(matches: Sequence[Match]) -> str:
    return ", ".join(f"'{name}'" for name in sorted({match.hashset for match in matches}))
