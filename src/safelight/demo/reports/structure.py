"""What a report says beside its words: kind of incident, marks, files, what is known of the people.

Each sign has two shares: how often it stands in a report without a child in danger, and in one with. They overlap
widely, are taken from no scorer's weights, and senders differ: structure hints, and decides little.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from safelight.demo.reports.world import Provider, World, digests, known_file
from safelight.reports.report import Annotation, ReportFile

MATERIAL: Final = "Child Pornography (possession, manufacture, and distribution)"
ENTICEMENT: Final = "Online Enticement of Children for Sexual Acts"
MISLEADING: Final = "Misleading Words or Digital Images on the Internet"
_INCIDENTS: Final = {  # of CyberTipline's types: share without, and with a child in danger
    MATERIAL: (0.78, 0.46),
    ENTICEMENT: (0.10, 0.30),
    "Child Sexual Molestation": (0.012, 0.11),
    "Child Sex Trafficking": (0.008, 0.03),
    "Child Sex Tourism": (0.003, 0.01),
    "Unsolicited Obscene Material Sent to a Child": (0.05, 0.06),
    MISLEADING: (0.047, 0.03),
}
_SIGNS: Final = {
    "victim": (0.14, 0.42),
    "victim named": (0.35, 0.5),
    "access": (0.05, 0.22),
    "relative": (0.04, 0.18),
    "occupation": (0.12, 0.25),
    "with children": (0.12, 0.25),
    "convicted": (0.008, 0.04),
    "prior": (0.05, 0.1),
    "firearms": (0.01, 0.025),
    "no files": (0.16, 0.42),
    "new": (0.3, 0.5),
    "camera": (0.06, 0.14),
    "classified": (0.35, 0.35),
    "prepubescent": (0.45, 0.6),
    "infant": (0.03, 0.05),
    "self-production": (0.09, 0.13),
    "live-streaming": (0.004, 0.02),
    "harm": (0.02, 0.05),
    "drawing": (0.06, 0.015),
    "generated": (0.03, 0.02),
    "meme": (0.05, 0.01),
    "sextortion": (0.012, 0.03),
    "solicitation": (0.03, 0.07),
    "minor-to-minor": (0.03, 0.04),
    "sadistic": (0.001, 0.006),
    "informational": (0.12, 0.04),
    "ahead": (0.003, 0.02),
}
_OF_SITUATION: Final = {  # what a situation shows in structure more often than danger in general does
    "coercion": {"sextortion": 0.4, "self-production": 0.3},
    "self-harm": {"sextortion": 0.15, "sadistic": 0.08},
    "live": {"live-streaming": 0.3},
    "making": {"new": 0.7, "camera": 0.3},
    "young": {"victim": 0.55, "infant": 0.2},
    "trust": {"occupation": 0.5, "with children": 0.6},
    "access": {"access": 0.45, "relative": 0.5},
    "plan": {"ahead": 0.15},
    "meeting": {"ahead": 0.2},
}
_INCIDENT_OF: Final = {
    "trafficking": "Child Sex Trafficking",
    "grooming": ENTICEMENT,
    "meeting": ENTICEMENT,
    "coercion": ENTICEMENT,
}
_MARKS: Final = ("infant", "self-production", "live-streaming", "harm", "drawing", "generated", "meme")
_ANNOTATIONS: Final = {
    "sextortion": Annotation.SEXTORTION,
    "solicitation": Annotation.SOLICITATION,
    "minor-to-minor": Annotation.MINOR_TO_MINOR,
    "sadistic": Annotation.SADISTIC,
    "informational": Annotation.INFORMATIONAL,
}
_STRONG: Final = ("escalated", "young", "access", "new", "infant", "live-streaming", "prior")


@dataclass(slots=True)
class Signs:
    """What the structure of one report is to say."""

    incident: str
    escalated: bool = False
    annotations: set[Annotation] = field(default_factory=set)
    victim_age: int | None = None
    victim: bool = False
    victim_named: bool = False
    prior: bool = False
    ahead: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    """Of the reported person, as far as the form has room for them."""
    files: tuple[ReportFile, ...] = ()


def calm(rng: Random, world: World, provider: Provider, form: str) -> Signs:
    """Signs of a report in which no child is in danger."""
    return _drawn(rng, world, provider, form, "none", 0)


def dangerous(rng: Random, world: World, provider: Provider, form: str, situation: str) -> Signs:
    """Signs of a report whose words tell of a danger: somewhat more of everything, and often nothing special."""
    return _drawn(rng, world, provider, form, situation, 1)


def telling(rng: Random, world: World, provider: Provider, form: str, *, misleading: bool) -> Signs:
    """Signs of a report whose words tell nothing: three of those that matter stand in its structure."""
    made = _drawn(rng, world, provider, form, "none", 1)
    if misleading:
        made.incident = rng.choice((MISLEADING, MATERIAL))
    fits = [one for one in _STRONG if form in ("json", "hotline", "csv") or one != "access"]
    if form not in ("cybertip", "json"):  # a hotline's list has no marks of files
        fits = [one for one in fits if one not in ("infant", "live-streaming", "prior")]
    for sign in rng.sample(fits, 3):
        _strengthen(rng, world, provider, form, made, sign)
    return made


def _strengthen(rng: Random, world: World, provider: Provider, form: str, made: Signs, sign: str) -> None:
    if sign == "escalated":
        made.escalated = True
    elif sign == "young":
        made.victim, made.victim_age = True, rng.randint(2, 8)
    elif sign == "access":
        made.facts["relationship"] = rng.choice(world.places["relatives"])
        if form == "json":
            made.facts["access-to-child"] = "yes"
    elif sign == "prior":
        made.prior = True
    else:
        marks = frozenset({sign} if sign != "new" else ())
        new = _file(rng, provider, form, f"new {rng.getrandbits(60):x}", marks, camera=True)
        made.files = (*made.files[:4], new)


def _drawn(rng: Random, world: World, provider: Provider, form: str, situation: str, at: int) -> Signs:
    of_situation = _OF_SITUATION.get(situation, {}) if at else {}
    signs = {name: rng.random() < of_situation.get(name, shares[at]) for name, shares in _SIGNS.items()}
    incident = rng.choices(list(_INCIDENTS), [shares[at] for shares in _INCIDENTS.values()])[0]
    if situation in _INCIDENT_OF and rng.random() < 0.4:
        incident = _INCIDENT_OF[situation]
    made = Signs(incident, escalated=rng.random() < (provider.danger if at else provider.calm))
    made.annotations = {mark for name, mark in _ANNOTATIONS.items() if signs[name]}
    made.victim, made.victim_named = signs["victim"], signs["victim"] and signs["victim named"]
    if made.victim and rng.random() < 0.8:
        middle = (13, 11)[at] if situation != "young" else 4
        made.victim_age = round(rng.triangular(1 if situation == "young" else 3, 17, middle))
    made.prior, made.ahead = signs["prior"], signs["ahead"]
    made.facts = _facts(rng, world, form, signs)
    made.files = () if signs["no files"] else _files(rng, provider, form, signs)
    return made


def _facts(rng: Random, world: World, form: str, signs: dict[str, bool]) -> dict[str, str]:
    """Statements on the reported person. CyberTipline's XML has no room for any of these."""
    found: dict[str, str] = {}
    if form in ("json", "hotline", "csv") and (signs["relative"] or rng.random() < 0.2):
        found["relationship"] = rng.choice(world.places["relatives" if signs["relative"] else "strangers"])
    if form != "json":
        return found
    if signs["access"]:
        found[rng.choice(("access-to-child", "access-to-children"))] = "yes"
    elif rng.random() < 0.2:
        found["access-to-children"] = rng.choice(("no", "unknown"))
    if signs["occupation"]:
        found["occupation"] = rng.choice(
            world.places["with_children" if signs["with children"] else "occupations"]
        )
    for name in ("convicted", "firearms"):
        if signs[name]:
            found[name] = "yes"
        elif rng.random() < 0.1:
            found[name] = rng.choice(("no", "unknown"))
    return found


