"""Every identifier of a report with the role of whom it belongs to, and the country that the report is about."""

from __future__ import annotations

from collections.abc import Iterable

from safelight.reports.identifiers.email import looks_like_email
from safelight.reports.identifiers.identifier import Identifier
from safelight.reports.identifiers.normal import normalise
from safelight.reports.identifiers.person import name_and_birth
from safelight.reports.identifiers.place import Whereabouts, country_code, where
from safelight.reports.identifiers.providers import known, provider_key
from safelight.reports.report import Kind, Party, Report, ReportFile, Role, Spot, Stated

Found = tuple[Role | None, Identifier]

_OF_A_PROVIDER = frozenset({Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.GROUP})
_MAY_BE_EMAIL = frozenset({Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.DISPLAY_NAME, Kind.PAYMENT})
_DIGESTS = {"md5": Kind.MD5, "sha1": Kind.SHA1, "sha256": Kind.SHA256, "pdq": Kind.PDQ}
_OF_PROVIDERS = frozenset({"cybertip", "json", "pdf"})
"""Formats in which the sender is the provider itself: its users' names are names at that provider."""
_COUNTRY_FROM = (Role.REPORTED, Role.VICTIM, Role.RECIPIENT)


def of_report(report: Report) -> list[Found]:
    """The identifiers of parties, files and the incident, each once a role. Files and the incident have no role.

    A name that is an e-mail address gives that too, an account that is a telephone number likewise; a name with a
    birth date is one identifier more.
    """
    found: dict[tuple[Role | None, Kind, str], Identifier] = {}
    service = _service(report)
    for party in report.parties:
        role = party.role
        country = _assumed(party)
        names = []
        for stated in party.identifiers:
            _take(found, role, stated, service, country)
            if stated.kind is Kind.NAME:
                names.append(stated.value)
        if party.birth_date:
            for name in names:
                _add(found, role, name_and_birth(name, party.birth_date))
    for file in report.files:
        _take_file(found, file, service)
    for stated in report.groups:
        _take(found, None, stated, service, None)
    return [(key[0], one) for key, one in found.items()]


def country_of(report: Report) -> str | None:
    """The country (alpha-2) that the report is about: where the reported person is, else the child or the incident."""
    return where_of(report).country


def where_of(report: Report) -> Whereabouts:
    """Where the reported person is, else the child, else where it happened, by all that the report says of it."""
    for role in _COUNTRY_FROM:
        parties = [party for party in report.parties if party.role is role]
        found = _where(parties, (), report) if parties else None
        if found is not None and found.country is not None:
            return found
    captures = [one for file in report.files for one in file.identifiers if one.kind is Kind.IP]
    stated = [one for one in report.groups if one.kind in (Kind.IP, Kind.PHONE)]
    return _where((), (*stated, *captures), report)


def of_party(party: Party) -> Whereabouts:
    """Where one party of a report is, by all that is stated of it."""
    return _where((party,), (), None)


def _where(parties: Iterable[Party], more: Iterable[Stated], report: Report | None) -> Whereabouts:
    spots: list[Spot] = []
    identifiers: list[Identifier] = []
    language = time_zone = None
    for party in parties:
        spots += party.spots
        country = _assumed(party)
        identifiers += _telling(party.identifiers, country)
        language = language or party.facts.get("language")
        time_zone = time_zone or party.facts.get("time-zone")
    if not spots and not identifiers and report is not None:
        spots += report.spots
    identifiers += _telling(more, None)
    return where(spots, identifiers, language, time_zone)


_TELLING = frozenset({Kind.IP, Kind.PHONE, Kind.PAYMENT})


def _telling(stated: Iterable[Stated], country: str | None) -> list[Identifier]:
    """Identifiers that tell a country by themselves."""
    kept = []
    for one in stated:
        if one.kind in _TELLING:
            found = normalise(one, country)
            if found is not None and found.country is not None:
                kept.append(found)
    return kept


def _service(report: Report) -> str | None:
    """The service at which names hold that name none themselves: where it happened, else the provider that reports."""
    return report.service or (report.provider if report.format in _OF_PROVIDERS else None)


def _assumed(party: Party) -> str | None:
    """The country in which numbers are read that do not say theirs: of the party's places, else of other numbers."""
    if not any(
        one.kind is Kind.VEHICLE or (one.kind is Kind.PHONE and not one.value.startswith("+"))
        for one in party.identifiers
    ):
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


def _take(
    found: dict[tuple[Role | None, Kind, str], Identifier],
    role: Role | None,
    stated: Stated,
    service: str | None,
    country: str | None,
) -> None:
    kind, value = stated.kind, stated.value
    provider = stated.provider
    if provider is None and service is not None and kind in _OF_A_PROVIDER:
        provider = service
        stated = Stated(kind, value, service, stated.time, stated.port, stated.event, stated.note)
    _add(found, role, normalise(stated, country))
    if kind in _MAY_BE_EMAIL:
        if looks_like_email(value):
            _add(found, role, normalise(Stated(Kind.EMAIL, value)))
        elif kind is not Kind.DISPLAY_NAME and value[-4:].isdecimal():
            _add_number(found, role, value, provider)


def _add_number(
    found: dict[tuple[Role | None, Kind, str], Identifier],
    role: Role | None,
    value: str,
    provider: str | None,
) -> None:
    """Accounts of services that know their users by number are numbers."""
    service = known(provider_key(provider))
    if service is not None and service.phone:
        number = value.lstrip()
        _add(
            found,
            role,
            normalise(Stated(Kind.PHONE, number if number.startswith(("+", "00")) else f"+{number}")),
        )


def _take_file(
    found: dict[tuple[Role | None, Kind, str], Identifier], file: ReportFile, service: str | None
) -> None:
    for algorithm, value in file.digests.items():
        if (kind := _DIGESTS.get(algorithm)) is not None:
            _add(found, None, normalise(Stated(kind, value)))
    for stated in file.identifiers:
        _take(found, None, stated, service, None)


def _add(
    found: dict[tuple[Role | None, Kind, str], Identifier], role: Role | None, one: Identifier | None
) -> None:
    if one is not None:
        found.setdefault((role, one.kind, one.key), one)
