"""`reports show`: one report in full: who, what, where, when, links, media, reasons, clocks, history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from safelight.matching.match import Matcher, match_json
from safelight.reports.desk import clocks
from safelight.reports.desk.rank import Ranked
from safelight.reports.identifiers.normal import normalise
from safelight.reports.identifiers.of_report import normal_in, of_words
from safelight.reports.intake.pieces import UNNAMED
from safelight.reports.keep.letters import letters_of
from safelight.reports.report import DIGEST_KINDS, Party, Report, ReportFile, Role, Spot, Stated
from safelight.reports.scoring.observe import age_of, contradictions, day_of, is_victim_account, unread_dates


def page(
    ranked: Ranked,
    number: int,
    report: Report,
    said: Mapping[str, Any],
    matcher: Matcher,
    media: Sequence[Mapping[str, Any]],
    links: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    whereabouts: Mapping[str, Any],
    units: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The whole page as data; `said` is its entry in the queue. Texts as stated, files with what lists say of them."""
    day = day_of(report, ranked.now)
    return {
        **said,
        "format": report.format,
        "service": report.service,
        "occurred": report.occurred,
        "escalation": report.escalation,
        "annotations": sorted(map(str, report.annotations)),
        "people": [person(report, party, day) for party in report.parties],
        "identifiers": [stated(report, one) for one in report.groups],
        "in_words": [
            {"kind": str(one.kind), "value": one.shown or one.key, "normal": one.key, "why": one.why}
            for one in of_words(report)
        ],
        "texts": [{"where": one.where, "text": one.text} for one in report.texts],
        "where": whereabouts,
        "units": list(units),
        "files": [file(report, one, matcher) for one in report.files],
        "media": list(media),
        "links": list(links["links"]),
        "too_common": list(links["too_common"]),
        "clocks": [
            {"what": one.what, "at": one.at.isoformat(), "source": one.source}
            for one in clocks.of_report(
                int(ranked.rows["received"][number]),
                int(ranked.rows["connected"][number]),
                letters_of(int(ranked.rows["country"][number])),
                ranked.rules,
            )
        ],
        "related": list(report.related),
        "unknown": [{"where": where, "said": said} for where, said in report.unknown],
        "problems": [*report.problems, *unread_dates(report), *contradictions(report, ranked.now)],
        "history": list(history),
    }


def person(report: Report, party: Party, day: date) -> dict[str, Any]:
    """A party: its role, and whether a reported account may be the child's own."""
    age = age_of(party, day)
    protect = party.role is Role.VICTIM or is_victim_account(report, party, day)
    return {
        "role": str(party.role),
        "child_to_protect": protect,
        "age": party.age,
        "age_in_years": None if age is None else int(age),
        "birth_date": party.birth_date,
        "identifiers": [stated(report, one, party) for one in party.identifiers],
        "places": [spot(one) for one in party.spots],
        "facts": dict(party.facts),
    }


def stated(report: Report, one: Stated, party: Party | None = None) -> dict[str, Any]:
    """An identifier as stated, and in the normal form by which it links, where it has one."""
    normal = normal_in(report, one, party)
    return {
        "kind": str(one.kind),
        "value": one.value,
        "normal": None if normal is None else normal.key,
        "reach": None if normal is None else str(normal.reach),
        "why": None if normal is None else normal.why,
        "provider": one.provider,
        "time": one.time,
        "port": one.port,
        "event": one.event,
        "note": dict(one.note),
    }


def spot(one: Spot) -> dict[str, Any]:
    """A place as stated."""
    return {
        "source": one.source,
        "country": one.country,
        "region": one.region,
        "city": one.city,
        "text": one.text,
        "latitude": one.latitude,
        "longitude": one.longitude,
    }


def why_closed(one: ReportFile) -> str | None:
    """Why a file stays closed; None for one that was viewed."""
    if one.viewed is True:
        return None
    if UNNAMED in one.annotations:
        return "it lies in the bundle, and no report names it"
    if one.viewed is False:
        return "the provider has not viewed it"
    return "the provider does not say that it viewed it"


def file(report: Report, one: ReportFile, matcher: Matcher) -> dict[str, Any]:
    """A file as stated, with what lists say of its stated digests. Only one that was viewed may be opened.

    `not_compared` says why lists say nothing of it; None where a digest of it was looked up.
    """
    matches = []
    why_not: str | None = "no digest is stated"
    for name, value in one.digests.items():
        kind = DIGEST_KINDS.get(name)
        normal = normalise(Stated(kind, value)) if kind else None
        if normal is not None and matcher:
            why_not = None
            matches += [match_json(match) for match in matcher.stated(name, bytes.fromhex(normal.key))]
        elif why_not is not None:
            why_not = "no list is here" if normal is not None else "no stated digest is one that lists hold"
    unique = {(one["hashset"], one["entry"]): one for one in reversed(matches)}
    return {
        "file_id": one.file_id,
        "name": one.name,
        "original_name": one.original_name,
        "digests": dict(one.digests),
        "viewed": one.viewed,
        "closed": one.viewed is not True,
        "why_closed": why_closed(one),
        "public": one.public,
        "supplemental": one.supplemental,
        "classification": one.classification,
        "annotations": sorted(one.annotations - {UNNAMED}),
        "exif": dict(one.exif),
        "identifiers": [stated(report, capture) for capture in one.identifiers],
        "uploaded": one.uploaded,
        "texts": list(one.texts),
        "matches": list(unique.values()),
        "not_compared": why_not,
    }
