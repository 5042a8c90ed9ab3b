"""What the structure of one report says: observations by code, each with a strength 0..1. No text is read here."""

from __future__ import annotations

import re
from datetime import date, datetime

from safelight.reports import dates
from safelight.reports.answers import Answer, affirmed, answer, answer_on, is_family
from safelight.reports.report import Annotation, Kind, Party, Report, ReportFile, Role, captures
from safelight.reports.scoring.ages import ADULT, Age, at_birth, contradict, stated_ages, youth_at

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
_TRUST = re.compile(
    r"\b(?:teacher|coach|trainer|tutor|priest|pastor|imam|rabbi|clergy|nurse|doctor|p(?:a)?ediatrician|social worker|"
    r"youth|child(?:care|ren)?|kindergarten|nursery|school|scout|babysitter|nanny|lehrer|erzieher|betreuer)",
    re.IGNORECASE,
)
_IDS = re.compile(r"\d{4}")
"""What a list of earlier reports holds, and a word that says there are none does not."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_OF_A_CHILD = frozenset({Kind.EMAIL, Kind.PHONE, Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.URL, Kind.NAME})
LIKELY, POSSIBLE = 1.0, 0.5
"""How sure it is that a reported account is a child's own. A possible one counts as a possible offender's as well."""
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
    day = dates.day(report.received) or now.date()
    occurred = dates.day(report.occurred)
    if occurred is not None and 0 < (occurred - day).days < 366:
        found["date-ahead"] = 1.0
    _files(report.files, found)
    children = [as_child(report, one, day) for one in report.parties if one.role is Role.REPORTED]
    if any(children):  # beside a child's account another may be reported, whose danger is to count
        found["victim-account"] = LIKELY if min(children) == LIKELY else POSSIBLE
    for party in report.parties:
        if party.role is Role.REPORTED:
            _reported(report, party, day, found)
        elif party.role is Role.VICTIM or (party.role is Role.RECIPIENT and is_minor(party, day)):
            _victim(party, day, found)
    return found


def is_minor(party: Party, day: date) -> bool:
    """May the party be below eighteen, by some statement of its age?"""
    age = age_of(party, day)
    return age is not None and age < ADULT


def age_of(party: Party, day: date) -> float | None:
    """Years at `day`: from the birth date, unless a stated age contradicts it; else the lowest stated one.

    None where nothing that makes sense is stated: `0`, `-1`, `unknown`.
    """
    ages = _ages(party, day)
    if party.birth_date and not contradict(ages) and (born := _of_birth(party, day)):
        return born[0].years
    known = [years for one in ages if (years := one.years) is not None]
    return min(known) if known else None


def _ages(party: Party, day: date) -> tuple[Age, ...]:
    return (*_of_birth(party, day), *(stated_ages(party.age, day) if party.age else ()))


def _of_birth(party: Party, day: date) -> tuple[Age, ...]:
    if not party.birth_date:
        return ()
    born = dates.day(party.birth_date)
    if born is not None:
        return at_birth(born, day)
    year = _YEAR.search(party.birth_date[:100])  # of `03/04/2012` the year is sure, and enough
    return stated_ages(year[0], day) if year else ()


def is_victim_account(report: Report, party: Party, day: date) -> bool:
    """May a reported account be the child's own? Then it is routed as a child to protect. See `as_child`."""
    return as_child(report, party, day) > 0


def as_child(report: Report, party: Party, day: date) -> float:
    """May a reported account be a child's own? `LIKELY`, `POSSIBLE`, or 0. Both are routed as a child to protect.

    *Likely* are, with nothing beside them that is said of offenders:

    - a stated minor;
    - an account that was hijacked: what was done with it was done by somebody else;
    - an account without a stated age whose report is of sextortion and holds pictures that a child made of itself,
      where no other account and no other child is named. CyberTipline's marks are of the report and its files, not of
      the account, so the same two stand where a blackmailer is reported who passes the child's pictures on. But who
      reports a blackmailer mostly names whom he blackmails; and to take a child under blackmail for an offender is the
      dearer error.

    Such an account counts nowhere as an offender. It is only *possible*, and all that speaks for an offender keeps its
    weight, where both are stated: an adult posing as a minor is the usual groomer, and "hijacked" the usual excuse. For
    an offender speak an adult's age beside a minor's, a range of ages that goes beyond eighteen, a conviction, and
    stated access to a child; beside the marks of sextortion, which are weaker, earlier reports as well. Only possible,
    too, are own pictures with a camera's own data in them and nothing else: they come straight from who took them, but
    may have been sent to whoever is reported.

    One mark alone, sextortion or own pictures, does not tell whose account it is, and routes nobody.
    """
    if party.role is not Role.REPORTED:
        return 0.0
    ages = _ages(party, day)
    adult = any(one.most >= ADULT for one in ages)
    minor = any(one.years is not None and one.years < ADULT for one in ages)
    if minor or answer_on("compromised", party.facts.get("compromised")) is Answer.YES:
        return POSSIBLE if _is_adverse(party) or (minor and adult) else LIKELY
    if adult or not _has_own_pictures(report) or _is_adverse(party) or _names_another(report, party, day):
        return 0.0
    if _is_of_sextortion(report):
        return POSSIBLE if _has_earlier_reports(party) else LIKELY
    of_camera = any(_is_of_camera(one) for one in report.files if not one.supplemental)
    return POSSIBLE if of_camera and not _has_earlier_reports(party) else 0.0


