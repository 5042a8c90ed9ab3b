"""From the rows of a printed CyberTipline report to a report: sections A to D, their headings, labels and values.

The print is made for people: what follows a known label is placed, everything else is kept as text of its section, so
that nothing is dropped. A PDF without these sections is a report whose text is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from safelight.reports.pdf_fields import Found, Person, place
from safelight.reports.pdf_times import order_of, timed
from safelight.reports.plain import plain
from safelight.reports.report import Annotation, FreeText, Report, Role, Spot
from safelight.stated import Order

_NUMBER = re.compile(
    r"CyberTip(?:line)?\s{1,5}Report\s{0,5}(?:#|No\.?|Number:?|ID:?|:)?\s{0,5}(\d{4,12})", re.IGNORECASE
)
_SECTION = re.compile(r"Section\s{1,5}([A-D])\s{0,5}[:.–-]\s{0,5}(.{0,120})", re.IGNORECASE)
_IN_CONTENTS = re.compile(r".*[ .…]\d{1,4}\s{0,9}")
_PRIORITY = re.compile(r"Priority(?:\s{1,5}Level)?\s{0,5}:?\s{0,5}([A-Z0-9]{1,12})\b", re.IGNORECASE)
_RECEIVED = re.compile(r"Received by NCMEC on\s{0,5}:?\s{0,5}(.{6,60})", re.IGNORECASE)
_FIELD = re.compile(r"([A-Z][^:?]{1,70})(?::|\?)(?:\s{1,9}(.*))?")
_PAGE = re.compile(r"(?:Page )?\d{1,4}(?:(?: of | ?/ ?)\d{1,4})?", re.IGNORECASE)
_URGENT = frozenset({"e", "1", "emergency", "urgent", "high"})

_HEADINGS: dict[str, Role | str] = {
    **dict.fromkeys(
        (
            *(
                "suspect",
                "suspect information",
                "person or user being reported",
                "user or person being reported",
            ),
            *("reported person", "reported user", "reported person or user"),
        ),
        Role.REPORTED,
    ),
    **dict.fromkeys(("child victim", "victim", "victim information"), Role.VICTIM),
    **dict.fromkeys(("intended recipient", "recipient"), Role.RECIPIENT),
    **dict.fromkeys(
        (
            *(
                "reporting electronic service provider",
                "reporting esp",
                "reporting person",
                "company information",
            ),
            "reporting electronic service provider information",
        ),
        "provider",
    ),
    "incident information": "incident",
    "executive summary": "summary",
    "uploaded file information": "files",
    "uploaded file": "files",
    "uploaded files": "files",
    "further information on uploaded files": "text",
    "additional information submitted by the reporting esp": "text",
    "additional information": "text",
    "geo-lookup": "geo",
    "geolocation": "geo",
    "explanation of automated information": "explained",
    "ncmec note": "text",
    "law enforcement contact information": "text",
    "contents": "contents",
}
_HEADING = re.compile(r"([^()#\d]{4,80})(?:\([^()]{0,60}\))?(?: ?#? ?\d{1,4})?")
_EXPLAINED = (
    "All dates are displayed as",
    "Except for times provided",
    "The following is a brief overview",
    "The following information was submitted",
    "The information appearing in Section A",
    "The reporting of information in Section A",
    "Upon receipt of a CyberTipline report",
    "NCMEC Incident Type is based on",
    "Please treat all information",
    "The National Center for Missing",
)
_TABLE_HEAD = ["type", "value", "event", "date/time"]


@dataclass(slots=True)
class _State:
    """Where in the print the reading is."""

    section: str = ""
    heading: str = ""
    part: Role | str = ""
    person: Person | None = None
    label: str = ""
    """The label whose value may go on in the next row."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    """Rows without a place, by where they stand."""
    explained: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    orders: set[Order] = field(default_factory=set)
    """How the print says that it writes dates."""


def to_report(pages: Iterable[str], fallback: str, problem: str | None = None) -> Report:
    """The report that was printed. `fallback` is its id where no number stands on it.

    Dates are read in the order in which the print says that it writes them; where it says none, or two, they stay as
    stated.
    """
    found = Found()
    state = _State()
    number = priority = None
    known = False
    for row in _rows(pages):
        if (order := order_of(row)) is not None:
            state.orders.add(order)
        if number is None and (match := _NUMBER.search(row)):
            number, known = match[1], True
            if not (rest := (row[: match.start()] + row[match.end() :]).strip(" -–|:")):
                continue
            row = rest
        if not state.section and priority is None and (match := _PRIORITY.match(row)):
            priority, known = match[1], True
            state.explained.append(row)
            continue
        if match := _RECEIVED.match(row):
            found.received, known = match[1].strip(), True
            continue
        known = _row(row, state, found) or known
    texts = [
        FreeText(where, said) for where, lines in state.lines.items() if (said := plain("\n".join(lines)))
    ]
    unknown = list(found.unknown)
    if state.explained:
        unknown.append(("explanations", plain("\n".join(state.explained))[:20_000]))
    made = Report(
        report_id=number or fallback,
        format="pdf",
        provider=found.provider,
        service=found.service,
        received=found.received,
        incident=found.incident,
        occurred=found.occurred,
        escalation=_escalation(priority, found),
        annotations=frozenset(found.annotations | ({Annotation.RETRACTED} if found.retracted else set())),
        parties=tuple(person.party() for person in found.people if person.says_something()),
        files=tuple(file.file() for file in found.files),
        texts=(*texts, *found.texts)
        if known
        else (*(FreeText("document", one.text) for one in texts), *found.texts),
        spots=tuple(found.spots),
        groups=tuple(found.groups),
        related=tuple(dict.fromkeys(found.related)),
        unknown=tuple(unknown),
        problems=(problem,) if problem else (),
    )
    return timed(made, *state.orders) if len(state.orders) == 1 else made


def _escalation(priority: str | None, found: Found) -> str | None:
    """NCMEC's level `E` and 1 are urgent; the reason is what the provider says, if anything."""
    if found.escalation is not None:
        return found.escalation
    return f"priority level {priority}" if priority and priority.casefold() in _URGENT else None


