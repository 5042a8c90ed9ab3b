"""Invented reports, as a national unit receives them: few with a child in danger, among waves and repetitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from safelight.demo.reports.build import build
from safelight.demo.reports.made import Made
from safelight.demo.reports.slot import Slot
from safelight.demo.reports.telling import SITUATIONS
from safelight.demo.reports.wording import Wording, sentences
from safelight.demo.reports.world import Account, Person, Provider, World, language_weights, seeded, world
from safelight.errors import UsageError

UNTIL: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""When the last report arrives, unless told otherwise: so that the same seed makes the same reports any day."""
DAYS: Final = 12
"""Over so many days they arrive."""
_SHARE: Final = (0.0055, 0.0085)
"""Reports with a child in danger, of all."""
_THIN: Final = 0.12
"""Of those, so many whose words tell nothing."""
_BURST: Final = 0.055
_WAVES: Final = (("viral file", 0.03), ("viral file", 0.02), ("viral text", 0.025))
_COPIES: Final = 0.012
_RETRACTED: Final = 0.004
_LATER: Final = 0.015
"""Shares of all: one sender's burst, viral waves, the same sent again, taken back, told more fully later."""
_AGAIN: Final = 0.18
"""Of reports without a child in danger, so many are about somebody of a circle who is reported again and again."""
_EARLIER: Final = 0.4
"""Who endangers a child was more often reported before; in those reports nobody was in danger."""
_MINORS: Final = 0.4
"""Of children under blackmail, so many are themselves the reported account."""


def generate(
    count: int,
    seed: int,
    *,
    wording: Wording = "test",
    languages: Sequence[str] | None = None,
    danger: float | None = None,
    until: datetime = UNTIL,
) -> Iterator[Made]:
    """Yield `count` reports in order of arrival; later versions and retractions of some come on top.

    Args:
        count: Reports with a number of their own; at least 50, so that there is room for a child in danger.
        seed: Equal seeds make equal reports.
        wording: The set of sentences: `test`, or `training`, which share none.
        languages: Only these, evenly. By default all that the set holds, as often as they arrive.
        danger: The share with a child in danger; by default drawn from 0.55 to 0.85 %.
        until: When the last one arrives (UTC); they come in over `DAYS` days before.

    Raises:
        UsageError: For a set or language that there is not, or too few reports.
    """
    if count < 50:
        raise UsageError("Too few reports to hide one in.", "Make 50 or more.")
    spoken = _spoken(wording, languages)
    made_world = world(seed, spoken)
    slots = _plan(made_world, count, seed, even=languages is not None, danger=danger, until=until)
    return (build(made_world, wording, slot) for slot in slots)


def _spoken(wording: Wording, languages: Sequence[str] | None) -> dict[str, float]:
    held = sentences(wording)
    if languages is None:
        return {code: weight for code, weight in language_weights().items() if code in held}
    for code in languages:
        if code not in held:
            raise UsageError(f"There are no sentences in '{code}'.", f"There are: {', '.join(sorted(held))}.")
    return dict.fromkeys(languages, 1.0)


def _plan(
    world: World, count: int, seed: int, *, even: bool, danger: float | None, until: datetime
) -> list[Slot]:
    """Every report's slot, in order of arrival."""
    rng = seeded("plan", seed, count)
    started = until - timedelta(days=DAYS)
    planned = _Planned(world, rng, started)
    total = max(1, round(count * (rng.uniform(*_SHARE) if danger is None else danger)))
    planned.dangerous(total, even=even)
    room = count - len(planned.slots)
    copies, retracted = round(count * _COPIES), max(1, round(count * _RETRACTED))
    if room > 400:
        planned.burst(round(count * _BURST))
    if room > 200:
        for number, (kind, share) in enumerate(_WAVES, start=1):
            planned.wave(kind, number, round(count * share))
    planned.calm(retracted, "retracted")
    planned.calm(max(0, count - len(planned.slots) - copies))
    planned.copied(count - len(planned.slots))
    return _numbered(rng, planned.slots, until)