def _is_adverse(party: Party) -> bool:
    """Is something said of the party that makes it a danger to children, whatever its age?"""
    return answer_on("convicted", party.facts.get("convicted")) is Answer.YES or _access(party) > 0


def _access(party: Party) -> float:
    """How much access to a child is stated, 0..1."""
    facts = party.facts
    if answer(facts.get("access-to-child")) is Answer.YES or is_family(facts.get("relationship")):
        return 1.0
    return 0.8 if answer(facts.get("access-to-children")) is Answer.YES else 0.0


def _has_earlier_reports(party: Party) -> bool:
    said = party.facts.get("prior-reports")
    return bool(said) and (_IDS.search(said or "") is not None or answer(said) is Answer.YES)


def _is_of_sextortion(report: Report) -> bool:
    if Annotation.SEXTORTION in report.annotations:
        return True
    return any(code == "sextortion" and pattern.search(report.incident or "") for code, pattern in _INCIDENTS)


def _has_own_pictures(report: Report) -> bool:
    return any("self-production" in one.annotations for one in report.files if not one.supplemental)


def _names_another(report: Report, party: Party, day: date) -> bool:
    """Is there somebody else in the report who may be the child, or whose account the reported one may be?"""
    return any(
        other is not party
        and (
            other.role in (Role.VICTIM, Role.REPORTED)
            or (other.role is Role.RECIPIENT and is_minor(other, day))
        )
        and (other.age or other.birth_date or any(one.kind in _OF_A_CHILD for one in other.identifiers))
        for other in report.parties
    )


def contradictions(report: Report, now: datetime) -> list[str]:
    """What the report says of one person that cannot all be true, or that speaks against each other, in sentences."""
    day = day_of(report, now)
    found = []
    for party in report.parties:
        if contradict(_ages(party, day)):
            stated = "; ".join(_quoted(one) for one in (party.birth_date, party.age) if one)
            found.append(
                f"ages of the {party.role} person contradict each other, a minor's and an adult's: {stated}"
            )
        elif as_child(report, party, day) == POSSIBLE and _is_adverse(party):
            found.append(
                "the reported account may be a child's own, and a danger to children is stated of it: both count"
            )
    return found


def day_of(report: Report, now: datetime) -> date:
    """The day the report was received, UTC; `now` where it is not stated."""
    return dates.day(report.received) or now.date()


def unread_dates(report: Report) -> list[str]:
    """What is to be said of stated dates that are not understood, whatever format the report came in."""
    found = []
    if _is_unread(report.received):
        found.append(f"date not understood: the day of import counts (received: {_quoted(report.received)})")
    if report.occurred and dates.day(report.occurred) is None:
        found.append(
            f"date not understood: whether it lies ahead is not known (happened: {_quoted(report.occurred)})"
        )
    found += [
        f"date of birth not understood: {_but_year(party.birth_date)} (of the {party.role} person: "
        f"{_quoted(party.birth_date)})"
        for party in report.parties
        if party.birth_date
        and dates.day(party.birth_date) is None
        and not _YEAR.fullmatch(party.birth_date.strip())
    ]
    times = (one.time for one in captures(report, also_reporters=True))
    unread = dict.fromkeys(time for time in times if _is_unread(time))
    found += [
        f"time not understood: whose the address was then cannot be asked (used: {_quoted(time)})"
        for time in unread
    ]
    return found


def _is_unread(stated: str | None) -> bool:
    return bool(stated) and dates.moment(stated) is None


def _but_year(stated: str) -> str:
    year = _YEAR.search(stated[:100])
    return f"of its year, {year[0]}, an age is made" if year else "no age is made of it"


def _quoted(stated: str | None) -> str:
    return f"“{(stated or '')[:60]}”"


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
        if _is_of_camera(one):
            found["camera-original"] = 1.0
    for code, count in lowered.items():  # one meme among other files lowers little
        found[code] = max(found.get(code, 0.0), count / len(material))


def _is_of_camera(file: ReportFile) -> bool:
    """Does it carry what cameras write, and forwarding loses?"""
    return any(name.casefold() in _CAMERA for name in file.exif)


def _reported(report: Report, party: Party, day: date, found: dict[str, float]) -> None:
    facts = party.facts
    child = as_child(report, party, day)
    if child:
        _victim(party, day, found)
    # Stated danger to a child counts whoever is said to be one: the route changes, the order does not.
    if access := _access(party):
        found["access-stated"] = max(found.get("access-stated", 0.0), access)
    if answer_on("convicted", facts.get("convicted")) is Answer.YES:
        found["convicted"] = 1.0
    if answer(facts.get("firearms")) is Answer.YES:
        found["firearms"] = 1.0
    if child == LIKELY:
        return
    if _has_earlier_reports(party):
        found["prior-stated"] = 1.0
    if _TRUST.search(affirmed(facts.get("occupation"))):
        found["trust-stated"] = 1.0


def _victim(party: Party, day: date, found: dict[str, float]) -> None:
    age = age_of(party, day)
    if age is not None and age < ADULT:
        found["young"] = max(found.get("young", 0.0), round(youth_at(age), 3))
    named = {Kind.NAME, Kind.EMAIL, Kind.PHONE, Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.URL}
    if any(one.kind in named for one in party.identifiers) or party.facts.get("school") or party.spots:
        found["victim-named"] = 1.0
