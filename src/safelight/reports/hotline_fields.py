"""What a hotline's record says, whichever names its columns have: from fields by our names to a report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from safelight.errors import UsageError
from safelight.reports.plain import line, plain
from safelight.reports.report import (
    Annotation,
    FreeText,
    Kind,
    Party,
    Report,
    ReportFile,
    Role,
    Spot,
    Stated,
)

NAMES: dict[str, tuple[str, ...]] = {
    "report_id": (
        "reportid",
        "report number",
        "id",
        "case id",
        "caseid",
        "reference",
        "ticket",
        "iccam id",
        "url id",
    ),
    "received": (
        "received",
        "date received",
        "report date",
        "date",
        "created",
        "created at",
        "timestamp",
        "reported on",
    ),
    "hotline": (
        "hotline",
        "hotline name",
        "source hotline",
        "organisation",
        "organization",
        "provider",
        "reporter organisation",
    ),
    "incident": (
        "incident",
        "incident type",
        "type",
        "category",
        "classification",
        "content type",
        "commercial type",
    ),
    "occurred": ("occurred", "incident date", "date of incident", "first seen"),
    "text": (
        "text",
        "description",
        "comment",
        "comments",
        "message",
        "details",
        "notes",
        "memo",
        "free text",
        "summary",
    ),
    "url": ("url", "urls", "link", "website", "content url", "address of content"),
    "referrer": ("referrer", "referring url", "source url"),
    "ip": ("ip", "ip address", "hosting ip", "server ip"),
    "ip_time": ("ip time", "ip timestamp"),
    "ip_port": ("ip port", "port", "source port"),
    "country": ("country", "hosting country", "country of hosting", "country code"),
    "region": ("region", "state", "province"),
    "city": ("city", "town"),
    "language": ("language", "lang"),
    "name": ("name", "suspect", "suspect name", "reported person", "person"),
    "email": ("email", "e-mail", "suspect email", "reported email"),
    "phone": ("phone", "telephone", "mobile", "suspect phone"),
    "screen_name": (
        "screen name",
        "username",
        "user name",
        "nickname",
        "account",
        "handle",
        "suspect account",
    ),
    "service": ("service", "platform", "app", "site type", "network"),
    "account_id": ("account id", "user id"),
    "age": ("suspect age", "reported age"),
    "birth_date": ("birth date", "date of birth", "dob"),
    "relationship": ("relationship", "relationship to child", "relation"),
    "victim_name": ("victim", "victim name", "child", "child name"),
    "victim_age": (
        "victim age",
        "age of child",
        "child age",
        "age",
        "age group",
        "perceived age",
        "victim age group",
    ),
    "victim_account": ("victim account", "child account"),
    "school": ("school",),
    "reporter_name": ("reporter", "reporter name", "reported by", "informant"),
    "reporter_email": ("reporter email", "contact email"),
    "reporter_phone": ("reporter phone", "contact phone"),
    "file_name": ("file", "file name", "filename", "attachment"),
    "md5": ("md5", "hash md5"),
    "sha1": ("sha1", "sha-1", "hash", "hash sha1"),
    "sha256": ("sha256", "sha-256", "hash sha256"),
    "pdq": ("pdq",),
    "viewed": ("viewed", "file viewed", "content viewed", "seen by analyst"),
    "urgent": ("urgent", "urgency", "priority", "escalate", "high priority"),
    "retracted": ("retracted", "withdrawn", "cancelled"),
    "group": ("group", "channel", "room", "chat room"),
    "payment": ("payment", "payment method", "payment account"),
    "crypto": ("crypto", "wallet", "bitcoin"),
}
"""Our fields, and what columns of hotlines (INHOPE's, ICCAM-like) are named for them. `--map` goes before these."""

One = Callable[[str], str | None]
Several = Callable[[str], list[str]]
_SQUEEZE = re.compile(r"[^a-z0-9]+")
_SPLIT = re.compile(r"[\s;,|]+")
_YES = frozenset(
    {"yes", "true", "1", "y", "x", "ja", "oui", "si", "sí", "sim", "tak", "да", "так", "evet", "是"}
)
_CALM = frozenset({"no", "false", "0", "n", "normal", "low", "medium", "none", "nein", "non", ""})


def column_of(names: Iterable[str], columns: Mapping[str, object]) -> dict[str, str]:
    """Which column is which field: `--map` first, then what the names say. Column -> field.

    Raises UsageError for a field that there is not.
    """
    mapping = columns.get("columns", columns)
    wanted: dict[str, str] = {}
    if isinstance(mapping, Mapping):
        for field, named in mapping.items():
            if field not in NAMES:
                raise UsageError(f"There is no field '{field}' to map.", f"Fields: {', '.join(NAMES)}.")
            for one in named if isinstance(named, list) else [named]:
                wanted[_squeezed(str(one))] = field
    by_name = {_squeezed(name): field for field, known in NAMES.items() for name in (field, *known)}
    found = {}
    for name in names:
        field = wanted.get(_squeezed(name)) or (by_name.get(_squeezed(name)) if name is not None else None)
        if field is not None:
            found[name] = field
    return found


def _squeezed(name: str) -> str:
    return _SQUEEZE.sub("", name.casefold())


def to_report(
    record: Iterable[tuple[str, str]],
    fields: Mapping[str, str],
    format_: str,
    fallback: str,
    problem: str = "",
) -> Report:
    """A report of one record, a column and a value at a time; `fields` as `column_of` gives them.

    Columns without a field are kept as unknown.
    """
    said: dict[str, list[str]] = {}
    unknown = []
    for column, value in record:
        if value is None or not str(value).strip():
            continue
        field = fields.get(column)
        if field is None:
            unknown.append((str(column)[:200], plain(str(value))[:20_000]))
        else:
            said.setdefault(field, []).append(str(value))

    def one(field: str) -> str | None:
        return line(said[field][0]) if field in said else None

    def several(field: str) -> list[str]:
        parts = [part for value in said.get(field, ()) for part in _SPLIT.split(value[:100_000])]
        return [part for part in parts if line(part)][:1000]

    service = one("service")
    parties = [
        party
        for party in (_reported(said, one, several, service), _victim(one, service), _reporter(one))
        if party
    ]
    annotations = {Annotation.RETRACTED} if (one("retracted") or "").casefold() in _YES else set()
    urgent = (one("urgent") or "").casefold()
    spot = Spot("stated", one("country"), one("region"), one("city"))
    return Report(
        report_id=one("report_id") or fallback,
        format=format_,
        provider=one("hotline"),
        service=service,
        received=one("received"),
        incident=one("incident"),
        occurred=one("occurred"),
        escalation=None if urgent in _CALM else ("" if urgent in _YES else one("urgent")),
        annotations=frozenset(annotations),
        parties=tuple(parties),
        files=_files(said, one, several),
        texts=tuple(FreeText("text", cleaned) for value in said.get("text", ()) if (cleaned := plain(value))),
        spots=(spot,) if spot.country or spot.region or spot.city else (),
        groups=tuple(
            [Stated(Kind.URL, value) for field in ("url", "referrer") for value in several(field)]
            + [Stated(Kind.GROUP, value, service) for value in said.get("group", ())]
        ),
        unknown=tuple(unknown),
        problems=(problem,) if problem else (),
    )


def _reported(said: Mapping[str, list[str]], one: One, several: Several, service: str | None) -> Party | None:
    found = [Stated(Kind.NAME, value) for value in filter(None, [one("name")])]
    found += [Stated(Kind.EMAIL, value) for value in several("email")]
    found += [Stated(Kind.PHONE, value) for value in filter(None, [one("phone")])]
    found += [Stated(Kind.SCREEN_NAME, value, service) for value in filter(None, [one("screen_name")])]
    found += [Stated(Kind.ACCOUNT, value, service) for value in filter(None, [one("account_id")])]
    found += [Stated(Kind.PAYMENT, value) for value in filter(None, [one("payment")])]
    found += [Stated(Kind.CRYPTO, value) for value in several("crypto")]
    port = one("ip_port")
    number = int(port) if port and port.isdecimal() and len(port) < 6 else None
    found += [Stated(Kind.IP, value, time=one("ip_time"), port=number) for value in several("ip")]
    facts = {fact: value for fact in ("relationship", "language") if (value := one(fact))}
    if not (found or facts or one("age") or one("birth_date")):
        return None
    return Party(Role.REPORTED, tuple(found), one("age"), one("birth_date"), (), facts)


def _victim(one: One, service: str | None) -> Party | None:
    found = [Stated(Kind.NAME, value) for value in filter(None, [one("victim_name")])]
    found += [Stated(Kind.SCREEN_NAME, value, service) for value in filter(None, [one("victim_account")])]
    school = one("school")
    facts = {"school": school} if school else {}
    if not (found or facts or one("victim_age")):
        return None
    return Party(Role.VICTIM, tuple(found), one("victim_age"), facts=facts)


def _reporter(one: One) -> Party | None:
    kinds = (("reporter_name", Kind.NAME), ("reporter_email", Kind.EMAIL), ("reporter_phone", Kind.PHONE))
    found = [Stated(kind, value) for field, kind in kinds if (value := one(field))]
    return Party(Role.REPORTER, tuple(found)) if found else None


def _files(said: Mapping[str, list[str]], one: One, several: Several) -> tuple[ReportFile, ...]:
    names = [name for value in said.get("file_name", ()) for name in re.split(r"[;|]", value) if line(name)]
    digests = {kind: several(kind) for kind in ("md5", "sha1", "sha256", "pdq")}
    count = max([len(names), *(len(values) for values in digests.values())])
    viewed = one("viewed")
    made = []
    for number in range(min(count, 1000)):
        stated = {kind: values[number] for kind, values in digests.items() if number < len(values)}
        made.append(
            ReportFile(
                name=line(names[number]) if number < len(names) else None,
                digests=stated,
                viewed=None if viewed is None else viewed.casefold() in _YES,
            )
        )
    return tuple(made)
