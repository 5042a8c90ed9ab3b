"""One report from its slot in the plan: who, where, when, words and structure put together as a sender would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from safelight.demo.reports import structure
from safelight.demo.reports.made import Made
from safelight.demo.reports.structure import Signs
from safelight.demo.reports.telling import DECOYS, Told, tell
from safelight.demo.reports.wording import Wording, boilerplate, details, sentences, subject
from safelight.demo.reports.world import CARRIERS, Account, Person, Provider, World, seeded
from safelight.reports.report import Annotation, FreeText, Kind, Party, Report, ReportFile, Role, Spot, Stated


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the plan: everything that is decided before a report is written."""

    kind: str
    """`calm`, `danger`, `no text`, `misleading type`, `links only`, `viral file`, `viral text`, `spam burst` or `retracted`."""
    seed: str
    provider: Provider
    form: str
    """The reader that will read it: `cybertip`, `json`, `hotline`, `csv`, `eml`."""
    person: Person
    number: str
    """The number it bears."""
    received: datetime
    situation: str = ""
    """Of a danger that the words tell."""
    wave: int = 0
    copy: bool = False
    """The same again, under a number of its own."""
    version: int = 1
    partial: bool = False
    """A later version will tell more."""
    retraction: bool = False
    earlier: bool = False
    """Of a person in whose other report a child is in danger; in this one none is."""

    @property
    def in_danger(self) -> bool:
        """The truth."""
        return self.kind in ("danger", "no text", "misleading type", "links only")


