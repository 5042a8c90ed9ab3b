"""Number plates: letters and digits only, with their country; and vehicle identification numbers (ISO 3779).

Plates of Cyrillic countries use only letters that look like Latin ones (Vienna Convention on Road Traffic, annex 3):
both spellings are one.
"""

from __future__ import annotations

from safelight.reports.identifiers.account import is_default
from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.place import country_code
from safelight.reports.identifiers.text import folded, western_digits
from safelight.reports.report import Kind, Stated

_LONGEST = 60
_ALIKE = str.maketrans("авекмнорстухі", "abekmhopctyxi")


def vehicle(stated: Stated, country: str | None = None) -> Identifier | None:
    """The plate as `de:bxy1234`; without a country only a hint, because plates repeat between countries."""
    if len(stated.value) > _LONGEST:
        return None
    said = western_digits(folded(stated.value))
    before, colon, after = said.partition(":")
    where = (country_code(stated.note.get("country") or country) or "").lower()
    if colon and before == "vin":
        said = after
    elif colon and len(before) == 2 and country_code(before):
        where, said = before, after
    plate = "".join(c for c in said if c.isalnum()).translate(_ALIKE)
    if len(plate) == 17 and plate.isascii() and any(c.isdigit() for c in plate):
        return Identifier(Kind.VEHICLE, f"vin:{plate}", shown=plate.upper())
    if not 2 <= len(plate) <= 12 or is_default(plate):
        return None
    shown = plate.upper()
    if not any(c.isdigit() for c in plate):
        return Identifier(Kind.VEHICLE, plate, Reach.WEAK, shown, "a plate without digits may be a word")
    if not where:
        return Identifier(Kind.VEHICLE, plate, Reach.WEAK, shown, "no country is stated for the plate")
    return Identifier(Kind.VEHICLE, f"{where}:{plate}", Reach.PERSONAL, shown, country=where.upper())