class _Planned:
    """The plan while it is made."""

    def __init__(self, world: World, rng: Random, started: datetime) -> None:
        self._world, self._random, self._started = world, rng, started
        self.slots: list[Slot] = []
        self._people = 0
        self._again: list[Person] = []
        self._earlier: list[Person] = []

    def dangerous(self, total: int, *, even: bool) -> None:
        """Reports with a child in danger: most tell it, some show it in structure, some only by whom they name."""
        rng, languages = self._random, self._world.languages
        thin = min(total - 1, int(total * _THIN + rng.random()))
        spoken = rng.choices(languages, self._world.weights, k=total)
        if even:
            spoken = [languages[(number + total) % len(languages)] for number in range(total)]
        hosts: list[tuple[Person, Provider]] = []
        for language in spoken[thin:]:
            situation = rng.choices(list(SITUATIONS), list(SITUATIONS.values()))[0]
            own = situation in ("coercion", "self-harm") and rng.random() < _MINORS
            person = self._person(language, minor=own)
            provider = self._world.provider(rng)
            self._put("danger", provider, person, situation=situation)
            if provider.kind == "provider":
                hosts.append((person, provider))
            if rng.random() < _EARLIER:
                self._earlier += [person] * rng.randint(1, 2)
        for language in spoken[:thin]:
            kind = rng.choice(("no text", "misleading type", "links only"))
            linked = self._linked(hosts) if kind == "links only" else None
            if linked is not None:
                self._put(kind, linked[1], linked[0])
            else:
                kind = "no text" if kind == "links only" else kind
                self._put(
                    kind,
                    self._world.provider(rng, "provider", "hotline"),
                    self._person(language, minor=False),
                )

    def _linked(self, hosts: list[tuple[Person, Provider]]) -> tuple[Person, Provider] | None:
        """Somebody whose child is known to be in danger, and another provider that knows the same mailbox or device."""
        for person, provider in self._random.sample(hosts, len(hosts)):
            here = person.at(provider)
            for other in self._random.sample(self._world.providers, len(self._world.providers)):
                if other.kind == "provider" and other != provider and _shares(here, person.at(other)):
                    return person, other
        return None

    def burst(self, size: int) -> None:
        """One sender's flood on one day."""
        provider = self._world.provider(self._random, "provider")
        day = self._started + timedelta(days=self._random.randint(2, DAYS - 2))
        for _ in range(size):
            self._put(
                "spam burst",
                provider,
                self._person(),
                day + timedelta(minutes=self._random.uniform(0, 1_400)),
            )

    def wave(self, kind: str, number: int, size: int) -> None:
        """One file or one text, from many people, within days."""
        began = self._started + timedelta(days=self._random.uniform(0, DAYS - 4))
        for _ in range(size):
            when = began + timedelta(minutes=min(5_000.0, self._random.expovariate(1 / 1_200)))
            self._put(kind, self._world.provider(self._random, "provider"), self._person(), when, wave=number)

    def calm(self, size: int, kind: str = "calm") -> None:
        """Reports without a child in danger; some people are reported again and again, by several providers."""
        rng = self._random
        for _ in range(size):
            if self._earlier and kind == "calm":
                person, earlier = self._earlier.pop(), True
            else:
                person, earlier = self._repeated(), False
            situation = ""
            if kind == "retracted" and rng.random() < 0.25:  # a false alarm, and taken back
                situation = rng.choices(list(SITUATIONS), list(SITUATIONS.values()))[0]
            self._put(kind, self._world.provider(rng), person, earlier=earlier, situation=situation)

    def _repeated(self) -> Person:
        rng = self._random
        if self._again and rng.random() < _AGAIN:
            person = rng.choice(self._again)
            if rng.random() < 0.4:
                self._again.remove(person)
            return person
        person = self._person()
        if rng.random() < 0.2:
            self._again.append(person)
        return person

    def copied(self, size: int) -> None:
        """The same again under a new number, a little later."""
        originals = [one for one in self.slots if one.kind in ("calm", "danger") and one.form != "eml"]
        for original in self._random.choices(originals, k=size):
            later = original.received + timedelta(minutes=self._random.uniform(2, 3_000))
            self.slots.append(replace(original, received=later, copy=True))

    def _person(self, language: str | None = None, *, minor: bool | None = None) -> Person:
        self._people += 1
        return self._world.person(self._people, language=language, minor=minor)

    def _put(
        self,
        kind: str,
        provider: Provider,
        person: Person,
        when: datetime | None = None,
        *,
        wave: int = 0,
        earlier: bool = False,
        situation: str = "",
    ) -> None:
        rng = self._random
        when = when or self._started + timedelta(minutes=rng.uniform(0, DAYS * 1_440))
        seed = f"{self._world.seed}|slot|{len(self.slots)}"
        form = _form(rng, provider)
        self.slots.append(
            Slot(kind, seed, provider, form, person, "", when, situation, wave, earlier=earlier)
        )


def _form(rng: Random, provider: Provider) -> str:
    if provider.kind == "mail":
        return "eml"
    if provider.kind == "hotline":
        return "csv" if provider.number % 2 else "hotline"
    return "json" if rng.random() < 0.2 else "cybertip"


def _shares(here: Account, there: Account) -> bool:
    return bool((here.email and here.email == there.email) or (here.device and here.device == there.device))


def _numbered(rng: Random, slots: list[Slot], until: datetime) -> list[Slot]:
    """Slots in order of arrival with their numbers, and what comes later to some of them."""
    made: list[Slot] = []
    number = 190_000_000 + rng.randrange(10**6)
    for place, slot in enumerate(sorted(slots, key=lambda one: (one.received, one.seed, one.copy)), start=1):
        number += rng.randint(1, 40)
        received = min(slot.received, until).replace(microsecond=0)
        one = replace(slot, number=_number(slot, number, place), received=received)
        later = received + timedelta(minutes=rng.randint(30, 3_000))
        if one.form != "eml" and one.kind == "retracted":
            made += [one, replace(one, received=later, version=2, retraction=True)]
        elif one.form != "eml" and one.kind in ("calm", "danger") and not one.copy and rng.random() < _LATER:
            # What is told later is told under the same number; the first version may have no words yet.
            made += [replace(one, partial=rng.random() < 0.6), replace(one, received=later, version=2)]
        else:
            made.append(one)
    return sorted(made, key=lambda one: (one.received, one.version))


def _number(slot: Slot, number: int, place: int) -> str:
    if slot.form == "eml":
        return f"{place:06d}.{number:x}@{slot.provider.name}"
    if slot.form in ("hotline", "csv"):
        return f"{'HN' if slot.form == 'hotline' else 'HS'}-{slot.received.year}-{place:06d}"
    return str(number)
