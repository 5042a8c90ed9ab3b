"""Every identifier of a report with the role of whom it belongs to, and the country that the report is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from safelight.reports.identifiers.digest import digest_of
from safelight.reports.identifiers.email import looks_like_email
from safelight.reports.identifiers.identifier import Identifier
from safelight.reports.identifiers.in_words import certain_country, in_words
from safelight.reports.identifiers.normal import normalise
from safelight.reports.identifiers.person import name_and_birth
from safelight.reports.identifiers.place import Whereabouts, country_code, where
from safelight.reports.identifiers.providers import known, provider_key
from safelight.reports.report import DIGEST_KINDS, Kind, Party, Report, Role, Spot, Stated

Found = tuple[Role | None, Identifier]

_OF_A_PROVIDER = frozenset({Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.GROUP})
_MAY_BE_EMAIL = frozenset({Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.DISPLAY_NAME, Kind.PAYMENT})
_TELLING = frozenset({Kind.IP, Kind.PHONE, Kind.PAYMENT})
"""Kinds that may tell a country by themselves."""
_OF_PROVIDERS = frozenset({"cybertip", "json", "pdf"})
"""Formats in which the sender is the provider itself: its users' names are names at that provider."""
_COUNTRY_FROM = (Role.REPORTED, Role.VICTIM, Role.RECIPIENT)


@dataclass(frozen=True, slots=True)
class Identified:
    """What the identifiers of a report are in normal form."""

    identifiers: list[Found]
    """Each once a role; see `of_report`."""
    digests: list[tuple[int, Kind, bytes]]
    """What its files' stated digests are: the file's number, the kind, the raw digest."""
    country: str | None
    """See `country_of`."""


def identified(report: Report) -> Identified:
    """`of_report`, `country_of` and the digests of files at the price of one: nothing is normalised twice."""
    once = _Once(report)
    once.read()
    found = once.where()
    all_of_it = once.read_words(certain_country(found))
    return Identified([(key[0], one) for key, one in all_of_it.items()], once.digests, found.country)


def of_report(report: Report) -> list[Found]:
    """The identifiers of parties, files and the incident, each once a role. Files and the incident have no role.

    A name that is an e-mail address gives that too, an account that is a telephone number likewise; a name with a
    birth date is one identifier more.
    """
    once = _Once(report)
    once.read()
    return [(key[0], one) for key, one in once.read_words(certain_country(once.where())).items()]


def of_words(report: Report) -> list[Identifier]:
    """The hints that stand in the words and in no field."""
    once = _Once(report)
    stated = {key for _, _, key in once.read()}
    return in_words(report, stated, certain_country(once.where()))


def normal_in(report: Report, stated: Stated, party: Party | None = None) -> Identifier | None:
    """What something that a report states is in normal form there: names hold at the report's service."""
    return normalise(_placed(stated, _service(report)), None if party is None else _assumed(party))


def country_of(report: Report) -> str | None:
    """The country (alpha-2) that the report is about: where the reported person is, else the child or the incident."""
    return where_of(report).country


def where_of(report: Report) -> Whereabouts:
    """Where the reported person is, else the child, else where it happened, by all that the report says of it."""
    return _Once(report).where()


def of_party(party: Party) -> Whereabouts:
    """Where one party of a report is, by all that is stated of it."""
    return _Once(None).where_is((party,), ())


_Key = tuple[Role | None, Kind, str]


