"""One report from its slot in the plan: who, where, when, words and structure put together as a sender would."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from safelight.demo.reports import structure
from safelight.demo.reports.made import Made
from safelight.demo.reports.people import parties
from safelight.demo.reports.slot import Slot
from safelight.demo.reports.structure import Signs
from safelight.demo.reports.telling import DECOYS, Told, tell
from safelight.demo.reports.wording import Wording, boilerplate, details, sentences, subject
from safelight.demo.reports.world import World, seeded
from safelight.reports.report import Annotation, FreeText, Kind, Party, Report, ReportFile, Stated


def build(world: World, wording: Wording, slot: Slot) -> Made:
    """The report of a slot: always the same one."""
    rng = seeded(slot.seed)
    told, why = _words(rng, world, wording, slot)
    signs = _signs(rng, world, slot, told)
    account = slot.person.at(slot.provider)
    escalation = None
    words = list(told.sentences) if told else []
    if slot.partial:
        words = []
    if signs.escalated and slot.form != "eml":
        escalation = words.pop() if len(words) > 1 and rng.random() < 0.35 else ""
    if slot.version > 1:
        words.append(details(wording)[told.language if told else "en"][0])
    people, ahead = parties(rng, world, slot, account, signs), signs.ahead
    occurred = (
        slot.received + timedelta(days=rng.randint(3, 20))
        if ahead
        else slot.received - timedelta(minutes=rng.randint(3, 4_000))
    )
    if slot.retraction:
        signs.annotations.add(Annotation.RETRACTED)
    report = Report(
        report_id=slot.number,
        format=slot.form,
        provider=slot.provider.name,
        service=slot.provider.name if slot.form in ("cybertip", "json") and rng.random() < 0.6 else None,
        received=slot.received.isoformat(),
        incident=None if slot.form == "eml" else signs.incident,
        occurred=occurred.isoformat() if ahead or rng.random() < 0.95 else None,
        escalation=escalation,
        annotations=frozenset(signs.annotations),
        parties=people,
        files=signs.files,
        texts=_texts(rng, wording, slot, words, told, signs),
        groups=_groups(rng, slot),
    )
    return Made(
        _fitting(report),
        slot.in_danger,
        told.situation if told else "none",
        told.language if told else "none",
        why,
        slot.person.id,
        slot.person.country,
        slot.version,
        slot.retraction,
    )


_TOLD = {"danger": "text"}


def _words(rng: Random, world: World, wording: Wording, slot: Slot) -> tuple[Told | None, str]:
    """What is told, and what makes the report hard or easy to place."""
    language = slot.person.language
    if slot.situation:
        return tell(rng, wording, world.languages, language, slot.situation), _TOLD.get(slot.kind, slot.kind)
    if slot.kind in ("no text", "links only", "viral file"):
        return None, slot.kind
    if slot.kind == "misleading type":
        return tell(rng, wording, world.languages, language, rng.choice(("trade", "routine"))), slot.kind
    if slot.kind == "viral text":
        # Everybody forwards the same sentence, in the language of the wave.
        forwarded = seeded(world.seed, "wave", slot.wave)
        spoken = forwarded.choices(world.languages, world.weights)[0]
        return Told((forwarded.choice(sentences(wording)[spoken]["viral"]),), spoken, "viral"), slot.kind
    if slot.kind == "spam burst":
        return tell(rng, wording, world.languages, language, "routine"), slot.kind
    if slot.provider.kind != "mail" and rng.random() > slot.provider.text:
        return None, "earlier" if slot.earlier else "nothing told"
    situation = rng.choices(
        ("decoy", "trade", "routine", "viral"),
        (34, 38, 20, 8) if slot.provider.kind == "provider" else (50, 15, 28, 7),
    )[0]
    if situation != "decoy":
        return tell(
            rng, wording, world.languages, language, situation
        ), "earlier" if slot.earlier else situation
    situation = rng.choices(list(DECOYS), list(DECOYS.values()))[0]
    return tell(rng, wording, world.languages, language, situation), "decoy"


def _signs(rng: Random, world: World, slot: Slot, told: Told | None) -> Signs:
    provider, form = slot.provider, slot.form
    if slot.kind in ("no text", "misleading type"):
        return structure.telling(rng, world, provider, form, misleading=slot.kind == "misleading type")
    if slot.kind == "danger":
        return structure.dangerous(rng, world, provider, form, told.situation if told else "none")
    signs = structure.calm(rng, world, provider, form)
    if slot.kind == "viral file":
        marked = rng.random() < 0.6
        name = f"{world.seed} wave {slot.wave}"
        signs = Signs(
            structure.MATERIAL, files=(structure.wave_file(rng, provider, form, name, marked=marked),)
        )
        if rng.random() < 0.5 and form in ("cybertip", "json"):
            signs.annotations.add(Annotation.VIRAL)
    elif slot.kind == "spam burst":
        signs = Signs(structure.MISLEADING)
        if rng.random() < 0.5:
            signs.annotations.add(Annotation.SPAM)
    elif slot.kind == "links only":
        signs.escalated, signs.victim, signs.victim_age, signs.facts = False, False, None, {}
    return signs


_PLACES = {
    "cybertip": {
        "additionalInfo": 45,
        "chatImIncident/content": 22,
        "personOrUserReported/additionalInfo": 22,
        "incidentDateTimeDescription": 6,
        "personOrUserReported/profileBio": 5,
    },
    "json": {
        "additionalInformation": 60,
        "chatImIncident/contents": 20,
        "reported/additionalInformations": 20,
    },
    "hotline": {"text": 1},
    "csv": {"text": 1},
    "eml": {"body": 1},
}


def _texts(
    rng: Random, wording: Wording, slot: Slot, words: list[str], told: Told | None, signs: Signs
) -> tuple[FreeText, ...]:
    """Free texts where the form has room for them; a sender's boilerplate stands under most of its reports."""
    places = _PLACES[slot.form]
    found: list[FreeText] = []
    if slot.form == "eml" and told:
        found.append(FreeText("subject", subject(told.language)))
    if words:
        first, *rest = rng.sample(list(places), len(places))
        first = rng.choices(list(places), list(places.values()))[0]
        cut = rng.randint(1, len(words)) if rest and rng.random() < 0.25 else len(words)
        parts = [(first, words[:cut])]
        if words[cut:]:
            parts.append((next(one for one in rest if one != first), words[cut:]))
        found += [FreeText(where, " ".join(part)) for where, part in parts]
    if slot.form == "cybertip" and slot.provider.number % 4 != 3:
        found.append(
            FreeText(
                "reporter/companyTemplate", boilerplate(wording, slot.provider.language, slot.provider.number)
            )
        )
    return tuple(found)


