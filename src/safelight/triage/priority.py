"""From facts to a priority, in one readable place: which reasons there are, how strong, what they add up to.

Everything here is pure. A score is an assessment that orders work; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from string import hexdigits

from safelight.hashsets.scheme import Category, Meaning
from safelight.matching.films import clock, when
from safelight.matching.forms import told
from safelight.model import IDENTITY, Band, HashSetKind, Match, Reason, State
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
    near_in_case: int | None
    """Bits of 256 to the nearest item of this case that is known illegal, 31 at most; None where none is near."""
    near_form: str = IDENTITY
    """How that item must be turned or mirrored to look like this one, see `Match.form`."""
    other_preview: float | None = None
    """How like its picture the embedded preview is that differs most, -1..1; None where none differs."""
    looked_at: bool = True
    """Did a worker look at it? Before that it is compared with lists by its digests alone."""
    categories: Mapping[Match, Category] = field(default_factory=dict)
    """What the category of a match means, where the list's scheme knows it."""

    def cleared(self) -> set[Match]:
        """Entries of lists that call this, or what it looks like, not illegal."""
        return {match for match, said in self.categories.items() if said.meaning is Meaning.NOT}


@dataclass(frozen=True, slots=True)
class Assessment:
    """Priority 0..1, its band, and the reasons, strongest first. No reasons: not a lead."""

    priority: float
    band: Band
    reasons: tuple[Reason, ...]


def assess(facts: Facts, weights: Weights) -> Assessment:
    """Compose the priority of one item from its grounds and circumstances (weights.toml says how)."""
    kinds = {match.kind for match in facts.matches}
    if kinds == {HashSetKind.KNOWN_GOOD}:
        return Assessment(0.0, Band.LOW, ())
    reasons = _grounds(facts, weights)
    # What was not classified cannot be suspected: then bad company alone is reason enough to look.
    if reasons or (facts.explicit is None and facts.known_neighbours):
        reasons += _circumstances(facts, weights)
    if facts.other_preview is not None:  # it raises nothing else: a stale preview is an everyday thing
        text = "Its embedded preview shows something else than the picture, or more of it."
        reasons.append(Reason("other-preview", text, weights.grounds["other-preview"]))
    priority = 1.0 - prod(1.0 - reason.weight for reason in reasons)
    if priority < weights.settings["lead_floor"]:
        return Assessment(0.0, Band.LOW, ())
    reasons.sort(key=lambda reason: -reason.weight)
    return Assessment(round(priority, 4), weights.band(priority), tuple(reasons))


def _grounds(facts: Facts, weights: Weights) -> list[Reason]:
    found: list[Reason] = []

    def add(code: str, text: str, strength: float = 1.0) -> None:
        found.append(Reason(code, text, round(weights.grounds[code] * strength, 4)))

    illegal, near = _illegal(facts)
    if illegal:
        add("known-illegal", f"Exactly the file that {_held(illegal, facts)}; nobody needs to look.")
    elif near:
        best = min(near, key=lambda m: (-max(m.covered or (0,)), m.distance))
        said = _category(best, facts)
        of = f"{_entry(best.entry)} of '{best.hashset}'{f' ({said})' if said else ''}"
        add("near-known", _looks_like(best, of))
    elif facts.near_in_case is not None:
        bits = facts.near_in_case
        how = told(facts.near_form)
        add(
            "near-known",
            f"Looks like a known illegal file of this case{how}: {bits} of 256 bits differ (PDQ).",
        )
    watched = [m for m in facts.matches if m.kind is HashSetKind.WATCH]
    if watched:
        exact = [m for m in watched if not m.is_perceptual]
        add("watch", f"On the watch list {_lists(exact)}." if exact else _watched(watched))
    if illegal:
        return found
    if facts.shares_camera_with_known:
        add("near-series", "Same camera serial number as a known illegal file of this case.")
    if facts.explicit is not None and facts.explicit >= weights.settings["explicit_from"]:
        found += _suspicion(facts, facts.explicit, weights)
    return found


def _entry(name: str) -> str:
    """An entry by its id; one without an id bears its own digest, of which the beginning tells enough."""
    bare = len(name) == 64 and all(letter in hexdigits for letter in name)
    return f"an entry ({name[:12]}…)" if bare else f"entry {name}"


def _looks_like(match: Match, of: str) -> str:
    """How a picture or a film is like what a list holds."""
    if match.covered is None:
        what = "Looks like" if match.at is None else _frames(match.at)
        return f"{what} {of}{told(match.form)}: {match.distance} of 256 bits differ (PDQ)."
    mine, theirs = match.covered
    found = f"{mine} % of this film's are found there, and {theirs} % of the entry's here"
    return f"Shares frames with {of}{told(match.form)}{when(match.at)}: {found} (vPDQ)."


def _frames(at: tuple[float, float]) -> str:
    """Where in a film the frames are that look like something; seconds are enough to find them."""
    begin, end = clock(at[0]), clock(at[1])
    return (
        f"The frame at {begin} looks like" if begin == end else f"The frames from {begin} to {end} look like"
    )