class _Once:
    """A report while it is gone through: what was normalised on the way to its identifiers tells its country too."""

    def __init__(self, report: Report | None) -> None:
        self._report = report
        self._found: dict[_Key, Identifier] = {}
        self._assumed: dict[int, str | None] = {}
        """The country of each party's numbers, by the party's identity."""
        self._telling: dict[tuple[int, str | None], Identifier | None] = {}
        """What statements are in normal form, by their identity and the country that was assumed."""
        self.digests: list[tuple[int, Kind, bytes]] = []

    def read(self) -> dict[_Key, Identifier]:
        """All identifiers by role, kind and key, in the order in which they are stated."""
        report = self._report
        assert report is not None
        service = _service(report)
        for party in report.parties:
            role, country = party.role, self._country(party)
            for stated in party.identifiers:
                self._take(role, stated, service, country)
            if party.birth_date:
                for stated in party.identifiers:
                    if stated.kind is Kind.NAME:
                        self._add(role, name_and_birth(stated.value, party.birth_date))
        for number, file in enumerate(report.files):
            for algorithm, value in file.digests.items():
                if (kind := DIGEST_KINDS.get(algorithm)) is not None:
                    digest = digest_of(kind, value)
                    if digest is not None:
                        self._add(None, digest)
                        self.digests.append((number, kind, bytes.fromhex(digest.key)))
            for stated in file.identifiers:
                self._take(None, stated, service, None)
        for stated in report.groups:
            self._take(None, stated, service, None)
        return self._found

    def read_words(self, country: str | None) -> dict[_Key, Identifier]:
        """What `read` found, and the hints that stand in the words and in no field."""
        assert self._report is not None
        for one in in_words(self._report, {key for _, _, key in self._found}, country):
            self._add(None, one)
        return self._found

    def where(self) -> Whereabouts:
        """See `where_of`."""
        report = self._report
        assert report is not None
        for role in _COUNTRY_FROM:
            parties = [party for party in report.parties if party.role is role]
            found = self.where_is(parties, ()) if parties else None
            if found is not None and found.country is not None:
                return found
        captures = [one for file in report.files for one in file.identifiers if one.kind is Kind.IP]
        stated = [one for one in report.groups if one.kind in (Kind.IP, Kind.PHONE)]
        return self.where_is((), (*stated, *captures))

    def where_is(self, parties: Iterable[Party], more: Iterable[Stated]) -> Whereabouts:
        """Where these parties are; the incident's place is theirs where nothing is stated of them."""
        spots: list[Spot] = []
        identifiers: list[Identifier] = []
        language = time_zone = None
        for party in parties:
            spots += party.spots
            identifiers += self._tell(party.identifiers, self._country(party))
            language = language or party.facts.get("language")
            time_zone = time_zone or party.facts.get("time-zone")
        if not spots and not identifiers and self._report is not None:
            spots += self._report.spots
        identifiers += self._tell(more, None)
        return where(spots, identifiers, language, time_zone)

    def _tell(self, stated: Iterable[Stated], country: str | None) -> list[Identifier]:
        """Identifiers that tell a country by themselves."""
        kept = []
        for one in stated:
            if one.kind in _TELLING:
                found = self._normal(one, country)
                if found is not None and found.country is not None:
                    kept.append(found)
        return kept

    def _normal(self, stated: Stated, country: str | None) -> Identifier | None:
        """The normal form, made once."""
        key = (id(stated), country)  # the report holds the statement for as long
        try:
            return self._telling[key]
        except KeyError:
            found = self._telling[key] = normalise(stated, country)
            return found

    def _country(self, party: Party) -> str | None:
        if id(party) not in self._assumed:
            self._assumed[id(party)] = _assumed(party)
        return self._assumed[id(party)]

    def _take(self, role: Role | None, stated: Stated, service: str | None, country: str | None) -> None:
        kind = stated.kind
        if kind in _TELLING:
            self._add(role, self._normal(stated, country))
            if kind is not Kind.PAYMENT:
                return
        else:
            self._add(role, normalise(_placed(stated, service), country))
        if kind in _MAY_BE_EMAIL:
            value = stated.value
            if looks_like_email(value):
                self._add(role, normalise(Stated(Kind.EMAIL, value)))
            elif kind is not Kind.DISPLAY_NAME and value[-4:].isdecimal():
                self._add(role, _as_number(value, stated.provider))

    def _add(self, role: Role | None, one: Identifier | None) -> None:
        if one is not None:
            key = (role, one.kind, one.key)
            if key not in self._found:
                self._found[key] = one


def _placed(stated: Stated, service: str | None) -> Stated:
    """A name that names no service, at the one where it happened."""
    if stated.provider is not None or service is None or stated.kind not in _OF_A_PROVIDER:
        return stated
    return Stated(stated.kind, stated.value, service, stated.time, stated.port, stated.event, stated.note)


def _service(report: Report) -> str | None:
    """The service at which names hold that name none themselves: where it happened, else the provider that reports."""
    return report.service or (report.provider if report.format in _OF_PROVIDERS else None)


def _assumed(party: Party) -> str | None:
    """The country in which numbers are read that do not say theirs: of the party's places, else of other numbers."""
    for one in party.identifiers:
        if one.kind is Kind.VEHICLE or (one.kind is Kind.PHONE and not one.value.startswith("+")):
            break
    else:
        return None
    for spot in party.spots:
        if code := country_code(spot.country):
            return code
    for one in party.identifiers:
        if one.kind is Kind.PHONE and one.value.lstrip().startswith("+"):
            found = normalise(one)
            if found is not None and found.country:
                return found.country
    return None


def _as_number(value: str, provider: str | None) -> Identifier | None:
    """Accounts of services that know their users by number are numbers."""
    service = known(provider_key(provider))
    if service is None or not service.phone:
        return None
    number = value.lstrip()
    return normalise(Stated(Kind.PHONE, number if number.startswith(("+", "00")) else f"+{number}"))
