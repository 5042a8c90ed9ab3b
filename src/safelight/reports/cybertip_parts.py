"""The small parts that CyberTipline's elements are made of: texts, flags, addresses, captures, devices."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from safelight.reports.plain import line, plain, taken_out
from safelight.reports.report import Annotation, FreeText, Kind, ReportFile, Spot, Stated
from safelight.reports.xml_ import local

MOST_UNKNOWN = 500
"""Elements without a place that are kept of one record; that there were more is said."""
_LEFT_OUT = f"it has more than {MOST_UNKNOWN} parts without a place; the rest was left out"
TRUE, FALSE = frozenset({"true", "1", "yes", "y"}), frozenset({"false", "0", "no", "n"})


@dataclass(slots=True)
class Gathered:
    """What is collected of a report while its elements are walked."""

    texts: list[FreeText] = field(default_factory=list)
    groups: list[Stated] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    annotations: set[Annotation] = field(default_factory=set)
    related: list[str] = field(default_factory=list)
    files: list[ReportFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def text(self, where: str, value: str) -> None:
        """Keep a free text."""
        if said := plain(value):
            self.texts.append(FreeText(where, said))
        for one in taken_out(value):
            self.unknown_text(f"{where}/markup", one)

    def odd(self, where: str, element: etree._Element) -> None:
        """Keep an element that has no place, with what stands in it."""
        attributes = " ".join(f'{key.rpartition("}")[2]}="{value}"' for key, value in element.attrib.items())
        self.unknown_text(
            f"{where}/{local(element)}", " ".join(filter(None, (attributes, all_text(element))))
        )

    def unknown_text(self, where: str, said: str) -> None:
        """Keep what has no place."""
        if len(self.unknown) < MOST_UNKNOWN:
            self.unknown.append((where, said[:20_000]))
        elif _LEFT_OUT not in self.problems:
            self.problems.append(_LEFT_OUT)


def text_of(element: etree._Element) -> str:
    """The text of an element without markup of its own kind; HTML that was put in as elements is joined."""
    return all_text(element) if len(element) else element.text or ""


def all_text(element: etree._Element) -> str:
    """All texts in it, one space between them."""
    return " ".join(part.strip() for part in element.itertext() if part.strip())


def value_of(element: etree._Element) -> str | None:
    """The text as one line; None where there is nothing."""
    return line(all_text(element) if len(element) else element.text)


def attribute(element: etree._Element, *names: str) -> str | None:
    """The first of these attributes that is there."""
    for name in names:
        if said := element.get(name):
            return line(said)
    return None


def attributes(element: etree._Element) -> dict[str, str]:
    """All attributes by their names without namespace."""
    said = element.items()
    return {key.rpartition("}")[2]: value for key, value in said} if said else {}


def flag(element: etree._Element) -> bool | None:
    """A boolean; an empty element is a flag that is set. None: something else stands there."""
    said = text_of(element).strip().casefold()
    if said in TRUE or not said:
        return True
    return False if said in FALSE else None


def viewed(element: etree._Element) -> bool | None:
    """As `flag`, but empty means nothing here: only a plain *true* opens a file."""
    said = text_of(element).strip().casefold()
    return True if said in TRUE else False if said in FALSE else None


def number(element: etree._Element) -> float | None:
    """A latitude or longitude."""
    try:
        value = float(text_of(element))
    except ValueError:
        return None
    return value if abs(value) <= 180 else None


def phone(element: etree._Element, value: str) -> Stated:
    """A phone number with its calling code in front, where one is stated apart."""
    note = attributes(element)
    code = line(note.get("countryCallingCode"))
    if code and not value.startswith(("+", "00")):
        value = f"+{code.lstrip('+')} {value}"
    return Stated(Kind.PHONE, value, note=note)


def address(element: etree._Element, source: str) -> Spot:
    """A place by the parts of its address."""
    said = {local(child): value_of(child) for child in element}
    text = said.get("address") or (None if len(element) else value_of(element))
    code = said.get("zipCode")
    return Spot(
        source,
        country=said.get("country") or said.get("countryCode"),
        region=said.get("state") or said.get("nonUsaState") or said.get("region"),
        city=said.get("city"),
        text=(f"{text} {code}" if code else text) if text else code,
    )


_OF_CAPTURE = frozenset({"ipAddress", "eventName", "dateTime", "possibleProxy", "port"})
_OF_DEVICE = frozenset({"idType", "idValue", "eventName", "dateTime"})


def capture(element: etree._Element, found: Gathered, where: str) -> Stated | None:
    """An IP address with what happened, when and at which port."""
    said = _said(element, _OF_CAPTURE, found, f"{where}/ipCaptureEvent")
    if "ipAddress" not in said:
        return None
    port = said.get("port", "")
    note = {"proxy": said["possibleProxy"]} if "possibleProxy" in said else {}
    return Stated(
        Kind.IP,
        said["ipAddress"],
        None,
        said.get("dateTime"),
        int(port) if port.isdecimal() and len(port) < 6 else None,
        said.get("eventName"),
        note,
    )


def device(element: etree._Element, found: Gathered, where: str) -> Stated | None:
    """A device's id with its type."""
    said = _said(element, _OF_DEVICE, found, f"{where}/deviceId")
    if "idValue" not in said:
        return None
    note = {"type": said["idType"]} if "idType" in said else {}
    return Stated(Kind.DEVICE, said["idValue"], None, said.get("dateTime"), None, said.get("eventName"), note)


def _said(element: etree._Element, known: frozenset[str], found: Gathered, where: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for child in element:
        name = local(child)
        if name in known:
            if value := value_of(child):
                said[name] = value
        elif name:
            found.odd(where, child)
    return said