def _watched(near: Sequence[Match]) -> str:
    """What looks like an entry of a watch list: it is not the entry itself."""
    best = min(near, key=lambda m: (-max(m.covered or (0,)), m.distance))
    return _looks_like(best, f"{_entry(best.entry)} of the watch list '{best.hashset}'")


def _illegal(facts: Facts) -> tuple[list[Match], list[Match]]:
    """Matches with lists of illegal material, exact and near; without entries that the list itself calls harmless."""
    cleared = facts.cleared()
    found = [m for m in facts.matches if m.kind is HashSetKind.KNOWN_ILLEGAL and m not in cleared]
    return [m for m in found if not m.is_perceptual], [m for m in found if m.is_perceptual]


def _suspicion(facts: Facts, explicit: float, weights: Weights) -> list[Reason]:
    """Explicit alone, and explicit with the age that faces suggest; unknown age counts as `young_unknown`."""
    alone = weights.grounds["explicit"] * explicit
    if facts.below_18 is None:
        young = weights.settings["young_unknown"]
        seen = "no face was found" if facts.faces == 0 else "apparent age was not computed"
        text = f"Explicit (score {explicit:.2f}); {seen}, so apparent age is unknown."
    else:
        young = facts.below_18
        text = (
            f"Explicit (score {explicit:.2f}) and apparently young: {young:.0%} of the apparent-age "
            "estimate lies below 18. An estimate of looks, not a finding of age."
        )
    together = weights.grounds["suspected"] * explicit * young
    if facts.below_18 is not None and young < weights.settings["young_from"]:
        text = (
            f"Explicit by the model (score {explicit:.2f}). At most {young:.0%} of the apparent-age estimate of a "
            "face lies below 18. An estimate of looks, which can be wrong."
        )
        return [Reason("explicit", text, round(1 - (1 - alone) * (1 - together), 4))]
    return [
        Reason("explicit", f"Explicit by the model (score {explicit:.2f}).", round(alone, 4)),
        Reason("suspected", text, round(together, 4)),
    ]


def _circumstances(facts: Facts, weights: Weights) -> list[Reason]:
    found: list[Reason] = []

    def add(code: str, text: str, strength: float = 1.0) -> None:
        found.append(Reason(code, text, round(weights.circumstances[code] * strength, 4)))

    settings = weights.settings
    illegal, near = _illegal(facts)
    if against := _against(facts):
        add("conflict", f"Lists disagree: {against}.")
    said = [facts.categories[m] for m in (*illegal, *near) if m in facts.categories]
    if said and (worst := max(said, key=lambda one: one.severity)).severity:
        add("category", f"Category {worst.code} on the list: {worst.label}.", worst.severity)
    if ways := _ways(facts):
        add("hidden", f"Only found {' and '.join(ways)}.")
    if illegal:
        return found
    if not facts.matches and facts.looked_at:
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
    if facts.known_neighbours:
        strength = min(1.0, facts.known_neighbours / settings["company_full"])
        noun = "file" if facts.known_neighbours == 1 else "files"
        waits = "" if facts.looked_at else "; it was not looked at yet, so what it shows is unknown"
        text = f"Lies in one folder or archive with {facts.known_neighbours} known illegal {noun}{waits}."
        add("company", text, strength)
    return found


def _against(facts: Facts) -> str:
    """What some lists say against the others about exactly this file; empty where they agree."""
    exact = [m for m in facts.matches if not m.is_perceptual]
    cleared = [m for m in exact if m in facts.cleared()]
    good = [m for m in exact if m.kind is HashSetKind.KNOWN_GOOD]
    if len(good) + len(cleared) == len(facts.matches):
        return ""
    said = [f"{_lists(good)} holds it as known good"] if good else []
    return " and ".join(said + [_held([m], facts) for m in cleared])


def _ways(facts: Facts) -> list[str]:
    """How every place of the item is out of sight."""
    gone = (State.DELETED, State.CARVED)
    ways = [str(state) for state in gone if state in facts.states and facts.states <= set(gone)]
    if facts.misnamed:
        ways.append("under a name that hides its type")
    if facts.hidden:
        ways.append("in a hidden place")
    return ways


def _held(matches: Sequence[Match], facts: Facts) -> str:
    """What lists hold a file as: `'A' holds as category 1 (…) and 'B' holds as known illegal`."""
    said = {m.hashset: _category(m, facts) or m.kind.value.replace("-", " ") for m in matches}
    return " and ".join(f"'{name}' holds as {as_}" for name, as_ in sorted(said.items()))


def _category(match: Match, facts: Facts) -> str:
    """The category that a list gives, in the list's own words; empty where it gives none."""
    if match.category is None:
        return ""
    meant = facts.categories.get(match)
    return f"category {match.category}" + (f", {meant.label}" if meant else "")


def _lists(matches: Sequence[Match]) -> str:
    return ", ".join(f"'{name}'" for name in sorted({match.hashset for match in matches}))