def _rows(pages: Iterable[str]) -> Iterable[str]:
    """Rows of all pages without page numbers, and without what stands at the head or foot of every page."""
    split = [[row.strip() for row in page.split("\n") if row.strip()] for page in pages]
    edges: dict[str, int] = {}
    for rows in split:
        for row in {_without_number(row) for row in (*rows[:2], *rows[-2:])}:
            edges[row] = edges.get(row, 0) + 1
    repeated = {row for row, count in edges.items() if count > 2 and count > len(split) * 0.6}
    for number, rows in enumerate(split):
        for place_, row in enumerate(rows):
            at_edge = place_ < 2 or place_ >= len(rows) - 2
            if at_edge and (_PAGE.fullmatch(row) or (number and _without_number(row) in repeated)):
                continue
            yield row


def _without_number(row: str) -> str:
    return re.sub(r"\d{1,4}", "#", row[:200])


def _row(row: str, state: _State, found: Found) -> bool:
    """Place one row. True where it shows that this is a printed CyberTipline report."""
    if match := _SECTION.fullmatch(row):
        if _IN_CONTENTS.fullmatch(row):  # a line of the table of contents ends in a page's number
            state.explained.append(row)
            return True
        state.section, state.heading, state.part, state.label = match[1].upper(), "", "", ""
        state.person = None
        return True
    if _heading(row, state, found):
        return False
    if state.part == "contents" or row.startswith(_EXPLAINED) or state.part == "explained":
        state.explained.append(row)
        return False
    if state.part == "geo" and _geo(row, state, found):
        state.explained.append(row)
        return False
    field_ = _FIELD.fullmatch(row)
    if field_ is not None and place(
        field_[1].strip(), (field_[2] or "").strip(), state.part, state.person, found
    ):
        state.label = field_[1].strip()
        return False
    if field_ is None and place(state.label, row, state.part, state.person, found, more=True):
        return False
    if row.casefold().split() == _TABLE_HEAD:
        state.explained.append(row)
        return False
    state.label = ""
    where = "/".join(filter(None, (f"section {state.section}" if state.section else "head", state.heading)))
    state.lines.setdefault(where, []).append(row)
    return False


def _heading(row: str, state: _State, found: Found) -> bool:
    """Is the row a heading? Then what follows belongs under it. None is within the table of contents."""
    if len(row) > 120 or state.part == "contents":
        return False
    match = _HEADING.fullmatch(" ".join(row.casefold().split()))
    words = match[1].strip() if match else ""
    part = _HEADINGS.get(words) or _HEADINGS.get(words.removesuffix("s"))
    if part is None:
        return False
    state.heading, state.part, state.label, state.columns = row, part, "", []
    state.person = found.reporter if part == "provider" else None
    if isinstance(part, Role):
        state.person = Person(part)
        found.people.append(state.person)
    return True


_COLUMNS = {"country": "country", "region": "region", "state": "region", "city": "city", "lat/long": "point"}


def _geo(row: str, state: _State, found: Found) -> bool:
    """Is it a row of the table that says where an IP address was? Then its place is taken from it."""
    cells = [cell.strip() for cell in re.split(r"\s{2,}|\t", row)]
    low = [cell.casefold() for cell in cells]
    if "country" in low:
        state.columns = low
        return True
    if len(cells) < 2 or len(cells) > len(state.columns) or ":" in row:
        return False
    said: dict[str, str] = {}
    for column, cell in zip(state.columns, cells, strict=False):
        if (name := _COLUMNS.get(column)) and cell:
            said[name] = cell
    latitude, longitude = _point(said.get("point", ""))
    if said.get("country"):
        spot = Spot(
            "geo-lookup", said["country"], said.get("region"), said.get("city"), None, latitude, longitude
        )
        if spot not in found.spots:
            found.spots.append(spot)
    return True


def _point(said: str) -> tuple[float | None, float | None]:
    parts = re.findall(r"-?\d{1,3}(?:\.\d{1,12})?", said)[:2]
    if len(parts) != 2 or abs(float(parts[0])) > 90 or abs(float(parts[1])) > 180:
        return None, None
    return float(parts[0]), float(parts[1])
