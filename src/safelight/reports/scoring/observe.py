"""What the structure of one report says: observations by code, each with a strength 0..1. No text is read here."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from safelight.reports.report import Annotation, Kind, Party, Report, ReportFile, Role

OBSERVED = (
    "convicted",
    "prior-stated",
    "access-stated",
    "trust-stated",
    "escalated",
    "enticement",
    "molestation",
    "trafficking",
    "travel",
    "sextortion",
    "solicitation",
    "sadistic",
    "live",
    "camera-original",
    "self-production",
    "harm",
    "date-ahead",
    "young",
    "infant",
    "victim-named",
    "victim-account",
    "firearms",
    "viral",
    "drawing",
    "generated",
    "retracted",
    "spam",
    "informational",
)
"""The codes this module gives: columns of the store, in this order. New ones are added at the end."""

_INCIDENTS = (
    ("enticement", re.compile(r"entice|groom|anbahnung|solicit", re.IGNORECASE)),
    ("molestation", re.compile(r"molest|hands[- ]?on|contact abuse", re.IGNORECASE)),
    ("trafficking", re.compile(r"traffick", re.IGNORECASE)),
    ("travel", re.compile(r"tourism|travel", re.IGNORECASE)),
    ("sextortion", re.compile(r"sextortion|extortion|blackmail", re.IGNORECASE)),
)
_ANNOTATIONS = {
    Annotation.SEXTORTION: "sextortion",
    Annotation.SOLICITATION: "solicitation",
    Annotation.SADISTIC: "sadistic",
    Annotation.SPAM: "spam",
    Annotation.INFORMATIONAL: "informational",
    Annotation.VIRAL: "viral",
    Annotation.RETRACTED: "retracted",
}
_FILES = {
    "live-streaming": "live",
    "self-production": "self-production",
    "harm": "harm",
    "violence": "harm",
    "infant": "infant",
    "drawing": "drawing",
    "generated": "generated",
    "meme": "viral",
    "viral": "viral",
}
_LOWERING = frozenset({"drawing", "generated", "viral"})
_FAMILY = re.compile(
    r"\b(?:step|grand|foster)?-?(?:father|mother|parent|dad|mum|mom)\b|\b(?:uncle|aunt|brother|sister|guardian|"
    r"carer|caregiver|babysitter|nanny|relative|family)\b",
    re.IGNORECASE,
)
_TRUST = re.compile(
    r"\b(?:teacher|coach|trainer|tutor|priest|pastor|imam|rabbi|clergy|nurse|doctor|p(?:a)?ediatrician|social worker|"
    r"youth|child(?:care|ren)?|kindergarten|nursery|school|scout|babysitter|nanny|lehrer|erzieher|betreuer)",
    re.IGNORECASE,
)
_NO = frozenset({"no", "false", "0", "none", "unknown", "n", "not known"})
_AGE = re.compile(r"\d{1,3}")
_CAMERA = ("make", "model", "camera make", "camera model", "camera make/manufacturer", "serial number")


def observe(report: Report, now: datetime) -> dict[str, float]:
    """Observations of the report's structure. `now` (UTC) stands in for a day of receipt that is not stated."""
    found: dict[str, float] = {}
    for annotation in report.annotations:
        if code := _ANNOTATIONS.get(annotation):
            found[code] = 1.0
    if report.escalation is not None:
        found["escalated"] = 1.0
    if report.incident:
        for code, pattern in _INCIDENTS:
            if pattern.search(report.incident):
                found[code] = 1.0
    day = _day(report.received) or now.date()
    occurred = _day(report.occurred)
    if occurred is not None and 0 < (occurred - day).days < 366:
        found["date-ahead"] = 1.0
    _files(report.files, found)
    for party in report.parties:
        if party.role is Role.REPORTED:
            _reported(report, party, day, found)
        elif party.role is Role.VICTIM or (party.role is Role.RECIPIENT and is_minor(party, day)):
            _victim(party, day, found)
    return found


