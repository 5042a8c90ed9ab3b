"""What a hotline's record says, whichever names its columns have: from fields by our names to a report."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping

from safelight.reports.answers import plainly
from safelight.reports.dates import is_doubtful, iso, possible
from safelight.reports.hotline_columns import BY_NAME, Columns, Place, Takes, dated, fields, squeezed
from safelight.reports.plain import line, plain, taken_out
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
from safelight.stated import Order

Record = Iterable[tuple[str, str]]
"""A column and a value at a time."""
Orders = Mapping[str, Order]
"""The order of dates that may be two, by field."""

_SPLIT = re.compile(r"[\s;,|]+")
_SPLIT_ADDRESSES = re.compile(r"\s+|[;,|]+(?=\s|$|[A-Za-z][A-Za-z0-9+.-]{1,9}://|www\.)")
"""An address may hold these marks itself."""
_SPLIT_NAMES = re.compile(r"[;|\n]+")
_CALM = frozenset({"normal", "low", "medium"})
_MOST = 1_000
_LONGEST_LINE = 10_000
_TOLD_OF_ORDER = 1_000
"""Lines after which a list none of whose dates may be two is taken to hold no such dates."""


def gather(
    record: Record, places: Mapping[str, Place], values: Mapping[str, str]
) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """What is said of each field, and what has no place: without a field, or where another column went before it."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    unknown: list[tuple[str, str]] = []
    for column, value in record:
        if not value or not (text := str(value)).strip():
            continue
        place = places.get(column)
        if place is None:
            unknown.append((column[:200], plain(text)))
        else:
            found.setdefault(place.field, []).append((place.rank, column, text))
    said: dict[str, list[str]] = {}
    for name, several in found.items():
        if len(several) == 1:
            said[name] = [several[0][2]]
        else:
            said[name] = _taken(fields()[name].takes, several, unknown)
    for name, text in values.items():
        said.setdefault(name, [text])
    return said, unknown


def _taken(takes: Takes, several: list[tuple[int, str, str]], unknown: list[tuple[str, str]]) -> list[str]:
    """Of several columns of one field what it takes; the others go to `unknown`."""
    if takes is Takes.EACH:
        return [text for _, _, text in several]
    telling = sorted((one for one in several if line(one[2])), key=lambda one: one[0])
    together = [one for one in telling if one[0] < BY_NAME] if takes is Takes.JOINED else []
    together = together or telling[:1]
    unknown += [
        (column[:200], plain(text)) for rank, column, text in telling if (rank, column, text) not in together
    ]
    return [" ".join(text for _, _, text in together)]


def orders_in(records: Iterable[tuple[Record, Mapping[str, Place]]], columns: Columns) -> Orders:
    """In which order the list writes dates that may be two: as the mapping says, else as the rest of each field shows.

    Goes through all records (each with the places of its columns), unless the first of them hold no such dates.
    """
    if columns.order is not None:
        return dict.fromkeys(dated(), columns.order)
    may_be: dict[str, frozenset[Order]] = {}
    for number, (record, places) in enumerate(records):
        if number == _TOLD_OF_ORDER and not may_be:
            break
        dates = {column: place for column, place in places.items() if place.field in dated()}
        said, _ = gather(((column, value) for column, value in record if column in dates), dates, {})
        for name, (text,) in said.items():
            if tells := possible(text):
                may_be[name] = may_be.get(name, tells) & tells
    return {name: next(iter(left)) for name, left in may_be.items() if len(left) == 1}