def _groups(rng: Random, slot: Slot) -> tuple[Stated, ...]:
    """A page or a room now and then."""
    if slot.form == "eml" or rng.random() > 0.2:
        return ()
    page = f"https://{slot.provider.host}/item/{rng.randrange(10**7)}"
    return (Stated(Kind.URL, page),)


def _fitting(report: Report) -> Report:
    """The report without what its form has no room for."""
    if report.format in ("hotline", "csv"):
        kept = report.annotations & {Annotation.RETRACTED}
        parties = tuple(_plain_party(one) for one in report.parties)
        seen = all(one.viewed for one in report.files)  # one column for all files of a line
        return replace(
            report,
            annotations=kept,
            parties=parties,
            files=tuple(replace(one, viewed=seen) for one in report.files),
        )
    if report.format == "eml":
        return replace(report, annotations=frozenset(), files=(), occurred=None)
    if report.format == "json":
        return replace(report, files=tuple(_shown_in_json(one) for one in report.files))
    return report


def _plain_party(party: Party) -> Party:
    kinds = (Kind.EMAIL, Kind.PHONE, Kind.SCREEN_NAME, Kind.ACCOUNT, Kind.NAME, Kind.IP)
    return replace(party, identifiers=tuple(one for one in party.identifiers if one.kind in kinds))


def _shown_in_json(file: ReportFile) -> ReportFile:
    return replace(file, public=None)
