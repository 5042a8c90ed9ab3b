"""The people and accounts of a CyberTipline report: the schema has the same fields for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from safelight.reports.cybertip_parts import (
    Gathered,
    address,
    attribute,
    attributes,
    capture,
    device,
    flag,
    phone,
    text_of,
    value_of,
)
from safelight.reports.report import Kind, Party, Role, Spot, Stated
from safelight.reports.xml_ import local

_PERSONS = frozenset({"personOrUserReportedPerson", "intendedRecipientPerson", "victimPerson"})
_Said = tuple[Kind, str, str | None, Mapping[str, str]]
"""An identifier while its service may still be named: kind, value, service, notes."""
_OF_SERVICE = frozenset({Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.DISPLAY_NAME, Kind.GROUP})


def party(element: etree._Element, where: str, role: Role, found: Gathered) -> Party:
    """Somebody of the report, with everything that is stated of them."""
    return parties(element, where, role, found)[0]


def parties(element: etree._Element, where: str, role: Role, found: Gathered) -> list[Party]:
    """Somebody of the report, then whom an associated account belongs to: a parent or guardian is somebody else."""
    whom = Person()
    whom.read(element, found, where)
    return [
        whom.party(role),
        *(party(one, "associatedAccount", Role.OTHER, found) for one in whom.guardians),
    ]


def _is_guardian(element: etree._Element) -> bool:
    return "guardian" in (attribute(element, "type", "accountType") or "").casefold()


@dataclass(slots=True)
class Person:
    """A party while it is read."""

    identifiers: list[Stated | _Said] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    age: str | None = None
    birth: str | None = None
    service: str | None = None
    guardians: list[etree._Element] = field(default_factory=list)
    """Accounts of a parent or guardian, not read yet."""

    def name(self) -> str | None:
        """First and last name as one, where either is stated."""
        if not self.names:
            return None
        return " ".join(
            self.names[part] for part in ("firstName", "middleName", "lastName") if part in self.names
        )

    def party(self, role: Role) -> Party:
        """What was read, as a party; identifiers of a service get its name."""
        found = []
        for one in self.identifiers:
            if isinstance(one, Stated):
                found.append(one)
            else:
                kind, value, service, note = one
                of_service = service or (self.service if kind in _OF_SERVICE else None)
                found.append(Stated(kind, value, of_service, None, None, None, note))
        if name := self.name():
            found.append(Stated(Kind.NAME, name))
        return Party(role, tuple(found), self.age, self.birth, tuple(self.spots), self.facts)

    def read(self, element: etree._Element, found: Gathered, where: str) -> None:
        """Take in every child; what has no place is kept as unknown."""
        for child in element:
            handler = _FIELDS.get(child.tag) or _FIELDS.get(name := local(child))
            if handler is not None:
                handler(self, child, found, where)
            elif name:
                found.odd(where, child)


_Handler = Callable[[Person, etree._Element, Gathered, str], None]


def _inner(whom: Person, element: etree._Element, found: Gathered, where: str) -> None:
    whom.read(element, found, where)


def _taking(kind: Kind) -> _Handler:
    def take(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
        if value := value_of(element):
            whom.identifiers.append((kind, value, None, attributes(element)))

    return take


def _stating(fact: str) -> _Handler:
    def state(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
        if value := value_of(element):
            whom.facts[fact] = f"{whom.facts[fact]} {value}" if fact in whom.facts else value

    return state


def _flagging(fact: str, yes: str = "yes") -> _Handler:
    def raise_(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
        said = flag(element)
        if said is not None:
            whom.facts[fact] = yes if said else "no"
        elif value := value_of(element):
            whom.facts[fact] = value
        for name, value in attributes(element).items():
            whom.facts[fact] = f"{whom.facts.get(fact, yes)}; {name} {value[:100]}"

    return raise_


def _reading(where_in: str) -> _Handler:
    def read(_whom: Person, element: etree._Element, found: Gathered, where: str) -> None:
        found.text(f"{where}/{where_in}", text_of(element))

    return read


def _naming(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
    if value := value_of(element):
        whom.names[local(element)] = value


def _aging(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
    whom.age = value_of(element) or whom.age


def _born(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
    whom.birth = value_of(element) or whom.birth


def _serving(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
    whom.service = value_of(element) or whom.service


def _calling(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
    if value := value_of(element):
        whom.identifiers.append(phone(element, value))


def _housed(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
    whom.spots.append(address(element, "address"))


def _estimated(whom: Person, element: etree._Element, _found: Gathered, _where: str) -> None:
    whom.spots.append(address(element, "estimated"))


def _captured(whom: Person, element: etree._Element, found: Gathered, where: str) -> None:
    if one := capture(element, found, where):
        whom.identifiers.append(one)


def _device(whom: Person, element: etree._Element, found: Gathered, where: str) -> None:
    if one := device(element, found, where):
        whom.identifiers.append(one)


def _prior(whom: Person, element: etree._Element, found: Gathered, _where: str) -> None:
    if value := value_of(element):
        before = whom.facts.get("prior-reports")
        whom.facts["prior-reports"] = f"{before} {value}" if before else value
        found.related.append(value)


def _associated(whom: Person, element: etree._Element, found: Gathered, where: str) -> None:
    if _is_guardian(element):
        whom.guardians.append(element)  # a party of its own
        return
    kind = attribute(element, "type", "accountType") or "Other"
    other = Person()
    other.read(element, found, f"{where}/associatedAccount")
    before = whom.facts.get("associated-accounts")
    said = f"{kind} {other.service or ''}".strip()
    whom.facts["associated-accounts"] = f"{before}; {said}" if before else said
    whom.identifiers.extend(other.party(Role.OTHER).identifiers)
    whom.spots += other.spots


_FIELDS: dict[object, _Handler] = {
    **dict.fromkeys(_PERSONS, _inner),
    "firstName": _naming,
    "middleName": _naming,
    "lastName": _naming,
    "age": _aging,
    "approximateAge": _aging,
    "dateOfBirth": _born,
    "phone": _calling,
    "email": _taking(Kind.EMAIL),
    "address": _housed,
    "estimatedLocation": _estimated,
    "espIdentifier": _taking(Kind.ACCOUNT),
    "espService": _serving,
    "platform": _serving,
    "screenName": _taking(Kind.SCREEN_NAME),
    "displayName": _taking(Kind.DISPLAY_NAME),
    "profileUrl": _taking(Kind.URL),
    "groupIdentifier": _taking(Kind.GROUP),
    "ipCaptureEvent": _captured,
    "deviceId": _device,
    "profileBio": _reading("profileBio"),
    "additionalInfo": _reading("additionalInfo"),
    "ageAssertionDiscrepancy": _stating("age-discrepancy"),
    "vehicleDescription": _stating("vehicle"),
    "schoolName": _stating("school"),
    "compromisedAccount": _flagging("compromised"),
    "thirdPartyUserReported": _flagging("third-party"),
    "thirdPartyUser": _flagging("third-party"),
    "accountTemporarilyDisabled": _flagging("disabled", "temporarily"),
    "accountPermanentlyDisabled": _flagging("disabled"),
    "allEmailsReported": _flagging("all-emails"),
    "priorCTReports": _prior,
    "priorCTReport": _prior,
    "associatedAccount": _associated,
}