class _Said:
    """What is said of each field, in the form that a report takes; what does not fit into it goes to `unknown`."""

    def __init__(self, said: Mapping[str, list[str]], unknown: list[tuple[str, str]], orders: Orders) -> None:
        self._said, self.unknown, self._orders = said, unknown, orders

    def keep(self, field: str) -> None:
        """Keep what is said of a field without a place: no value of a report could be made of it."""
        self.unknown += [(field, plain(text)) for text in self._said.get(field, ())]

    def one(self, field: str) -> str | None:
        """A short text."""
        if field not in self._said:
            return None
        text = self._said[field][0]
        if len(text) > _LONGEST_LINE:
            self.keep(field)
        return line(text)

    def date(self, field: str) -> str | None:
        """A date as ISO 8601; as stated where it is not understood."""
        return self._dated(field, self.one(field))

    def _dated(self, field: str, text: str | None) -> str | None:
        order = self._orders.get(field)
        made = iso(text, order) if text else None
        if made is None or text is None:
            return text
        if order is not None and is_doubtful(text):
            first = "day" if order is Order.DAY_FIRST else "month"
            self.unknown.append((f"{field} as stated", f"{text} (read with the {first} first)"))
        return made

    def each(self, field: str, split: re.Pattern[str] = _SPLIT) -> list[str]:
        """Every value in it."""
        if field not in self._said:
            return []
        texts = self._said[field]
        parts = [said for text in texts for part in split.split(text[:100_000]) if (said := line(part))]
        if len(parts) > _MOST or any(len(text) > 100_000 for text in texts):
            self.keep(field)
        return parts[:_MOST]

    def texts(self) -> tuple[FreeText, ...]:
        """The words."""
        for text in self._said.get("text", ()):
            self.unknown += [("text/markup", one) for one in taken_out(text)[:_MOST]]
        return tuple(
            FreeText("text", cleaned) for text in self._said.get("text", ()) if (cleaned := plain(text))
        )

    def yes(self, field: str) -> bool | None:
        """Is it a plain yes, or a plain no? What is neither is kept without a place."""
        text = self.one(field)
        if (said := plainly(text)) is None and text:
            self.keep(field)
        return said

    def escalation(self) -> str | None:
        """The reason to escalate it; empty for a plain yes."""
        text = self.one("urgent") or ""
        if (said := plainly(text)) is True:
            return ""
        if calm := text.casefold() in _CALM:
            self.keep("urgent")
        return None if not text or said is False or calm else text

    def times(self, count: int) -> list[str | None]:
        """When so many addresses were used: one time for all, or one for each."""
        text = self.one("ip_time")
        if text is None or not count:
            if text:
                self.keep("ip_time")
            return [None] * count
        parts = [part.strip() for part in _SPLIT_NAMES.split(text)]
        if len(parts) == count > 1:
            return [self._dated("ip_time", line(part)) for part in parts]
        time = self._dated("ip_time", text)
        return [time] * count

    def ports(self, count: int) -> list[int | None]:
        """Their source ports."""
        text = self.one("ip_port")
        parts = [part for part in _SPLIT.split(text or "") if part]
        good = [int(one) for one in parts if one.isascii() and one.isdecimal() and 0 < len(one) < 6]
        if len(good) != len(parts) or len(good) not in (1, count) or not count:
            if parts:
                self.keep("ip_port")
            return [None] * count
        return [*good] if len(good) == count else [good[0]] * count


def named_after(document: str, record: Record) -> str:
    """The id of a record that states none: its document's with a digest of what it says.

    Not with its place: the first line of tomorrow's list of the same name is another report, and a line that has moved
    is the same.
    """
    said = "\0".join(f"{squeezed(column)}\0{value}" for column, value in record if value)
    return f"{document}#{hashlib.blake2b(said.encode(errors='replace'), digest_size=4).hexdigest()}"