def is_minor(party: Party, day: date) -> bool:
    """Is the party stated to be below eighteen?"""
    age = age_of(party, day)
    return age is not None and age < 18


def age_of(party: Party, day: date) -> float | None:
    """Years at `day`: from the birth date, else the lowest stated age; None where neither makes sense."""
    born = _day(party.birth_date)
    if born is not None and 0 <= (day - born).days < 120 * 366:
        return (day - born).days / 365.25
    stated = [int(one) for one in _AGE.findall((party.age or "")[:100])]
    plausible = [age for age in stated if age < 120]
    return float(min(plausible)) if plausible else None


def is_victim_account(report: Report, party: Party, day: date) -> bool:
    """May a reported account be the child's own? A stated minor, a hijacked account, or the child's own pictures.

    Such a party is routed as a child to protect, and counts nowhere as an offender.
    """
    if party.role is not Role.REPORTED:
        return False
    if party.facts.get("compromised", "no").partition(";")[0] not in _NO:
        return True
    age = age_of(party, day)
    if age is None:
        return False
    return age < 18


def day_of(report: Report, now: datetime) -> date:
    """The day the report was received, UTC; `now` where it is not stated."""
    return _day(report.received) or now.date()


def moment(stated: str | None) -> datetime | None:
    """A stated time as UTC; a time without zone is taken as UTC. None where it is none."""
    if not stated:
        return None
    try:
        made = datetime.fromisoformat(stated.strip().replace("Z", "+00:00"))
        return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day(stated: str | None) -> date | None:
    if not stated or len(stated) < 8:
        return None
    try:
        return date.fromisoformat(stated.strip()[:10])
    except ValueError:
        made = moment(stated)
        return made.date() if made else None


def _files(files: tuple[ReportFile, ...], found: dict[str, float]) -> None:
    material = [one for one in files if not one.supplemental]
    lowered: dict[str, int] = {}
    for one in material:
        for mark in one.annotations:
            code = _FILES.get(mark)
            if code in _LOWERING:
                lowered[code] = lowered.get(code, 0) + 1
            elif code:
                found[code] = 1.0
        if one.classification in ("A1", "A2"):
            found["infant"] = max(found.get("infant", 0.0), 0.7)
        if any(name.casefold() in _CAMERA for name in one.exif):
            found["camera-original"] = 1.0
    for code, count in lowered.items():  # one meme among other files lowers little
        found[code] = max(found.get(code, 0.0), count / len(material))


def _reported(report: Report, party: Party, day: date, found: dict[str, float]) -> None:
    facts = party.facts
    if is_victim_account(report, party, day):
        found["victim-account"] = 1.0
        _victim(party, day, found)
        return
    for fact in ("access-to-child", "access-to-children"):
        if _yes(facts.get(fact)):
            found["access-stated"] = max(
                found.get("access-stated", 0.0), 1.0 if fact == "access-to-child" else 0.8
            )
    if _FAMILY.search(facts.get("relationship", "")[:500]):
        found["access-stated"] = 1.0
    if _yes(facts.get("convicted")):
        found["convicted"] = 1.0
    if facts.get("prior-reports"):
        found["prior-stated"] = 1.0
    if _yes(facts.get("firearms")):
        found["firearms"] = 1.0
    if _TRUST.search(facts.get("occupation", "")[:500]):
        found["trust-stated"] = 1.0


def _victim(party: Party, day: date, found: dict[str, float]) -> None:
    age = age_of(party, day)
    if age is not None and age < 18:
        young = 1.0 if age < 7 else 0.5 + 0.5 * (13 - age) / 6 if age <= 13 else 0.5 * (18 - age) / 5
        found["young"] = max(found.get("young", 0.0), round(young, 3))
    named = {Kind.NAME, Kind.EMAIL, Kind.PHONE, Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.URL}
    if any(one.kind in named for one in party.identifiers) or party.facts.get("school") or party.spots:
        found["victim-named"] = 1.0


def _yes(said: str | None) -> bool:
    return bool(said) and said is not None and said.strip().casefold() not in _NO