def build(world: World, wording: Wording, slot: Slot) -> Made:
    """The report of a slot: always the same one."""
    random = seeded(slot.seed)
    told, why = _words(random, world, wording, slot)
    signs = _signs(random, world, slot, told)
    account = slot.person.at(slot.provider)
    escalation = None
    words = list(told.sentences) if told else []
    if slot.partial:
        words = []
    if signs.escalated and slot.form != "eml":
        escalation = words.pop() if len(words) > 1 and random.random() < 0.35 else ""
    if slot.version > 1:
        words.append(details(wording)[told.language if told else "en"][0])
    parties, ahead = _parties(random, world, slot, account, signs), signs.ahead
    occurred = (
        slot.received + timedelta(days=random.randint(3, 20))
        if ahead
        else slot.received - timedelta(minutes=random.randint(3, 4_000))
    )
    if slot.retraction:
        signs.annotations.add(Annotation.RETRACTED)
    report = Report(
        report_id=slot.number,
        format=slot.form,
        provider=slot.provider.name,
        service=slot.provider.name if slot.form in ("cybertip", "json") and random.random() < 0.6 else None,
        received=slot.received.isoformat(),
        incident=None if slot.form == "eml" else signs.incident,
        occurred=occurred.isoformat() if ahead or random.random() < 0.95 else None,
        escalation=escalation,
        annotations=frozenset(signs.annotations),
        parties=parties,
        files=signs.files,
        texts=_texts(random, wording, slot, words, told, signs),
        groups=_groups(random, slot),
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


def _words(random: Random, world: World, wording: Wording, slot: Slot) -> tuple[Told | None, str]:
    """What is told, and what makes the report hard or easy to place."""
    language = slot.person.language
    if slot.situation:
        return tell(random, wording, world.languages, language, slot.situation), _TOLD.get(
            slot.kind, slot.kind
        )
    if slot.kind in ("no text", "links only", "viral file"):
        return None, slot.kind
    if slot.kind == "misleading type":
        return tell(
            random, wording, world.languages, language, random.choice(("trade", "routine"))
        ), slot.kind
    if slot.kind == "viral text":
        # Everybody forwards the same sentence, in the language of the wave.
        forwarded = seeded(world.seed, "wave", slot.wave)
        spoken = forwarded.choices(world.languages, world.weights)[0]
        return Told((forwarded.choice(sentences(wording)[spoken]["viral"]),), spoken, "viral"), slot.kind
    if slot.kind == "spam burst":
        return tell(random, wording, world.languages, language, "routine"), slot.kind
    if slot.provider.kind != "mail" and random.random() > slot.provider.text:
        return None, "earlier" if slot.earlier else "nothing told"
    situation = random.choices(
        ("decoy", "trade", "routine", "viral"),
        (34, 38, 20, 8) if slot.provider.kind == "provider" else (50, 15, 28, 7),
    )[0]
    if situation != "decoy":
        return tell(
            random, wording, world.languages, language, situation
        ), "earlier" if slot.earlier else situation
    situation = random.choices(list(DECOYS), list(DECOYS.values()))[0]
    return tell(random, wording, world.languages, language, situation), "decoy"


def _signs(random: Random, world: World, slot: Slot, told: Told | None) -> Signs:
    provider, form = slot.provider, slot.form
    if slot.kind in ("no text", "misleading type"):
        return structure.telling(random, world, provider, form, misleading=slot.kind == "misleading type")
    if slot.kind == "danger":
        return structure.dangerous(random, world, provider, form, told.situation if told else "none")
    signs = structure.calm(random, world, provider, form)
    if slot.kind == "viral file":
        marked = random.random() < 0.6
        name = f"{world.seed} wave {slot.wave}"
        signs = Signs(
            structure.MATERIAL, files=(structure.wave_file(random, provider, form, name, marked=marked),)
        )
        if random.random() < 0.5 and form in ("cybertip", "json"):
            signs.annotations.add(Annotation.VIRAL)
    elif slot.kind == "spam burst":
        signs = Signs(structure.MISLEADING)
        if random.random() < 0.5:
            signs.annotations.add(Annotation.SPAM)
    elif slot.kind == "links only":
        signs.escalated, signs.victim, signs.victim_age, signs.facts = False, False, None, {}
    return signs


def _parties(random: Random, world: World, slot: Slot, account: Account, signs: Signs) -> tuple[Party, ...]:
    """The sender, the reported account, now and then a child or its account."""
    made = [_reporter(random, world, slot)]
    if slot.form != "eml":
        made.append(_reported(random, slot, account, signs))
        if signs.victim:
            made.append(_victim(random, world, slot, signs))
    return tuple(
        one for one in made if one.identifiers or one.facts or one.age or one.birth_date or one.spots
    )


def _reporter(random: Random, world: World, slot: Slot) -> Party:
    if slot.form == "eml":
        first, last = world.names[slot.person.language]
        mailbox = f"writer{random.randrange(10**7)}@{slot.provider.name}"
        return Party(
            Role.REPORTER,
            (Stated(Kind.EMAIL, mailbox), Stated(Kind.NAME, f"{random.choice(first)} {random.choice(last)}")),
        )
    found = [Stated(Kind.EMAIL, f"safety@{slot.provider.host}")]
    if slot.form == "cybertip":
        found.append(Stated(Kind.NAME, slot.provider.name))
    return Party(Role.REPORTER, tuple(found))


def _reported(random: Random, slot: Slot, account: Account, signs: Signs) -> Party:
    person, service = slot.person, slot.provider.name
    links = slot.kind == "links only"
    found: list[Stated] = []
    if random.random() < 0.95:
        found.append(Stated(Kind.ACCOUNT, account.number, service))
    if random.random() < 0.85:
        found.append(Stated(Kind.SCREEN_NAME, account.screen_name, service))
    if account.email and (links or random.random() < 0.95):
        found.append(Stated(Kind.EMAIL, account.email))
    if account.phone and (links or random.random() < 0.9):
        found.append(Stated(Kind.PHONE, account.phone))
    if account.display_name and slot.form in ("cybertip", "json"):
        found.append(Stated(Kind.DISPLAY_NAME, account.display_name, service))
    if account.device and slot.form in ("cybertip", "json"):
        found.append(Stated(Kind.DEVICE, account.device))
    found += _captures(random, slot)
    facts = dict(signs.facts)
    age = birth = None
    born = person.born if random.random() < 0.9 else person.born - timedelta(days=random.randint(200, 2_000))
    if random.random() < (0.75 if person.minor else 0.35):
        birth = born.isoformat()
    elif random.random() < (0.4 if person.minor else 0.15):
        age = str(slot.received.year - born.year)
    if random.random() < 0.25:
        first = person.first if random.random() < 0.9 else person.first[:1] + "."
        found.append(Stated(Kind.NAME, f"{first} {person.last}"))
    spots = ()
    if slot.form in ("cybertip", "json") and random.random() < 0.3:
        spots = (Spot("address", country=person.country),)
    if slot.form == "cybertip":
        if signs.prior:
            facts["prior-reports"] = str(100_000_000 + random.randrange(10**7))
        if person.minor and random.random() < 0.1:
            facts["compromised"] = "yes"
        if random.random() < 0.4:
            facts["disabled"] = "yes"
    elif slot.form == "json" and signs.prior:
        facts["prior-reports"] = str(100_000_000 + random.randrange(10**7))
    return Party(Role.REPORTED, tuple(found), age, birth, spots, facts)


def _captures(random: Random, slot: Slot) -> list[Stated]:
    """Where the account was used from: a line of its own, or a carrier's address that thousands share."""
    found = []
    for _ in range(random.choices((0, 1, 2, 3), (15, 45, 25, 15))[0] if slot.form != "csv" else 1):
        shared = random.random() < 0.55
        when = slot.received - timedelta(minutes=random.randint(1, 20_000))
        plain = slot.form in ("hotline", "csv")
        found.append(
            Stated(
                Kind.IP,
                random.choice(CARRIERS) if shared else slot.person.home,
                time=when.isoformat(),
                port=random.randint(1_024, 65_000) if slot.provider.ports and shared else None,
                event=None if plain else random.choice(("Login", "Upload", "Registration")),
            )
        )
        if plain:
            break
    return found


def _victim(random: Random, world: World, slot: Slot, signs: Signs) -> Party:
    found = []
    if signs.victim_named:
        child = world.person(10**7 + random.randrange(10**6), language=slot.person.language, minor=True)
        found.append(Stated(Kind.SCREEN_NAME, child.handle, slot.provider.name))
    age = None if signs.victim_age is None else str(signs.victim_age)
    is_recipient = slot.form in ("cybertip", "json") and random.random() < 0.35
    return Party(Role.RECIPIENT if is_recipient else Role.VICTIM, tuple(found), age)


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
    random: Random, wording: Wording, slot: Slot, words: list[str], told: Told | None, signs: Signs
) -> tuple[FreeText, ...]:
    """Free texts where the form has room for them; a sender's boilerplate stands under most of its reports."""
    places = _PLACES[slot.form]
    found: list[FreeText] = []
    if slot.form == "eml" and told:
        found.append(FreeText("subject", subject(told.language)))
    if words:
        first, *rest = random.sample(list(places), len(places))
        first = random.choices(list(places), list(places.values()))[0]
        cut = random.randint(1, len(words)) if rest and random.random() < 0.25 else len(words)
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


def _groups(random: Random, slot: Slot) -> tuple[Stated, ...]:
    """A page or a room now and then."""
    if slot.form == "eml" or random.random() > 0.2:
        return ()
    page = f"https://{slot.provider.host}/item/{random.randrange(10**7)}"
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