def to_report(
    record: Record,
    places: Mapping[str, Place],
    format_: str,
    fallback: str | Callable[[], str],
    problem: str = "",
    *,
    values: Mapping[str, str] | None = None,
    orders: Orders | None = None,
) -> Report:
    """A report of one record; `places` as `Columns.places` gives them. What has no field is kept as unknown.

    `fallback` is the id where it states none.
    """
    said = _Said(*gather(record, places, values or {}), orders or {})
    one, each = said.one, said.each
    service = one("service")
    parties = (_reported(said, service), _victim(said, service), _reporter(said))
    retracted = said.yes("retracted")
    spot = Spot("stated", one("country"), one("region"), one("city"))
    groups = [
        Stated(Kind.URL, value) for field in ("url", "referrer") for value in each(field, _SPLIT_ADDRESSES)
    ]
    groups += [Stated(Kind.GROUP, value, service) for value in each("group", _SPLIT_NAMES)]
    return Report(
        report_id=one("report_id") or (fallback if isinstance(fallback, str) else fallback()),
        format=format_,
        provider=one("hotline"),
        service=service,
        received=said.date("received"),
        incident=one("incident"),
        occurred=said.date("occurred"),
        escalation=said.escalation(),
        annotations=frozenset({Annotation.RETRACTED} if retracted else ()),
        parties=tuple(party for party in parties if party),
        files=_files(said),
        texts=said.texts(),
        spots=(spot,) if spot.country or spot.region or spot.city else (),
        groups=tuple(groups),
        unknown=tuple(said.unknown),
        problems=(problem,) if problem else (),
    )


def _reported(said: _Said, service: str | None) -> Party | None:
    one, each = said.one, said.each
    found = [Stated(Kind.NAME, value) for value in filter(None, [one("name")])]
    found += [Stated(Kind.EMAIL, value) for value in each("email")]
    found += [Stated(Kind.PHONE, value) for value in each("phone", _SPLIT_NAMES)]
    found += [Stated(Kind.SCREEN_NAME, value, service) for value in each("screen_name", _SPLIT_NAMES)]
    found += [Stated(Kind.ACCOUNT, value, service) for value in each("account_id", _SPLIT_NAMES)]
    found += [Stated(Kind.PAYMENT, value) for value in each("payment", _SPLIT_NAMES)]
    found += [Stated(Kind.CRYPTO, value) for value in each("crypto")]
    addresses = each("ip")
    captured = zip(addresses, said.times(len(addresses)), said.ports(len(addresses)), strict=True)
    found += [Stated(Kind.IP, value, time=time, port=port) for value, time, port in captured]
    facts = {fact: value for fact in ("relationship", "language") if (value := one(fact))}
    age, born = one("age"), said.date("birth_date")
    if not (found or facts or age or born):
        return None
    return Party(Role.REPORTED, tuple(found), age, born, (), facts)


def _victim(said: _Said, service: str | None) -> Party | None:
    found = [Stated(Kind.NAME, value) for value in filter(None, [said.one("victim_name")])]
    found += [Stated(Kind.SCREEN_NAME, value, service) for value in said.each("victim_account", _SPLIT_NAMES)]
    school, age = said.one("school"), said.one("victim_age")
    facts = {"school": school} if school else {}
    if not (found or facts or age):
        return None
    return Party(Role.VICTIM, tuple(found), age, facts=facts)


def _reporter(said: _Said) -> Party | None:
    kinds = (("reporter_name", Kind.NAME), ("reporter_email", Kind.EMAIL), ("reporter_phone", Kind.PHONE))
    found = [Stated(kind, value) for field, kind in kinds if (value := said.one(field))]
    return Party(Role.REPORTER, tuple(found)) if found else None


def _files(said: _Said) -> tuple[ReportFile, ...]:
    names = said.each("file_name", _SPLIT_NAMES)
    digests = {kind: stated for kind in ("md5", "sha1", "sha256", "pdq") if (stated := said.each(kind))}
    count = max([len(names), *map(len, digests.values())])
    viewed = said.yes("viewed")
    if viewed is not None and not count:
        said.keep("viewed")
    return tuple(
        ReportFile(
            name=names[number] if number < len(names) else None,
            digests={kind: values[number] for kind, values in digests.items() if number < len(values)},
            viewed=viewed,
        )
        for number in range(count)
    )