def _files(rng: Random, provider: Provider, form: str, signs: dict[str, bool]) -> tuple[ReportFile, ...]:
    count = min(12, 1 + int(rng.expovariate(0.6)))
    marks = {name for name in _MARKS if signs[name]}
    made: dict[str, ReportFile] = {}
    for number in range(count):
        is_new = signs["new"] and (number == 0 or rng.random() < 0.5)
        name = f"new {rng.getrandbits(60):x}" if is_new else known_file(int(50 * rng.paretovariate(0.6)))
        of_file = frozenset(mark for mark in marks if number == 0 or rng.random() < 0.4)
        classification = None
        if form in ("cybertip", "json") and signs["classified"]:
            classification = rng.choice(("A1", "A2") if signs["prepubescent"] else ("B1", "B2"))
        camera = signs["camera"] and is_new
        made[name] = _file(rng, provider, form, name, of_file, classification, camera=camera)
    return tuple(made.values())


def wave_file(rng: Random, provider: Provider, form: str, name: str, *, marked: bool) -> ReportFile:
    """The one file of a viral wave, as this sender describes it."""
    return _file(rng, provider, form, name, frozenset({"meme"} if marked else ()))


def _file(
    rng: Random,
    provider: Provider,
    form: str,
    name: str,
    marks: frozenset[str],
    classification: str | None = None,
    *,
    camera: bool = False,
) -> ReportFile:
    stated = digests(name)
    if rng.random() < 0.25:
        stated.pop("sha1")
    ending = rng.choice(("jpg", "jpg", "jpg", "png", "mp4"))
    shown = f"file{rng.randrange(10**6):06d}.{ending}"
    viewed = rng.random() < provider.viewed
    if form in ("hotline", "csv"):
        return ReportFile(name=shown, digests={"md5": stated["md5"]}, viewed=viewed)
    exif = {"Make": "Sample Optics", "Model": f"S{rng.randrange(1, 9)}"} if camera else {}
    return ReportFile(
        file_id=f"{rng.getrandbits(64):016x}",
        name=shown,
        digests=stated,
        viewed=viewed if rng.random() < 0.9 else None,
        public=rng.random() < 0.1 if rng.random() < 0.5 else None,
        classification=classification,
        annotations=marks,
        exif=exif,
    )
