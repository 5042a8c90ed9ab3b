"""The people in a report: the sender, the reported account as its provider knows it, now and then a child."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from safelight.demo.reports.slot import Slot
from safelight.demo.reports.structure import Signs
from safelight.demo.reports.world import CARRIERS, Account, World
from safelight.reports.report import Kind, Party, Role, Spot, Stated


def parties(rng: Random, world: World, slot: Slot, account: Account, signs: Signs) -> tuple[Party, ...]:
    """The sender, the reported account, now and then a child or its account."""
    made = [_reporter(rng, world, slot)]
    if slot.form != "eml":
        made.append(_reported(rng, slot, account, signs))
        if signs.victim:
            made.append(_victim(rng, world, slot, signs))
    return tuple(
        one for one in made if one.identifiers or one.facts or one.age or one.birth_date or one.spots
    )


def _reporter(rng: Random, world: World, slot: Slot) -> Party:
    if slot.form == "eml":
        first, last = world.names[slot.person.language]
        mailbox = f"writer{rng.randrange(10**7)}@{slot.provider.name}"
        return Party(
            Role.REPORTER,
            (Stated(Kind.EMAIL, mailbox), Stated(Kind.NAME, f"{rng.choice(first)} {rng.choice(last)}")),
        )
    found = [Stated(Kind.EMAIL, f"safety@{slot.provider.host}")]
    if slot.form == "cybertip":
        found.append(Stated(Kind.NAME, slot.provider.name))
    return Party(Role.REPORTER, tuple(found))


def _reported(rng: Random, slot: Slot, account: Account, signs: Signs) -> Party:
    person, service = slot.person, slot.provider.name
    links = slot.kind == "links only"
    found: list[Stated] = []
    if rng.random() < 0.95:
        found.append(Stated(Kind.ACCOUNT, account.number, service))
    if rng.random() < 0.85:
        found.append(Stated(Kind.SCREEN_NAME, account.screen_name, service))
    if account.email and (links or rng.random() < 0.95):
        found.append(Stated(Kind.EMAIL, account.email))
    if account.phone and (links or rng.random() < 0.9):
        found.append(Stated(Kind.PHONE, account.phone))
    if account.display_name and slot.form in ("cybertip", "json"):
        found.append(Stated(Kind.DISPLAY_NAME, account.display_name, service))
    if account.device and slot.form in ("cybertip", "json"):
        found.append(Stated(Kind.DEVICE, account.device))
    found += _captures(rng, slot)
    facts = dict(signs.facts)
    age = birth = None
    born = person.born if rng.random() < 0.9 else person.born - timedelta(days=rng.randint(200, 2_000))
    if rng.random() < (0.75 if person.minor else 0.35):
        birth = born.isoformat()
    elif rng.random() < (0.4 if person.minor else 0.15):
        age = str(slot.received.year - born.year)
    if rng.random() < 0.25:
        first = person.first if rng.random() < 0.9 else person.first[:1] + "."
        found.append(Stated(Kind.NAME, f"{first} {person.last}"))
    spots: tuple[Spot, ...] = ()
    if slot.form in ("cybertip", "json") and rng.random() < 0.3:
        spots = (Spot("address", country=person.country),)
    if slot.form == "cybertip":
        if signs.prior:
            facts["prior-reports"] = str(100_000_000 + rng.randrange(10**7))
        if person.minor and rng.random() < 0.1:
            facts["compromised"] = "yes"
        if rng.random() < 0.4:
            facts["disabled"] = "yes"
    elif slot.form == "json" and signs.prior:
        facts["prior-reports"] = str(100_000_000 + rng.randrange(10**7))
    return Party(Role.REPORTED, tuple(found), age, birth, spots, facts)


def _captures(rng: Random, slot: Slot) -> list[Stated]:
    """Where the account was used from: a line of its own, or a carrier's address that thousands share."""
    found = []
    for _ in range(rng.choices((0, 1, 2, 3), (15, 45, 25, 15))[0] if slot.form != "csv" else 1):
        shared = rng.random() < 0.55
        when = slot.received - timedelta(minutes=rng.randint(1, 20_000))
        plain = slot.form in ("hotline", "csv")
        found.append(
            Stated(
                Kind.IP,
                rng.choice(CARRIERS) if shared else slot.person.home,
                time=when.isoformat(),
                port=rng.randint(1_024, 65_000) if slot.provider.ports and shared else None,
                event=None if plain else rng.choice(("Login", "Upload", "Registration")),
            )
        )
        if plain:
            break
    return found


def _victim(rng: Random, world: World, slot: Slot, signs: Signs) -> Party:
    found = []
    if signs.victim_named:
        child = world.person(10**7 + rng.randrange(10**6), language=slot.person.language, minor=True)
        found.append(Stated(Kind.SCREEN_NAME, child.handle, slot.provider.name))
    age = None if signs.victim_age is None else str(signs.victim_age)
    is_recipient = slot.form in ("cybertip", "json") and rng.random() < 0.35
    return Party(Role.RECIPIENT if is_recipient else Role.VICTIM, tuple(found), age)
